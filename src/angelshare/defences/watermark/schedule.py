"""From a key to what draws it: a scorer for detection, masks and numbers for generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from angelshare.core.errors import PlanError
from angelshare.core.marks import Schedule, WatermarkKey
from angelshare.defences.watermark.arrays import BoolArray, FloatArray, IntArray, WordArray
from angelshare.defences.watermark.compat_transformers import TransformersGreens, TransformersTable
from angelshare.defences.watermark.compat_vllm import VllmExponentials, VllmGreens
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.gumbel import Exponentials
from angelshare.defences.watermark.scorer import Scorer
from angelshare.defences.watermark.synthid import Tournament

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DEVICE = "transformers' green lists depend on the device: these are the CPU's, so text from a GPU shows none"
_CAUTIONS: Final[Mapping[Schedule, str]] = {
    "transformers-synthid": (
        "transformers' SynthID draws from a table of 65,536 bits, each scored once here: valid for a passage; over a "
        "corpus the table is used up and nothing can be shown"
    ),
    "transformers-left": _DEVICE,
    "transformers-self": _DEVICE,
    "vllm-sbw": "SBW is not in a release of vLLM yet: this follows its proposal, whose details may still change",
}


def scorer_of(key: WatermarkKey) -> Scorer:
    """Make the scorer of a checked key."""
    if key.schedule in ("transformers-left", "transformers-self"):
        return TransformersGreens(key)
    if key.schedule == "transformers-synthid":
        return TransformersTable(key)
    if key.schedule == "vllm-gumbel":
        return VllmExponentials(key)
    if key.schedule == "vllm-sbw":
        return VllmGreens(key)
    if key.scheme == "gumbel":
        return Exponentials(key)
    return Tournament(key) if key.scheme == "synthid" else Greens(key)


def cautions(key: WatermarkKey) -> Sequence[str]:
    """Say what to bear in mind about marks of this schedule."""
    said = _CAUTIONS.get(key.schedule, "")
    if key.schedule == "vllm-gumbel" and key.second_secret:
        said = "both keys of a dual mark count alike here, so that the law is exact; vLLM weighs them by its alpha"
    return (said,) if said else ()


def window_width(key: WatermarkKey) -> int:
    """Give the width of the windows that `exclude` and `only` speak of: the key's context, 1 for a unigram mark."""
    return max(1, scorer_of(key).width)


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
