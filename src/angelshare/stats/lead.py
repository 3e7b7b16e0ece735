"""How far the closed frontier stands above the open one, in points."""

from __future__ import annotations

import math

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.delay_criteria import errors_of, has_errors
from angelshare.stats.intervals import caution_of, stated, two_sided
from angelshare.stats.spells import Series


def frontier_gap(series: Series, *, level: float) -> Number:
    """Estimate the best closed score minus the best open one at the end of the data.

    The interval is normal, from the standard errors of the two scores. Where most scores have one, their median stands
    in for one that is missing; else there is no interval, and no estimate. The best of many noisy scores tends to be a
    lucky one, on both sides: that is in no interval.
    """
    if not series.open.any() or series.open.all():
        return Refusal(refused="no gap without a model on either side")
    best = [max(np.flatnonzero(side), key=lambda place: series.score[place]) for side in (~series.open, series.open)]
    gap = float(series.score[best[0]] - series.score[best[1]])
    if not has_errors(series):
        return Refusal(
            refused=f"a gap of {gap:.3g} without an interval: the source gives no standard errors of the scores"
        )
    reach = two_sided(level) * math.sqrt(float((errors_of(series)[best] ** 2).sum()))
    unknown = [series.name[place] for place in best if not np.isfinite(series.sd[place])]
    filled = f"no standard error of {' or '.join(unknown)}: the median of the others stands in" if unknown else ""
    return stated(
        Estimate(
            value=gap, low=gap - reach, high=gap + reach, level=level, n=2,
            method=f"{series.name[best[0]]} less {series.name[best[1]]}, normal by their standard errors",
            caution=caution_of("best scores tend to be lucky ones", filled),
        )
    )  # fmt: skip
