"""The delay report put together: a panel per benchmark, comparisons across them, a sentence, months saved."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from angelshare.core.audit import Audit
from angelshare.core.delay import (
    AreaDelay,
    AttributableDelay,
    BenchmarkDelay,
    DelayEstimate,
    DelayReport,
)
from angelshare.core.errors import RefusedError
from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal, Source
from angelshare.core.seeds import stream
from angelshare.govern.attributable import attributable_delay
from angelshare.govern.attributable_choices import Choices
from angelshare.govern.attributable_inputs import Frontier
from angelshare.govern.campaign import Campaign
from angelshare.govern.delay import Progress, Ready, Settings, on_logarithm, ready
from angelshare.govern.delay_words import in_front, sentence
from angelshare.govern.published import published_lags
from angelshare.govern.scores import Checked
from angelshare.stats.across import difference_of_medians, group_medians
from angelshare.stats.ageing import delay_trend
from angelshare.stats.lag import delay_panel, frontier_slope
from angelshare.stats.lead import frontier_gap

LEAST_DAYS = 6
"""Days on which records must fall where a board's own releases are the only dates: many models then share a date that
is weeks or months late, and records of one day are one event."""

NAMED = 3
"""Refused benchmarks that the error names when nothing else is left."""


@record
class Made:
    """By what and when a report was made."""

    version: str
    """Version of angelshare."""

    commit: str
    """Commit of the source tree."""

    command: str
    """How to run it again."""

    at: dt.datetime
    """Instant in UTC."""


@record
class Counterfactual:
    """What is needed to say how many months distillation saves."""

    audit: Audit
    """Whose recovery curve is used."""

    campaign: Campaign
    """Who queries how much."""

    settings: Sequence[str] = ()
    """`NAME=VALUE` for single assumptions."""

    without: Sequence[str] = ()
    """Assumptions switched off."""

    runs: Mapping[str, Audit]
    """Audits behind a defence, by its name."""


def assemble(
    checked: Checked,
    settings: Settings,
    made: Made,
    *,
    progress: Progress,
    counterfactual: Counterfactual | None = None,
) -> DelayReport:
    """Estimate every delay the scores allow and put the report together.

    Raises RefusedError when no benchmark identifies a delay: then there is nothing to report.
    """
    benches, notes = ready(checked, settings)
    progress.stage("estimating", len(benches))
    delays: list[BenchmarkDelay] = []
    panel: list[DelayEstimate] = []
    for bench in benches:
        delay, rows = _panel(bench, settings)
        delays.append(delay)
        panel += rows
        progress.advance(1)
    main = _main(delays)
    defaults = default_estimates(panel)
    trend = delay_trend(main.spells, level=settings.level)
    bench = next(bench for bench in benches if bench.benchmark == main.benchmark)
    return DelayReport(
        estimators=panel, sentence=sentence(main, panel, trend), benchmarks=delays,
        false_promise=false_promise(delays, defaults, settings), areas=areas(delays, defaults, settings), trend=trend,
        attributable=_attributable(bench, defaults, settings, counterfactual), published=published_lags(),
        unlabelled=checked.scores.unlabelled, notes=[*checked.scores.notes, *notes, *_refusals(delays)],
        as_of=checked.as_of, level=settings.level, bootstraps=settings.bootstraps, seed=settings.seed,
        files=checked.scores.sources, version=made.version, commit=made.commit, command=made.command,
        made_at=made.at.isoformat(timespec="seconds"),
    )  # fmt: skip


def default_estimates(panel: Sequence[DelayEstimate]) -> Mapping[str, Number]:
    """Map each benchmark to its default estimator's number."""
    return {row.benchmark: row.months for row in panel if row.default}


