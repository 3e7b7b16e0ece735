"""The delay panel of one benchmark: every estimator of how long a closed lead lasts, with its doubt.

No estimator is right for every question. Those on the match dates say when a release had equalled a record; those on
intervals say when open weights could have; tolerances and shares of draws say what "equal" is worth. All stand side
by side, with what each aims at in `TARGETS` and what simulation says of its interval in `caution`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from angelshare.core.delay import DAYS_PER_MONTH, Benchmark, BenchmarkDelay, DelayEstimate, Sensitivity, SurvivalPoint
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.delay_cautions import (
    BRACKET,
    KAPLAN_MEIER,
    LOGNORMAL,
    NOISE,
    PAIRED,
    THRESHOLD,
    TOLERANCE,
    TREND,
    TURNBULL,
    coverage_caution,
)
from angelshare.stats.delay_criteria import (
    QUANTILES,
    has_errors,
    noisy_tables,
    padded,
    paired_table,
    scaled,
    tolerances,
)
from angelshare.stats.delay_fit import fit_lags
from angelshare.stats.delay_process import Design, design_of, lag_number
from angelshare.stats.delay_rows import (
    CLUSTER_ROWS,
    ESTIMATORS,
    METHOD,
    STRICT_WORDS,
    Ask,
    Fitted,
    cluster_percentile,
    fit_table,
    lag_errors,
    number_on,
    row,
    spell_number,
    why_not,
    with_caution,
)
from angelshare.stats.intervals import stated
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import SINCE_DAY, Series, SpellTable, frontier_steps, records, spell_records, spell_table
from angelshare.stats.survival import share_rows
from angelshare.stats.trend import bracket_spells, frontier_slope, straightened, threshold_spells, trend_offset

__all__ = ["Series", "delay_panel", "frontier_slope"]

BAND_MONTHS = 1.0
"""Between the months at which the survival curve falls its band is given this often."""

NO_ERRORS = "the source gives no standard errors"

MAXIMA = "noise lifts the best scores of both sides: a record may be luck"


def delay_panel(
    series: Series,
    benchmark: Benchmark,
    *,
    level: float,
    bootstraps: int,
    rng: np.random.Generator,
    since_day: float = SINCE_DAY,
    draws: FloatArray | None = None,
) -> tuple[BenchmarkDelay, list[DelayEstimate]]:
    """Estimate the delay of one benchmark every way there is.

    Args:
        series: models with labelled weights.
        benchmark: the scale.
        level: of every interval.
        bootstraps: resamples behind every interval.
        rng: the caller owns the seed.
        since_day: closed records from here on open a spell; days since 1970-01-01.
        draws: (draws, models) joint score draws of a latent-ability fit; independent normal errors from `sd` if None.

    Where nothing can be estimated the panel is empty and `refused` says why.
    """
    shaped, ask = scaled(series, benchmark), Ask(level, bootstraps, rng)
    table = spell_table(shaped, since_day=since_day)
    count = int(series.open.sum())
    refused = f"unidentified: {count} open model{'s' * (count != 1)}" if count <= 1 else why_not(table)
    fitted = None if refused else fit_table(design_of(shaped, table), table, ask)
    told = BenchmarkDelay(
        benchmark=benchmark,
        spells=spell_records(series, table),
        steps=frontier_steps(series),
        survival=_survival(fitted, ask) if fitted else (),
        sensitivity=list(_sensitivity(shaped, benchmark, since_day=since_day, ask=ask)) if fitted else (),
        open_models=count,
        closed_models=int((~series.open).sum()),
        refused=refused,
    )
    if fitted is None:
        return told, []
    return told, list(panel_rows(series, benchmark, fitted, since_day=since_day, draws=draws, ask=ask))


def panel_rows(
    series: Series, benchmark: Benchmark, fitted: Fitted, *, since_day: float, draws: FloatArray | None, ask: Ask
) -> Iterator[DelayEstimate]:
    """Make every row of the panel; `fitted` holds the spells of the strict criterion."""
    shaped = scaled(series, benchmark)
    yield from _strict_rows(fitted, benchmark.name, ask)
    for limit in tolerances(shaped, benchmark):
        table = spell_table(shaped, since_day=since_day, tolerance=limit.amount)
        words = f"open score within {limit.words} of the closed record"
        yield row(TOLERANCE, words, table, number_on(shaped, table, LOGNORMAL, ask), benchmark=benchmark.name)
    yield from _noise_rows(shaped, fitted, benchmark.name, since_day=since_day, draws=draws, ask=ask)
    yield from _frontier_rows(series, benchmark, since_day=since_day, ask=ask)


def _strict_rows(fitted: Fitted, name: str, ask: Ask) -> Iterator[DelayEstimate]:
    for estimator in ESTIMATORS:
        yield row(estimator, STRICT_WORDS, fitted.table, spell_number(estimator, fitted, ask), benchmark=name)
    for estimator in CLUSTER_ROWS:
        number = cluster_percentile(estimator, [fitted.table], ask)
        yield row(estimator, STRICT_WORDS, fitted.table, number, benchmark=name)


def _noise_rows(
    series: Series, fitted: Fitted, name: str, *, since_day: float, draws: FloatArray | None, ask: Ask
) -> Iterator[DelayEstimate]:
    told = draws is not None or has_errors(series)
    for quantile in QUANTILES:
        table = paired_table(series, quantile, since_day=since_day, draws=draws) if told else fitted.table
        number = number_on(series, table, LOGNORMAL, ask) if told else Refusal(refused=NO_ERRORS)
        words = f"open at least as good in {100 * quantile:g} % of score draws"
        yield row(PAIRED, words, table, number, benchmark=name)
    kind = "joint" if draws is not None else "independent"
    number = (
        noise_number(series, fitted, since_day=since_day, draws=draws, ask=ask) if told else Refusal(refused=NO_ERRORS)
    )
    yield row(NOISE, f"{STRICT_WORDS}, both drawn again from {kind} errors", fitted.table, number, benchmark=name)


def noise_number(series: Series, fitted: Fitted, *, since_day: float, draws: FloatArray | None, ask: Ask) -> Number:
    """Widen the default estimator's interval by what score noise does to records and matches."""
    tables = noisy_tables(series, since_day=since_day, draws=draws, rows=ask.bootstraps, rng=ask.rng)
    usable = [table for table in tables if not why_not(table)]
    if len(usable) < ask.bootstraps / 2:
        return Refusal(refused="unidentified: in most score draws too few closed records are matched")
    moved = fit_lags(*padded(usable)).log_median
    value = float(fitted.fits.log_median[0])
    errors = lag_errors(LOGNORMAL, fitted)
    total = errors + ask.rng.choice(moved - value, errors.size)
    return lag_number(
        value, total, level=ask.level, n=fitted.table.matchers, method=f"{METHOD}, and scores", caution=MAXIMA
    )


