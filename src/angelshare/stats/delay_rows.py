"""Rows of the delay panel that rest on spells: one estimator, one criterion, one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from angelshare.core.delay import DelayEstimate
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.delay_cautions import (
    CLUSTER_KAPLAN_MEIER,
    CLUSTER_LOGNORMAL,
    DEFAULT,
    KAPLAN_MEIER,
    LOGNORMAL,
    STRICT,
    TARGETS,
    TURNBULL,
    WEIBULL,
    coverage_caution,
)
from angelshare.stats.delay_criteria import padded
from angelshare.stats.delay_fit import LagFits, Law, fit_lags
from angelshare.stats.delay_process import (
    LEAST_MATCHED,
    TOO_WIDE,
    WIDEST,
    Design,
    LagEstimator,
    Resamples,
    design_of,
    independent_units,
    lag_number,
    resample,
)
from angelshare.stats.intervals import caution_of, stated
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import Series, SpellTable
from angelshare.stats.survival import kaplan_meier, median_rows, quantile_time, turnbull_median

METHOD = "process bootstrap: same dates, other lags"
CLUSTER_METHOD = "cluster percentile bootstrap by matching release"

TURNBULL_ROWS = 250
"""Resamples at most for Turnbull's estimator, which iterates in each."""

LEAST_MATCHERS = 2
"""Matching releases below which all matches are one event."""

FAR = 1e9
"""Months that stand for never while quantiles are taken."""

CLUSTER_ROWS = (CLUSTER_LOGNORMAL, CLUSTER_KAPLAN_MEIER)
"""Rows made by `cluster_percentile`."""

STRICT_WORDS = "open score at least the closed record"


class Ask(NamedTuple):
    """How intervals are to be made."""

    level: float
    bootstraps: int
    rng: np.random.Generator


class Fitted(NamedTuple):
    """Spells with their lognormal fit and resamples; what every row on them shares."""

    table: SpellTable
    fits: LagFits
    resamples: Resamples


def log_medians(low: FloatArray, high: FloatArray, law: Law) -> FloatArray:
    """Fit a law to each row of spells and give (rows,) log medians."""
    return fit_lags(low, high, np.ones(low.shape), law=law).log_median


def _kaplan_meier(low: FloatArray, high: FloatArray) -> FloatArray:
    matched = np.isfinite(high)
    return np.asarray(np.log(median_rows(np.where(matched, high, low), matched)))


def _matched_median(low: FloatArray, high: FloatArray) -> FloatArray:
    del low  # the match date alone counts
    return np.asarray(np.log(np.nanmedian(np.where(np.isfinite(high), high, np.nan), axis=1)))


