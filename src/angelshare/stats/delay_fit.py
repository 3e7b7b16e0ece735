"""Interval-censored maximum likelihood for lognormal and Weibull lags, many weightings of the spells at once.

log T = mu + sigma W with W standard normal (lognormal) or smallest extreme value (Weibull). A spell in (low, high]
contributes log(F(b) - F(a)), a = (log low - mu) / sigma and b likewise. Newton's method on (mu, log sigma) with the
analytic gradient and Hessian, damped row by row, runs on all rows of weights together; a row is one resample.
Source: Lawless 2003, Statistical models and methods for lifetime data, section 5.1 and equation (5.1.1), Wiley.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.special import log_ndtr

from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import AT_ONCE, BoolArray

Law: TypeAlias = Literal["lognormal", "weibull"]

LEAST_SPREAD, MOST_SPREAD = math.log(0.02), math.log(20.0)
"""Bounds of log sigma: at the lower one a lag is known to 2 %, at the upper one it is anywhere."""

ROUNDS = 80
"""Newton steps at most."""

TIGHT = 1e-9
"""Gain in log-likelihood per spell below which a row has converged."""

CERTAIN = 1e-3
"""A log-likelihood this close to 0 says that the law fits whatever its spread."""

MEDIAN_WEIBULL = math.log(math.log(2.0))
"""Median of the standard smallest extreme value."""

_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)


class LagFits(NamedTuple):
    """Fits, one row per weighting."""

    mu: FloatArray
    """(rows,) location of log months."""

    spread: FloatArray
    """(rows,) log sigma."""

    converged: BoolArray
    """(rows,) False where Newton's method stalled, or where no spread fits better than a narrower or wider one."""

    law: Law
    """The law fitted."""

    @property
    def log_median(self) -> FloatArray:
        """(rows,) log of the median lag in months."""
        return self.mu + (np.exp(self.spread) * MEDIAN_WEIBULL if self.law == "weibull" else 0.0)


class Pieces(NamedTuple):
    """Log-likelihood of every spell in every row, with derivatives by mu and log sigma; all (rows, spells)."""

    value: FloatArray
    by_mu: FloatArray
    by_spread: FloatArray
    mu_mu: FloatArray
    mu_spread: FloatArray
    spread_spread: FloatArray


def fit_lags(low: FloatArray, high: FloatArray, weight: FloatArray, *, law: Law = "lognormal") -> LagFits:
    """Fit a law to interval-censored lags.

    Args:
        low: (spells,) or (rows, spells) months, 0 where nothing is known.
        high: same shape, months, above `low`; infinite where right-censored.
        weight: (rows, spells) how often each spell counts; 0 leaves it out.
        law: which law.
    """
    with np.errstate(divide="ignore"):
        left, right = np.log(np.broadcast_to(low, weight.shape)), np.log(np.broadcast_to(high, weight.shape))
    mu, spread = _start(left, right, weight)
    damping = np.full(mu.size, 1e-3)
    alive = np.arange(mu.size)
    done = np.zeros(mu.size, dtype=bool)
    for _ in range(ROUNDS):
        at = Frame(left[alive], right[alive], weight[alive])
        step_mu, step_spread, now = _newton(at, mu[alive], spread[alive], damping[alive], law)
        new_mu = mu[alive] + step_mu
        new_spread = np.clip(spread[alive] + step_spread, LEAST_SPREAD, MOST_SPREAD)
        gain = (at.weight * log_share(at.left, at.right, new_mu, new_spread, law)).sum(axis=1) - now
        better = gain >= 0.0
        mu[alive] = np.where(better, new_mu, mu[alive])
        spread[alive] = np.where(better, new_spread, spread[alive])
        damping[alive] = np.where(better, damping[alive] * 0.1, damping[alive] * 10.0)
        # a rejected step that damping has made tiny is the end too
        over = (better & (gain < TIGHT)) | (damping[alive] > 1e9)  # noqa: PLR2004 - a step of nothing
        done[alive[over & better]] = True
        alive = alive[~over]
        if alive.size == 0:
            break
    # intervals that all overlap have probability 1 under any narrow law: nothing is known of its spread
    value = (weight * log_share(left, right, mu, spread, law)).sum(axis=1)
    inside = (spread > LEAST_SPREAD) & (spread < MOST_SPREAD) & (value < -CERTAIN)
    return LagFits(mu, spread, done & inside, law)


class Frame(NamedTuple):
    """Log ends and weights of the rows at work; all (rows, spells)."""

    left: FloatArray
    right: FloatArray
    weight: FloatArray


def log_share(left: FloatArray, right: FloatArray, mu: FloatArray, spread: FloatArray, law: Law) -> FloatArray:
    """Give (rows, spells) the log-probability of a lag between exp(left) and exp(right)."""
    sigma = np.exp(spread)[:, None]
    return _log_between((left - mu[:, None]) / sigma, (right - mu[:, None]) / sigma, law)


