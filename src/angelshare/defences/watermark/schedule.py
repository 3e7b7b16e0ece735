"""From a key to what draws it: a scorer for detection, masks and numbers for generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.arrays import BoolArray, FloatArray, IntArray, WordArray
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.gumbel import Exponentials
from angelshare.defences.watermark.scorer import Scorer
from angelshare.defences.watermark.synthid import Tournament

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def scorer_of(key: WatermarkKey) -> Scorer:
    """Make the scorer of a checked key."""
    if key.scheme == "gumbel":
        return Exponentials(key)
    return Tournament(key) if key.scheme == "synthid" else Greens(key)


def green_mask(key: WatermarkKey, context: IntArray) -> BoolArray:
    """Say which tokens are green after each of (rows, h) contexts: (rows, vocabulary). Unigram takes (rows, 0)."""
    scorer = scorer_of(key)
    if not isinstance(scorer, Greens):
        raise PlanError(f"'{key.schedule}' gives no green lists for scheme '{key.scheme}'; kgw and unigram have them")
    return scorer.mask(context)


def uniforms(key: WatermarkKey, context: IntArray, *, second: bool = False) -> FloatArray:
    """Give the u of every token after each of (rows, h) contexts: (rows, vocabulary), in (0, 1)."""
    scorer = scorer_of(key)
    if not isinstance(scorer, Exponentials):
        raise PlanError(f"'{key.schedule}' gives no uniform numbers for scheme '{key.scheme}'; gumbel has them")
    return scorer.uniforms(context, second=second)


def g_values(key: WatermarkKey, context: IntArray, ids: IntArray) -> NDArray[np.uint8]:
    """Give the g-values of (rows, k) candidates after (rows, h) contexts: (rows, k, layers) of 0 and 1."""
    return _tournament(key).values(context, ids)


def g_bits(key: WatermarkKey, context: IntArray, ids: IntArray) -> WordArray:
    """Give the same packed, layer l in bit l: (rows, k)."""
    return _tournament(key).bits(context, ids)


def _tournament(key: WatermarkKey) -> Tournament:
    scorer = scorer_of(key)
    if not isinstance(scorer, Tournament):
        raise PlanError(f"'{key.schedule}' gives no g-values for scheme '{key.scheme}'; synthid has them")
    return scorer
