"""E-values: evidence that may be averaged whatever depends on what, and held to a false discovery rate.

An e-value is a number of at least 0 whose expectation under the null is at most 1, so it passes 1/alpha with
probability at most alpha (Markov). Source: Vovk & Wang 2021, Annals of Statistics 49, 1736-1754.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from angelshare.stats.panel import FloatArray

NEAR_ONE = 1e-6
"""A p-value this near to 1 is calibrated by the limit, 1/2; the formula is 0/0 there."""


def from_p(p_values: ArrayLike) -> FloatArray:
    """Turn p-values in (0, 1] into e-values, (1 - p + p ln p) / (p (ln p)^2).

    The average over kappa in (0, 1) of the calibrators kappa p^(kappa - 1), which has no parameter to tune.
    Source: Vovk & Wang 2021, section 2, equation (2).
    """
    p = np.asarray(p_values, dtype=np.float64)
    safe = np.minimum(p, 1.0 - NEAR_ONE)
    log = np.log(safe)
    return np.asarray(np.where(p > 1.0 - NEAR_ONE, 0.5, (1.0 - safe + safe * log) / (safe * log * log)))


def rank_e(scores: ArrayLike, reference: ArrayLike, *, tilt: float) -> FloatArray:
    """Give conformal e-values: (n + 1) f(s) / (f(s) + sum of f over the reference), with f(s) = exp(tilt s).

    Their expectation is exactly 1 when the score and the n of the reference are exchangeable, and none exceeds n + 1;
    a score far above all others comes near to it. `tilt` must be fixed without looking at the scores.

    Args:
        scores: any shape.
        reference: (n,) scores of benign groups.
        tilt: at least 0; a larger one bets on fewer, larger outliers.

    Source: Vovk & Wang 2021, on averages of e-values, applied to the n + 1 exchangeable ranks (soft ranks).
    """
    given = np.asarray(scores, dtype=np.float64)
    held = np.asarray(reference, dtype=np.float64)
    if held.size == 0:
        return np.ones_like(given)
    top = np.maximum(given, held.max())
    mine = np.exp(tilt * (given - top))
    rest = np.exp(tilt * (held.max() - top)) * np.exp(tilt * (held - held.max())).sum()
    return np.asarray((held.size + 1.0) * mine / (mine + rest), dtype=np.float64)


def average(e_values: ArrayLike) -> float:
    """Average e-values: the only symmetric way to merge them under any dependence, up to trivial ones.

    Source: Vovk & Wang 2021, proposition 3.1. Raises ValueError for none.
    """
    values = np.asarray(e_values, dtype=np.float64)
    if values.size == 0:
        raise ValueError("no e-value to average")
    return float(values.mean())


def product(e_values: ArrayLike) -> float:
    """Multiply e-values of independent sources; of none the product is 1. Under dependence this is no e-value."""
    return float(np.prod(np.asarray(e_values, dtype=np.float64)))


def e_bh(e_values: ArrayLike, *, level: float) -> NDArray[np.bool_]:
    """Choose discoveries whose false discovery rate is at most `level`, under any dependence.

    Args:
        e_values: (cases,).
        level: of the false discovery rate, in (0, 1).

    Returns (cases,): True for the k largest, k the most with e_(k) >= cases / (level k).
    Source: Wang & Ramdas 2022, JRSS B 84, 822-852, definition 1 (e-BH).
    """
    values = np.asarray(e_values, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    passes = np.flatnonzero(values[order] * level * np.arange(1, values.size + 1) >= values.size)
    chosen = np.zeros(values.size, dtype=bool)
    if passes.size:
        chosen[order[: passes[-1] + 1]] = True
    return chosen
