"""Delays across benchmarks: medians by group and their difference, with what little a handful of benchmarks can say.

Logarithms of the benchmarks' delays are taken as normal around their group's centre with one spread for all groups,
pooled from the scatter within groups (it holds each benchmark's own doubt as well; that doubt is its floor). Medians
are drawn as medians of so many normal draws, the spread from its fiducial distribution, so that few benchmarks give
wide intervals. A bootstrap over two or three benchmarks would be far too narrow.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.intervals import estimate, two_sided
from angelshare.stats.panel import FloatArray
from angelshare.stats.sampling import DRAWS

LEAST = 2
"""Benchmarks a side, below which two sides are not compared."""

LONGEST = 1200.0
"""Months, a century: an end of an interval beyond it says that nothing bounds it."""

CAUTION = "benchmarks are few, chosen by those who publish them, and share models"


def group_medians(
    groups: Mapping[str, Sequence[Estimate]], *, level: float, rng: np.random.Generator
) -> Mapping[str, Number]:
    """Estimate the median delay of each group of benchmarks; a group of one gives its own estimate."""
    spread, freedom = _spread(list(groups.values()))
    found: dict[str, Number] = {}
    for name, members in groups.items():
        if not members:
            found[name] = Refusal(refused="no benchmark carries an estimate")
        elif len(members) == 1:
            found[name] = members[0]
        else:
            draws = np.exp(_medians(members, _scale(spread, freedom, rng), rng))
            method = f"median over {len(members)} benchmarks, pooled spread, {freedom} degrees of freedom"
            found[name] = _bounded(_median(members), draws, level=level, n=len(members), method=method)
    return found


def difference_of_medians(
    one: Sequence[Estimate], other: Sequence[Estimate], *, level: float, rng: np.random.Generator
) -> Number:
    """Estimate the median of `one` minus the median of `other`, in their unit.

    Refused with fewer than two benchmarks a side: the scatter between benchmarks could not be told from the difference.
    """
    if min(len(one), len(other)) < LEAST:
        return Refusal(
            refused=f"{len(one)} against {len(other)} benchmarks with an estimate; {LEAST} a side are needed"
        )
    spread, freedom = _spread([one, other])
    scale = _scale(spread, freedom, rng)
    draws = np.exp(_medians(one, scale, rng)) - np.exp(_medians(other, scale, rng))
    method = f"medians over {len(one)} and {len(other)} benchmarks, pooled spread, {freedom} degrees of freedom"
    return _bounded(_median(one) - _median(other), draws, level=level, n=len(one) + len(other), method=method)


def _bounded(value: float, draws: FloatArray, *, level: float, n: int, method: str) -> Estimate:
    """Make an estimate whose ends beyond a century are not bounded."""
    made = estimate(value, draws, level=level, n=n, method=method, caution=CAUTION)
    low, high = made.low, made.high
    return dataclasses.replace(
        made, low=None if low is None or low < -LONGEST else low, high=None if high is None or high > LONGEST else high
    )


def _spread(groups: Sequence[Sequence[Estimate]]) -> tuple[float, int]:
    """Pool the standard deviation of log delays within groups: (spread, degrees of freedom)."""
    freedom = sum(max(len(members) - 1, 0) for members in groups)
    if freedom == 0:
        return 0.0, 0
    logs = [np.log([number.value for number in members]) for members in groups if members]
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in logs)
    own = [_own_variance(number) for members in groups if len(members) > 1 for number in members]
    return math.sqrt(max(squares / freedom, sum(own) / len(own))), freedom


def _own_variance(number: Estimate) -> float:
    """Variance of the logarithm behind one estimate; where an end is missing the other stands for it."""
    low, high = number.low, number.high
    down = math.log(number.value / low) if low is not None and low > 0 else None
    up = math.log(high / number.value) if high is not None else None
    reach = [end for end in (down, up) if end is not None]
    return (sum(reach) / len(reach) / two_sided(number.level)) ** 2 if reach else 0.0


def _median(members: Sequence[Estimate]) -> float:
    return float(np.median([number.value for number in members]))


def _scale(spread: float, freedom: int, rng: np.random.Generator) -> FloatArray:
    """Draw (draws,) of the spread that all groups share."""
    return np.asarray(spread * np.sqrt(freedom / rng.chisquare(freedom, DRAWS)))


def _medians(members: Sequence[Estimate], scale: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw (draws,) of the group's log median, cut off far beyond a century."""
    noise = np.median(rng.standard_normal((DRAWS, len(members))), axis=1)
    return np.asarray(np.minimum(math.log(_median(members)) + scale * noise, 2 * math.log(LONGEST)))