def _turnbull(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.asarray(np.log(turnbull_median(low[:TURNBULL_ROWS], high[:TURNBULL_ROWS])))


def _lognormal(low: FloatArray, high: FloatArray) -> FloatArray:
    return log_medians(low, high, "lognormal")


def _weibull(low: FloatArray, high: FloatArray) -> FloatArray:
    return log_medians(low, high, "weibull")


ESTIMATORS: Mapping[str, LagEstimator] = {
    STRICT: _matched_median,
    KAPLAN_MEIER: _kaplan_meier,
    TURNBULL: _turnbull,
    LOGNORMAL: _lognormal,
    WEIBULL: _weibull,
}
"""Estimators of a median lag from spells."""


def why_not(table: SpellTable) -> str:
    """Say why spells carry no median; empty if they do."""
    matched = int(table.matched.sum())
    if matched < LEAST_MATCHED:
        return f"unidentified: {matched} closed records matched, {LEAST_MATCHED} are needed"
    if table.matchers < LEAST_MATCHERS:
        return f"unidentified: one open release matches all {matched}"
    return ""


def unbounded(table: SpellTable) -> str:
    """Say that the median is not reached, and how long the oldest record without a match has stood."""
    open_for = table.low[~table.matched].max()
    return (
        f"not bounded above: {int(table.matched.sum())} of {table.low.size} closed records matched; "
        f"the oldest not yet matched has stood at least {open_for:.1f} months"
    )


def fit_table(design: Design, table: SpellTable, ask: Ask) -> Fitted:
    """Fit the lognormal and draw the resamples; the table must not be refused by `why_not`."""
    fits = fit_lags(table.low, table.high, np.ones((1, table.low.size)))
    drawn = resample(
        design, float(fits.log_median[0]), float(np.exp(fits.spread[0])),
        units=independent_units(design.set_at, table.matchers), rows=ask.bootstraps, rng=ask.rng,
    )  # fmt: skip
    return Fitted(table, fits, drawn)


def lag_errors(name: str, fitted: Fitted) -> FloatArray:
    """Give (rows,) resampled log medians of an estimator, minus the truth it aims at."""
    drawn = fitted.resamples
    if TARGETS[name] == "capability":
        return np.asarray(ESTIMATORS[name](drawn.low, drawn.high) - drawn.log_median)
    seen = drawn.releases
    high = np.where(seen.matched, seen.time, np.inf)
    return np.asarray(ESTIMATORS[name](seen.time, high) - seen.log_median)


def spell_number(name: str, fitted: Fitted, ask: Ask) -> Number:
    """Estimate a median lag with its process interval."""
    value = float(ESTIMATORS[name](fitted.table.low[None], fitted.table.high[None])[0])
    if not np.isfinite(value):
        return Refusal(refused=unbounded(fitted.table))
    return lag_number(
        value,
        lag_errors(name, fitted),
        level=ask.level,
        n=fitted.table.matchers,
        method=METHOD,
        caution=_doubts(fitted),
    )


def number_on(series: Series, table: SpellTable, name: str, ask: Ask) -> Number:
    """Estimate a median lag from spells, or say why not."""
    refused = why_not(table)
    return (
        Refusal(refused=refused)
        if refused
        else spell_number(name, fit_table(design_of(series, table), table, ask), ask)
    )


def row(name: str, criterion: str, table: SpellTable, number: Number, *, benchmark: str) -> DelayEstimate:
    """Write one row of the panel; the number carries the row's caution too, since it may be printed alone."""
    number = with_caution(stated(number), coverage_caution(name))
    caution = number.caution if isinstance(number, Estimate) else coverage_caution(name)
    return DelayEstimate(
        name=name, criterion=criterion, months=number, matched=int(table.matched.sum()),
        censored=int((~table.matched).sum()), matchers=table.matchers,
        caution=caution, benchmark=benchmark, default=name == DEFAULT,
    )  # fmt: skip


def with_caution(number: Number, caution: str) -> Number:
    """Put a caution before those that an estimate has."""
    if isinstance(number, Refusal):
        return number
    return replace(number, caution=caution_of(caution, number.caution))


def cluster_percentile(name: str, tables: Sequence[SpellTable], ask: Ask) -> Number:
    """Estimate by the plain bootstrap of matching releases; all unmatched records are one cluster.

    Args:
        name: `CLUSTER_LOGNORMAL` or `CLUSTER_KAPLAN_MEIER`.
        tables: the spells, or the spells first and then one table per draw of noisy scores.
        ask: level, resamples, chance.

    That unmatched records are one cluster (they wait for the same next release) is the better of two poor choices:
    as clusters of their own they make the interval narrower still.
    """
    first = tables[0]
    drawn = tables[1:] or [first] * ask.bootstraps
    low, high, weight = padded(drawn)
    for place, table in enumerate(drawn):
        labels, where = np.unique(table.matcher, return_inverse=True)
        times = ask.rng.multinomial(labels.size, np.full(labels.size, 1.0 / labels.size))
        weight[place, : where.size] *= times[where]
    value, draws = _weighted(name, padded([first])), _weighted(name, (low, high, weight))
    if not np.isfinite(value[0]):
        return Refusal(refused=unbounded(first))
    ends = np.quantile(np.minimum(np.exp(draws), FAR), [0.5 - ask.level / 2, 0.5 + ask.level / 2])
    middle = float(np.exp(value[0]))
    if ends[0] < middle / np.exp(WIDEST):
        return Refusal(refused=TOO_WIDE)
    return Estimate(
        value=middle, low=min(float(ends[0]), middle),
        high=max(float(ends[1]), middle) if ends[1] < FAR else None,
        level=ask.level, n=first.matchers, method=CLUSTER_METHOD,
    )  # fmt: skip


def _weighted(name: str, spells: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    low, high, weight = spells
    if name == CLUSTER_LOGNORMAL:
        return fit_lags(low, high, weight).log_median
    matched = np.isfinite(high)
    time = np.where(matched, high, low)
    if (time == time[0]).all() and (matched == matched[0]).all():
        return np.asarray(np.log(quantile_time(kaplan_meier(time[0], matched[0], weight))))
    curves = (kaplan_meier(time[place], matched[place], weight[place]) for place in range(low.shape[0]))
    return np.asarray(np.log([float(quantile_time(curve)) for curve in curves]))


def _doubts(fitted: Fitted) -> str:
    return "" if bool(fitted.fits.converged[0]) else "the spread of the lags is at the edge of what can be fitted"
