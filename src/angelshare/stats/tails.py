"""Upper tails of binomial and gamma sums as decimal logarithms: exact where floating point has long underflowed.

A tail is the density at the observed value times an integral of what lies beyond it. The density is taken in Loader's
saddle-point form, which holds no difference of large numbers; the integrand beyond is positive and log-concave, so
Gauss-Legendre quadrature over the stretch where it matters gives all digits at one fixed price, whether n is 1 or 1e9.

Sources: DLMF 8.17.1 and 8.17.5 (binomial tail as an incomplete beta integral), 8.2.1 and 8.2.2 (gamma); the density
in `stats/density.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from angelshare.stats.density import excess, log1p_less, log_mass, log_power
from angelshare.stats.panel import FloatArray

LN10 = float(np.log(10.0))
REACH = 42.0
"""The integrand is followed until it has fallen by at least this exponent: what is beyond is below rounding."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(56)
NODES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2
CHUNK = 2_048
"""Tails integrated at once: 2,048 x 56 doubles stay in the processor's cache."""


def log10_binomial_sf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> FloatArray:
    """Give log10 P(X >= k) for X binomial(n, p), to 1e-10 of the probability.

    Args:
        k: whole numbers, 0 to n.
        n: whole numbers, up to 1e9 and beyond.
        p: in (0, 1), taken as the exact value of the double.

    Shapes broadcast. Raises ValueError for a count outside 0..n or a probability outside (0, 1).
    """
    return _shaped(_log_binomial_sf, k, n, p) / LN10


def log10_binomial_cdf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> FloatArray:
    """Give log10 P(X <= k); see `log10_binomial_sf`."""
    return _shaped(_log_binomial_cdf, k, n, p) / LN10


def log_binomial_mass(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> FloatArray:
    """Give ln P(X = k); see `log10_binomial_sf`."""
    return _shaped(log_mass, k, n, p)


def log10_gamma_sf(s: ArrayLike, n: ArrayLike) -> FloatArray:
    """Give log10 P(S >= s) for S a sum of n unit exponentials, to 1e-10 of the probability.

    Args:
        s: sums, at least 0.
        n: whole numbers; the sum of none is 0.

    Shapes broadcast. Raises ValueError for a negative or infinite sum or count.
    """
    return log_gamma_sf(s, n) / LN10


def log_gamma_sf(s: ArrayLike, n: ArrayLike) -> FloatArray:
    """Give ln P(S >= s); see `log10_gamma_sf`."""
    return _gamma_shaped(s, n, upper=True)


def log_gamma_cdf(s: ArrayLike, n: ArrayLike) -> FloatArray:
    """Give ln P(S <= s); see `log10_gamma_sf`."""
    return _gamma_shaped(s, n, upper=False)


def log_gamma_density(s: ArrayLike, n: ArrayLike) -> FloatArray:
    """Give the ln density of a sum of n >= 1 unit exponentials at s > 0: s^(n-1) e^-s / (n-1)!."""
    s, n = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(n, dtype=np.float64))
    return np.asarray(log_power(s, n) + np.log(n / s))


# --- what lies beyond ------------------------------------------------------------------------------


