"""Tournament sampling (SynthID-Text, Dathathri et al. 2024, Nature 634, section "Watermarking with SynthID-Text").

Layer l of a token's g-values is bit l of its draw. Without a mark all bits of distinct pseudo-random inputs (window and
target) are independent fair coins, across layers as across tokens, so the count of ones over n inputs and m layers is
Binomial(n m, 1/2) exactly. Under the mark they are neither independent nor alike: earlier layers carry more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from angelshare.core.marks import Law, WatermarkKey
from angelshare.defences.watermark.arrays import IntArray, Word, WordArray
from angelshare.defences.watermark.prf import compiled, draw, siphash, subkeys
from angelshare.defences.watermark.seeds import LEFT, seeds_at

_NO_TABLE = np.empty(0, dtype=np.uint64)
_ONE = np.uint64(1)


class Tournament:
    """Counts the ones among the g-values of a synthid key."""

    law: Law = "binomial"
    rate: float = 0.5
    unit: Literal["context", "pair"] = "pair"
    collapses: bool = False
    pads: bool = False
    scale: int = 1

    def __init__(self, key: WatermarkKey) -> None:
        self.width, self._layers = key.window, key.layers
        self._words = subkeys(key.secret)
        self._kept = np.uint64((1 << key.layers) - 1)

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """See `Scorer`."""
        return seeds_at(self._words, _NO_TABLE, LEFT, self.width, ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Count ones of all layers at `at`."""
        return len(at) * self._layers, int(_ones(self._kept, ids, at, seeds))

    def bits(self, context: IntArray, ids: IntArray) -> WordArray:
        """Give the g-values of (rows, k) candidate `ids` after (rows, width) contexts, layer l in bit l: (rows, k)."""
        rows = np.ascontiguousarray(context, dtype=np.int64)
        return _bits(self._words, self._kept, rows, np.ascontiguousarray(ids, dtype=np.int64))

    def values(self, context: IntArray, ids: IntArray) -> NDArray[np.uint8]:
        """Give the same as zeros and ones: (rows, k, layers)."""
        shifts = np.arange(self._layers, dtype=np.uint64)
        return ((self.bits(context, ids)[..., None] >> shifts) & _ONE).astype(np.uint8)


_PAIRS, _NIBBLES, _BYTES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_ALL, _TOP = np.uint64(0x0101010101010101), np.uint64(56)
_TWO, _FOUR = np.uint64(2), np.uint64(4)


@compiled
def ones(word: Word) -> Word:
    """Count the set bits of a word."""
    word -= (word >> _ONE) & _PAIRS
    word = (word & _NIBBLES) + ((word >> _TWO) & _NIBBLES)
    word = (word + (word >> _FOUR)) & _BYTES
    return (word * _ALL) >> _TOP


@compiled
def _ones(kept: Word, ids: IntArray, at: IntArray, seeds: WordArray) -> Word:
    total = np.uint64(0)
    for row in range(len(at)):
        total += ones(draw(seeds[row], ids[at[row]]) & kept)
    return total


@compiled
def _bits(key: WordArray, kept: Word, context: IntArray, ids: IntArray) -> WordArray:
    rows, width = context.shape
    out = np.empty(ids.shape, dtype=np.uint64)
    for row in range(rows):
        seed = siphash(key, context[row], 0, width)
        for at in range(ids.shape[1]):
            out[row, at] = draw(seed, ids[row, at]) & kept
    return out
