"""How often each phrase of one to three words stands in each reply: cheap counts that a person can look up."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from angelshare.lineage.answers import AnswerSet
from angelshare.lineage.views import View, pieces

BUCKETS_LOG2 = 18
LONGEST = 3
"""Words of the longest phrase."""
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xBF58476D1CE4E5B9))
"""Odd constants of SplitMix64 and xxHash: they spread the bits of a phrase's words over the buckets."""


def phrase_counts(sets: Sequence[AnswerSet], prompts: Sequence[str], view: View) -> sp.csr_matrix:
    """Count the phrases of one to `LONGEST` words of every reply.

    Args:
        sets: M models that answered all of `prompts`.
        prompts: P prompts.
        view: how a reply is cut.

    Gives (M * P, 2 ** BUCKETS_LOG2) counts; row m * P + p is model m's reply to prompt p. Two phrases fall into one
    bucket with probability 2 ** -BUCKETS_LOG2. Costs about 0.1 ms a reply of 150 words.
    """
    known: dict[str, int] = {}
    words = [
        np.array([known.setdefault(word, len(known)) for word in pieces(one.replies[prompt].text, view)], dtype=np.intp)
        for one in sets
        for prompt in prompts
    ]
    hashes = np.array([_hash(word) for word in known], dtype=np.uint64)
    rows, columns, counts = [], [], []
    for row, ids in enumerate(words):
        bucket, n = np.unique(_buckets(hashes[ids]), return_counts=True)
        rows.append(np.full(len(bucket), row, dtype=np.int32))
        columns.append(bucket)
        counts.append(n.astype(np.float32))
    shape = (len(words), 1 << BUCKETS_LOG2)
    if not rows:
        return sp.csr_matrix(shape, dtype=np.float32)
    return sp.csr_matrix((np.concatenate(counts), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _hash(word: str) -> int:
    data = word.encode()
    return zlib.crc32(data) << 32 | zlib.crc32(data, 0x9E3779B9)


def _buckets(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the bucket of every phrase of a reply."""
    phrases = [words]
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is what is meant
        for length in range(1, min(LONGEST, len(words))):
            phrases.append(phrases[-1][:-1] * _MIX[0] + words[length:] * _MIX[1] + np.uint64(length))
        mixed = np.concatenate(phrases)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX[2]
        return (mixed >> np.uint64(64 - BUCKETS_LOG2)).astype(np.int64)
