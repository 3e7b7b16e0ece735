"""Imported scores of students, base and teacher brought onto the same items: what `stats.recovered` takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.ready import Mismatch
from angelshare.core.record import record
from angelshare.core.records import Extractor
from angelshare.stats.panel import FloatArray, Panel
from angelshare.tasks.imports import ImportedScores


@record
class LogSet:
    """Logs by whose scores they hold; every seed, the base and the teacher have each task."""

    students: Sequence[Sequence[ImportedScores]]
    """Per seed: its logs, one per task."""

    base: Sequence[ImportedScores]
    """The open base; several logs of one task are further draws."""

    teacher: Sequence[ImportedScores]
    """The closed teacher; likewise."""

    controls: Mapping[str, Sequence[Sequence[ImportedScores]]] = field(default_factory=dict)
    """Control to its students, as `students`."""


@record
class Aligned:
    """Scores on the items that all logs hold."""

    panel: Panel
    """Students, base and teacher; a domain is a task."""

    controls: Mapping[str, FloatArray]
    """Control to (seeds, items) scores of its students."""

    domains: Sequence[str]
    """Task by its number in the panel."""

    items: Sequence[str]
    """(items,) ids."""

    left_out: int
    """Items that some logs lack."""


def align(logs: LogSet, *, extractor: Extractor = "flexible", mismatch: Mismatch = "refuse") -> Aligned:
    """Bring every log onto the same items, task by task; a student's draws are averaged, since seeds are its rows.

    Args:
        logs: whose scores.
        extractor: which of the two imported scores to use.
        mismatch: "common" keeps the items that every log scores; that is biased if items went missing because a model
            failed on them, so the default refuses.

    Raises PlanError when a side has no log, when tasks, metrics, extractors or items differ, or draws are unequal.
    """
    named = list(_named(logs))
    tasks = _tasks(logs, named)
    left_out, domain, ids = 0, [], []
    blocks: list[list[FloatArray]] = [[] for _ in named]
    for code, task in enumerate(tasks):
        held = [[log for log in side if log.task == task] for _, side in named]
        _same_scoring([log for side in held for log in side])
        items, lacking = shared_items(
            [(log.source, {score.item for score in log.scores}) for side in held for log in side], mismatch, what="logs"
        )
        left_out += lacking
        domain += [code] * len(items)
        ids += items
        for block, side in zip(blocks, held, strict=True):
            block.append(np.concatenate([_block(log, items, extractor) for log in side]))
    sides = [_joined(block, who) for block, (who, _) in zip(blocks, named, strict=True)]
    count, rest = len(logs.students), iter(sides[len(logs.students) + 2 :])
    return Aligned(
        panel=Panel(
            student=np.stack([side.mean(axis=0) for side in sides[:count]]), floor=sides[count],
            teacher=sides[count + 1], domain=np.array(domain, dtype=np.int64),
        ),
        controls={
            name: np.stack([next(rest).mean(axis=0) for _ in runs]) for name, runs in logs.controls.items()
        },
        domains=tasks, items=ids, left_out=left_out,
    )  # fmt: skip


def panel_from_scores(
    students: Sequence[ImportedScores],
    base: ImportedScores,
    teacher: ImportedScores,
    *,
    extractor: Extractor = "flexible",
    mismatch: Mismatch = "refuse",
) -> Panel:
    """Align the logs of one task, one log per training seed; see `align`.

    Returns (seeds, items), (draws, items), (draws, items).
    """
    logs = LogSet(students=[[student] for student in students], base=[base], teacher=[teacher])
    return align(logs, extractor=extractor, mismatch=mismatch).panel


def _named(logs: LogSet) -> Iterator[tuple[str, Sequence[ImportedScores]]]:
    """Walk over the sides in the order students, base, teacher, controls."""
    yield from ((f"student {place}", run) for place, run in enumerate(logs.students, start=1))
    yield "the base", logs.base
    yield "the teacher", logs.teacher
    for name, runs in logs.controls.items():
        yield from ((f"{name} student {place}", run) for place, run in enumerate(runs, start=1))


def _tasks(logs: LogSet, named: Sequence[tuple[str, Sequence[ImportedScores]]]) -> list[str]:
    """Give the teacher's tasks; raises PlanError unless every side has each, and every seed each once."""
    if not logs.students:
        raise PlanError("no student logs given; give one per training seed")
    empty = next((who for who, side in named if not side), None)
    if empty is not None:
        raise PlanError(f"no log of {empty} given; give at least one")
    tasks = list(dict.fromkeys(log.task for log in logs.teacher))
    for who, side in named:
        own = [log.task for log in side]
        if set(own) != set(tasks):
            where = ", ".join(f"{log.source}: {log.task}" for log in side)
            raise PlanError(
                f"the logs are of different tasks: {who} has {where}, the teacher {', '.join(tasks)}; give every side "
                "a log of each task"
            )
        if who not in ("the base", "the teacher") and len(own) > len(tasks):
            raise PlanError(
                f"{who} has {len(own)} logs of {len(tasks)} tasks; an entry is one seed, with one log a task"
            )
    return tasks


