"""Simulated frontiers with a known lag: closed records at random, open capability following, releases when they come.

A closed record i set at t_i comes within open reach L_i months later, L log-normal around the world's lag and alike
for records set close together (an Ornstein-Uhlenbeck process in log lag). Reach is monotone: once a later record is
within reach, so are the earlier. Open releases arrive at random; a release at the open frontier shows all that is
then within reach. So a record has two lags, and they differ:

- its *capability lag*: until open weights could have equalled it, what interval-censored estimators aim at;
- its *release lag*: until a release did equal it, what Kaplan-Meier on match dates aims at. It is longer.

Two more belong to estimators that start elsewhere: the release lag of fixed levels instead of records, and how long
before an open release the closed frontier (its records joined by straight lines) had its score.

A truth is the median over the window in many worlds followed far beyond its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from angelshare.core.delay import DAYS_PER_MONTH
from angelshare.core.seeds import stream
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import SINCE_DAY, Series

MONTHS = 42.0
"""Length of the window: March 2023 to August 2026."""

BEFORE, AFTER = 18.0, 90.0
"""Months simulated before the window, and after it for the truth."""

GROWTH = 13.5 / 12
"""Points per month by which closed records rise."""

SHORTFALL = 4.0
"""Mean points by which releases off the frontier fall short of it."""

TRUTH_WORLDS = 1200
"""Worlds behind a truth: its own error is then about 1 %."""


class World(NamedTuple):
    """What is known about a simulated frontier."""

    lag_first: float
    """Median months from record to reach at the start of the window."""

    lag_last: float
    """The same at its end; in between on a straight line."""

    spread: float = 0.4
    """Standard deviation of the log lag."""

    closed_rate: float = 0.55
    """Closed records per month."""

    open_rate: float = 0.5
    """Open releases at the frontier per month."""

    persistence: float = 2.0
    """Months over which a deviation of the log lag falls to 1/e; 0 for independent lags. On the Epoch index and on
    its three best-filled benchmarks log lags set half a month to two months apart correlate by -0.15 to 0.04: less."""

    noise: float = 0.0
    """Standard error of every score, in points; its size is told to the estimators."""


WORLDS: Mapping[str, World] = {
    "constant": World(6.0, 6.0),
    "shrinking": World(9.0, 4.0),
    "growing": World(4.0, 9.0),
    "heavily censored": World(15.0, 15.0),
    "few matchers": World(6.0, 6.0, open_rate=0.14),
    "few records": World(6.0, 6.0, closed_rate=0.3, open_rate=0.35),
    "independent lags": World(6.0, 6.0, persistence=0.0),
    "persistent lags": World(6.0, 6.0, persistence=6.0),
    "wide spread": World(6.0, 6.0, spread=0.8),
    "noisy scores": World(6.0, 6.0, noise=1.3),
}
"""The conditions of the study."""


class Truth(NamedTuple):
    """Population medians, in months."""

    capability: float
    """Until open weights could have equalled a closed record."""

    release: float
    """Until an open release equalled it."""

    levels: float
    """The same for fixed levels, evenly spaced in score, from the first closed record that reached them."""

    open_side: float
    """How long before an open frontier release the closed frontier had its score."""


class _Process(NamedTuple):
    """Latent events in months from the start of the window."""

    set_at: FloatArray
    score: FloatArray
    reach: FloatArray
    release: FloatArray


def draw_series(world: World, rng: np.random.Generator) -> Series:
    """Simulate one frontier as a user would see it at the end of the window."""
    process = _draw_process(world, rng)
    closed = process.set_at <= MONTHS
    released = process.release[process.release <= MONTHS]
    shown = _shown(process, released)
    told = shown > -np.inf
    released, shown = released[told], shown[told]
    day = [process.set_at[closed], released]
    score = [process.score[closed], shown]
    for top_at, top in ((process.set_at, process.score), (released, np.maximum.accumulate(shown))):
        at, less = _also_rans(top_at, top, world, rng)
        day.append(at)
        score.append(less)
    is_open = np.repeat([False, True, False, True], [len(part) for part in day])
    points = np.concatenate(score)
    seen = points + rng.normal(0.0, 1.0, points.size) * world.noise
    sd = np.full(points.size, world.noise or np.nan)
    days = np.round(SINCE_DAY + np.concatenate(day) * DAYS_PER_MONTH)
    names = tuple(f"model {place}" for place in range(points.size))
    return Series(names, days, seen, sd, is_open, round(SINCE_DAY + MONTHS * DAYS_PER_MONTH))


@lru_cache
def truth_of(world: World, shortfall: float = 0.0) -> Truth:
    """Compute the population medians by simulation; open scores may fall short of closed ones by `shortfall`."""
    rng = stream("frontier truth", *(f"{part:g}" for part in world))
    lags: list[list[FloatArray]] = [[], [], [], []]
    for _ in range(TRUTH_WORLDS):
        process = _draw_process(world, rng)
        for kind, found in zip(lags, _true_lags(process, shortfall), strict=True):
            kind.append(found)
    return Truth(*(float(np.median(np.concatenate(kind))) for kind in lags))


def _true_lags(process: _Process, shortfall: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    inside = (process.set_at >= 0.0) & (process.set_at <= MONTHS)
    start, record = process.set_at[inside], process.score[inside]
    could = np.interp(record - shortfall, process.score, process.reach)
    did = process.release[np.searchsorted(process.release, could)]
    levels = np.arange(record[0], record[-1], 0.5) if record.size else record
    first = process.set_at[np.searchsorted(process.score, levels)]
    reached = process.release[np.searchsorted(process.release, np.interp(levels, process.score, process.reach))]
    shown_at = process.release[(process.release >= 0.0) & (process.release <= MONTHS)]
    shown = _shown(process, shown_at)
    behind = shown_at - np.interp(shown, process.score, process.set_at)
    return could - start, did - start, reached - first, behind[shown > -np.inf]


def _draw_process(world: World, rng: np.random.Generator) -> _Process:
    set_at = _arrivals(world.closed_rate, rng)
    score = 100.0 + np.cumsum(rng.exponential(GROWTH / world.closed_rate, set_at.size))
    part = np.clip(set_at / MONTHS, 0.0, 1.0)
    centre = np.log(world.lag_first + (world.lag_last - world.lag_first) * part)
    lag = np.exp(centre + world.spread * _persistent(set_at, world.persistence, rng))
    # once a later record is within reach, the earlier ones are; in between reach grows on straight lines
    first = np.minimum.accumulate((set_at + lag)[::-1])[::-1]
    once, last = np.unique(first[::-1], return_index=True)
    reach = np.interp(score, score[::-1][last], once)
    release = np.append(_arrivals(world.open_rate, rng), np.inf)
    return _Process(set_at, score, reach, release)


def _arrivals(rate: float, rng: np.random.Generator) -> FloatArray:
    span = BEFORE + MONTHS + AFTER
    return np.sort(rng.uniform(-BEFORE, MONTHS + AFTER, rng.poisson(rate * span)))


def _persistent(at: FloatArray, months: float, rng: np.random.Generator) -> FloatArray:
    """Draw a stationary Ornstein-Uhlenbeck process of variance 1 at the given times."""
    keep = np.exp(-np.diff(at, prepend=-np.inf) / months) if months else np.zeros(at.size)
    shock = rng.standard_normal(at.size) * np.sqrt(1.0 - keep**2)
    value = np.zeros(at.size)
    last = 0.0
    for place in range(at.size):
        last = keep[place] * last + shock[place]
        value[place] = last
    return value


def _shown(process: _Process, released: FloatArray) -> FloatArray:
    """Give the score of each frontier release: what is then within reach; -inf before the first record is."""
    return np.where(released < process.reach[0], -np.inf, np.interp(released, process.reach, process.score))


def _also_rans(
    top_at: FloatArray, top: FloatArray, world: World, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw releases off the frontier, twice as many as closed records."""
    at = np.sort(rng.uniform(-BEFORE, MONTHS, rng.poisson(2 * world.closed_rate * (BEFORE + MONTHS))))
    place = np.searchsorted(top_at, at, side="right") - 1
    at, place = at[place >= 0], place[place >= 0]
    return at, top[place] - rng.exponential(SHORTFALL, at.size)