def pieces(left: FloatArray, right: FloatArray, mu: FloatArray, spread: FloatArray, law: Law) -> Pieces:
    """Differentiate the log-likelihood of every spell twice."""
    sigma = np.exp(spread)[:, None]
    a, b = (left - mu[:, None]) / sigma, (right - mu[:, None]) / sigma
    value = _log_between(a, b, law)
    # finite stand-ins: the density at an infinite end is 0, and 0 x inf is not
    a0, b0 = np.where(np.isfinite(a), a, 0.0), np.where(np.isfinite(b), b, 0.0)
    low = np.where(np.isfinite(a), np.exp(np.minimum(_log_density(a0, law) - value, 300.0)), 0.0)
    high = np.where(np.isfinite(b), np.exp(np.minimum(_log_density(b0, law) - value, 300.0)), 0.0)
    slope_a, slope_b = _slope(a0, law), _slope(b0, law)
    first, second = high - low, b0 * high - a0 * low
    curve = high * slope_b - low * slope_a
    mixed = high * (1 + b0 * slope_b) - low * (1 + a0 * slope_a)
    twice = b0 * high * (1 + b0 * slope_b) - a0 * low * (1 + a0 * slope_a)
    return Pieces(
        value=value, by_mu=-first / sigma, by_spread=-second,
        mu_mu=(curve - first**2) / sigma**2, mu_spread=(mixed - first * second) / sigma,
        spread_spread=twice - second**2,
    )  # fmt: skip


def _newton(
    at: Frame, mu: FloatArray, spread: FloatArray, damping: FloatArray, law: Law
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give a damped Newton step per row, and the log-likelihood where it starts."""
    part = pieces(at.left, at.right, mu, spread, law)

    def total(each: FloatArray) -> FloatArray:
        return np.asarray((at.weight * each).sum(axis=1))

    g_mu, g_spread = total(part.by_mu), total(part.by_spread)
    h_mm, h_ms, h_ss = -total(part.mu_mu), -total(part.mu_spread), -total(part.spread_spread)
    # lift the smaller eigenvalue above zero: away from the top the likelihood is not concave
    half, root = (h_mm + h_ss) / 2, np.sqrt(((h_mm - h_ss) / 2) ** 2 + h_ms**2)
    lift = np.maximum(1e-6 * (half + root) - (half - root), 0.0) + damping * np.maximum(np.abs(half) + root, 1e-9)
    h_mm, h_ss = h_mm + lift, h_ss + lift
    determinant = h_mm * h_ss - h_ms**2
    step_mu = (h_ss * g_mu - h_ms * g_spread) / determinant
    step_spread = (h_mm * g_spread - h_ms * g_mu) / determinant
    longest = np.maximum(np.abs(step_mu), np.abs(step_spread))
    shrink = np.minimum(1.0, 1.0 / np.maximum(longest, 1e-12))
    return step_mu * shrink, step_spread * shrink, total(part.value)


def _start(left: FloatArray, right: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Start from the mean and spread of the ends that are known, censored spells at twice their time."""
    left = np.maximum(left, math.log(AT_ONCE))
    upper = np.where(np.isfinite(right), right, left)
    halfway = np.log((np.exp(left) + np.exp(upper)) / 2)
    middle = np.where(np.isfinite(right), halfway, left + math.log(2.0))
    total = np.maximum(weight.sum(axis=1), 1e-12)
    mean = (weight * middle).sum(axis=1) / total
    variance = (weight * (middle - mean[:, None]) ** 2).sum(axis=1) / total
    return mean, np.clip(0.5 * np.log(np.maximum(variance, 0.04)), LEAST_SPREAD, MOST_SPREAD)


def _log_between(a: FloatArray, b: FloatArray, law: Law) -> FloatArray:
    """Give log(F(b) - F(a)) without cancellation in either tail."""
    if law == "weibull":
        hazard_a, hazard_b = np.exp(np.minimum(a, 600.0)), np.exp(np.minimum(b, 600.0))
        return np.asarray(-hazard_a + np.log(-np.expm1(-np.maximum(hazard_b - hazard_a, 1e-300))))
    # the normal is symmetric: work in the upper tail, where survival does not cancel
    flip = np.where(np.isfinite(a) & np.isfinite(b), a, 0.0) + np.where(np.isfinite(a) & np.isfinite(b), b, 0.0) < 0
    near, far = np.where(flip, -b, a), np.where(flip, -a, b)
    top, rest = log_ndtr(-near), log_ndtr(-far)
    return np.asarray(top + np.log(-np.expm1(np.minimum(rest - top, -1e-300))))


def _log_density(z: FloatArray, law: Law) -> FloatArray:
    if law == "weibull":
        return np.asarray(z - np.exp(np.minimum(z, 600.0)))
    return np.asarray(-0.5 * z * z - _HALF_LOG_TAU)


def _slope(z: FloatArray, law: Law) -> FloatArray:
    """Give the derivative of the log-density."""
    return np.asarray(1.0 - np.exp(np.minimum(z, 600.0)) if law == "weibull" else -z)