def false_promise(delays: Sequence[BenchmarkDelay], defaults: Mapping[str, Number], settings: Settings) -> Number:
    """Compare private with public benchmarks: the part of a catch-up that comes of aiming at public questions."""
    sides: dict[str, list[Estimate]] = {"private": [], "public": []}
    for delay in delays:
        number = defaults.get(delay.benchmark.name)
        if delay.benchmark.access in sides and isinstance(number, Estimate):
            sides[delay.benchmark.access].append(number)
    rng = stream("delay", settings.seed, "false promise")
    found = difference_of_medians(sides["private"], sides["public"], level=settings.level, rng=rng)
    if isinstance(found, Refusal):
        return Refusal(refused=f"private against public benchmarks: {found.refused}")
    return found


def areas(delays: Sequence[BenchmarkDelay], defaults: Mapping[str, Number], settings: Settings) -> Sequence[AreaDelay]:
    """Estimate the median delay of each capability area, areas by name."""
    names: dict[str, list[str]] = {}
    numbers: dict[str, list[Estimate]] = {}
    for delay in delays:
        area = delay.benchmark.area or "not stated"
        number = defaults.get(delay.benchmark.name)
        numbers.setdefault(area, [])
        names.setdefault(area, [])
        if isinstance(number, Estimate):
            numbers[area].append(number)
            names[area].append(delay.benchmark.name)
    rng = stream("delay", settings.seed, "areas")
    medians = group_medians({area: numbers[area] for area in sorted(numbers)}, level=settings.level, rng=rng)
    return [AreaDelay(area=area, benchmarks=names[area], months=months) for area, months in medians.items()]


def _panel(bench: Ready, settings: Settings) -> tuple[BenchmarkDelay, list[DelayEstimate]]:
    # a stream of its own by name: other files and benchmarks change nothing here
    delay, rows = delay_panel(
        bench.series, bench.benchmark, level=settings.level, bootstraps=settings.bootstraps,
        rng=stream("delay", settings.seed, "panel", bench.benchmark.name), since_day=bench.since_day, draws=bench.draws,
    )  # fmt: skip
    days = {spell.set_on for spell in delay.spells}
    if bench.board_dates and rows and len(days) < LEAST_DAYS:
        refused = (
            f"unidentified: the only dates are those of the board's own releases, and its {len(delay.spells)} records "
            f"fall on {len(days)} of them; release dates, or records on {LEAST_DAYS} days, are needed"
        )
        return dataclasses.replace(delay, refused=refused, survival=(), sensitivity=()), []
    return delay, rows


def _main(delays: Sequence[BenchmarkDelay]) -> BenchmarkDelay:
    """Give the benchmark in front; raises RefusedError if there is none."""
    found = in_front(delays)
    if found is not None:
        return found
    why = "; ".join(f"{delay.benchmark.name}: {delay.refused}" for delay in delays[:NAMED])
    why += f"; and {len(delays) - NAMED} more" if len(delays) > NAMED else ""
    raise RefusedError(f"no benchmark identifies a delay ({why}); give scores with more open and closed releases")


def _refusals(delays: Sequence[BenchmarkDelay]) -> list[str]:
    return [f"{delay.benchmark.name}: {delay.refused}" for delay in delays if delay.refused]


def _attributable(
    bench: Ready, defaults: Mapping[str, Number], settings: Settings, asked: Counterfactual | None
) -> AttributableDelay | None:
    """Turn recovery into months on the main benchmark's scale, horizons on their logarithm."""
    if asked is None:
        return None
    name = bench.benchmark.name
    series = on_logarithm(bench.series) if bench.benchmark.log_scale else bench.series
    rng = stream("delay", settings.seed, "slope", name)
    frontier = Frontier(
        gap_points=frontier_gap(series, level=settings.level),
        slope_points_per_year=frontier_slope(
            series, which="closed", level=settings.level, bootstraps=settings.bootstraps, rng=rng
        ),
        source=Source(title=f"the scores on {name} of this report", url="report.json"),
        lag_months=defaults.get(name),
    )
    return attributable_delay(
        asked.audit, asked.campaign, frontier, runs=asked.runs,
        choices=Choices(
            settings=asked.settings, without=asked.without, level=settings.level, seed=settings.seed
        ),
    )  # fmt: skip
