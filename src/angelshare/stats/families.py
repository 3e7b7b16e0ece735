"""The dose-response families: R(N) = R_max * g(N), g(0) = 0, g increasing to 1.

Each is written in its half-dose H, g(H) = 1/2, so that one grid of scales serves all and means the same in each.
Hill 1910 (Michaelis-Menten at shape 1); the stretched exponential (Weibull 1951); the rectified power law, after the
fine-tuning law of Lin et al. 2024, arXiv 2402.02314, equation (1), whose flat phase before the power law it keeps.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from angelshare.stats.panel import FloatArray

FamilyName: TypeAlias = Literal["hill", "stretched_exponential", "rectified_power"]
FAMILIES: tuple[FamilyName, ...] = ("hill", "stretched_exponential", "rectified_power")

SHAPES: dict[FamilyName, FloatArray] = {
    "hill": np.geomspace(0.3, 6.3, 24),
    "stretched_exponential": np.geomspace(0.3, 5.0, 24),
    "rectified_power": np.geomspace(0.1, 10.0, 24),
}
"""Exponents tried: from a rise over four decades or more to one over a third of a decade."""

BELOW_DECADES, ABOVE_DECADES, STEP = 1.5, 3.0, 0.08
"""Half-doses tried: from 1.5 decades below the smallest dose to 3 above the largest, in steps of 0.08 decades."""


def half_doses(doses: FloatArray) -> FloatArray:
    """Give the grid of half-doses for these doses, ascending."""
    low, high = np.log10(doses.min()) - BELOW_DECADES, np.log10(doses.max()) + ABOVE_DECADES
    return np.asarray(10.0 ** np.arange(low, high + STEP / 2, STEP))


def rise(family: FamilyName, dose: FloatArray, half: FloatArray, shape: FloatArray) -> FloatArray:
    """Give g(dose) in [0, 1); the three arrays broadcast."""
    if family == "hill":
        return np.asarray(1.0 / (1.0 + (half / dose) ** shape))
    if family == "stretched_exponential":
        return np.asarray(-np.expm1(-np.log(2.0) * (dose / half) ** shape))
    return np.asarray(-np.expm1(-shape * np.log1p(dose / half * (2.0 ** (1.0 / shape) - 1.0))))


def scale_of(family: FamilyName, half: float, shape: float) -> float:
    """Give the family's own dose scale K from its half-dose.

    K is H for Hill; g = 1 - exp(-(N/K)^shape) for the stretched exponential; g = 1 - (1 + N/K)^-shape for the power.
    """
    if family == "hill":
        return half
    if family == "stretched_exponential":
        return float(half / np.log(2.0) ** (1.0 / shape))
    return float(half / (2.0 ** (1.0 / shape) - 1.0))
