"""How often each common phrase of one to three words stands in each reply: cheap counts that a person can look up."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from angelshare.lineage.answers import AnswerSet
from angelshare.lineage.views import View, pieces

LONGEST = 3
"""Words of the longest phrase."""
PHRASES = 16_384
"""Phrases kept: those in most replies. A style shows in what is common, and rare phrases cost time."""
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xBF58476D1CE4E5B9))
"""Odd constants of SplitMix64 and xxHash: they spread the bits of a phrase's words over 64 bits."""


@dataclass(frozen=True, slots=True)
class PhraseCounts:
    """Counts of the phrases that stand in most replies."""

    counts: sp.csr_matrix
    """(M * P, V) counts; row m * P + p is model m's reply to prompt p."""

    phrases: Sequence[str]
    """(V,) the phrases."""

    words: NDArray[np.int64]
    """(M * P,) pieces of each reply."""


def phrase_counts(sets: Sequence[AnswerSet], prompts: Sequence[str], view: View) -> PhraseCounts:
    """Count the phrases of one to `LONGEST` words of every reply, and keep the `PHRASES` that most replies have.

    Args:
        sets: M models that answered all of `prompts`.
        prompts: P prompts.
        view: how a reply is cut.

    Phrases are told apart by 64 bits of hash: among 10 million, two fall together with probability 3e-6.
    """
    known: dict[str, int] = {}
    words = [
        np.array([known.setdefault(word, len(known)) for word in pieces(one.replies[prompt].text, view)], dtype=np.intp)
        for one in sets
        for prompt in prompts
    ]
    hashes = np.array([_hash(word) for word in known], dtype=np.uint64)
    found = [np.unique(_phrases(hashes[ids]), return_counts=True) for ids in words]
    kept = _most_widespread([codes for codes, _ in found])
    rows, columns, counts = [], [], []
    for row, (codes, n) in enumerate(found):
        place = np.searchsorted(kept, codes)
        here = (place < len(kept)) & (kept[np.minimum(place, max(len(kept) - 1, 0))] == codes) if len(kept) else []
        rows.append(np.full(int(np.sum(here)), row, dtype=np.int32))
        columns.append(place[here].astype(np.int32))
        counts.append(n[here].astype(np.float32))
    matrix = sp.csr_matrix(
        (np.concatenate(counts), (np.concatenate(rows), np.concatenate(columns))), shape=(len(words), len(kept))
    )
    return PhraseCounts(matrix, _spelt(kept, words, hashes, list(known)), np.array([len(ids) for ids in words]))


def _most_widespread(replies: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Give the codes that stand in most replies, sorted; a tenth of the replies is enough to find them."""
    step = max(len(replies) // 4000, 1)
    codes, spread = np.unique(np.concatenate(replies[::step]), return_counts=True)
    order = np.lexsort((codes, -spread))[:PHRASES]
    return np.sort(codes[order])


def _spelt(
    kept: NDArray[np.uint64], words: Sequence[NDArray[np.intp]], hashes: NDArray[np.uint64], known: Sequence[str]
) -> list[str]:
    """Find a spelling of each code among the replies."""
    spelling: dict[int, str] = {}
    for ids in words[:: max(len(words) // 4000, 1)]:
        codes = _phrases(hashes[ids])
        place = np.searchsorted(kept, codes)
        hits: Sequence[int] = (
            np.flatnonzero(kept[np.minimum(place, max(len(kept) - 1, 0))] == codes).tolist() if len(kept) else []
        )
        for hit in hits:
            if int(place[hit]) in spelling:
                continue
            length, start, left = 1, int(hit), len(ids)
            while start >= left:
                start, left, length = start - left, left - 1, length + 1
            spelling[int(place[hit])] = " ".join(known[one] for one in ids[start : start + length])
    return [spelling.get(place, "") for place in range(len(kept))]


def _hash(word: str) -> int:
    data = word.encode()
    return zlib.crc32(data) << 32 | zlib.crc32(data, 0x9E3779B9)


def _phrases(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give the code of every phrase of a reply: single words first, then pairs, then threes."""
    phrases = [words]
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is what is meant
        for length in range(1, min(LONGEST, len(words))):
            phrases.append(phrases[-1][:-1] * _MIX[0] + words[length:] * _MIX[1] + np.uint64(length))
        mixed = np.concatenate(phrases)
        return (mixed ^ (mixed >> np.uint64(29))) * _MIX[2]
