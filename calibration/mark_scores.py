"""Score every text under every key, by our rule and by the peers', with one pass of hashing for all rules of a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.core.marks import WatermarkKey
from angelshare.core.seeds import stream
from angelshare.defences.watermark.dedup import Seen, public
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.defences.watermark.schedule import scorer_of
from angelshare.defences.watermark.scorer import Scorer
from angelshare.defences.watermark.tally import units
from angelshare.stats.calibration.marks_study import Alarms, Test, counted, log10_p

Once: TypeAlias = Literal["inputs", "n-gram", "context", "nothing"]
"""What is scored once: each pseudo-random input (ours), each window with its target as written, each window, or all."""

Ids: TypeAlias = NDArray[np.int64]


class Rule(NamedTuple):
    """What is scored once, and how the p-value is had."""

    once: Once
    test: Test


class Scheme(NamedTuple):
    """A kind of key and the rules it is judged by."""

    name: str
    key: WatermarkKey
    rules: Sequence[Rule]


class Texts(NamedTuple):
    """Texts end to end, with the places each rule scores; none of it depends on a key."""

    ids: Ids
    ends: Ids
    """(texts,) where each text ends."""

    places: Mapping[Once, Ids]
    """Places scored, in order; for "inputs" those that no key can tell apart are there once."""


def laid_out(texts: Sequence[Ids], scheme: Scheme) -> Texts:
    """Put texts end to end and find the places each rule of a scheme scores."""
    scorer = scorer_of(scheme.key)
    ids, ends = np.concatenate(texts), np.cumsum([len(text) for text in texts])
    starts = np.concatenate([[0], ends[:-1]])
    every = [np.arange(start + scorer.width, end) for start, end in zip(starts, ends, strict=True)]
    places: dict[Once, Ids] = {}
    for rule in scheme.rules:
        kept = [at[_fresh(rule.once, scorer, ids, at)] for at in every]
        places[rule.once] = np.concatenate(kept)
    return Texts(ids=ids, ends=ends, places=places)


def _fresh(once: Once, scorer: Scorer, ids: Ids, at: Ids) -> NDArray[np.bool_]:
    if once == "nothing":
        return np.ones(len(at), dtype=np.bool_)
    if once == "inputs" and not scorer.collapses:
        # two places are one input under this key when they are under all: no window collapses onto another
        return Seen().admit(units(scorer, ids, at, scorer.seeds(ids, at)))
    target = 0 if once == "context" and scorer.width else 1
    return Seen().admit(public(ids, at + target, scorer.width + target))


def alarms(texts: Texts, scheme: Scheme, keys: range) -> Mapping[Rule, Alarms]:
    """Test every text under the keys numbered `keys`, by each rule of the scheme."""
    shape = (len(keys), len(texts.ends))
    n = {rule.once: np.zeros(shape, dtype=np.int64) for rule in scheme.rules}
    total = {rule.once: np.zeros(shape) for rule in scheme.rules}
    scorer = scorer_of(scheme.key)
    for row, number in enumerate(keys):
        scorer = scorer_of(numbered(scheme.key, number))
        for once, at in texts.places.items():
            n[once][row], total[once][row] = _by_text(scorer, texts, once, at)
    return {
        rule: counted(
            log10_p(total[rule.once], n[rule.once], scorer.rate, law=scorer.law, test=rule.test),
            int(n[rule.once].sum()),
        )
        for rule in scheme.rules
    }


def numbered(key: WatermarkKey, number: int) -> WatermarkKey:
    """Give key number `number` of a kind: the same on any machine."""
    (drawn,) = decoy_keys(key, 1, stream("marks", "key", number))
    return drawn


def _by_text(scorer: Scorer, texts: Texts, once: Once, at: Ids) -> tuple[Ids, NDArray[np.float64]]:
    """Score each text by itself: what is counted once is counted once within a text."""
    ids, seeds = texts.ids, scorer.seeds(texts.ids, at)
    bounds = np.searchsorted(at, texts.ends)
    n, total = np.zeros(len(bounds), dtype=np.int64), np.zeros(len(bounds))
    collapse = once == "inputs" and scorer.collapses
    names = units(scorer, ids, at, seeds) if collapse else seeds
    start = 0
    for index, end in enumerate(bounds):
        place, seed = at[start:end], seeds[start:end]
        if collapse:
            fresh = Seen().admit(names[start:end])
            place, seed = place[fresh], seed[fresh]
        counted_here, sum_here = scorer.score(ids, place, seed)
        n[index], total[index] = counted_here, sum_here / scorer.scale
        start = end
    return n, total