def _frontier_rows(series: Series, benchmark: Benchmark, *, since_day: float, ask: Ask) -> Iterator[DelayEstimate]:
    name, straight = benchmark.name, straightened(series, benchmark)
    offset = trend_offset(straight, level=ask.level, bootstraps=ask.bootstraps, rng=ask.rng, since_day=since_day)
    yield row(
        TREND, "open trend against closed trend", spell_table(straight, since_day=since_day), offset, benchmark=name
    )
    levels = threshold_spells(straight, since_day)
    number = number_on(straight, levels, KAPLAN_MEIER, ask)
    yield row(THRESHOLD, "fixed levels, first closed to first open", levels, number, benchmark=name)
    brackets = bracket_spells(straight, since_day)
    yield row(
        BRACKET,
        "closed records just below and above each open record",
        brackets,
        bracket_number(straight, brackets, ask),
        benchmark=name,
    )


def bracket_number(series: Series, brackets: SpellTable, ask: Ask) -> Number:
    """Estimate the lag from the open side: in time run backwards, closed records are what ends an open one's spell."""
    refused = why_not(brackets)
    if refused:
        return Refusal(refused=refused)
    back = np.argsort(-series.day[brackets.closed], kind="stable")
    turned = SpellTable(brackets.closed[back], brackets.matcher[back], brackets.low[back], brackets.high[back])
    looks = -series.day[records(series.day, series.score, ~series.open)][::-1] / DAYS_PER_MONTH
    design = Design(-series.day[turned.closed] / DAYS_PER_MONTH, looks, float(looks[-1]))
    # open records that no closed one had passed lag by nothing; a law for all lags would bend to them
    return spell_number(TURNBULL, fit_table(design, turned, ask), ask)


def _sensitivity(series: Series, benchmark: Benchmark, *, since_day: float, ask: Ask) -> Iterator[Sensitivity]:
    """Change the criterion, then leave out each matching release, the one with most matches first."""
    for limit in tolerances(series, benchmark):
        table = spell_table(series, since_day=since_day, tolerance=limit.amount)
        change = _changed(series, table, f"tolerance {limit.words}", ask)
        yield replace(change, months=with_caution(change.months, coverage_caution(TOLERANCE)))
    table = spell_table(series, since_day=since_day)
    matchers, counts = np.unique(table.matcher[table.matched], return_counts=True)
    for matcher in matchers[np.argsort(-counts, kind="stable")]:
        keep = np.arange(series.day.size) != matcher
        names = tuple(name for name, kept in zip(series.name, keep, strict=True) if kept)
        less = Series(names, series.day[keep], series.score[keep], series.sd[keep], series.open[keep], series.end_day)
        yield _changed(less, spell_table(less, since_day=since_day), f"without {series.name[matcher]}", ask)


def _changed(series: Series, table: SpellTable, change: str, ask: Ask) -> Sensitivity:
    refused = why_not(table)
    if refused:
        no = Refusal(refused=refused)
        return Sensitivity(change=change, months=no, kaplan_meier=no)
    fitted = fit_table(design_of(series, table), table, ask)
    return Sensitivity(
        change=change,
        months=stated(spell_number(LOGNORMAL, fitted, ask)),
        kaplan_meier=stated(spell_number(KAPLAN_MEIER, fitted, ask)),
    )


def _survival(fitted: Fitted, ask: Ask) -> list[SurvivalPoint]:
    """Give the Kaplan-Meier curve at every match, its band also month by month, up to the longest time of any record.

    Months at which no resample has left the curve's start yet are not given: there the share is 1 by definition.
    """
    table, drawn = fitted.table, fitted.resamples.releases
    time = np.where(table.matched, table.high, table.low)
    months = np.unique(np.concatenate((time, np.arange(BAND_MONTHS, time.max(), BAND_MONTHS))))
    shares = share_rows(time[None], table.matched[None], months)[0]
    errors = share_rows(drawn.time, drawn.matched, months) - drawn.share(months)
    half = np.quantile(np.abs(errors), ask.level, axis=0) if errors.size else np.ones(months.size)
    points = [
        SurvivalPoint(
            months=float(month),
            share=stated(
                Estimate(
                    value=float(share), low=float(max(share - width, 0.0)), high=float(min(share + width, 1.0)),
                    level=ask.level, n=table.matchers, method=METHOD,
                )
            ),
        )
        for month, share, width in zip(months, shares, half, strict=True)
    ]  # fmt: skip
    begun = next((place for place, point in enumerate(points) if isinstance(point.share, Estimate)), len(points))
    return points[begun:]
