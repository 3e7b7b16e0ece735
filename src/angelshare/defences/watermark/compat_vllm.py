"""Marks written by vLLM: keyed Gumbel-max with one or two keys, and the proposed SBW green lists, bit for bit.

Both draw from Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405), each in its own way. vLLM 0.33 pads the
first windows of a text with the id 2^32 - 1, and so do we, since its generator does. SBW (Ceppi and Sanchez 2026,
arXiv 2609.03844) is not in a release yet: this follows the open proposal, `additive` as its generator seeds lefthash.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np

from angelshare.core.marks import Law, WatermarkKey
from angelshare.defences.watermark.arrays import IntArray, Word, WordArray
from angelshare.defences.watermark.dedup import public
from angelshare.defences.watermark.prf import SCALE_BITS, compiled, steps
from angelshare.defences.watermark.seeds import ADDITIVE, SELF

_LOW32, _LOW31, _R32 = np.uint64(0xFFFFFFFF), np.uint64(0x7FFFFFFF), np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_CONTEXT, _TOKEN = np.uint64(0x574D4358), np.uint64(0x574D544B)
_ZERO, _TWO, _THREE, _EIGHT = np.uint64(0), np.uint64(2), np.uint64(3), np.uint64(8)
_MOST = np.int64(2**63 - 1)


class VllmExponentials:
    """Sums -ln(1 - u) of vLLM's `gumbel`, or of both keys of its `dual_key_gumbel`.

    vLLM weighs the two keys of a dual mark and approximates the law; unweighted, the sum is exactly Gamma(2 n).
    """

    law: Law = "gamma"
    rate: float = 1.0
    unit: Literal["context", "pair"] = "context"
    collapses: bool = False
    pads: bool = True
    scale: int = 2**SCALE_BITS

    def __init__(self, key: WatermarkKey) -> None:
        self.width = key.window
        self._numbers = [np.uint64(number) for number in numbers_of(key)]

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """Name windows; Philox mixes them again when they are scored."""
        return public(ids, at, self.width)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:  # noqa: ARG002 - Philox has 128 bits of seed
        """Sum the exponentials at `at` under each key."""
        parts = [int(_sum(number, self.width, ids, at)) for number in self._numbers]
        return len(parts) * len(at), sum(parts)


class VllmGreens:
    """Counts greens of the proposed SBW; `window` is its context_width, of which `self` drops the first token."""

    law: Law = "binomial"
    unit: Literal["context", "pair"] = "pair"
    collapses: bool = True
    pads: bool = False
    scale: int = 1

    def __init__(self, key: WatermarkKey) -> None:
        self._mode = SELF if key.seeding == "self" else ADDITIVE
        self.width = key.window - 1 if self._mode == SELF else key.window
        number = int(key.secret, 16)
        self._number = np.int64(number if number < 2**63 else number - 2**64)
        self._below = np.uint64(int(key.gamma * (2**31 - 1)))
        self.rate = int(self._below) / 2**31

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """Give the 64-bit seeds of Philox."""
        return _sbw_seeds(self._number, self._mode, self.width, ids, at)

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Count greens at `at`."""
        return len(at), int(_count(self._below, ids, at, seeds))


def numbers_of(key: WatermarkKey) -> list[int]:
    """Give the 64-bit keys of a mark: one, or two; equal secrets mean the two vLLM derives from its one key."""
    first = int(key.secret, 16)
    if not key.second_secret:
        return [first]
    if key.second_secret == key.secret:
        return [_derived(first, b"key_a"), _derived(first, b"key_b")]
    return [first, int(key.second_secret, 16)]


def _derived(number: int, domain: bytes) -> int:
    return int.from_bytes(hashlib.sha256(domain + number.to_bytes(8, "big")).digest()[:8], "big")


@compiled
def philox(a: Word, b: Word, c: Word, d: Word, key: tuple[Word, Word]) -> tuple[Word, Word, Word, Word]:
    """Run ten rounds of Philox4x32 on four 32-bit words, each kept in 64 bits."""
    first, second = key
    for _ in range(10):
        left, right = a * _M0, c * _M1
        a, b, c, d = (right >> _R32) ^ b ^ first, right & _LOW32, (left >> _R32) ^ d ^ second, left & _LOW32
        first, second = (first + _W0) & _LOW32, (second + _W1) & _LOW32
    return a, b, c, d


@compiled
def uniform_at(number: Word, width: int, ids: IntArray, place: int, target: int) -> float:
    """Give vLLM's u, a 32-bit float, of `target` after the `width` tokens before `place`."""
    low, high = number & _LOW32, number >> _R32
    a, b, c, d = _CONTEXT, np.uint64(width), _ZERO, _ZERO
    for offset in range(0, width, 4):
        first = place - width + offset
        a ^= _filled(ids, first, place, 0)
        b ^= _filled(ids, first, place, 1)
        c ^= _filled(ids, first, place, 2)
        d ^= _filled(ids, first, place, 3)
        a, b, c, d = philox(a, b, c, d, (low ^ np.uint64(offset), high))
    token = np.uint64(target) & _LOW32
    word = picked(philox(token >> _TWO, a, b, c, (low ^ d, high ^ _TOKEN)), token)
    return float(np.float32((float(word >> _EIGHT) + 1.0) / (2.0**24 + 1.0)))


@compiled
def _filled(ids: IntArray, first: int, place: int, index: int) -> Word:
    """Give a token of a block of four, or what stands in for it past the end of the window."""
    return np.uint64(ids[first + index]) & _LOW32 if first + index < place else _LOW32 - np.uint64(index)


@compiled
def picked(words: tuple[Word, Word, Word, Word], token: Word) -> Word:
    """Take the one of four outputs that belongs to a token."""
    a, b, c, d = words
    which = token & _THREE
    if which < _TWO:
        return a if which == _ZERO else b
    return c if which == _TWO else d


@compiled
def _sum(number: Word, width: int, ids: IntArray, at: IntArray) -> np.int64:
    total = np.int64(0)
    for row in range(len(at)):
        total += steps(uniform_at(number, width, ids, at[row], ids[at[row]]))
    return total


@compiled
def _jenkins(token: np.int64) -> np.int64:
    """Hash a token as SBW does, in 32-bit two's complement."""
    word = np.int32(token + 1)
    word = np.int32(word - np.int32(word << 6))
    word = np.int32(word ^ (word >> 17))
    word = np.int32(word - np.int32(word << 9))
    word = np.int32(word ^ np.int32(word << 4))
    word = np.int32(word - np.int32(word << 3))
    word = np.int32(word ^ np.int32(word << 10))
    return np.int64(np.int32(word ^ (word >> 15)))


@compiled
def _sbw_seeds(number: np.int64, mode: int, width: int, ids: IntArray, at: IntArray) -> WordArray:
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        if mode == ADDITIVE:
            total = np.int64(0)
            for place in range(at[row] - width, at[row]):
                total += ids[place]
            out[row] = np.uint64(number * total)
            continue
        own = _jenkins(ids[at[row]])
        least = _MOST
        for place in range(at[row] - width, at[row] + 1):
            least = min(least, number * _jenkins(ids[place]) * own)
        out[row] = np.uint64(least)
    return out


@compiled
def _count(bound: Word, ids: IntArray, at: IntArray, seeds: WordArray) -> np.int64:
    greens = np.int64(0)
    for row in range(len(at)):
        token = np.uint64(ids[at[row]])
        key = (seeds[row] & _LOW32, seeds[row] >> _R32)
        word = picked(philox(token >> _TWO, _ZERO, _ZERO, _ZERO, key), token)
        greens += word & _LOW31 < bound
    return greens