def _same_scoring(logs: Sequence[ImportedScores]) -> None:
    first = logs[-1]
    for log in logs:
        if (log.metric, log.strict_by, log.flexible_by) != (first.metric, first.strict_by, first.flexible_by):
            raise PlanError(
                f"the logs of task '{log.task}' are scored differently: {log.source} by {_scoring(log)}, "
                f"{first.source} by {_scoring(first)}; score all alike, or choose under [scoring]"
            )


def _scoring(log: ImportedScores) -> str:
    return f"{log.metric} ({', '.join(dict.fromkeys((log.strict_by, log.flexible_by)))})"


def shared_items(logs: Sequence[tuple[str, set[str]]], mismatch: Mismatch, *, what: str) -> tuple[list[str], int]:
    """Give the items that all logs hold, and how many more some hold.

    Args:
        logs: name of each log and the items it holds.
        mismatch: refuse where they differ, or keep the common ones.
        what: the logs in a word, for the message: "logs", "judged logs".

    Raises PlanError if no item is in all, or if they differ and must not.
    """
    held = [items for _, items in logs]
    common, every = set.intersection(*held), set.union(*held)
    if not common:
        raise PlanError(f"no item is in all {len(logs)} {what}; were they made from the same version of the task?")
    if mismatch == "refuse" and common != every:
        lacking = [f"{name} lacks {len(every - own)}" for name, own in logs if own != every]
        raise PlanError(
            f"the {what} hold different items ({'; '.join(lacking)} of {len(every)}); run them on the same items, "
            f'or set mismatch = "common" to keep the {len(common)} that all hold'
        )
    return sorted(common), len(every) - len(common)


def _block(log: ImportedScores, items: Sequence[str], extractor: Extractor) -> FloatArray:
    """Lay a log's scores out as (draws, items)."""
    place = {item: k for k, item in enumerate(items)}
    kept = [score for score in log.scores if score.item in place]
    draws = sorted({score.draw for score in kept})
    if len(kept) != len(draws) * len(items):
        raise PlanError(f"{log.source}: some items have fewer than {len(draws)} draws (epochs); run the log to the end")
    block = np.zeros((len(draws), len(items)))
    for score in kept:
        block[draws.index(score.draw), place[score.item]] = getattr(score, extractor)
    return block


def _joined(blocks: Sequence[FloatArray], who: str) -> FloatArray:
    """Put a side's tasks beside each other; raises PlanError when they have unequal draws."""
    draws = [block.shape[0] for block in blocks]
    if who not in ("the base", "the teacher"):
        blocks = [block.mean(axis=0, keepdims=True) for block in blocks]
    elif len(set(draws)) > 1:
        raise PlanError(f"{who} has {' and '.join(map(str, draws))} draws of its tasks; give equally many of each")
    return np.concatenate(blocks, axis=1)
