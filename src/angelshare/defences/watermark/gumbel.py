"""Keyed Gumbel-max (Aaronson 2022; the test's law in Fernandez et al. 2023, arXiv 2308.00113, section 3).

The token chosen has the largest u^(1/p). Without a mark the u of the token that came is uniform, so -ln(1 - u) is a
unit exponential and the sum over n draws follows Gamma(n, 1). A context is scored once, at its first token: generators
skip the mark where a context comes back, so later tokens of it are as if unmarked. With a second key the generator
picks one of the two at each step; both draws of the token are summed, 2 for each context: the law stays exact.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from angelshare.core.marks import Law, WatermarkKey
from angelshare.defences.watermark.arrays import FloatArray, IntArray, WordArray
from angelshare.defences.watermark.prf import SCALE_BITS, compiled, draw, siphash, steps, subkeys, uniform
from angelshare.defences.watermark.seeds import LEFT, seeds_at

_NO_TABLE = np.empty(0, dtype=np.uint64)


class Exponentials:
    """Sums -ln(1 - u) of a gumbel key."""

    law: Law = "gamma"
    rate: float = 1.0
    unit: Literal["context", "pair"] = "context"
    collapses: bool = False
    pads: bool = False
    scale: int = 2**SCALE_BITS

    def __init__(self, key: WatermarkKey) -> None:
        self.width, self._size = key.window, key.vocabulary_size
        self._words = subkeys(key.secret)
        self._second = subkeys(key.second_secret) if key.second_secret else None

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """See `Scorer`."""
        return seeds_at(self._words, _NO_TABLE, LEFT, self.width, ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Sum the exponentials at `at`, under both keys if there are two."""
        total, count = int(_sum(ids, at, seeds)), len(at)
        if self._second is not None:
            again = seeds_at(self._second, _NO_TABLE, LEFT, self.width, ids, at)
            total, count = total + int(_sum(ids, at, again)), 2 * count
        return count, total

    def uniforms(self, context: IntArray, *, second: bool = False) -> FloatArray:
        """Give u of the whole vocabulary after each of (rows, width) contexts, under the second key if told."""
        words = self._second if second and self._second is not None else self._words
        return _uniforms(words, np.ascontiguousarray(context, dtype=np.int64), self._size)


@compiled
def _sum(ids: IntArray, at: IntArray, seeds: WordArray) -> np.int64:
    total = np.int64(0)
    for row in range(len(at)):
        total += steps(uniform(draw(seeds[row], ids[at[row]])))
    return total


@compiled
def _uniforms(key: WordArray, context: IntArray, size: int) -> FloatArray:
    rows, width = context.shape
    out = np.empty((rows, size), dtype=np.float64)
    for row in range(rows):
        seed = siphash(key, context[row], 0, width)
        for token in range(size):
            out[row, token] = uniform(draw(seed, token))
    return out
