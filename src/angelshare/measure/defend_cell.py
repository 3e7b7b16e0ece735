"""One piece of the lab's work: pure functions of their arguments, so that any process or machine gives the same."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from angelshare.core import plugins
from angelshare.core.defences import DefenceCost
from angelshare.core.defend import DefendedStudent, StudentPlan, TeacherLikelihood, TeacherTiming
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Fitted, Model, Steerable, Student, Task
from angelshare.core.record import record
from angelshare.core.records import Cell, CellResult, Completion, Item, Meter, Pair, Plan, Query, Use
from angelshare.core.seeds import derived_seed
from angelshare.measure.cell import defended, recipe_use, scored
from angelshare.measure.lesson import Ground, Lesson
from angelshare.measure.tactics import tactic_of
from angelshare.models.likelihood import reply_nats

BATCHES = 6
"""Batches of queries timed, defended and undefended in turn."""


@record
class DefendedTraining:
    """Make a lesson of a defended teacher's replies, train one student on it, and let it answer the test items."""

    defence: str
    """Name of the row."""

    student: StudentPlan
    """The column."""

    cell: Cell
    """Arm, dose and seed."""

    plan: Plan
    """The column as an audit."""

    pairs: Sequence[Pair]
    """What the defended teacher delivered."""

    public: Sequence[Pair]
    """Public worked examples."""

    second: Sequence[Pair]
    """A second teacher's replies."""

    domain: Mapping[str, str]
    """Domain by query id."""

    items: Sequence[Item]
    """What the student is asked."""

    lesson: Lesson | None = None
    """The lesson, where it could be made at once; then pairs, public examples and second replies are left out."""


@record
class Timing:
    """Time a defended teacher against itself undefended."""

    model: Use
    """The teacher."""

    through: Sequence[Use]
    """Its defences."""

    queries: Sequence[Query]
    """What it is asked."""


@record
class Likelihood:
    """Score delivered replies under the undefended teacher."""

    model: Use
    """The undefended teacher."""

    queries: Sequence[Query]
    """What was asked."""

    replies: Sequence[str | None]
    """What was delivered; None for a refusal."""


def train_defended(work: DefendedTraining, scratch: Path | None) -> DefendedStudent:
    """Prepare, train (in two stages if the tactic has two) and score."""
    task: Task = plugins.build("tasks", work.plan.task)
    with _workspace(scratch) as folder:
        lesson = work.lesson or tactic_of(work.student, "matrix").prepare(work.pairs, ground_of(work, task, folder))
        fitted = _fitted(work, lesson.pairs, lesson.after, folder)
        completions = list(fitted.model.answer([item.query for item in work.items]))
    result = CellResult(
        cell=work.cell, scores=scored(task, work.items, completions), meter=fitted.meter, queries=len(lesson.pairs)
    )
    return DefendedStudent(defence=work.defence, student=work.student.name, result=result, cost=lesson.cost)


def ground_of(work: DefendedTraining, task: Task, folder: Path) -> Ground:
    """Give a tactic what its distiller has."""
    return Ground(
        task=task, domain=work.domain, base=work.plan.base, recipe=recipe_use(work.plan, work.cell.arm.kind),
        public=work.public, second=work.second, seed=work.cell.seed, scratch=folder,
    )  # fmt: skip


def time_teacher(work: Timing) -> TeacherTiming:
    """Answer batches undefended and defended in turn, so that a busy machine slows both alike."""
    plain: Model = plugins.build("models", work.model)
    model = defended(plugins.build("models", work.model), work.through)
    size = max(1, len(work.queries) // BATCHES)
    batches = [work.queries[start : start + size] for start in range(0, size * BATCHES, size)]
    for one in (plain, model):  # the first batch of a process pays for what is made once
        list(one.answer(batches[0]))
    times: tuple[list[float], list[float]] = ([], [])
    for batch in batches:
        if batch:
            for one, out in zip((plain, model), times, strict=True):
                out.append(_seconds_per_token(one, batch))
    cost = getattr(model, "cost", None)
    passes = cost.passes_per_token if isinstance(cost, DefenceCost) else None
    return TeacherTiming(
        undefended=times[0],
        seconds_per_token=times[1],
        extra_passes=passes,
    )


def score_likelihood(work: Likelihood) -> TeacherLikelihood:
    """Score what was delivered; a model whose network cannot be read scores nothing."""
    model: Model = plugins.build("models", work.model)
    there = [k for k, reply in enumerate(work.replies) if reply]
    nats: list[float | None] = [None] * len(work.replies)
    if isinstance(model, Steerable) and there:
        pairs = [Pair(query=work.queries[k], reply=work.replies[k] or "") for k in there]
        for k, value in zip(there, reply_nats(model.network, model.tokenizer, pairs), strict=True):
            nats[k] = float(value)
    return TeacherLikelihood(nats=nats)


def _seconds_per_token(model: Model, queries: Sequence[Query]) -> float:
    begun = time.perf_counter()
    done: list[Completion] = list(model.answer(queries))
    return (time.perf_counter() - begun) / max(1, sum(one.tokens_out for one in done))


@contextmanager
def _workspace(scratch: Path | None) -> Iterator[Path]:
    inside = scratch if scratch is not None and scratch.is_dir() else None
    with tempfile.TemporaryDirectory(dir=inside) as folder:
        yield Path(folder)


def _fitted(work: DefendedTraining, pairs: Sequence[Pair], after: Sequence[Pair], folder: Path) -> Fitted:
    """Train as an audit trains; a second stage goes on from the saved first."""
    use = recipe_use(work.plan, work.cell.arm.kind)
    seed = derived_seed("student", work.cell.arm.kind, work.cell.seed) % 2**32
    if not pairs and not after:
        return Fitted(plugins.build("models", work.plan.base), None)
    if not pairs:
        return _trained(use, after, seed, folder)
    first = _trained(use, pairs, seed, folder)
    if not after:
        return first
    saved = folder / "first-stage"
    save = getattr(first.model, "save", None)
    if not callable(save) or "base" not in use.options:
        raise PlanError(
            f"student '{work.student.name}': a second stage goes on from a saved student, so its recipe needs an "
            f"option 'base' and a model that can be saved; '{use.use}' lacks one"
        )
    save(saved)
    second = _trained(Use(use=use.use, options={**use.options, "base": str(saved)}), after, seed, folder)
    return Fitted(second.model, _both(first.meter, second.meter))


def _trained(use: Use, pairs: Sequence[Pair], seed: int, folder: Path) -> Fitted:
    recipe: Student = plugins.build("students", use)
    return recipe.fit(pairs, seed=seed, workspace=folder)


def _both(first: Meter | None, second: Meter | None) -> Meter | None:
    if first is None or second is None:
        return None
    return dataclasses.replace(
        second, steps=first.steps + second.steps, examples=first.examples + second.examples,
        tokens=first.tokens + second.tokens, training_flop=first.training_flop + second.training_flop,
        cpu_seconds=first.cpu_seconds + second.cpu_seconds, wall_seconds=first.wall_seconds + second.wall_seconds,
        converged=first.converged and second.converged,
    )  # fmt: skip
