"""A student's next-token distribution against a key: an expected score, and a bound on its tail without a mark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar

from angelshare.core.marks import Law, MarkEvidence
from angelshare.core.record import record
from angelshare.stats.intervals import caution_of
from angelshare.stats.marks import TIE, probability
from angelshare.stats.panel import FloatArray

BOUND = "an upper bound on the p-value, not its exact value"
"""What every expected score's evidence says of its p-value."""
_LN10 = float(np.log(10.0))
_STEEPEST = 700.0
"""Largest exponent tried for a green draw: e to it is still a float."""


@record
class Expected:
    """An expected score: what a student's distribution weighs, and what a key makes of it."""

    law: Law
    """Distribution of one draw without a mark: green or not, or a unit exponential."""

    rate: float
    """Probability of a green draw; 1 for the gamma law."""

    draws: int
    """Independent draws behind each weight: tournament layers, else 1."""

    n: int
    """Contexts, each with its own pseudo-random draws."""

    statistic: float
    """Sum of weight times draw."""

    mean: float
    """Its expectation without a mark."""


def expected_score(weights: FloatArray, scores: FloatArray, *, law: Law, rate: float, draws: int = 1) -> Expected:
    """Weigh the scores that a key gives to candidate tokens by the probabilities that a student gives them.

    Args:
        weights: (contexts, candidates) probabilities; a row may sum to less than one.
        scores: (contexts, candidates) draws of the key: 0 or 1, a count of `draws` fair layers, or an exponential.
        law: of one draw.
        rate: probability of a green draw.
        draws: layers summed in each score.
    """
    return Expected(
        law=law, rate=rate, draws=draws, n=len(weights), statistic=float((weights * scores).sum()),
        mean=float(weights.sum()) * rate * draws,
    )  # fmt: skip


def expected_evidence(
    found: Expected, weights: FloatArray, decoys: Sequence[float], *, test: str, null: str
) -> MarkEvidence:
    """Test an expected score against a tail bound, and against decoy keys.

    Args:
        found: what the real key gives.
        weights: (contexts, candidates) as in `expected_score`.
        decoys: excess of each decoy key's score over its own expectation, in units of the root of its sum of squared
            weights (`standing`).
        test: name of the test.
        null: what holds without a mark, in words.
    """
    log10_p = log10_expected_tail(found, weights)
    own = standing(found, weights)
    above = int((np.asarray(decoys) >= own - TIE * abs(own)).sum())
    return MarkEvidence(
        test=test, statistic=found.statistic, p_value=probability(log10_p), log10_p_value=log10_p,
        decoy_p_value=(1 + above) / (1 + len(decoys)) if len(decoys) else None, decoys=len(decoys), n=found.n,
        null=null, caution=caution_of(BOUND, "" if found.n else "no draw could be scored"),
    )  # fmt: skip


def standing(found: Expected, weights: FloatArray) -> float:
    """Give the excess of a score over its expectation, in standard deviations without a mark; 0 for no weights."""
    spread = found.draws * (found.rate * (1 - found.rate) if found.law == "binomial" else 1.0)
    scale = float(np.sqrt((weights**2).sum() * spread))
    return (found.statistic - found.mean) / scale if scale > 0 else 0.0


def log10_expected_tail(found: Expected, weights: FloatArray) -> float:
    """Bound log10 P(sum of weight times draw >= statistic) for independent draws and weights that do not know the key.

    Chernoff's bound, the least of K(s) - s S over s > 0, where K is the sum over weights w of the draw's cumulant
    function: ln(1 - g + g e^(s w)) for a green draw of probability g, -ln(1 - s w) for a unit exponential. It uses the
    student's own distribution, so it is never above Hoeffding's bound for the same score, which allows for any.
    Source: Chernoff 1952, Annals of Mathematical Statistics 23, theorem 1; the score, arXiv 2602.03812, section 4.
    """
    flat = weights[weights > 0]
    if not len(flat) or found.statistic <= found.mean:
        return 0.0
    top = _STEEPEST / float(flat.max()) if found.law == "binomial" else (1 - 1e-12) / float(flat.max())

    def exponent(log_s: float) -> float:
        s = float(np.exp(log_s))
        return _cumulant(s * flat, found) - s * found.statistic

    # convex in s, so of one valley in ln s
    least = minimize_scalar(
        exponent, bounds=(np.log(top) - 40.0, np.log(top)), method="bounded", options={"xatol": 1e-6}
    )
    return min(0.0, float(least.fun) / _LN10)


def _cumulant(x: FloatArray, found: Expected) -> float:
    if found.law == "gamma":
        return float(-np.log1p(-x).sum()) * found.draws
    # ln(1 - g + g e^x) as x + ln(g + (1 - g) e^-x), which does not overflow
    return float((x + np.log(found.rate + (1 - found.rate) * np.exp(-x))).sum()) * found.draws
