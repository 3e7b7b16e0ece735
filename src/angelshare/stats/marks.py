"""From what a detector counted to evidence: the exact p-value, and beside it the one that decoy keys give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from angelshare.core.marks import MarkEvidence, Tally
from angelshare.stats.intervals import caution_of
from angelshare.stats.panel import FloatArray
from angelshare.stats.strength import detectable, minimum_mix, tokens_needed
from angelshare.stats.tails import LN10, log10_binomial_cdf, log10_binomial_sf, log10_gamma_sf

__all__ = [
    "Tallies",
    "detectable",
    "evidence",
    "hoeffding",
    "log10_p_values",
    "minimum_mix",
    "probability",
    "tokens_needed",
]

SMALLEST = math.ulp(0.0)
"""The smallest positive float stands for every p-value below it; its logarithm says which."""

TENFOLD = 10.0
"""The two p-values disagree when one is this many times the other ..."""

SURPRISE = 0.01
"""... and so many decoys, or so few, would turn up with less than this probability if the exact p-value were right."""

LIKELY = 0.05
"""A decoy null is asked to say something about p-values from here down."""

TIE = 1e-9
"""Relative slack within which two sums of the same numbers in another order are called equal."""

Tallies: TypeAlias = Sequence[Tally]


def evidence(tally: Tally, decoys: Tallies, *, test: str, null: str) -> MarkEvidence:
    """Test one tally against chance, exactly and against decoy keys.

    Args:
        tally: what the real key counted.
        decoys: what keys drawn like it counted on the same text; none gives no decoy p-value.
        test: name of the test.
        null: what holds if there is no mark, in words.

    Decoys have draws of their own number after de-duplication, so what is compared is each one's exact p-value. The
    decoy p-value holds whatever the hash, tokenizer or dependence between draws, as long as the key is independent of
    the text (rank test; Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9).
    """
    log10_p = float(log10_p_values([tally])[0])
    above = int((log10_p_values(decoys) <= log10_p + TIE * abs(log10_p)).sum()) if decoys else 0
    return MarkEvidence(
        test=test,
        statistic=float(tally.statistic),
        p_value=probability(log10_p),
        log10_p_value=log10_p,
        decoy_p_value=(1 + above) / (1 + len(decoys)) if decoys else None,
        decoys=len(decoys),
        n=tally.n,
        null=null,
        caution=caution_of(
            "no draw could be scored" if not tally.n else "", _disagreement(log10_p, above, len(decoys))
        ),
    )


def log10_p_values(tallies: Tallies) -> FloatArray:
    """Give the exact log10 p-value of each tally: P(Binomial(n, rate) >= count), or P(Gamma(n, 1) >= sum).

    Raises ValueError for a binomial count that is not whole.
    """
    result = np.zeros(len(tallies))
    for law in ("binomial", "gamma"):
        places = [index for index, tally in enumerate(tallies) if tally.law == law]
        if not places:
            continue
        statistic = np.array([tallies[index].statistic for index in places])
        n = np.array([tallies[index].n for index in places], dtype=np.float64)
        rate = np.array([tallies[index].rate for index in places])
        result[places] = log10_binomial_sf(statistic, n, rate) if law == "binomial" else log10_gamma_sf(statistic, n)
    return result


def probability(log10_p: float) -> float:
    """Turn a decimal logarithm into a probability; the smallest float where it would underflow."""
    return max(10.0 ** max(log10_p, -400.0), SMALLEST) if log10_p < 0 else 1.0


def hoeffding(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> FloatArray:
    """Give Hoeffding's bound exp(-2 n (k/n - p)^2) on P(X >= k) as log10: what published tests print for p.

    Never below the exact log10 p-value; 0 where k is at or below np. Shapes broadcast.
    Source: Hoeffding 1963, JASA 58, theorem 1, equation 2.3.
    """
    k, n, p = (np.asarray(array, dtype=np.float64) for array in (k, n, p))
    excess = np.maximum(k / np.maximum(n, 1.0) - p, 0.0)
    return np.asarray(-2 * n * excess**2 / LN10)


def _disagreement(log10_p: float, above: int, decoys: int) -> str:
    """Say where the two p-values differ tenfold beyond the chance of the decoys, or that so few decoys cannot say."""
    if not decoys:
        return ""
    share, p = (1 + above) / (1 + decoys), probability(log10_p)
    if share >= TENFOLD * p and above and _at_least(above, decoys, p) < SURPRISE:
        return (
            f"the exact p-value {_shown(log10_p)} is too small: {above} of {decoys} decoy keys score as high, so draws "
            f"are not independent here; rely on the decoys' {share:.3g}"
        )
    if share <= p / TENFOLD and _at_most(above, decoys, p) < SURPRISE:
        return f"the exact p-value {p:.3g} is too large: only {above} of {decoys} decoy keys score as high"
    if above == 0 and p < 1 / (1 + decoys) and p <= LIKELY:
        return f"none of {decoys} decoy keys scores as high, and they cannot resolve p-values below {share:.3g}"
    return ""


def _at_least(above: int, decoys: int, p: float) -> float:
    return float(10 ** log10_binomial_sf(above, decoys, min(max(p, SMALLEST), 1 - 1e-16)))


def _at_most(above: int, decoys: int, p: float) -> float:
    return float(10 ** log10_binomial_cdf(above, decoys, min(max(p, SMALLEST), 1 - 1e-16)))


def _shown(log10_p: float) -> str:
    return f"{10**log10_p:.3g}" if log10_p > -300 else f"1e{log10_p:.0f}"  # noqa: PLR2004 - floats end near there
