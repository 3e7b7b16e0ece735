"""True dose-response curves to simulate from: the three fitted families, and seven that none of them contains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from angelshare.stats.families import rise
from angelshare.stats.panel import FloatArray

Truth: TypeAlias = Callable[[FloatArray], FloatArray]
"""Dose to true mean recovery."""

Maker: TypeAlias = Callable[[float, float, float, np.random.Generator], Truth]
"""(plateau, dose scale, smallest dose, rng) to a truth; the shape is drawn."""


def draw_truth(kind: str, doses: FloatArray, rng: np.random.Generator) -> Truth:
    """Draw a curve of a kind: plateau 0.2 to 1.05; scale from half the smallest dose to five times the largest."""
    scale = 10 ** rng.uniform(np.log10(doses[0]) - 0.3, np.log10(doses[-1]) + 0.7)
    return ALL[kind](float(rng.uniform(0.2, 1.05)), float(scale), float(doses[0]), rng)


def _hill(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    shape = np.array(10 ** rng.uniform(-0.25, 0.5))
    return lambda dose: plateau * rise("hill", dose, np.array(scale), shape)


def _stretched(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    shape = np.array(10 ** rng.uniform(-0.3, 0.3))
    return lambda dose: plateau * rise("stretched_exponential", dose, np.array(scale), shape)


def _power(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    shape = np.array(10 ** rng.uniform(-0.5, 0.5))
    return lambda dose: plateau * rise("rectified_power", dose, np.array(scale), shape)


def _gompertz(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give Gompertz growth in log dose: slow start, long tail."""
    rate = rng.uniform(1.0, 3.0)
    return lambda dose: plateau * np.exp(-np.log(2) * np.exp(-rate * np.log10(dose / scale)))


def _mixture(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give two log-logistic skills, learned half a decade to one and a half apart."""
    part, one, two = rng.uniform(0.3, 0.7), rng.uniform(0.8, 2.0), rng.uniform(0.8, 3.0)
    later = scale * 10 ** rng.uniform(0.5, 1.5)
    return lambda dose: plateau * (part / (1 + (scale / dose) ** one) + (1 - part) / (1 + (later / dose) ** two))


def _flat_then_weibull(plateau: float, scale: float, smallest: float, rng: np.random.Generator) -> Truth:
    """Give nothing at all up to a threshold, then a Weibull rise."""
    shape, start = rng.uniform(0.6, 1.5), smallest * 10 ** rng.uniform(0.2, 1.2)
    return lambda dose: plateau * -np.expm1(-((np.maximum(dose - start, 0.0) / scale) ** shape))


def _two_steps(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give a rise that seems over, then a second one up to two decades later."""
    part, later = rng.uniform(0.4, 0.75), scale * 10 ** rng.uniform(0.8, 1.8)
    return lambda dose: plateau * (part * -np.expm1(-dose / scale) + (1 - part) * -np.expm1(-((dose / later) ** 1.5)))


def _broken_power(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give a loss that falls as a smoothly broken power law, as in the distillation scaling law (arXiv 2502.08606)."""
    sharp, steep = rng.uniform(0.2, 0.8), rng.uniform(0.15, 1.8)
    return lambda dose: plateau * (1 - (1 + (dose / scale) ** (1 / sharp)) ** (-steep * sharp))


def _ramp(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give a straight line in log dose between two corners."""
    decades = rng.uniform(0.8, 2.5)
    return lambda dose: plateau * np.clip(np.log10(dose / scale) / decades + 0.5, 0.0, 1.0)


def _barely(plateau: float, scale: float, _: float, rng: np.random.Generator) -> Truth:
    """Give an arm that hardly moves, up or down: a control."""
    size = rng.uniform(-0.15, 0.15)
    return lambda dose: size * plateau * rise("hill", dose, np.array(scale), np.array(1.0))


INSIDE: Mapping[str, Maker] = {
    "hill": _hill,
    "stretched exponential": _stretched,
    "rectified power": _power,
}
"""Truths that a fitted family contains."""

OUTSIDE: Mapping[str, Maker] = {
    "Gompertz": _gompertz,
    "log-logistic mixture": _mixture,
    "flat, then Weibull": _flat_then_weibull,
    "two steps": _two_steps,
    "broken power": _broken_power,
    "ramp in log dose": _ramp,
    "barely moves": _barely,
}
"""Truths that no fitted family contains."""

ALL: Mapping[str, Maker] = {**INSIDE, **OUTSIDE}
