"""Share of closed leads that last longer than t: Kaplan-Meier on the match dates, Turnbull on the intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import BoolArray

ROUNDING = 1e-12
"""Products of ratios miss an exact half by less."""

EM_ROUNDS, EM_TIGHT = 400, 1e-6
"""Self-consistency steps at most, and the change of any probability that ends them."""


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


def median_rows(time: FloatArray, event: BoolArray) -> FloatArray:
    """Give (rows,) Kaplan-Meier medians of spells that differ from row to row; infinite where not reached.

    Args:
        time: (rows, spells) months.
        event: (rows, spells) True where the match came.
    """
    # censored after matched at equal times, as the product limit has it
    order = np.lexsort((~event, time), axis=1)
    time, event = np.take_along_axis(time, order, axis=1), np.take_along_axis(event, order, axis=1)
    at_risk = np.arange(time.shape[1], 0, -1)
    # one tied spell at a time telescopes to the product over distinct times
    share = np.cumprod(1.0 - event / at_risk, axis=1)
    below = share <= 0.5 + ROUNDING
    return np.where(below.any(axis=1), np.take_along_axis(time, below.argmax(axis=1)[:, None], axis=1)[:, 0], np.inf)


def share_rows(time: FloatArray, event: BoolArray, months: FloatArray) -> FloatArray:
    """Give (rows, points) Kaplan-Meier shares that last longer than `months`, for spells that differ by row."""
    order = np.lexsort((~event, time), axis=1)
    time, event = np.take_along_axis(time, order, axis=1), np.take_along_axis(event, order, axis=1)
    at_risk = np.arange(time.shape[1], 0, -1)
    share = np.cumprod(1.0 - event / at_risk, axis=1)
    passed = (time[:, :, None] <= months).sum(axis=1)
    return np.take_along_axis(np.concatenate((np.ones((time.shape[0], 1)), share), axis=1), passed, axis=1)


def turnbull(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Estimate the distribution of interval-censored lags without assuming a law.

    Args:
        low: (rows, spells) months after which the match came.
        high: (rows, spells) months by which it had come; infinite while unmatched.

    Returns (rows, cells) right ends of the cells between all ends, infinite for the last, and their probabilities.
    Source: self-consistency, Turnbull 1976, equation (3.2), JRSS B 38.
    """
    ends = np.sort(np.concatenate((low, high, np.full((low.shape[0], 1), np.inf)), axis=1), axis=1)
    starts = np.concatenate((np.zeros((low.shape[0], 1)), ends[:, :-1]), axis=1)
    real = ends > starts
    inside = (starts[:, None] >= low[:, :, None]) & (ends[:, None] <= high[:, :, None]) & real[:, None]
    mass = real / real.sum(axis=1, keepdims=True)
    for _ in range(EM_ROUNDS):
        each = inside * mass[:, None]
        each /= np.maximum(each.sum(axis=2, keepdims=True), np.finfo(float).tiny)
        new = each.mean(axis=1)
        moved = np.abs(new - mass).max()
        mass = new
        if moved < EM_TIGHT:
            break
    return ends, mass


def turnbull_median(low: FloatArray, high: FloatArray) -> FloatArray:
    """Give (rows,) the middle of the cell that holds the median lag; infinite where that cell has no end."""
    ends, mass = turnbull(low, high)
    starts = np.concatenate((np.zeros((low.shape[0], 1)), ends[:, :-1]), axis=1)
    place = (np.cumsum(mass, axis=1) >= 0.5 - EM_TIGHT).argmax(axis=1)[:, None]
    return (np.take_along_axis(starts, place, axis=1)[:, 0] + np.take_along_axis(ends, place, axis=1)[:, 0]) / 2
