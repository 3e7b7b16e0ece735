"""How strong a mark is by its key alone, under a stated entropy: what "so many tokens are needed" is counted from."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.special import digamma

from angelshare.core.marks import Law, WatermarkKey
from angelshare.core.records import Number, Refusal
from angelshare.core.seeds import stream
from angelshare.defences.watermark.tournament import play
from angelshare.stats.panel import FloatArray
from angelshare.stats.strength import tokens_needed

ENTROPY = 1.0
"""Nats per token of the reference: about what a chat model leaves open at temperature 1."""
ATTENUATION = 0.05
"""Share of a teacher's excess that a student's own text is taken to keep: half of what tiny students of nothing but
marked text kept at h = 1 (docs/watermark.md), far more than at wider windows or in thinner mixes."""
_TOKENS, _DRAWS = 64, 2000
_EULER = 0.5772156649015329


def nominal_needed(key: WatermarkKey, *, level: float, mode: str) -> Number:
    """Count the scored tokens that a test at `level` needs in four of five cases, at the strength the key names.

    Text: the strength of the mark itself on text of one nat per token. A student's text: that excess times what
    students were seen to keep. Reading mode: refused, since it hangs on the student.
    """
    if mode == "reading":
        return Refusal(refused="how strongly a student's weights hold a mark cannot be said from the key")
    law: Law = "gamma" if key.scheme == "gumbel" else "binomial"
    chance = {"gumbel": 1.0, "synthid": 0.5}.get(key.scheme, key.gamma)
    effect = nominal_effect(key)
    if mode != "text":
        effect = chance + ATTENUATION * (effect - chance)
    needed = tokens_needed(law, chance, effect, level=level)
    if isinstance(needed, Refusal):
        return needed
    per_token = draws_per_token(key)
    low, high = (None if end is None else float(-(-end // per_token)) for end in (needed.low, needed.high))
    return dataclasses.replace(
        needed, value=float(-(-needed.value // per_token)), low=low, high=high, n=needed.n,
        method=f"{needed.method}: {_assumed(mode)}",
    )  # fmt: skip


def draws_per_token(key: WatermarkKey) -> int:
    """Give the draws that one scored token stands for: tournament layers, or two for a dual key."""
    if key.scheme == "synthid":
        return key.layers
    return 2 if key.scheme == "gumbel" and key.second_secret else 1


def _assumed(mode: str) -> str:
    text = f"a next token of {ENTROPY:g} nat of entropy"
    return text if mode == "text" else f"{text}, and a student that keeps {ATTENUATION:.0%} of the excess"


def nominal_effect(key: WatermarkKey) -> float:
    """Give the expected score of one draw under the mark: a green rate, a share of ones, or a mean of -ln(1 - u).

    The next-token distribution is geometric with an entropy of one nat. Gumbel-max: the sum over tokens of p times the
    harmonic number of 1/p, since the chosen u is p-th power of a uniform. The others by simulation of fixed seed.
    """
    p = reference()
    rng = stream("nominal strength")
    if key.scheme == "gumbel":
        mean = float((p * (digamma(1 + 1 / p) + _EULER)).sum())
        return (1 + mean) / 2 if key.second_secret else mean
    if key.scheme == "synthid":
        bits = rng.integers(0, 2**63, size=(_DRAWS, _TOKENS), dtype=np.uint64) & np.uint64((1 << key.layers) - 1)
        law = play(np.tile(p, (_DRAWS, 1)), bits, key.layers)
        return float((law * np.bitwise_count(bits)).sum(1).mean() / key.layers)
    green = rng.random((_DRAWS, _TOKENS)) < key.gamma
    lifted = p * np.where(green, np.exp(key.delta), 1.0)
    return float(((lifted * green).sum(1) / lifted.sum(1)).mean())


def reference() -> FloatArray:
    """Give the reference distribution: (64,) geometric probabilities with an entropy of ENTROPY nats."""
    low, high = 0.0, 1.0
    for _ in range(60):
        ratio = (low + high) / 2
        p = ratio ** np.arange(_TOKENS)
        p /= p.sum()
        entropy = -(p * np.log(np.maximum(p, 1e-300))).sum()
        low, high = (ratio, high) if entropy < ENTROPY else (low, ratio)
    kept: FloatArray = np.maximum(p, 1e-12)
    shares: FloatArray = kept / kept.sum()
    return shares
