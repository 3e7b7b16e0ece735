"""The marks study: every scheme and rule on text without a mark, in processes; the section of docs/calibration.md."""

# ruff: noqa: T201 - a script that prints
from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from angelshare.stats.calibration.marks_study import WRONG, Alarms, Case, harm, joined, wrongs
from calibration.mark_corpora import TRAINED_ON, Corpora, load
from calibration.mark_keep import Kept
from calibration.mark_schemes import OURS, others, ours, peers
from calibration.mark_scores import Rule, Scheme, Texts, alarms, laid_out
from calibration.mark_table import TableRow, table_rows

PART = 40
"""Keys a worker takes at a time."""

MAIN = "LLM answers"
TEMPLATED = "templated JSON"
SHOWN_WRONG = (
    "nothing, z, KGW left, h = 1",
    "nothing, z, KGW self, h = 4",
    "n-gram, z, KGW self, h = 4",
    "context, z, KGW self, h = 4",
    "n-gram, z, KGW minimum, h = 4",
    "nothing, z, Unigram",
    "nothing, exact, Gumbel-max, h = 1",
)
"""Rules of published detectors that must raise ten times the nominal rate at 1e-4, or the claim about them goes."""

OTHERS = 300
"""Texts of the first corpus on which other generators' schedules are tried: theirs are slow."""

ENOUGH = 100_000
"""Tests from which the last claim is judged."""


class Size(NamedTuple):
    """How much is tried."""

    answers: int = 3_000
    others: int = 60
    deep_keys: int = 3_400
    """Keys of each scheme on the answers: with 3,000 texts, more than 1e7 tests."""

    keys: int = 2_000
    """Keys on every other corpus: many, since templated texts rise and fall together under one."""

    template_keys: int = 40_000
    """Keys of our rule on templated text, where one hot key flags nearly every text."""

    peer_keys: int = 100
    slow_keys: int = 20
    windows: int = 2_000_000
    trained_on: int = TRAINED_ON


FULL = Size()
QUICK = Size(
    answers=150,
    others=20,
    deep_keys=40,
    keys=20,
    template_keys=200,
    peer_keys=40,
    slow_keys=1,
    windows=200_000,
    trained_on=400_000,
)


class Study(NamedTuple):
    """What came out."""

    cases: Sequence[Case]
    table: Sequence[TableRow]
    vocabulary: int
    tokens: int
    skipped: str
    seconds: float
    """Of this sitting."""

    earlier: float
    """Share of the parts that earlier sittings had counted."""


class _Job(NamedTuple):
    kind: str
    scheme: int
    corpus: str
    keys: int


def run(answers: Path, size: Size, workers: int, *, keep: Path | None = None) -> Study:
    """Test all texts under all keys; the same size gives the same counts on any number of workers.

    With `keep` finished parts are written to that file, and what it holds is not counted again.
    """
    started = time.monotonic()
    corpora = load(answers, count=size.answers, few=size.others, trained_on=size.trained_on)
    jobs = list(_jobs(corpora, size))
    parts = [(job, range(at, min(at + PART, job.keys))) for job in jobs for at in range(0, job.keys, PART)]
    kept = Kept(keep, corpora)
    ahead = [part for part in parts if kept.get(_name(part)) is None]
    with ProcessPoolExecutor(workers, initializer=_begin, initargs=(corpora,)) as pool:
        fresh = pool.map(_work, *zip(*ahead, strict=True)) if ahead else iter(())
        found: dict[tuple[_Job, Rule], list[Alarms]] = {}
        for done, part in enumerate(parts, start=1):
            result = kept.get(_name(part))
            if result is None:
                result = next(fresh)
                kept.add(_name(part), result)
            if sys.stderr.isatty():
                print(f"\rmarks: {done} of {len(parts)} parts", end="", file=sys.stderr)
            for rule, some in result.items():
                found.setdefault((part[0], rule), []).append(some)
    cases = [
        Case(
            scheme=_schemes(job.kind, corpora.vocabulary)[job.scheme].name, rule=f"{rule.once}, {rule.test}",
            corpus=job.corpus, ours=rule == OURS, alarms=joined(some),
        )
        for (job, rule), some in found.items()
    ]  # fmt: skip
    main = corpora.texts.get(MAIN) or corpora.texts["code"]
    return Study(
        cases=cases,
        table=table_rows(main, corpora.vocabulary, windows=size.windows),
        vocabulary=corpora.vocabulary,
        tokens=sum(len(text) for text in main),
        skipped=corpora.skipped,
        seconds=time.monotonic() - started,
        earlier=1 - len(ahead) / len(parts),
    )


def failed(study: Study) -> list[str]:
    """List the claims that do not stand: a rule of ours that alarms too often, a bad rule of a peer's that does not."""
    found = wrongs(study.cases)
    harmless = [case for case in study.cases if _is_shown(case) and harm(case.alarms) < WRONG]
    return found + [f"{case.scheme}, {case.rule}: only {harm(case.alarms):.1f}x at 1e-4" for case in harmless]


def _is_shown(case: Case) -> bool:
    return f"{case.rule}, {case.scheme}" in SHOWN_WRONG and case.corpus == MAIN and case.alarms.tests >= ENOUGH


def _jobs(corpora: Corpora, size: Size) -> Iterator[_Job]:
    for corpus in corpora.texts:
        many = corpus == MAIN
        mine = {MAIN: size.deep_keys, TEMPLATED: size.template_keys}.get(corpus, size.keys)
        for index, _ in enumerate(ours(corpora.vocabulary)):
            yield _Job("ours", index, corpus, mine)
        for index, _ in enumerate(peers(corpora.vocabulary)):
            yield _Job("peers", index, corpus, size.peer_keys if many else size.keys)
    first = next(iter(corpora.texts))
    for index, scheme in enumerate(others(corpora.vocabulary)):
        slow = scheme.key.schedule.startswith("transformers")
        yield _Job("others", index, first, size.slow_keys if slow else size.keys)


def _schemes(kind: str, vocabulary: int) -> Sequence[Scheme]:
    return {"ours": ours, "peers": peers, "others": others}[kind](vocabulary)


def _name(part: tuple[_Job, range]) -> str:
    """Name a part of the study, by its kind of key and not by its place in a list."""
    job, keys = part
    return f"{job.kind}: {_schemes(job.kind, 2)[job.scheme].name}, {job.corpus}, keys {keys.start} to {keys.stop}"


_corpora: list[Corpora] = []


def _begin(corpora: Corpora) -> None:
    _corpora[:] = [corpora]


def _work(job: _Job, keys: range) -> dict[Rule, Alarms]:
    scheme = _schemes(job.kind, _corpora[0].vocabulary)[job.scheme]
    return dict(alarms(_layout(job), scheme, keys))


@lru_cache(maxsize=2)
def _layout(job: _Job) -> Texts:
    texts = _corpora[0].texts[job.corpus]
    few = texts[:OTHERS] if job.kind == "others" else texts
    return laid_out(few, _schemes(job.kind, _corpora[0].vocabulary)[job.scheme])
