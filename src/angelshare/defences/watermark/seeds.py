"""How a window of tokens makes the seed of a draw: ordered, self, smallest, summed, or none at all.

`at` holds the places of targets in `ids`; the window of place i is ids[i - h : i]. Sources: left, additive and
minimum seeds are LeftHash, AdditivePRF and MinHash of Kirchenbauer et al. 2024 (arXiv 2306.04634, section 3.1 and
appendix); `self` is its SelfHash, anchored at the target: the seed is the smallest of the h hashes of a window token
paired with the target, without the pair of the target with itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.arrays import IntArray, Word, WordArray
from angelshare.defences.watermark.prf import compiled, draw, siphash, siphash_one

LEFT, SELF, MIN, ADDITIVE, NONE = range(5)
"""How a window makes the seed, as the compiled loops know it."""
MODES: Final = {"left": LEFT, "self": SELF, "min": MIN, "additive": ADDITIVE}

_MOST = np.uint64(0xFFFFFFFFFFFFFFFF)


def mode_of(key: WatermarkKey) -> int:
    """Give the mode of a key: what its seeding says for green lists by context, ordered windows elsewhere."""
    if key.scheme == "unigram":
        return NONE
    return MODES[key.seeding] if key.scheme == "kgw" else LEFT


def table_of(words: WordArray, mode: int, vocabulary_size: int) -> WordArray:
    """Give the keyed hash of every token alone, which the modes self and min look up; empty for the others."""
    return token_hashes(words, vocabulary_size) if mode in (SELF, MIN) else np.empty(0, dtype=np.uint64)


@compiled
def token_hashes(key: WordArray, size: int) -> WordArray:
    """Hash each of the ids 0 to size - 1 alone."""
    out = np.empty(size, dtype=np.uint64)
    for token in range(size):
        out[token] = siphash_one(key, token)
    return out


@compiled
def seed_at(  # noqa: PLR0917 - compiled loops take theirs by place
    key: WordArray, table: WordArray, mode: int, window: int, ids: IntArray, place: int, target: int
) -> Word:
    """Make the seed of `target` after the `window` tokens before `place`."""
    if mode == LEFT:
        return siphash(key, ids, place - window, place)
    if mode == NONE:
        return siphash(key, ids, place, place)
    if mode == ADDITIVE:
        total = 0
        for at in range(place - window, place):
            total += ids[at]
        return siphash_one(key, total)
    least = _MOST
    for at in range(place - window, place):
        word = table[ids[at]] if mode == MIN else draw(table[ids[at]], target)
        least = min(least, word)
    return least


def seeds_at(  # noqa: PLR0917 - as the compiled loops below take them
    key: WordArray, table: WordArray, mode: int, window: int, ids: IntArray, at: IntArray
) -> WordArray:
    """Make the seeds of the targets that stand at (n,) places `at` of `ids`."""
    if mode in (LEFT, NONE):
        return ordered(key, ids, at, window)
    return _others(key, table, mode, window, ids, at)


@compiled
def ordered(key: WordArray, ids: IntArray, at: IntArray, window: int) -> WordArray:
    """Hash the `window` tokens before each of (n,) places: a loop of its own, which compiles to half the time."""
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        out[row] = siphash(key, ids, at[row] - window, at[row])
    return out


@compiled
def _others(  # noqa: PLR0917 - compiled loops take theirs by place
    key: WordArray, table: WordArray, mode: int, window: int, ids: IntArray, at: IntArray
) -> WordArray:
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        out[row] = seed_at(key, table, mode, window, ids, at[row], ids[at[row]])
    return out
