"""What is said about ready scores in words: the sentence, how replies were read, and what to bear in mind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from angelshare.core.ready import ReadyLog, ReadyScores, Role
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.measure.verdict import percent_said
from angelshare.stats.panel import Panel
from angelshare.tasks.alignment import Aligned, LogSet
from angelshare.tasks.imports import ImportedScores
from angelshare.tasks.judged import JudgedPanel

FEW_SEEDS = 5
"""Fewer students than this leave much of an interval to luck of training."""


def sentence(whole: Number, needed: Number, inflation: Number, *, panel: Panel) -> str:
    """Say what the numbers say; every figure in it stands with its interval in the report."""
    if isinstance(whole, Refusal):
        return f"These scores cannot tell how much of the capability moved: {whole.refused}."
    if whole.low is not None and whole.low <= 0:
        said = (
            f"On {panel.domain.size:,} items no recovery is shown: {percent_said(whole)} of the gap between base and "
            "teacher. That is not evidence that none is possible."
        )
    else:
        said = (
            f"On {panel.domain.size:,} items the students closed {percent_said(whole)} of the gap between base and "
            f"teacher; {_needed(needed)}."
        )
    if isinstance(inflation, Estimate) and inflation.low is not None and inflation.low > 0:
        said += f" A judge would overstate it by {percent_said(inflation)} of the gap."
    return said


def log_rows(logs: LogSet) -> list[ReadyLog]:
    """List every log as it was read."""
    return [
        ReadyLog(
            role=role, place=place, path=log.source, model=log.model, task=log.task, metric=log.metric,
            strict_by=log.strict_by, flexible_by=log.flexible_by, items=len({score.item for score in log.scores}),
            draws=len({score.draw for score in log.scores}), skipped=len(log.skipped),
            refused=sum(score.refused for score in log.scores), truncated=sum(score.truncated for score in log.scores),
        )
        for role, place, log in _walk(logs)
    ]  # fmt: skip


def notes(logs: LogSet) -> list[str]:
    """Say how replies were read, and what the logs tell of refused, cut and unscored ones."""
    said = []
    for task in dict.fromkeys(log.task for log in logs.teacher):
        log = next(log for log in logs.teacher if log.task == task)
        read = f"'{log.strict_by}'" if log.strict_by == log.flexible_by else (
            f"'{log.strict_by}' (strict) and '{log.flexible_by}' (flexible)"
        )  # fmt: skip
        said.append(f"{task}: read by {read}{'' if log.metric == 'value' else f', metric {log.metric}'}.")
    for row in log_rows(logs):
        replies = row.items * row.draws
        if row.refused:
            said.append(
                f"{row.path}: {row.refused:,} of {replies:,} replies were stopped by a filter; they score as read."
            )
        if row.truncated:
            said.append(f"{row.path}: {row.truncated:,} of {replies:,} replies hit a length limit; they score as read.")
    for _, _, log in _walk(logs):
        if log.skipped:
            said.append(f"{log.source}: {len(log.skipped):,} items have no score, e.g. {log.skipped[0]}.")
    return said


def cautions(description: ReadyScores, logs: LogSet, aligned: Aligned, judged: JudgedPanel | None) -> list[str]:
    """List what to bear in mind, gravest first."""
    seeds = len(logs.students)
    said = []
    if seeds == 1:
        said.append("One student: intervals hold luck in items only; luck of training is in none of them.")
    elif seeds < FEW_SEEDS:
        said.append(f"{seeds} students leave much of the interval to luck of training.")
    if not description.controls.gold and not description.controls.self and not description.controls.shuffled:
        said.append("Raw, not attributable: without controls nobody can say that this teacher was needed.")
    if aligned.left_out:
        said.append(
            f"{aligned.left_out:,} items that some logs lack are left out; "
            "if models failed on them, the numbers are biased."
        )
    said += [
        f"{log.source} names the model '{log.model}', as the log of the {end} does; is it the right file?"
        for end, other in (("base", logs.base), ("teacher", logs.teacher))
        for run in (*logs.students, *(run for runs in logs.controls.values() for run in runs))
        for log in run
        if log.model in {one.model for one in other}
    ]
    said += _of_judge(judged)
    said.append(
        "The base is as strong as it was asked: an audit takes the best of several ways of asking, a log has one."
    )
    return said


def _of_judge(judged: JudgedPanel | None) -> list[str]:
    if judged is None:
        return []
    said = []
    if judged.left_out:
        said.append(f"{judged.left_out:,} items that some judged logs lack are left out.")
    if not judged.same_items and judged.overlap:
        said.append(
            f"{judged.overlap:,} judged items are also scored ones, but not all: the two sets were taken as "
            "independent, which widens the interval of judge inflation if anything."
        )
    return said


def _walk(logs: LogSet) -> Iterator[tuple[Role, int, ImportedScores]]:
    for place, run in enumerate(logs.students, start=1):
        yield from (("student", place, log) for log in run)
    yield from _draws("base", logs.base)
    yield from _draws("teacher", logs.teacher)
    for name, runs in logs.controls.items():
        for place, run in enumerate(runs, start=1):
            yield from ((cast("Role", name), place, log) for log in run)


def _draws(role: Role, logs: Sequence[ImportedScores]) -> Iterator[tuple[Role, int, ImportedScores]]:
    for index, log in enumerate(logs):
        yield role, 1 + sum(earlier.task == log.task for earlier in logs[:index]), log


def _needed(needed: Number) -> str:
    if isinstance(needed, Refusal):
        return needed.refused
    if needed.low is not None and needed.low <= 0:
        return f"that the teacher was needed for it is not shown ({percent_said(needed)} attributable)"
    return f"{percent_said(needed)} was beyond every control given"
