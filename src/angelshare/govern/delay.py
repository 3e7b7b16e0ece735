"""From checked scores to the arrays of the panel: series by benchmark, the latent scale, the frontier behind a gap."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from angelshare.core.delay import Benchmark, DatedScore
from angelshare.core.record import record
from angelshare.core.seeds import stream
from angelshare.govern.scores import Checked
from angelshare.stats.delay_criteria import has_errors, usual_error
from angelshare.stats.lag import Series
from angelshare.stats.latent import Cells, fit_latent
from angelshare.stats.panel import FloatArray

LATENT_DRAWS = 400
"""Joint draws of latent ability; the panel takes each as one more set of scores."""

ON_SEVERAL = 2
"""Benchmarks a model must stand on to be placed on the latent scale: on one alone its place is mostly the prior's."""

ANCHORS = {"ECI": {"Claude 3.5 Sonnet": 130.0, "GPT-5": 150.0}}
"""Scores that fix a scale: exact by definition, the doubt about these models being in the errors of all others.

Source: Epoch AI's index of 22 August 2026, where these two alone have round scores and no interval; that they fix the
scale is remembered from its description (https://epoch.ai/benchmarks/eci), not read again.
"""

NAMED = 4
"""Models without a standard error that a note names."""

EPOCH = dt.date(1970, 1, 1)
"""Day 0."""


@record
class Settings:
    """What a caller may choose of the panel."""

    level: float = 0.9
    """Level of every interval."""

    bootstraps: int = 1000
    """Resamples behind every interval."""

    seed: int = 0
    """Names every stream of chance."""

    since: str = "2023-03-01"
    """ISO date: closed records from here on begin a spell."""

    latent: bool = False
    """Add a scale fitted over all bounded benchmarks."""


class Progress(Protocol):
    """Who is told how far the work has come."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` units."""

    def advance(self, units: int) -> None:
        """Finish some units."""


class Ready(NamedTuple):
    """One benchmark as the panel takes it."""

    benchmark: Benchmark
    """The scale."""

    series: Series
    """Its models."""

    since_day: float
    """First day of a record that begins a spell, days since 1970-01-01."""

    draws: FloatArray | None
    """(draws, models) joint draws of the scores; None leaves the noise to the scores' own standard errors."""

    board_dates: bool = False
    """True if a model's date is the first release or snapshot of a board that it stands in."""


def day_number(text: str) -> float:
    """Count days from 1970-01-01 to an ISO date."""
    return float((dt.date.fromisoformat(text) - EPOCH).days)


def ready(checked: Checked, settings: Settings) -> tuple[list[Ready], list[str]]:
    """Prepare every benchmark of the scores, and the latent scale if asked for: (benchmarks, notes)."""
    by_name: dict[str, list[DatedScore]] = {}
    for score in checked.scores.scores:
        by_name.setdefault(score.benchmark, []).append(score)
    found = [
        Ready(
            benchmark=benchmark,
            series=_series(by_name[benchmark.name], checked.ends.get(benchmark.name, checked.as_of)),
            since_day=_since(benchmark.name, checked, settings), draws=None,
            board_dates=benchmark.name in checked.begins,
        )
        for benchmark in checked.scores.benchmarks
    ]  # fmt: skip
    notes = [f"{name}: data end on {end}, with its last score" for name, end in sorted(checked.ends.items())]
    notes += [note for note in (*map(_exact, by_name.values()), *map(_without_error, found)) if note]
    if settings.latent:
        scale, said = latent_scale(checked, by_name, settings)
        found.append(scale)
        notes += said
    return found, notes


