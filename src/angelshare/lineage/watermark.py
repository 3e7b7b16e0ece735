"""From texts and keys to a report: which test, how much of the text, what the data say in one sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from angelshare.core.errors import PlanError
from angelshare.core.marks import MarkEvidence, Tally, WatermarkKey, WatermarkReport
from angelshare.core.seeds import stream
from angelshare.defences.watermark.arrays import IntArray
from angelshare.defences.watermark.dedup import Windows
from angelshare.defences.watermark.keys import decoy_keys, fingerprint
from angelshare.defences.watermark.schedule import window_width
from angelshare.defences.watermark.tally import Counter, tallies, tally
from angelshare.lineage.case import Case, Mode, Settings, mode_of
from angelshare.lineage.filters import prompt_tape, teacher_filter
from angelshare.lineage.nominal import draws_per_token, nominal_needed
from angelshare.lineage.reading import read_through, reading_evidence
from angelshare.lineage.words import STUDENT_NULL, TEXT_NULL, all_cautions, sentence_of, settled
from angelshare.stats.betting import Bet
from angelshare.stats.holm import corrected
from angelshare.stats.marks import evidence

_ORDER = ("mark found", "not shown", "cannot tell")
LOOK = 256
"""Tokens after which a sequential test looks again within one text."""


class Made(NamedTuple):
    """Where a report comes from."""

    version: str
    """Version of angelshare."""

    at: str
    """Instant in UTC."""


def examine(keys: Sequence[WatermarkKey], case: Case, settings: Settings, made: Made) -> WatermarkReport:
    """Test a case for each key and say what that means.

    Raises PlanError, KeyMismatchError or TokenRangeError for what cannot be tested; too little text is a verdict.
    """
    names = [fingerprint(key) for key in keys]  # slow on purpose, so once
    if len(set(names)) < len(keys):
        raise PlanError("the same key is given twice; give each once, or Holm's correction counts it as two")
    mode = mode_of(case, settings)
    results = [_tested(key, name, case, settings=settings, mode=mode) for key, name in zip(keys, names, strict=True)]
    heads = [found[0] for found in results]
    adjusted = list(corrected(heads)) if len(keys) > 1 else heads
    needed = [nominal_needed(key, level=settings.level, mode=mode) for key in keys]
    places = [
        settled(
            adjusted[i], heads[i], tokens=heads[i].n // draws_per_token(keys[i]), needed=needed[i], level=settings.level
        )
        for i in range(len(keys))
    ]
    best = min(range(len(keys)), key=lambda i: (_ORDER.index(places[i]), adjusted[i].log10_p_value))
    found = [name for name, place in zip(names, places, strict=True) if place == "mark found"]
    return WatermarkReport(
        evidence=[one for result in results for one in result] + (adjusted if len(keys) > 1 else []),
        sentence=sentence_of(
            places[best], mode, names=found or names, tokens=heads[best].n // draws_per_token(keys[best]),
            needed=needed[best], level=settings.level, result=adjusted[best],
        ),
        verdict=places[best],
        level=settings.level,
        needed=needed[best],
        subject=_subject(case),
        subject_sha256=case.material.sha256,
        key_fingerprint=", ".join(names),
        mode=mode,
        made_at=made.at,
        version=made.version,
        cautions=all_cautions(case, keys, settings, mode),
    )  # fmt: skip


def _tested(key: WatermarkKey, name: str, case: Case, *, settings: Settings, mode: Mode) -> Sequence[MarkEvidence]:
    decoys = decoy_keys(key, settings.decoys, stream("decoy keys", name, settings.seed))
    if mode == "reading":
        read = read_through(case.network, case.streams, window=window_width(key), vocabulary_size=key.vocabulary_size)
        if settings.fixed:
            read = read._replace(contexts=read.contexts[: settings.fixed], ids=read.ids[: settings.fixed],
                                 mass=read.mass[: settings.fixed])  # fmt: skip
        found = reading_evidence(key, read, decoys)
    else:
        found = [_text_evidence(key, case, decoys, settings=settings, mode=mode)]
    return [dataclasses.replace(one, test=f"{one.test}, key {name}") for one in found]


def _text_evidence(
    key: WatermarkKey, case: Case, decoys: Sequence[WatermarkKey], *, settings: Settings, mode: Mode
) -> MarkEvidence:
    test = f"{key.scheme}, {mode}"
    null = TEXT_NULL if mode == "text" else STUDENT_NULL
    tape, only = prompt_tape(key, case.prompts), teacher_filter(key, case.outputs)
    if settings.sequential:
        return sequential_bet(key, case.streams, tape=tape, only=only).evidence(test=test, null=null)
    streams = case.streams
    if settings.fixed:
        streams = first_draws(key, streams, settings.fixed * draws_per_token(key), tape=tape, only=only)
        test = f"{test}, first {settings.fixed:,} scored tokens"
    own = tally(key, streams, exclude=tape, only=only)
    return evidence(own, tallies(decoys, streams, exclude=tape, only=only), test=test, null=null)


def first_draws(
    key: WatermarkKey, streams: Sequence[IntArray], n: int, *, tape: Windows | None = None, only: Windows | None = None
) -> Sequence[IntArray]:
    """Cut texts where the n-th draw is scored, so that a test looks at no more than was registered.

    Raises PlanError if fewer than n draws can be scored: a shorter test is another test.
    """
    total = sum(map(len, streams))
    whole = tally(key, streams, exclude=tape, only=only).n
    if whole < n:
        per = draws_per_token(key)
        raise PlanError(
            f"--n registered {n // per:,} scored tokens, the text has {whole // per:,}; gather more text from where "
            "this came from, unseen, or register a smaller number for other text"
        )
    low, high = 0, total  # draws grow with the tokens kept, so the shortest prefix is found by halving
    while high - low > 1:
        middle = (low + high) // 2
        enough = tally(key, _prefix(streams, middle), exclude=tape, only=only).n >= n
        low, high = (low, middle) if enough else (middle, high)
    return _prefix(streams, high)


def _prefix(streams: Sequence[IntArray], tokens: int) -> list[IntArray]:
    kept = []
    for one in streams:
        if tokens <= 0:
            break
        kept.append(one[:tokens])
        tokens -= len(one)
    return kept


def sequential_bet(
    key: WatermarkKey, streams: Sequence[IntArray], *, tape: Windows | None = None, only: Windows | None = None
) -> Bet:
    """Bet against chance, looking after every LOOK tokens and at each text's end; repeats are dropped across looks."""
    counter = Counter(key, exclude=tape, only=only)
    before = counter.tally()
    bet = Bet(before.law, before.rate)
    for one in streams:
        for start in range(0, len(one), LOOK):
            counter.feed(one[start : start + LOOK], more=start > 0)
            now = counter.tally()
            if now.n > before.n:
                bet.feed(_gained(before, now))
            before = now
    return bet


def _gained(before: Tally, now: Tally) -> Tally:
    return dataclasses.replace(
        now, n=now.n - before.n, statistic=now.statistic - before.statistic, tokens=now.tokens - before.tokens,
        repeated=now.repeated - before.repeated, excluded=now.excluded - before.excluded,
    )  # fmt: skip


def _subject(case: Case) -> str:
    texts = f"{len(case.streams):,} text{'s' if len(case.streams) != 1 else ''}"
    return f"{case.material.name}: {texts}, {case.tokens:,} tokens"
