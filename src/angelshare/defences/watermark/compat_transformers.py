"""Marks written by transformers: its green lists (lefthash, selfhash) and its SynthID table, bit for bit.

Green lists come from `torch.randperm` on a CPU generator; a detector that follows them works only for text generated
on a CPU, as transformers' own does. The list has int(gamma V) tokens exactly, so greens of one seed are drawn without
replacement: the count is less spread than binomial and the test a little conservative.

The SynthID table has 65,536 entries, and an affine hash leads to them, so that 65,536 g-vectors and as many bits are
all there is. Each entry is scored once, at its first use, with the table's own share of ones as the rate: valid for a
passage, and without power once a corpus has used the table up.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from angelshare.core.marks import Law, WatermarkKey
from angelshare.defences.watermark.arrays import BoolArray, IntArray, WordArray
from angelshare.defences.watermark.keys import WORD_DIGITS
from angelshare.defences.watermark.mersenne import among_first, outputs, permutation
from angelshare.defences.watermark.prf import compiled

HASH_TABLE: Final = 1_000_003
"""Entries of the fixed permutation of selfhash."""
SYNTHID_TABLE: Final = 65_536
"""Entries of the sampling table, at transformers' default size."""
_MODULUS: Final = 2**64 - 1
_LOW32 = np.uint64(0xFFFFFFFF)
_MULTIPLIER, _ENTRIES = np.uint64(6364136223846793005), np.uint64(SYNTHID_TABLE - 1)
_ONE = np.uint64(1)
_MOST = np.int64(2**63 - 1)


class TransformersGreens:
    """Counts greens of WatermarkLogitsProcessor, lefthash or selfhash.

    `window` is its context_width. Lefthash looks at the last token alone, whatever the width; selfhash counts the
    target among its tokens, so that `window` - 1 precede it.
    """

    law: Law = "binomial"
    unit: Literal["context", "pair"] = "pair"
    collapses: bool = True
    pads: bool = False
    scale: int = 1

    def __init__(self, key: WatermarkKey) -> None:
        self._itself = key.schedule == "transformers-self"
        self.width = key.window - 1 if self._itself else key.window
        self._size, self._first = key.vocabulary_size, int(key.vocabulary_size * key.gamma)
        self.rate = self._first / self._size
        self._number = int(key.secret, 16)
        self._table = np.empty(0, dtype=np.int32)
        if self._itself:
            self._table = permutation(np.uint32(self._number & 0xFFFFFFFF), HASH_TABLE)

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """Give the 32 bits that the permutation is seeded with."""
        if self._itself:
            signed = np.int64(self._number if self._number < 2**63 else self._number - 2**64)
            return _self_seeds(signed, self._table, self.width, ids, at)
        return _left_seeds(np.uint64(self._number), ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Count greens at `at`, one partial permutation for each distinct seed."""
        return len(at), int(self.greens(ids[at], seeds).sum())

    def greens(self, targets: IntArray, seeds: WordArray) -> BoolArray:
        """Say which of (n,) targets are green under their seeds."""
        order = np.argsort(seeds, kind="stable")
        out = np.empty(len(seeds), dtype=np.bool_)
        out[order] = among_first(seeds[order], targets[order], self._size, self._first)
        return out


class TransformersTable:
    """Counts ones of SynthIDTextWatermarkLogitsProcessor's g-values, each entry of its table once."""

    law: Law = "binomial"
    unit: Literal["context", "pair"] = "pair"
    collapses: bool = True
    pads: bool = False
    scale: int = 1

    def __init__(self, key: WatermarkKey) -> None:
        self.width = key.window
        words = [key.secret[at : at + WORD_DIGITS] for at in range(0, len(key.secret), WORD_DIGITS)]
        self._keys = np.array([int(word, 16) for word in words], dtype=np.uint64)
        seed = int(key.second_secret or "0", 16)
        self.table = (outputs(np.uint32(seed & 0xFFFFFFFF), SYNTHID_TABLE) & np.uint32(1)).astype(np.uint8)
        self.rate = float(self.table.mean())
        self._used = np.zeros(SYNTHID_TABLE, dtype=np.bool_)

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """Give the low 16 bits of the hash of window and target: there are no other states."""
        return _states(self.width, ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:  # noqa: ARG002 - the states say it all
        """Count entries used for the first time, and the ones among them."""
        n, ones = _fresh_ones(self._keys, self.table, self._used, seeds)
        return int(n), int(ones)

    def values(self, states: WordArray) -> NDArray[np.uint8]:
        """Give the g-values of (n,) states: (n, layers)."""
        return self.table[_entries(self._keys, states)]


@compiled
def _left_seeds(number: np.uint64, ids: IntArray, at: IntArray) -> WordArray:
    """Multiply key and last token modulo 2^64 - 1, by schoolbook halves, and keep 32 bits."""
    out = np.empty(len(at), dtype=np.uint64)
    high, low, shift = number >> np.uint64(32), number & _LOW32, np.uint64(32)
    for row in range(len(at)):
        token = np.uint64(ids[at[row] - 1])
        # token < 2^31, so each partial product fits 64 bits; 2^64 = 1 modulo 2^64 - 1 folds what is above
        upper, lower = high * token, low * token
        folded = (upper << shift) + (upper >> shift)
        if folded < upper << shift:
            folded += _ONE
        total = folded + lower
        if total < lower:
            total += _ONE
        out[row] = (np.uint64(0) if total == np.uint64(0xFFFFFFFFFFFFFFFF) else total) & _LOW32
    return out


@compiled
def _self_seeds(number: np.int64, table: IntArray, width: int, ids: IntArray, at: IntArray) -> WordArray:
    """Take the smallest product of key, hash of a token of the window or the target, and hash of the target.

    In 64-bit two's complement, as torch multiplies; a negative one is brought modulo 2^64 - 1 as Python does.
    """
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        own = np.int64(table[ids[at[row]] % HASH_TABLE]) + 1
        least = _MOST
        for place in range(at[row] - width, at[row] + 1):
            least = min(least, number * (np.int64(table[ids[place] % HASH_TABLE]) + 1) * own)
        word = np.uint64(least)
        out[row] = (word - _ONE if least < 0 else word) & _LOW32
    return out


@compiled
def _states(width: int, ids: IntArray, at: IntArray) -> WordArray:
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        state = _ONE
        for place in range(at[row] - width, at[row] + 1):
            state = (state + np.uint64(ids[place])) * _MULTIPLIER + _ONE
        out[row] = state & _ENTRIES
    return out


@compiled
def _entries(keys: WordArray, states: WordArray) -> IntArray:
    out = np.empty((len(states), len(keys)), dtype=np.int64)
    for row in range(len(states)):
        for layer in range(len(keys)):
            out[row, layer] = np.int64(((states[row] + keys[layer]) * _MULTIPLIER + _ONE) & _ENTRIES)
    return out


@compiled
def _fresh_ones(keys: WordArray, table: NDArray[np.uint8], used: BoolArray, states: WordArray) -> tuple[int, np.int64]:
    n, ones = 0, np.int64(0)
    for row in range(len(states)):
        for layer in range(len(keys)):
            entry = np.int64(((states[row] + keys[layer]) * _MULTIPLIER + _ONE) & _ENTRIES)
            if not used[entry]:
                used[entry] = True
                n += 1
                ones += np.int64(table[entry])
    return n, ones
