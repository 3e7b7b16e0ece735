"""One piece of work: pure functions of their arguments, so that any process or machine gives the same result."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from angelshare.core import plugins
from angelshare.core.protocols import Defence, Fitted, Model, Student, Task
from angelshare.core.record import record
from angelshare.core.records import (
    ArmKind,
    Cell,
    CellResult,
    Completion,
    Item,
    Message,
    Pair,
    Plan,
    Query,
    Sampling,
    Score,
    Use,
)
from angelshare.core.seeds import derived_seed
from angelshare.measure.following import Lead, followed
from angelshare.measure.lessons import whole

RECIPE: dict[ArmKind, str] = {"traces": "trace", "corrupted": "trace", "logits": "logits"}
"""The torch recipe each arm uses when the plan names the `sequence` recipe."""


@record
class Training:
    """Train one student and let it answer the test items."""

    cell: Cell
    """Which."""

    plan: Plan
    """Names the recipe."""

    pairs: Sequence[Pair]
    """What it learns from."""

    items: Sequence[Item]
    """What it is asked."""

    leads: Sequence[Lead] = ()
    """The teacher's replies it is then made to follow; they change none of its answers."""


@record
class Asking:
    """Let a local model answer queries."""

    model: Use
    """Which model."""

    queries: Sequence[Query]
    """What it is asked."""

    through: Sequence[Use] = ()
    """Defences between model and asker, the innermost first."""


def train_cell(work: Training, scratch: Path | None) -> CellResult:
    """Train the student of a cell and score its answers."""
    task: Task = plugins.build("tasks", work.plan.task)
    recipe: Student = plugins.build("students", recipe_use(work.plan, work.cell.arm.kind))
    # the dose is not part of it: equal pairs then give equal students, and doses differ in data alone
    seed = derived_seed("student", work.cell.arm.kind, work.cell.seed) % 2**32
    with tempfile.TemporaryDirectory(dir=scratch if scratch is not None and scratch.is_dir() else None) as folder:
        fitted: Fitted = recipe.fit(work.pairs, seed=seed, workspace=Path(folder))
        completions = list(fitted.model.answer([item.query for item in work.items]))
        divergences = followed(fitted.model, work.leads)
    return CellResult(
        cell=work.cell, scores=scored(task, work.items, completions), meter=fitted.meter, queries=len(work.pairs),
        divergences=divergences,
    )  # fmt: skip


def ask(work: Asking) -> list[Completion]:
    """Answer queries with a model that this process loads."""
    model: Model = defended(plugins.build("models", work.model), work.through)
    return list(model.answer(work.queries))


def defended(model: Model, through: Sequence[Use]) -> Model:
    """Put defences around a model, the innermost first."""
    for use in through:
        defence: Defence = plugins.build("defences", use)
        model = defence(model)
    return model


def recipe_use(plan: Plan, kind: ArmKind) -> Use:
    """Name the recipe of an arm: the plan's, or its sibling for traces and soft labels."""
    if plan.student.use == "sequence" and kind in RECIPE:
        return Use(use=RECIPE[kind], options=plan.student.options)
    return plan.student


def scored(task: Task, items: Sequence[Item], completions: Sequence[Completion], *, draw: int = 0) -> list[Score]:
    """Judge one reply per item under both extractors."""
    return [_score(task, item, done, draw) for item, done in zip(items, completions, strict=True)]


def _score(task: Task, item: Item, done: Completion, draw: int) -> Score:
    text = whole(done)
    strict, flexible = task.extract(item, text, "strict"), task.extract(item, text, "flexible")
    return Score(
        item=item.id, domain=item.domain, ring=item.ring,
        strict=task.score(item, strict) if strict is not None else 0.0,
        flexible=task.score(item, flexible) if flexible is not None else 0.0,
        answer=flexible or "", style=task.style(item, text), text=text,
        refused=done.refused, truncated=done.truncated, draw=draw, certainty=done.certainty,
    )  # fmt: skip


def few_shot(item: Item, examples: Sequence[Item]) -> Query:
    """Put solved examples of the same domain before a question, as earlier turns."""
    turns = [turn for example in examples for turn in _solved(example)]
    return Query(id=f"{item.query.id}-few", messages=(*turns, *item.query.messages), sampling=item.query.sampling)


def _solved(example: Item) -> tuple[Message, ...]:
    return (*example.query.messages, Message(role="assistant", content=example.answer))


def drawn(query: Query, draw: int) -> Query:
    """Ask the same query for another draw."""
    sampling = query.sampling
    return Query(
        id=query.id, messages=query.messages,
        sampling=Sampling(
            max_tokens=sampling.max_tokens, temperature=sampling.temperature, top_logprobs=sampling.top_logprobs,
            draw=draw
        ),
    )  # fmt: skip
