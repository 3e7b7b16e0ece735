"""What a detector counts: one text stream of any length in constant memory, or one text under many keys at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from angelshare.core.errors import KeyMismatchError, PlanError, TokenRangeError
from angelshare.core.marks import Tally, WatermarkKey
from angelshare.defences.watermark.arrays import BoolArray, IntArray, WordArray
from angelshare.defences.watermark.dedup import Seen, Windows, public
from angelshare.defences.watermark.keys import check_key, require_alike
from angelshare.defences.watermark.prf import compiled, fingerprint_of
from angelshare.defences.watermark.schedule import scorer_of
from angelshare.defences.watermark.scorer import Scorer

CHUNK: Final = 2**16
"""Tokens scored at a time, so that what is held in between stays in the processor's cache."""


class Counter:
    """Counts the draws of one key over texts fed one after another, in memory that does not grow past 320 MiB."""

    def __init__(self, key: WatermarkKey, *, exclude: Windows | None = None, only: Windows | None = None) -> None:
        """Leave out windows in `exclude`, and all but those in `only` where it is given.

        Raises PlanError for a key no schedule can draw, or windows of another width than the key's.
        """
        check_key(key, "this key")
        self._key, self._scorer, self._seen = key, scorer_of(key), Seen()
        self._sieve = _Sieve(self._scorer, exclude, only)
        self._tail: IntArray = np.empty(0, dtype=np.int64)
        self._n = self._sum = self._tokens = self._repeated = self._excluded = 0

    def feed(self, ids: IntArray, *, more: bool = False) -> None:
        """Count a text of (n,) token ids; with `more` it goes on where the text fed last ended.

        Raises TokenRangeError for an id outside the key's vocabulary.
        """
        carried = self._tail if more else _before(self._scorer)
        for start in range(0, len(ids), CHUNK):
            fresh = checked(ids[start : start + CHUNK], self._key, offset=start)
            chunk: IntArray = np.concatenate([carried, fresh])
            self._count(chunk, len(carried))
            carried = chunk[len(chunk) - min(self._scorer.width, len(chunk)) :]
        self._tail = carried
        self._tokens += len(ids)

    def tally(self) -> Tally:
        """Give the counts so far."""
        return Tally(
            law=self._scorer.law, n=self._n, statistic=self._sum / self._scorer.scale, rate=self._scorer.rate,
            tokens=self._tokens, repeated=self._repeated, excluded=self._excluded,
        )  # fmt: skip

    def loss(self) -> float:
        """Give the share of new draws that de-duplication now drops for want of memory; 0 up to 3 million draws."""
        return self._seen.loss()

    def _count(self, ids: IntArray, carried: int) -> None:
        at: IntArray = np.arange(max(carried, self._scorer.width), len(ids))
        at, excluded = self._sieve(ids, at)
        seeds = self._scorer.seeds(ids, at)
        fresh = self._seen.admit(units(self._scorer, ids, at, seeds))
        n, total = self._scorer.score(ids, at[fresh], seeds[fresh])
        self._n, self._sum = self._n + n, self._sum + total
        self._excluded += excluded
        self._repeated += int(len(fresh) - np.count_nonzero(fresh))


def tally(
    key: WatermarkKey, streams: Iterable[IntArray], *, exclude: Windows | None = None, only: Windows | None = None
) -> Tally:
    """Count the draws of `key` over texts, each pseudo-random input once.

    Args:
        key: the key under test.
        streams: token ids of each text; no window reaches across texts, so the first h tokens of each are not scored.
        exclude: windows not to score, such as those in prompts (`windows_of`).
        only: windows to score alone, such as those of the supervised filter.

    Raises TokenRangeError, PlanError.
    """
    counter = Counter(key, exclude=exclude, only=only)
    for number, stream in enumerate(streams, start=1):
        try:
            counter.feed(stream)
        except TokenRangeError as error:
            raise TokenRangeError(f"text {number}, {error}") from None
    return counter.tally()


def tallies(
    keys: Sequence[WatermarkKey],
    streams: Sequence[IntArray],
    *,
    exclude: Windows | None = None,
    only: Windows | None = None,
) -> Sequence[Tally]:
    """Count the draws of many keys of one kind over the same texts, as `tally` would one by one.

    Windows, exclusions and repeats that no key can tell apart are settled once; memory grows with the texts.

    Raises KeyMismatchError for keys that differ in more than their secrets, TokenRangeError, PlanError.
    """
    if not keys:
        return []
    require_alike(keys)
    for key in keys:
        check_key(key, "one of the keys")
    first = scorer_of(keys[0])
    ids, at, tokens = _joined(keys[0], streams, first)
    at, excluded = _Sieve(first, exclude, only)(ids, at)
    places = at[Seen().admit(_surface(keys[0], first, ids, at))]
    out = []
    for key in keys:
        scorer = scorer_of(key)
        seeds, kept = scorer.seeds(ids, places), places
        if scorer.collapses:
            fresh = Seen().admit(units(scorer, ids, places, seeds))
            seeds, kept = seeds[fresh], places[fresh]
        n, total = _scored(scorer, ids, kept, seeds)
        out.append(
            Tally(
                law=scorer.law,
                n=n,
                statistic=total / scorer.scale,
                rate=scorer.rate,
                tokens=tokens,
                repeated=len(at) - len(kept),
                excluded=excluded,
            )
        )
    return out


