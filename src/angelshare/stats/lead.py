"""How far the closed frontier stands above the open one, in points."""

from __future__ import annotations

import math

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.intervals import two_sided
from angelshare.stats.spells import Series


def frontier_gap(series: Series, *, level: float) -> Number:
    """Estimate the best closed score minus the best open one at the end of the data.

    The interval is normal, from the standard errors of the two scores; without them it has no width, and says so. The
    best of many noisy scores tends to be a lucky one, on both sides: that is in no interval.
    """
    if not series.open.any() or series.open.all():
        return Refusal(refused="no gap without a model on either side")
    best = [max(np.flatnonzero(side), key=lambda place: series.score[place]) for side in (~series.open, series.open)]
    gap = float(series.score[best[0]] - series.score[best[1]])
    errors = series.sd[best]
    known = bool(np.isfinite(errors).all())
    reach = two_sided(level) * math.sqrt(float((errors**2).sum())) if known else 0.0
    return Estimate(
        value=gap, low=gap - reach, high=gap + reach, level=level, n=2,
        method=f"{series.name[best[0]]} less {series.name[best[1]]}, normal by their standard errors",
        caution="best scores tend to be lucky ones"
        if known
        else "the source gives no standard error of one of the two scores: the interval has no width",
    )  # fmt: skip
