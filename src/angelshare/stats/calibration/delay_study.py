"""Trials of the delay panel on simulated frontiers: error and coverage of each estimator against its own truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from angelshare.core.delay import Benchmark, DelayEstimate
from angelshare.core.records import Estimate, Number
from angelshare.stats.calibration.frontiers import GROWTH, WORLDS, Truth, World, draw_series, truth_of
from angelshare.stats.calibration.trial import LABELLED, OURS, Trial, judge
from angelshare.stats.delay_cautions import (
    DEFAULT,
    NOISE,
    PAIRED,
    SLOPE_CLOSED,
    SLOPE_OPEN,
    TARGETS,
    TOLERANCE,
    UNDERCOVERS,
)
from angelshare.stats.delay_criteria import POINTS, QUANTILES
from angelshare.stats.delay_process import design_of
from angelshare.stats.delay_rows import Ask, fit_table, why_not
from angelshare.stats.intervals import normal_quantile
from angelshare.stats.lag import panel_rows
from angelshare.stats.spells import SINCE_DAY, Series, spell_table
from angelshare.stats.trend import Which, frontier_slope

CLAIM = "delay: "
"""How the claims of this study begin; they are judged at 90 %."""

LEVEL = 0.90
BOOTSTRAPS = 200
BENCHMARK = Benchmark(name="simulated", unit="points")
OTHER_TRUTH = "against the release lag, not its target"
"""The default judged against the longer lag, for the record."""

STEADY = {name for name, world in WORLDS.items() if world.lag_first == world.lag_last}
"""Worlds whose open frontier rises as fast as the closed one."""


def study_delay(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try every row of the panel, and the slope of both frontiers, in one simulated world."""
    cell = list(WORLDS)[index % len(WORLDS)]
    world = WORLDS[cell]
    series, ask = draw_series(world, rng), Ask(LEVEL, BOOTSTRAPS, rng)
    table = spell_table(series, since_day=SINCE_DAY)
    trials = list(_slopes(series, cell, ask))
    if why_not(table):
        return [*trials, Trial(CLAIM + DEFAULT, cell, OURS, None, np.inf)]
    fitted = fit_table(design_of(series, table), table, ask)
    rows = list(panel_rows(series, BENCHMARK, fitted, since_day=SINCE_DAY, draws=None, ask=ask))
    for row, shortfall in zip(rows, _shortfalls(rows, world), strict=True):
        if row.name in (PAIRED, NOISE) and not world.noise:
            continue
        trials.append(_judged(CLAIM + row.name, cell, row.months, _truth(row.name, truth_of(world, shortfall))))
        if row.default:
            trials.append(_judged(CLAIM + row.name, cell, row.months, truth_of(world).release, OTHER_TRUTH))
    return trials


def _shortfalls(rows: list[DelayEstimate], world: World) -> Iterator[float]:
    """Give the shortfall in points that each row forgives, in the order of the rows."""
    points = iter(POINTS)
    # an even bet is no shortfall; to be as good in 5 % of draws is to fall short by that quantile of the difference
    draws = iter(-normal_quantile(quantile) * np.sqrt(2.0) * world.noise for quantile in QUANTILES)
    for row in rows:
        yield next(points) if row.name == TOLERANCE else float(next(draws)) if row.name == PAIRED else 0.0


def _truth(name: str, truth: Truth) -> float:
    return float(getattr(truth, TARGETS[name]))


def _judged(claim: str, cell: str, number: Number, truth: float, method: str = "") -> Trial:
    label = LABELLED if claim.removeprefix(CLAIM) in UNDERCOVERS else OURS
    error = number.value - truth if isinstance(number, Estimate) else None
    return judge(claim, cell, number, truth)._replace(method=method or label, error=error)


def _slopes(series: Series, cell: str, ask: Ask) -> Iterator[Trial]:
    sides: tuple[Which, ...] = ("closed", "open") if cell in STEADY else ("closed",)
    for which in sides:
        number = frontier_slope(series, which=which, level=LEVEL, bootstraps=BOOTSTRAPS, rng=ask.rng)
        yield _judged(CLAIM + (SLOPE_OPEN if which == "open" else SLOPE_CLOSED), cell, number, 12.0 * GROWTH)
