"""Frontiers as lines: how fast they rise, how far apart they run, when they cross fixed levels."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.special import logit, stdtrit

from angelshare.core.delay import DAYS_PER_MONTH, Benchmark
from angelshare.core.records import Number, Refusal
from angelshare.stats.delay_cautions import SLOPE_CLOSED, SLOPE_OPEN, coverage_caution
from angelshare.stats.intervals import estimate, stated, two_sided
from angelshare.stats.panel import FloatArray, IntArray
from angelshare.stats.spells import AT_ONCE, Series, SpellTable, records

Which: TypeAlias = Literal["open", "closed"]

LEAST_RECORDS = 4
"""Records below which a frontier has no slope."""

LEVELS = 20
"""Fixed levels between the lowest and highest score that both frontiers have reached or opened."""

BLOCK = 3
"""Steps resampled together: a frontier that was fast stays so for some releases."""

EDGE = 0.005
"""Shares are held this far from 0 and 1 before the logit."""

DAYS_PER_YEAR = 365.25

SLOPE_METHOD = "least squares through the records; bootstrap of the steps between records"
TREND_METHOD = "common slope through both frontiers; bootstrap of the steps between records"


class Line(NamedTuple):
    """Records of one frontier."""

    year: FloatArray
    """(records,) years since 1970."""

    score: FloatArray
    """(records,) on the scale on which the trend is straight."""


def straightened(series: Series, benchmark: Benchmark) -> Series:
    """Put scores on the scale on which growth is straight: logit for bounded scores, logarithm for horizons."""
    if benchmark.log_scale:
        return series._replace(score=np.log(series.score))
    if benchmark.upper is not None:
        return series._replace(score=logit(np.clip(series.score / benchmark.upper, EDGE, 1 - EDGE)))
    return series


def frontier(series: Series, which: Which, since_day: float = -np.inf) -> Line:
    """Give the records of a frontier from `since_day` on."""
    places = records(series.day, series.score, series.open if which == "open" else ~series.open)
    places = places[series.day[places] >= since_day]
    return Line(series.day[places] / DAYS_PER_YEAR, series.score[places])


def frontier_slope(series: Series, *, which: Which, level: float, bootstraps: int, rng: np.random.Generator) -> Number:
    """Estimate the points per year by which a frontier rises, over the records of the whole series.

    A frontier climbs in steps that add up, so its records are no independent points around a line: the steps between
    records (time and rise together) are resampled in short blocks and the path is built again. So the interval is for
    the pace of such a frontier, not for the straight line through this one, which is known better.
    """
    line = frontier(series, which)
    if line.year.size < LEAST_RECORDS:
        return Refusal(refused=f"too few {which} records: {line.year.size}, {LEAST_RECORDS} are needed")
    if np.ptp(line.year) == 0:
        return Refusal(refused=f"all {line.year.size} {which} records are of one day")
    slopes = _slopes(*_paths(line, bootstraps, rng))
    value = float(_slopes(line.year[None], line.score[None])[0])
    return stated(
        estimate(
            value, _widened(value, slopes, line.year.size, level), level=level, n=line.year.size, method=SLOPE_METHOD,
            caution=coverage_caution(SLOPE_OPEN if which == "open" else SLOPE_CLOSED),
        )
    )  # fmt: skip


def trend_offset(
    series: Series, *, level: float, bootstraps: int, rng: np.random.Generator, since_day: float
) -> Number:
    """Estimate how many months the open frontier runs behind the closed one, as parallel lines.

    `series` must be `straightened`. Both lines share one slope; the horizontal distance is the difference of their
    intercepts over it.
    """
    closed, opened = frontier(series, "closed", since_day), frontier(series, "open", since_day)
    few = min(closed.year.size, opened.year.size)
    if few < LEAST_RECORDS:
        return Refusal(refused=f"too few records on one frontier: {few}, {LEAST_RECORDS} are needed")
    value = float(_offsets(closed.year[None], closed.score[None], opened.year[None], opened.score[None])[0])
    drawn = _offsets(*_paths(closed, bootstraps, rng), *_paths(opened, bootstraps, rng))
    if not np.isfinite(value):
        return Refusal(refused="no common rising trend")
    kept = drawn[np.isfinite(drawn)]
    if kept.size < drawn.size / 2:
        return Refusal(refused="no common rising trend in most resamples")
    return stated(estimate(value, _widened(value, kept, few, level), level=level, n=few, method=TREND_METHOD))


def threshold_spells(series: Series, since_day: float) -> SpellTable:
    """Find, for fixed levels, the months from the first closed to the first open release that reaches them.

    Levels are evenly spaced from the best closed score before `since_day` to the best closed score of all.
    """
    closed = records(series.day, series.score, ~series.open)
    opened = records(series.day, series.score, series.open)
    before = series.score[closed[series.day[closed] < since_day]]
    start = float(before[-1]) if before.size else float(series.score[closed[0]])
    levels = np.linspace(start, float(series.score[closed[-1]]), LEVELS + 1)[1:]
    first = closed[np.searchsorted(series.score[closed], levels)]
    place = np.searchsorted(series.score[opened], levels)
    found = place < opened.size
    matcher = np.where(found, opened[np.minimum(place, opened.size - 1)], -1)
    ended = np.where(found, series.day[matcher], series.end_day)
    last = np.where(place > 0, series.day[opened[np.maximum(place - 1, 0)]], -np.inf)
    start_day = series.day[first]
    low = np.maximum(np.where(found, last, series.end_day) - start_day, 0.0) / DAYS_PER_MONTH
    high = np.where(found, np.maximum((ended - start_day) / DAYS_PER_MONTH, AT_ONCE), np.inf)
    return SpellTable(first, matcher, low, high)


def bracket_spells(series: Series, since_day: float) -> SpellTable:
    """Find, for each open record, how long before it the closed frontier passed its score.

    The closed frontier passed the score between the last closed record below it and the first that reached it. Open
    records that no closed release had reached lag by nothing; those below every closed record are left out.
    """
    closed = records(series.day, series.score, ~series.open)
    opened = records(series.day, series.score, series.open)
    opened = opened[series.day[opened] >= since_day]
    place = np.searchsorted(series.score[closed], series.score[opened])
    bracketed = place > 0
    opened, place = opened[bracketed], place[bracketed]
    reached = place < closed.size
    above = np.where(reached, series.day[closed[np.minimum(place, closed.size - 1)]], np.inf)
    below = series.day[closed[place - 1]]
    day = series.day[opened]
    low = np.maximum(day - above, 0.0) / DAYS_PER_MONTH
    high = np.where(above <= day, np.maximum((day - below) / DAYS_PER_MONTH, AT_ONCE), AT_ONCE)
    return SpellTable(opened, _matcher(closed, place, reached), low, np.maximum(high, low + AT_ONCE))


def _matcher(closed: IntArray, place: IntArray, reached: np.ndarray) -> IntArray:
    return np.asarray(np.where(reached, closed[np.minimum(place, closed.size - 1)], closed[-1]))


def _paths(line: Line, rows: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Build (rows, records) frontiers anew from resampled steps, around the middle of the real one."""
    steps = line.year.size - 1
    starts = rng.integers(0, steps, (rows, -(-steps // BLOCK)))
    # blocks wrap around, so that every step is as likely as any other
    pick = ((starts[:, :, None] + np.arange(BLOCK)) % steps).reshape(rows, -1)[:, :steps]
    paths = []
    for axis in (line.year, line.score):
        path = np.concatenate((np.zeros((rows, 1)), np.cumsum(np.diff(axis)[pick], axis=1)), axis=1)
        paths.append(path - path.mean(axis=1, keepdims=True) + axis.mean())
    return paths[0], paths[1]


def _slopes(year: FloatArray, score: FloatArray) -> FloatArray:
    x = year - year.mean(axis=1, keepdims=True)
    return np.asarray((x * score).sum(axis=1) / np.maximum((x**2).sum(axis=1), np.finfo(float).tiny))


def _offsets(
    closed_year: FloatArray, closed_score: FloatArray, open_year: FloatArray, open_score: FloatArray
) -> FloatArray:
    """Give (rows,) months between parallel lines; infinite where they do not rise."""
    parts = [
        (year - year.mean(axis=1, keepdims=True), score)
        for year, score in ((closed_year, closed_score), (open_year, open_score))
    ]
    # records of one day have no slope, as those of a flat frontier have none
    spread = np.maximum(sum((x**2).sum(axis=1) for x, _ in parts), np.finfo(float).tiny)
    slope = sum((x * score).sum(axis=1) for x, score in parts) / spread
    gap = (
        closed_score.mean(axis=1)
        - open_score.mean(axis=1)
        - slope * (closed_year.mean(axis=1) - open_year.mean(axis=1))
    )
    return np.asarray(np.where(slope > 0, 12.0 * gap / np.where(slope > 0, slope, 1.0), np.inf))


def _widened(value: float, draws: FloatArray, records_seen: int, level: float) -> FloatArray:
    """Stretch draws around the value for the few blocks behind them: Student's quantile over the normal one."""
    blocks = max((records_seen - 1) / BLOCK, 2.0)
    stretch = stdtrit(blocks - 1, 0.5 + level / 2) / two_sided(level) * np.sqrt(blocks / (blocks - 1))
    return np.asarray(value + (draws - np.median(draws)) * stretch)
