"""Binomial and gamma densities in log space without a difference of large numbers: Loader's saddle-point form.

Sources: Loader 2000, "Fast and accurate computation of binomial probabilities", the saddle-point expansion with its
deviance and error of Stirling's formula; DLMF 4.6.4 (logarithm), 5.11.1 (Stirling's series); Dekker 1971, "A
floating-point technique for extending the available precision", Numerische Mathematik 18 (the rounding of a product).
"""

from __future__ import annotations

import numpy as np

from angelshare.stats.panel import FloatArray


def log_mass(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Give ln P(X = k) for X binomial(n, p) and 0 <= k <= n, in Loader's form."""
    q = 1.0 - p
    inside = (k > 0) & (k < n)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = _deviance(k, n, p)
        scale = 0.5 * np.log(n / (2 * np.pi * k * (n - k)))
        whole = _stirling(n) - _stirling(k) - _stirling(n - k) - deviance + scale
    # the logarithm of the larger of p and q is taken from the smaller, which the subtraction has not rounded
    all_of, none_of = n * _log_of(p, q), n * _log_of(q, p)
    return np.asarray(np.where(inside, whole, np.where(k == 0, none_of, all_of)))


def _log_of(share: FloatArray, rest: FloatArray) -> FloatArray:
    return np.asarray(np.where(share > 0.5, np.log1p(-rest), np.log(share)))  # noqa: PLR2004 - the larger half


def _deviance(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Give n KL(k/n || p) as two positive parts, from k - np without rounding."""
    q, delta = 1.0 - p, excess(k, n, p)
    return np.asarray(n * p * _bend(delta / (n * p)) + n * q * _bend(-delta / (n * q)))


def _bend(x: FloatArray) -> FloatArray:
    """Give (1 + x) ln(1 + x) - x, at least 0."""
    near = np.abs(x) < 0.5  # noqa: PLR2004 - beyond, the plain form loses no digits
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = (1 + x) * np.log1p(x) - x
    return np.where(near, (1 + x) * log1p_less(x) + x * x, np.where(x <= -1, 1.0, plain))


def excess(k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Give k - np with the rounding of np put back (Dekker's product)."""
    product = n * p
    return np.asarray((k - product) - _rounding(n, p, product))


def _rounding(a: FloatArray, b: FloatArray, product: FloatArray) -> FloatArray:
    high_a, high_b = _upper_half(a), _upper_half(b)
    low_a, low_b = a - high_a, b - high_b
    return np.asarray(((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b)


def _upper_half(a: FloatArray) -> FloatArray:
    stretched = 134217729.0 * a  # 2^27 + 1
    return np.asarray(stretched - (stretched - a))


def log_power(s: FloatArray, n: FloatArray) -> FloatArray:
    """Give ln(s^n e^-s / n!), n at least 1."""
    share = (s - n) / n
    # far below n the share is nearly -1, and s / n is the number that has kept its digits
    fall = np.where(s < n / 2, np.log(s / n) - share, log1p_less(share))
    return np.asarray(n * fall - 0.5 * np.log(2 * np.pi * n) - _stirling(n))


def log1p_less(x: FloatArray) -> FloatArray:
    """Give ln(1 + x) - x without the loss of digits near 0: 2 artanh(x / (2 + x)) - x, DLMF 4.6.4."""
    ratio = x / (2 + x)
    square = ratio * ratio
    series = np.zeros_like(x)
    for order in range(35, 1, -2):
        series = (series + 2.0 / order) * square
    # 35 holds all digits up to |ratio| = 1/3, that is x from -0.5 to 1
    near = (x > -0.5) & (x < 1.0)  # noqa: PLR2004 - see above
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(near, ratio * (series - x), np.log1p(np.maximum(x, -1.0)) - x)


SMALL = 16
"""From here on four terms and one more of Stirling's series hold all digits."""

FACTORIALS = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, SMALL)))])


def _stirling(n: FloatArray) -> FloatArray:
    """Give ln n! - (n + 1/2) ln n + n - ln(2 pi) / 2, the error of Stirling's formula (DLMF 5.11.1)."""
    few = n < SMALL
    small = np.where(few, n, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = FACTORIALS[small.astype(np.int64)] - (small + 0.5) * np.log(small) + small - 0.5 * np.log(2 * np.pi)
    x = 1.0 / np.where(few, SMALL, n)
    y = x * x
    series = x * (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188)))))
    return np.where(few, exact, series)