def total(parts: Sequence[Tally]) -> Tally:
    """Add up tallies of texts that share no pseudo-random input, such as those of parts scored apart.

    Raises KeyMismatchError if they are not of one law and rate, PlanError if there is none.
    """
    if not parts:
        raise PlanError("no tallies to add up; give at least one")
    if len({(part.law, part.rate) for part in parts}) > 1:
        raise KeyMismatchError("tallies of different laws or rates cannot be added: they are of different kinds of key")
    return Tally(
        law=parts[0].law, rate=parts[0].rate, n=sum(part.n for part in parts),
        statistic=sum(part.statistic for part in parts), tokens=sum(part.tokens for part in parts),
        repeated=sum(part.repeated for part in parts), excluded=sum(part.excluded for part in parts),
    )  # fmt: skip


def checked(ids: IntArray, key: WatermarkKey, *, offset: int = 0) -> IntArray:
    """Give (n,) ids as int64; raises TokenRangeError that names the first one outside the vocabulary."""
    if ids.ndim != 1 or (len(ids) and not np.issubdtype(ids.dtype, np.integer)):
        raise PlanError(f"token ids must be one row of whole numbers; found {ids.dtype} of shape {ids.shape}")
    whole = np.ascontiguousarray(ids, dtype=np.int64)
    if len(whole) and (whole.min() < 0 or whole.max() >= key.vocabulary_size):
        place = int(np.flatnonzero((whole < 0) | (whole >= key.vocabulary_size))[0])
        raise TokenRangeError(
            f"token {offset + place + 1}: id {whole[place]} is outside the key's vocabulary of "
            f"{key.vocabulary_size:,}; give ids of the generator's tokenizer"
        )
    return whole


def require_in_range(key: WatermarkKey, streams: Iterable[IntArray], where: str) -> None:
    """Refuse ids outside the key's vocabulary; raises TokenRangeError naming file, text and token."""
    for number, stream in enumerate(streams, start=1):
        try:
            checked(stream, key)
        except TokenRangeError as error:
            raise TokenRangeError(f"{where}, text {number}, {error}") from None


def units(scorer: Scorer, ids: IntArray, at: IntArray, seeds: WordArray) -> WordArray:
    """Name the pseudo-random inputs at (n,) places: the seed, or the seed and the target."""
    return _named(ids, at, seeds, 1 if scorer.unit == "pair" else 0)


class _Sieve:
    """Drops places whose window is excluded, or not among the only ones to keep."""

    def __init__(self, scorer: Scorer, exclude: Windows | None, only: Windows | None) -> None:
        # a mark without a window (unigram) is sieved by the token itself
        self._shift, self.width = (0, scorer.width) if scorer.width else (1, 1)
        self._exclude, self._only = exclude, only
        for windows in (exclude, only):
            if windows is not None and windows.width != self.width:
                raise PlanError(
                    f"these windows are {windows.width} tokens wide, the key's {self.width}; collect them again"
                )

    def __call__(self, ids: IntArray, at: IntArray) -> tuple[IntArray, int]:
        if self._exclude is None and self._only is None:
            return at, 0
        words = public(ids, at + self._shift, self.width)
        keep: BoolArray = np.ones(len(at), dtype=np.bool_)
        if self._exclude is not None:
            keep &= ~self._exclude.holds(words)
        if self._only is not None:
            keep &= self._only.holds(words)
        return at[keep], int(len(keep) - np.count_nonzero(keep))


def _before(scorer: Scorer) -> IntArray:
    """Give what stands before the first token of a text."""
    return np.full(scorer.width if scorer.pads else 0, -1, dtype=np.int64)


def _joined(key: WatermarkKey, streams: Sequence[IntArray], scorer: Scorer) -> tuple[IntArray, IntArray, int]:
    """Put texts end to end; give the ids, the places with a whole window in their own text, and the token count."""
    texts: list[IntArray] = [np.empty(0, dtype=np.int64)]
    places: list[IntArray] = [np.empty(0, dtype=np.int64)]
    start, lead = 0, _before(scorer)
    for number, stream in enumerate(streams, start=1):
        try:
            texts += [lead, checked(stream, key)]
        except TokenRangeError as error:
            raise TokenRangeError(f"text {number}, {error}") from None
        end = start + len(lead) + len(stream)
        places.append(np.arange(min(start + scorer.width, end), end))
        start = end
    return np.concatenate(texts), np.concatenate(places), start - len(streams) * len(lead)


def _surface(key: WatermarkKey, scorer: Scorer, ids: IntArray, at: IntArray) -> WordArray:
    """Name what every key of this kind takes for one pseudo-random input, without a key."""
    seeds = summed(ids, at, scorer.width) if key.seeding == "additive" else public(ids, at, scorer.width)
    return units(scorer, ids, at, seeds)


def _scored(scorer: Scorer, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
    """Score in pieces small enough that their sum in 64 bits cannot overflow."""
    n = whole = 0
    for start in range(0, len(at), CHUNK):
        counted, part = scorer.score(ids, at[start : start + CHUNK], seeds[start : start + CHUNK])
        n, whole = n + counted, whole + part
    return n, whole


@compiled
def summed(ids: IntArray, at: IntArray, width: int) -> WordArray:
    """Add the `width` tokens before each of (n,) places."""
    out = np.zeros(len(at), dtype=np.uint64)
    for row in range(len(at)):
        for place in range(at[row] - width, at[row]):
            out[row] += np.uint64(ids[place])
    return out


@compiled
def _named(ids: IntArray, at: IntArray, seeds: WordArray, paired: int) -> WordArray:
    out = np.empty(len(at), dtype=np.uint64)
    for row in range(len(at)):
        out[row] = fingerprint_of(seeds[row], ids[at[row]] if paired else 0)
    return out
