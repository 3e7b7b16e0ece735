"""Each pseudo-random input is scored once: a set of fingerprints in bounded memory that never admits a repeat.

Up to 3 million fingerprints the set is exact (64 bits each, but for a collision in 2^64). Beyond, it becomes a Bloom
filter (Bloom 1970) of 256 MiB with three bits in one 64-bit word per fingerprint (blocked: Putze, Sanders and Singler
2007): it may take a new input for a repeat, never the reverse. What it drops depends on fingerprints alone, which tell
nothing of the draw, so the test stays exact and only loses tokens. With k inputs in a word a new one is dropped with
probability near (1 - (63/64)^(3k))^3, k being Poisson of mean d / 2^25 after d distinct inputs: 0.4 % at d = 10^8 and
43 % at d = 10^9, in all 0.13 % and 16 % of the inputs up to there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from angelshare.defences.watermark.arrays import BoolArray, IntArray, WordArray
from angelshare.defences.watermark.prf import compiled
from angelshare.defences.watermark.seeds import ordered

EXACT_SLOTS: Final = 2**22
"""Most slots of the exact set (32 MiB); it is left at three quarters."""
BLOOM_WORDS: Final = 2**25
"""Words of the filter that follows it (256 MiB)."""
FIRST_SLOTS: Final = 2**12
"""Slots a set begins with."""

_PUBLIC = np.array([0x616E67656C736861, 0x72652077696E646F], dtype=np.uint64)
_ZERO, _ONE, _BIT = np.uint64(0), np.uint64(1), np.uint64(63)
_WORD, _FIRST, _SECOND = np.uint64(18), np.uint64(6), np.uint64(12)


class Seen:
    """Fingerprints seen so far."""

    def __init__(self, *, exact_slots: int = EXACT_SLOTS, bloom_words: int = BLOOM_WORDS) -> None:
        """Take powers of two; the defaults are the sizes the module's docstring speaks of."""
        self._exact_slots, self._bloom_words = exact_slots, bloom_words
        self._table = np.zeros(min(FIRST_SLOTS, exact_slots), dtype=np.uint64)
        self._exact, self.admitted = True, 0

    @property
    def bytes(self) -> int:
        """Memory held now."""
        return int(self._table.nbytes)

    def admit(self, fingerprints: WordArray) -> BoolArray:
        """Mark which of (n,) fingerprints are seen for the first time, and remember them."""
        self._make_room(len(fingerprints))
        fresh = np.empty(len(fingerprints), dtype=np.bool_)
        self.admitted += int((_admit if self._exact else _admit_bloom)(self._table, fingerprints, fresh))
        return fresh

    def loss(self) -> float:
        """Give the share of new fingerprints dropped at the present filling; 0 while the set is exact."""
        if self._exact:
            return 0.0
        filled = np.bincount(np.bitwise_count(self._table), minlength=65)
        return float(((np.arange(65) / 64) ** 3 * filled).sum() / len(self._table))

    def _make_room(self, coming: int) -> None:
        if not self._exact:
            return
        slots = len(self._table)
        while 4 * (self.admitted + coming) > 3 * slots:
            slots *= 4
        if slots == len(self._table):
            return
        kept = self._table[self._table != 0]
        self._exact = slots <= self._exact_slots
        self._table = np.zeros(slots if self._exact else self._bloom_words, dtype=np.uint64)
        (_admit if self._exact else _admit_bloom)(self._table, kept, np.empty(len(kept), dtype=np.bool_))


class Windows:
    """A set of windows (token n-grams), to leave out of a test or to keep alone."""

    def __init__(self, width: int, fingerprints: WordArray) -> None:
        self.width = width
        self._table = np.zeros(max(16, 1 << (2 * len(fingerprints)).bit_length()), dtype=np.uint64)
        self.count = int(_admit(self._table, fingerprints, np.empty(len(fingerprints), dtype=np.bool_)))

    def __len__(self) -> int:
        return self.count

    def __contains__(self, window: object) -> bool:
        ids = np.asarray(window, dtype=np.int64)
        return len(ids) == self.width and bool(self.holds(public(ids, np.array([self.width]), self.width))[0])

    def holds(self, fingerprints: WordArray) -> BoolArray:
        """Mark which of (n,) fingerprints of `public` are in the set."""
        return _holds(self._table, fingerprints)


def windows_of(width: int, streams: Iterable[IntArray]) -> Windows:
    """Collect the windows of `width` tokens that stand anywhere in `streams`.

    For a prompt tape and for the filter of a supervised test (Sander et al. 2024, arXiv 2402.14904, section 4) `width`
    is the key's window; for a unigram mark it is 1, the token itself.
    """
    found = [np.empty(0, dtype=np.uint64)]
    for stream in streams:
        ids = np.ascontiguousarray(stream, dtype=np.int64)
        found.append(np.unique(public(ids, np.arange(width, len(ids) + 1), width)))
    return Windows(width, np.unique(np.concatenate(found)))


def public(ids: IntArray, ends: IntArray, width: int) -> WordArray:
    """Hash the `width` tokens before each of (n,) `ends` under a public key: names windows, marks nothing."""
    return ordered(_PUBLIC, ids, ends, width)


@compiled
def _admit(table: WordArray, fingerprints: WordArray, fresh: BoolArray) -> int:
    """Insert into open addressing; a slot of 0 is empty, and the fingerprint 0 counts as 1."""
    mask, count = np.uint64(len(table) - 1), 0
    for row in range(len(fingerprints)):
        word = fingerprints[row] if fingerprints[row] != _ZERO else _ONE
        slot = word & mask
        while table[slot] != _ZERO and table[slot] != word:
            slot = (slot + _ONE) & mask
        fresh[row] = table[slot] == _ZERO
        table[slot] = word
        count += fresh[row]
    return count


@compiled
def _holds(table: WordArray, fingerprints: WordArray) -> BoolArray:
    mask = np.uint64(len(table) - 1)
    out = np.empty(len(fingerprints), dtype=np.bool_)
    for row in range(len(fingerprints)):
        word = fingerprints[row] if fingerprints[row] != _ZERO else _ONE
        slot = word & mask
        while table[slot] != _ZERO and table[slot] != word:
            slot = (slot + _ONE) & mask
        out[row] = table[slot] == word
    return out


@compiled
def _admit_bloom(table: WordArray, fingerprints: WordArray, fresh: BoolArray) -> int:
    mask, count = np.uint64(len(table) - 1), 0
    for row in range(len(fingerprints)):
        word = fingerprints[row] if fingerprints[row] != _ZERO else _ONE
        slot = (word >> _WORD) & mask
        bits = (_ONE << (word & _BIT)) | (_ONE << ((word >> _FIRST) & _BIT)) | (_ONE << ((word >> _SECOND) & _BIT))
        fresh[row] = table[slot] & bits != bits
        table[slot] |= bits
        count += fresh[row]
    return count
