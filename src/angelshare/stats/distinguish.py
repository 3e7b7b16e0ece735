"""How well a classifier that never saw an item tells the student's reply to it from the teacher's (M5)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.panel import FloatArray
from angelshare.stats.proportion import proportion

BUCKETS = 4096
"""Hashed character n-grams."""
LEAST = 50
"""Items below which no classifier is trained."""


def distinguishing_advantage(
    students: Sequence[Sequence[str]], teacher: Sequence[str], *, level: float, rng: np.random.Generator
) -> Number:
    """Estimate the advantage 2 P(correct) - 1 of telling student from teacher: 0 is chance, 1 is always.

    A multinomial naive Bayes on hashed character 1- to 3-grams (Manning, Raghavan & Schuetze 2008, chapter 13) is
    trained
    on half of the items and judges the other half, both ways round; a reply and its counterpart stay in one half. Equal
    replies are coin flips. It is a lower bound: a better classifier may tell them apart where this one cannot.

    Args:
        students: (seeds, items) replies.
        teacher: (items,) replies to the same items.
        level: of the interval.
        rng: splits the items.

    Refused below 50 items.
    """
    items = len(teacher)
    if items < LEAST:
        return Refusal(refused=f"{items} items, {LEAST} are needed to train and judge a classifier")
    half = rng.permutation(items) < items // 2
    theirs = _counts(teacher)
    won = np.stack([_judged(_counts(own), theirs, half) for own in students])
    share = proportion((won + 1) / 2, level=level, rng=rng)
    ends = [None if end is None else 2 * end - 1 for end in (share.low, share.high)]
    return Estimate(
        value=2 * share.value - 1, low=ends[0], high=ends[1], level=level, n=share.n, method=share.method,
        caution="a lower bound: of this classifier only",
    )  # fmt: skip


def _judged(own: FloatArray, theirs: FloatArray, half: np.ndarray) -> FloatArray:
    """Give (items,) 1 where the student's reply looks more like a student's than the teacher's does, -1 where less."""
    won = np.zeros(half.size)
    for train in (half, ~half):
        odds = _log_share(own[train]) - _log_share(theirs[train])
        won[~train] = np.sign((own[~train] - theirs[~train]) @ odds)
    return won


def _log_share(counts: FloatArray) -> FloatArray:
    total = counts.sum(axis=0) + 1.0
    return np.asarray(np.log(total / total.sum()))


def _counts(texts: Sequence[str]) -> FloatArray:
    """Count each text's 1-, 2- and 3-byte runs, hashed into buckets: (texts, BUCKETS)."""
    table = np.zeros((len(texts), BUCKETS), dtype=np.float64)
    for row, text in enumerate(texts):
        code = np.frombuffer(f"\x02{text}\x03".encode(), dtype=np.uint8).astype(np.int64)
        pairs = code[:-1] * 257 + code[1:]
        triples = pairs[:-1] * 257 + code[2:]
        runs = np.concatenate([code, pairs + 65_537, triples + 1_000_003])
        table[row] = np.bincount(runs * 2_654_435_761 % 2**32 % BUCKETS, minlength=BUCKETS)
    return table
