"""Green lists: by context (KGW), or one for all contexts (Unigram).

Sources: Kirchenbauer et al. 2023, arXiv 2301.10226; Zhao et al. 2023, arXiv 2306.17439. A token is green when its draw
is below gamma * 2^64. Each token is drawn by itself, so a list has gamma * V tokens on average rather than exactly;
that makes the count of greens over distinct pseudo-random inputs exactly binomial, which a list of fixed size does not.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from angelshare.core.marks import Law, WatermarkKey
from angelshare.defences.watermark.arrays import BoolArray, IntArray, Word, WordArray
from angelshare.defences.watermark.prf import compiled, draw, subkeys
from angelshare.defences.watermark.seeds import MIN, NONE, SELF, mode_of, seed_at, seeds_at, table_of


class Greens:
    """Counts greens of a kgw or unigram key."""

    law: Law = "binomial"
    unit: Literal["context", "pair"] = "pair"
    pads: bool = False
    scale: int = 1

    def __init__(self, key: WatermarkKey) -> None:
        self.rate, self._mode = key.gamma, mode_of(key)
        self.width = 0 if self._mode == NONE else key.window
        self.collapses = self._mode in (SELF, MIN)
        self._words = subkeys(key.secret)
        self._table = table_of(self._words, self._mode, key.vocabulary_size)
        self._below, self._size = below(key.gamma), key.vocabulary_size

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """See `Scorer`."""
        return seeds_at(self._words, self._table, self._mode, self.width, ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Count greens at `at`."""
        return len(at), int(_count(self._below, ids, at, seeds))

    def mask(self, context: IntArray) -> BoolArray:
        """Say which of the vocabulary is green after each of (rows, width) contexts: (rows, vocabulary)."""
        rows = np.ascontiguousarray(context, dtype=np.int64)
        return _mask(self._words, self._table, self._mode, self._below, rows, self._size)


def below(gamma: float) -> Word:
    """Give the bound that a share `gamma` of all 64-bit draws is below, exactly: gamma is a multiple of 2^-64."""
    return np.uint64(min(int(gamma * 2.0**64), 2**64 - 1))


@compiled
def _count(bound: Word, ids: IntArray, at: IntArray, seeds: WordArray) -> np.int64:
    greens = np.int64(0)
    for row in range(len(at)):
        greens += draw(seeds[row], ids[at[row]]) < bound
    return greens


@compiled
def _mask(  # noqa: PLR0917 - compiled loops take theirs by place
    key: WordArray, table: WordArray, mode: int, bound: Word, context: IntArray, size: int
) -> BoolArray:
    rows, width = context.shape
    out = np.empty((rows, size), dtype=np.bool_)
    for row in range(rows):
        ids = context[row]
        seed = np.uint64(0)
        if mode != SELF:
            seed = seed_at(key, table, mode, width, ids, width, 0)
        for token in range(size):
            if mode == SELF:
                seed = seed_at(key, table, mode, width, ids, width, token)
            out[row, token] = draw(seed, token) < bound
    return out
