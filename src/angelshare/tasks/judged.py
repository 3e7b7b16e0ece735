"""Judged logs: a judge's preference for a model's replies over a fixed reference's, and how long both are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.ready import JudgedLine, JudgeLogs, Mismatch
from angelshare.core.record import record
from angelshare.core.strict import decode_json
from angelshare.stats.judge import Lengths
from angelshare.stats.panel import FloatArray, IntArray, Panel
from angelshare.store.files import storage_errors
from angelshare.tasks.alignment import shared_items


@record
class JudgedLog:
    """One model's judged replies."""

    source: str
    """The file, as errors call it."""

    lines: Mapping[str, JudgedLine]
    """By item."""


@record
class JudgedSet:
    """The judged logs of students, base and teacher."""

    students: Sequence[JudgedLog]
    """One per seed."""

    base: JudgedLog
    """The open base."""

    teacher: JudgedLog
    """The closed teacher."""

    @property
    def all(self) -> Sequence[JudgedLog]:
        """Students, base and teacher."""
        return [*self.students, self.base, self.teacher]


@record
class JudgedPanel:
    """Judged replies on the items that all logs hold."""

    wins: Panel
    """Preferences, in place of scores."""

    lengths: Lengths | None
    """Excess lengths; None when a line has none."""

    same_items: bool
    """Whether the items are the scored ones, in their order."""

    overlap: int
    """Items that are also scored ones."""

    left_out: int
    """Items that some logs lack."""


def read_judged(logs: JudgeLogs, folder: Path) -> JudgedSet:
    """Read the judged logs; paths are relative to `folder`.

    Raises PlanError or UnknownKeyError for a wrong line, PlanError for an item that comes twice; StorageError.
    """
    paths = [*logs.students, logs.base, logs.teacher]
    twice = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise PlanError(f"judge: '{twice}' is named twice; one log is one model's, so name it once")
    read = [_read(folder / path, path) for path in paths]
    return JudgedSet(students=read[:-2], base=read[-2], teacher=read[-1])


def judged_panel(
    logs: JudgedSet, items: Sequence[str], domain: IntArray, *, seeds: int, mismatch: Mismatch = "refuse"
) -> JudgedPanel:
    """Align judged logs on items; when these are the scored items, in their order and domains, so that they pair.

    Args:
        logs: as `read_judged` gives them.
        items: (items,) ids of the scored items.
        domain: (items,) their domains.
        seeds: students with scores.
        mismatch: as for scores.

    Raises PlanError when students are not as many as with scores, when items differ, or when replies to an item were
    compared with references of different length.
    """
    if len(logs.students) != seeds:
        raise PlanError(f"judge: {len(logs.students)} judged students, but {seeds} with scores; give one log for each")
    shared, left_out = shared_items([(log.source, set(log.lines)) for log in logs.all], mismatch, what="judged logs")
    common = set(shared)
    same = common == set(items) and len(set(items)) == len(items)
    order = list(items) if same else sorted(common)
    _one_reference(logs.all, order)
    where = domain if same else np.zeros(len(order), dtype=np.int64)
    return JudgedPanel(
        wins=Panel(
            student=np.stack([_column(log, order, "win") for log in logs.students]),
            floor=_column(logs.base, order, "win")[None], teacher=_column(logs.teacher, order, "win")[None],
            domain=where,
        ),
        lengths=_lengths(logs, order), same_items=same, overlap=len(common & set(items)), left_out=left_out,
    )  # fmt: skip


def _read(path: Path, name: str) -> JudgedLog:
    with storage_errors(path, "read this file"):
        data = path.read_bytes()
    lines: dict[str, JudgedLine] = {}
    for number, raw in enumerate(data.splitlines(), start=1):
        if not raw.strip():
            continue
        place = f"{path}, line {number}"
        line = decode_json(raw, JudgedLine, place)
        if not 0 <= line.win <= 1:
            raise PlanError(f"{place}: win is {line.win:g}; a preference lies between 0 and 1")
        if (line.length is None) != (line.reference_length is None):
            raise PlanError(f"{place}: one of length and reference_length alone says nothing; give both or neither")
        if line.item in lines:
            raise PlanError(f"{place}: item '{line.item}' comes twice; average its judgements into one line")
        lines[line.item] = line
    if not lines:
        raise PlanError(f"{path}: no judged items")
    return JudgedLog(source=name, lines=lines)


def _one_reference(logs: Sequence[JudgedLog], order: Sequence[str]) -> None:
    """Refuse win rates over different references: they lie on different scales."""
    first = logs[0]
    for log in logs[1:]:
        for item in order:
            ours, theirs = log.lines[item].reference_length, first.lines[item].reference_length
            if ours is not None and theirs is not None and ours != theirs:
                raise PlanError(
                    f"judge: item '{item}': the reference's reply is {theirs:g} long in {first.source} and {ours:g} in "
                    f"{log.source}; compare every model with the same reference replies"
                )


def _lengths(logs: JudgedSet, order: Sequence[str]) -> Lengths | None:
    if any(log.lines[item].length is None for log in logs.all for item in order):
        return None
    return Lengths(
        student=np.stack([_excess(log, order) for log in logs.students]),
        floor=_excess(logs.base, order)[None], teacher=_excess(logs.teacher, order)[None],
    )  # fmt: skip


def _excess(log: JudgedLog, order: Sequence[str]) -> FloatArray:
    return _column(log, order, "length") - _column(log, order, "reference_length")


def _column(log: JudgedLog, order: Sequence[str], name: str) -> FloatArray:
    return np.array([getattr(log.lines[item], name) for item in order], dtype=np.float64)