def _log_binomial_sf(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Take the shorter tail, and the other as its complement."""
    upper = excess(k, n, p) >= 0
    tail = np.empty_like(k)
    tail[upper] = _log_upper(k[upper], n[upper], p[upper])
    tail[~upper] = _log_complement(_log_lower(k[~upper] - 1, n[~upper], p[~upper]))
    return tail


def _log_binomial_cdf(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    lower = excess(k, n, p) <= 0
    tail = np.empty_like(k)
    tail[lower] = _log_lower(k[lower], n[lower], p[lower])
    tail[~lower] = _log_complement(_log_upper(k[~lower] + 1, n[~lower], p[~lower]))
    return tail


def _log_upper(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Give ln P(X >= k) for np <= k <= n + 1, where the slope of the integrand is at least -1."""
    tail = np.where(k > n, -np.inf, 0.0)
    some = (k > 0) & (k <= n)
    k, n, p = k[some], n[some], p[some]
    tail[some] = log_mass(k, n, p) + _log_short(k, n, excess(k - 1, n - 1, p) / (1 - p), p / (1 - p))
    return tail


def _log_lower(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Give ln P(X <= k) for -1 <= k <= np: the upper tail of the n - k others."""
    tail = np.where(k < 0, -np.inf, 0.0)
    some = (k >= 0) & (k < n)
    k, n, p = k[some], n[some], p[some]
    tail[some] = log_mass(k, n, p) + _log_short(n - k, n, -excess(k, n - 1, p) / p, (1 - p) / p)
    return tail


def _log_short(k: FloatArray, n: FloatArray, slope: FloatArray, odds: FloatArray) -> FloatArray:
    """Give ln of P(X >= k) / P(X = k): k times the integral of (1 - v)^(k-1) (1 + v p/q)^(n-k) over v in (0, 1).

    `slope` is ((k - 1) - (n - 1) p) / q without rounding, `odds` p / q.
    """
    return np.log(k) + _log_integral(slope, k - 1, n - k, odds)


def _log_integral(slope: FloatArray, down: FloatArray, up: FloatArray, odds: FloatArray) -> FloatArray:
    """Integrate exp(-slope v + down l(-v) + up l(odds v)) over v in (0, 1), l(x) = ln(1 + x) - x."""
    result = np.empty_like(slope)
    for start in range(0, slope.size, CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = _log_quadrature(slope[part], down[part], up[part], odds[part])
    return result


def _log_quadrature(slope: FloatArray, down: FloatArray, up: FloatArray, odds: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        # each of the three falls by at least REACH at its own bound: l(-v) <= -v^2/2, l(w) <= -w^2/(2 + 2w)
        room = REACH / up
        bend = (room + np.sqrt(room * room + 2 * room)) / odds
        reach = np.minimum(np.minimum(REACH / np.maximum(slope, 0.0), np.sqrt(2 * REACH / down)), np.minimum(bend, 1.0))
    v = reach[:, None] * NODES
    exponent = -slope[:, None] * v + down[:, None] * log1p_less(-v) + up[:, None] * log1p_less(odds[:, None] * v)
    return np.asarray(np.log(reach * (np.exp(exponent) @ WEIGHTS)))


def _log_gamma(s: FloatArray, n: FloatArray, *, upper: bool) -> FloatArray:
    """Integrate (1 + v)^(n-1) e^(-sv) over v > 0, or (1 - v)^(n-1) e^(sv) over v < 1, from the density at s."""
    slope = s - (n - 1)
    above = s >= n
    integral = np.empty_like(s)
    integral[above] = _log_beyond(slope[above], n[above] - 1)
    below = ~above
    nothing = np.zeros(int(below.sum()))
    integral[below] = _log_integral(-slope[below], n[below] - 1, nothing, nothing + 1)
    tail = log_power(s, n) + np.log(n) + integral
    return np.where(above == upper, tail, _log_complement(tail))


def _log_beyond(slope: FloatArray, bend: FloatArray) -> FloatArray:
    """Integrate exp(-slope v + bend l(v)) over v > 0."""
    result = np.empty_like(slope)
    for start in range(0, slope.size, CHUNK):
        part = slice(start, start + CHUNK)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = REACH / bend[part]
            reach = np.minimum(
                REACH / slope[part], np.where(bend[part] > 0, room + np.sqrt(room**2 + 2 * room), np.inf)
            )
        v = reach[:, None] * NODES
        exponent = -slope[part, None] * v + bend[part, None] * log1p_less(v)
        result[part] = np.log(reach * (np.exp(exponent) @ WEIGHTS))
    return result


def _log_complement(tail: FloatArray) -> FloatArray:
    """Give ln(1 - e^tail)."""
    with np.errstate(divide="ignore"):
        return np.where(
            tail > -LN10, np.log(-np.expm1(np.minimum(tail, 0.0))), np.log1p(-np.exp(np.minimum(tail, 0.0)))
        )


# --- the edges -------------------------------------------------------------------------------------


def _shaped(
    compute: Callable[[FloatArray, FloatArray, FloatArray], FloatArray], k: ArrayLike, n: ArrayLike, p: ArrayLike
) -> FloatArray:
    arrays = np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in (k, n, p)))
    flat_k, flat_n, flat_p = (np.ascontiguousarray(array).ravel() for array in arrays)
    if not ((flat_k >= 0) & (flat_k <= flat_n) & (flat_k == np.floor(flat_k)) & (flat_n == np.floor(flat_n))).all():
        raise ValueError("binomial tail: expected whole numbers k from 0 to n")
    if not ((flat_p > 0) & (flat_p < 1)).all():
        raise ValueError("binomial tail: expected probabilities inside (0, 1)")
    return compute(flat_k, flat_n, flat_p).reshape(arrays[0].shape)


def _gamma_shaped(s: ArrayLike, n: ArrayLike, *, upper: bool) -> FloatArray:
    arrays = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(n, dtype=np.float64))
    flat_s, flat_n = (np.ascontiguousarray(array).ravel() for array in arrays)
    if not (np.isfinite(flat_s) & (flat_s >= 0) & (flat_n >= 0) & (flat_n == np.floor(flat_n))).all():
        raise ValueError("gamma tail: expected finite sums and whole numbers of draws, none below 0")
    result = np.where(flat_s == 0, 0.0 if upper else -np.inf, -np.inf if upper else 0.0)
    some = (flat_s > 0) & (flat_n > 0)
    result[some] = _log_gamma(flat_s[some], flat_n[some], upper=upper)
    return result.reshape(arrays[0].shape)
