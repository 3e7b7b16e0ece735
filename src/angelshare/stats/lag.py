"""The delay panel of one benchmark: every estimator of how long a closed lead lasts, with its doubt."""

from __future__ import annotations

import numpy as np

from angelshare.core.delay import Benchmark, BenchmarkDelay, DelayEstimate
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.delay_fit import fit_lags
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import SINCE_DAY, Series, SpellTable, frontier_steps, records, spell_records, spell_table
from angelshare.stats.survival import kaplan_meier, quantile_time

__all__ = ["Series", "delay_panel", "frontier_slope"]

LEAST_RECORDS = 4
"""Records below which a frontier has no slope."""

FAR = 1e6
"""Months that stand for never."""

LEAST_MATCHED = 3
"""Matched records below which no lag is estimated."""


def delay_panel(
    series: Series,
    benchmark: Benchmark,
    *,
    level: float,
    bootstraps: int,
    rng: np.random.Generator,
    since_day: float = SINCE_DAY,
    draws: FloatArray | None = None,  # noqa: ARG001 - the row with joint draws follows
) -> tuple[BenchmarkDelay, list[DelayEstimate]]:
    """Estimate the delay of one benchmark every way there is."""
    table = spell_table(series, since_day=since_day)
    refused = ""
    if int(series.open.sum()) <= 1:
        refused = f"unidentified: {int(series.open.sum())} open models"
    elif int(table.matched.sum()) < LEAST_MATCHED:
        refused = f"unidentified: {int(table.matched.sum())} closed records matched, {LEAST_MATCHED} are needed"
    panel = [] if refused else _estimates(table, benchmark, level=level, bootstraps=bootstraps, rng=rng)
    return BenchmarkDelay(
        benchmark=benchmark, spells=spell_records(series, table), steps=frontier_steps(series), survival=(),
        sensitivity=(), open_models=int(series.open.sum()), closed_models=int((~series.open).sum()), refused=refused,
    ), panel  # fmt: skip


def frontier_slope(series: Series, *, which: str, level: float, bootstraps: int, rng: np.random.Generator) -> Number:
    """Estimate the points per year by which a frontier rises."""
    places = records(series.day, series.score, series.open if which == "open" else ~series.open)
    if places.size < LEAST_RECORDS:
        return Refusal(refused=f"too few {which} records: {places.size}, {LEAST_RECORDS} are needed")
    year, score = series.day[places] / 365.25, series.score[places]
    pick = rng.integers(0, places.size, (bootstraps, places.size))
    x, y = year[pick], score[pick]
    x = x - x.mean(axis=1, keepdims=True)
    spread = (x**2).sum(axis=1)
    slopes = (x * y).sum(axis=1)[spread > 0] / spread[spread > 0]
    low, high = np.quantile(slopes, [0.5 - level / 2, 0.5 + level / 2])
    value = float(np.polyfit(year, score, 1)[0])
    return Estimate(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        level=level,
        n=places.size,
        method="least squares on the records, bootstrap of records",
    )


def _estimates(
    table: SpellTable, benchmark: Benchmark, *, level: float, bootstraps: int, rng: np.random.Generator
) -> list[DelayEstimate]:
    time = np.where(table.matched, table.high, table.low)
    cluster = np.where(table.matched, table.matcher, -1 - np.arange(table.matcher.size))
    labels, where = np.unique(cluster, return_inverse=True)
    weights = rng.multinomial(labels.size, np.full(labels.size, 1 / labels.size), size=bootstraps)[:, where].astype(
        float
    )
    once = np.ones((1, time.size))
    rows = []
    for name, estimator in (
        ("Kaplan-Meier", lambda w: quantile_time(kaplan_meier(time, table.matched, w))),
        ("interval-censored lognormal", lambda w: np.exp(fit_lags(table.low, table.high, w).log_median)),
    ):
        value = float(estimator(once)[0])
        ends = np.quantile(np.minimum(estimator(weights), FAR), [0.5 - level / 2, 0.5 + level / 2])
        number: Number = Refusal(refused="not bounded above: half of the closed records are not matched")
        if np.isfinite(value):
            number = Estimate(
                value=value,
                low=min(float(ends[0]), value),
                high=None if ends[1] >= FAR else max(float(ends[1]), value),
                level=level,
                n=table.matchers,
                method="cluster percentile bootstrap by matching release",
            )
        rows.append(
            DelayEstimate(
                name=name,
                criterion="open score at least the closed record",
                months=number,
                matched=int(table.matched.sum()),
                censored=int((~table.matched).sum()),
                matchers=table.matchers,
                benchmark=benchmark.name,
                default=name == "interval-censored lognormal",
            )
        )
    return rows
