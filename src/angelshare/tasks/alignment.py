"""Imported scores of students, base and teacher brought onto the same items: what `stats.recovered` takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.records import Extractor
from angelshare.stats.panel import FloatArray, Panel
from angelshare.tasks.imports import ImportedScores

Mismatch: TypeAlias = Literal["refuse", "common"]
"""What to do when the logs do not hold the same items: refuse, or keep those that all hold."""


def panel_from_scores(
    students: Sequence[ImportedScores],
    base: ImportedScores,
    teacher: ImportedScores,
    *,
    extractor: Extractor = "flexible",
    mismatch: Mismatch = "refuse",
) -> Panel:
    """Align imported scores on item ids, as `stats.recovery.recovered` takes them.

    Args:
        students: one log per training seed.
        base: the open base.
        teacher: the closed teacher.
        extractor: which of the two imported scores to use.
        mismatch: "common" keeps the items that every log scores; that is biased if items went missing because a model
            failed on them, so the default refuses.

    Returns (seeds, items), (draws, items), (draws, items); a student's draws are averaged, since seeds are its rows.

    Raises PlanError when tasks or items differ, when no student is given, or when a log's items have unequal draws.
    """
    if not students:
        raise PlanError("no student logs given; give one per training seed")
    logs = [*students, base, teacher]
    if len({log.task for log in logs}) > 1:
        named = ", ".join(f"{log.source}: {log.task}" for log in logs)
        raise PlanError(f"the logs are of different tasks ({named}); align one task at a time")
    items = _shared_items(logs, mismatch)
    block = [_block(log, items, extractor) for log in logs]
    return Panel(
        student=np.stack([scores.mean(axis=0) for scores in block[:-2]]), floor=block[-2], teacher=block[-1],
        domain=np.zeros(len(items), dtype=np.int64),
    )  # fmt: skip


def _shared_items(logs: Sequence[ImportedScores], mismatch: Mismatch) -> list[str]:
    held = [{score.item for score in log.scores} for log in logs]
    common, every = set.intersection(*held), set.union(*held)
    if not common:
        raise PlanError(f"no item is in all {len(logs)} logs; were they made from the same version of the task?")
    if mismatch == "refuse" and common != every:
        lacking = [
            f"{log.source} lacks {len(every - ids)}" for log, ids in zip(logs, held, strict=True) if ids != every
        ]
        raise PlanError(
            f"the logs hold different items ({'; '.join(lacking)} of {len(every)}); run them on the same items, "
            f"or pass mismatch='common' to keep the {len(common)} that all hold"
        )
    return sorted(common)


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
