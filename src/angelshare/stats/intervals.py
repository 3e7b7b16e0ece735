"""Turn draws into estimates, and the closed-form intervals."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.panel import FloatArray

NO_WIDTH = 1e-9
"""An interval narrower than this share of its value is rounding, not doubt."""


def normal_quantile(probability: float) -> float:
    """Give the standard normal quantile."""
    return NormalDist().inv_cdf(probability)


def two_sided(level: float) -> float:
    """Give the normal critical value of a two-sided interval at `level`, e.g. 1.96 at 0.95."""
    return normal_quantile(0.5 + level / 2)


def percentile_ends(draws: FloatArray, level: float) -> tuple[float, float]:
    """Give the equal-tailed ends of `draws`."""
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def estimate(value: float, draws: FloatArray, *, level: float, n: int, method: str, caution: str = "") -> Estimate:
    """Make an estimate from its draws; the interval always holds the value."""
    low, high = percentile_ends(draws, level)
    return Estimate(
        value=float(value), low=min(low, float(value)), high=max(high, float(value)),
        level=level, n=n, method=method, caution=caution,
    )  # fmt: skip


def stated(number: Number) -> Number:
    """Refuse an estimate whose interval has no width: draws that are all alike say nothing of the doubt."""
    if isinstance(number, Refusal) or number.low is None or number.high is None:
        return number
    if number.high - number.low > NO_WIDTH * max(abs(number.value), 1.0):
        return number
    return Refusal(refused=f"unidentified: every resample gives {number.value:.3g}, so nothing is known of its doubt")


def wilson_ends(share: float, n: float, critical: float) -> tuple[float, float]:
    """Give Wilson's score interval for a proportion.

    Args:
        share: observed proportion in [0, 1].
        n: independent trials; may be an effective number, not whole.
        critical: critical value, 1.96 for 95 % where the variance is known.

    Source: Wilson 1927, JASA 22, 209-212; as in Brown, Cai & DasGupta 2001, Statistical Science 16, equation (4).
    """
    square = critical * critical
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = critical / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return (0.0 if share == 0 else low), (1.0 if share == 1 else high)


def wilson(right: int, n: int, *, level: float) -> Estimate:
    """Estimate a proportion from `right` successes in `n` independent trials."""
    low, high = wilson_ends(right / n, n, two_sided(level))
    return Estimate(value=right / n, low=low, high=high, level=level, n=n, method="Wilson score interval")


def caution_of(*notes: str) -> str:
    """Join what must be borne in mind."""
    return "; ".join(note for note in notes if note)
