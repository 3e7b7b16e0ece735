"""Share of closed leads that last longer than t: Kaplan-Meier on the match dates, Turnbull on the intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import BoolArray


class Curve(NamedTuple):
    """A survival curve as steps."""

    time: FloatArray
    """(steps,) months at which it falls."""

    share: FloatArray
    """(..., steps) share that lasts longer."""


def kaplan_meier(time: FloatArray, event: BoolArray, weight: FloatArray | None = None) -> Curve:
    """Estimate the survival curve by the product limit.

    Args:
        time: (spells,) months to the match, or followed without one.
        event: (spells,) True where the match came.
        weight: (..., spells) how often each spell counts; once if None.

    Source: Kaplan & Meier 1958, equation (2b), JASA 53.
    """
    weights = np.ones(time.size) if weight is None else weight
    steps = np.unique(time[event])
    at_risk = weights @ (time[:, None] >= steps).astype(float)
    dying = weights @ ((time[:, None] == steps) & event[:, None]).astype(float)
    hazard = np.divide(dying, at_risk, out=np.zeros_like(dying), where=at_risk > 0)
    return Curve(steps, np.cumprod(1.0 - hazard, axis=-1))


def quantile_time(curve: Curve, share: float = 0.5) -> FloatArray:
    """Give (...) the first time at which no more than `share` lasts longer; infinite where that is never reached."""
    # products of ratios miss an exact half by a rounding error
    below = curve.share <= share + 1e-12
    padded = np.append(curve.time, np.inf)
    place = np.where(below.any(axis=-1), below.argmax(axis=-1), curve.time.size)
    return np.asarray(padded[place])