def latent_scale(
    checked: Checked, by_name: Mapping[str, Sequence[DatedScore]], settings: Settings
) -> tuple[Ready, list[str]]:
    """Fit one scale over the bounded benchmarks; raises RefusedError where they cannot be joined."""
    bounded = [benchmark for benchmark in checked.scores.benchmarks if benchmark.upper is not None]
    chosen = [(benchmark, score) for benchmark in bounded for score in by_name[benchmark.name]]
    models, left = _on_several(chosen)
    benchmarks = [benchmark for benchmark in bounded if any(b == benchmark and s.model in models for b, s in chosen)]
    rows = [(b, s) for b, s in chosen if s.model in models]
    names = sorted(models)
    cells = Cells(
        model=np.array([names.index(s.model) for _, s in rows], dtype=np.int64),
        benchmark=np.array([benchmarks.index(b) for b, _ in rows], dtype=np.int64),
        share=np.array([s.score / (b.upper or 1.0) for b, s in rows]),
        sd=np.array([(s.score_sd or 0.0) / (b.upper or 1.0) for b, s in rows]),
    )
    rng = stream("delay", settings.seed, "latent", *(benchmark.name for benchmark in benchmarks))
    fit = fit_latent(cells, names, [b.name for b in benchmarks], draws=LATENT_DRAWS, rng=rng)
    first = {name: min((s for _, s in rows if s.model == name), key=lambda s: s.released_on) for name in names}
    series = Series(
        name=tuple(names), day=np.array([day_number(first[name].released_on) for name in names]),
        score=fit.ability, sd=np.asarray(fit.draws.std(axis=0)),
        open=np.array([first[name].weights == "open" for name in names]), end_day=day_number(checked.as_of),
    )  # fmt: skip
    scale = Benchmark(name="latent ability", unit="standard deviations", area="several")
    unbounded = [b.name for b in checked.scores.benchmarks if b.upper is None]
    notes = [f"latent ability: {len(names)} models on {', '.join(b.name for b in benchmarks)}"]
    notes.append(f"latent ability: scores scatter {100 * fit.misfit:.1f} points of 100 around their curves")
    notes += [f"latent ability: {left} models on one benchmark alone left out"] if left else []
    notes += [f"latent ability: {', '.join(unbounded)} left out, for want of a largest score"] if unbounded else []
    return Ready(scale, series, max(_since(b.name, checked, settings) for b in benchmarks), fit.draws), notes


def on_logarithm(series: Series) -> Series:
    """Put a series on the natural logarithm of its scores, errors by the delta method."""
    return series._replace(score=np.log(series.score), sd=series.sd / series.score)


def _series(scores: Sequence[DatedScore], end: str) -> Series:
    """Turn the scores of one benchmark into arrays, in order of release and name."""
    rows = sorted((s for s in scores if s.released_on <= end), key=lambda s: (s.released_on, s.model))
    return Series(
        name=tuple(row.model for row in rows),
        day=np.array([day_number(row.released_on) for row in rows]),
        score=np.array([row.score for row in rows]),
        sd=np.array([_error(row) for row in rows]),
        open=np.array([row.weights == "open" for row in rows]),
        end_day=day_number(end),
    )


def _error(row: DatedScore) -> float:
    """Give a score's standard error: nan if the source gives none, 0 for a score that the scale is fixed by."""
    if row.score_sd is not None:
        return row.score_sd
    return 0.0 if ANCHORS.get(row.benchmark, {}).get(row.model) == row.score else math.nan


def _exact(scores: Sequence[DatedScore]) -> str:
    """Say which scores fix their scale; empty if none does."""
    names = [f"{row.model} at {row.score:g}" for row in scores if row.score_sd is None and _error(row) == 0]
    if not names:
        return ""
    return (
        f"{scores[0].benchmark}: {' and '.join(names)} fix the scale and count as exact, having no error of their own"
    )


def _without_error(bench: Ready) -> str:
    """Say whose missing standard errors the median of the others stands in for; empty if none is missing, or most."""
    series, missing = bench.series, ~np.isfinite(bench.series.sd)
    if not missing.any() or not has_errors(series):
        return ""
    names = [name for name, without in zip(series.name, missing, strict=True) if without]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"{bench.benchmark.name}: {len(names)} of {len(series.name)} scores have no standard error "
        f"({', '.join(names[:NAMED])}{more}): the median of the others, {usual_error(series):.2g}, stands in"
    )


def _since(name: str, checked: Checked, settings: Settings) -> float:
    """Give the first day of a spell: records of a day without release dates of its own begin none."""
    begins = checked.begins.get(name)
    return max(day_number(settings.since), day_number(begins) + 1 if begins else -math.inf)


def _on_several(chosen: Sequence[tuple[Benchmark, DatedScore]]) -> tuple[set[str], int]:
    """Find the models on at least two benchmarks, and count the others."""
    counts: dict[str, int] = {}
    for _, score in chosen:
        counts[score.model] = counts.get(score.model, 0) + 1
    several = {model for model, count in counts.items() if count >= ON_SEVERAL}
    return several, len(counts) - len(several)
