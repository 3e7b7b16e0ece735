"""From a plan to its cells' results: ask the sources, make the pairs, train the students; resumable at any moment."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import numpy as np

from angelshare.core import plugins
from angelshare.core.errors import AuthorisationError, UnknownKeyError, nearest
from angelshare.core.protocols import Task
from angelshare.core.records import Arm, Cell, CellResult, Completion, Item, Message, Pair, Plan, Query, Sampling, Score
from angelshare.core.strict import encode
from angelshare.measure.cell import Training, drawn, few_shot, recipe_use, scored, train_cell
from angelshare.measure.engines import Engine
from angelshare.measure.following import Lead, base_followed, leads_of
from angelshare.measure.grid import EXAMPLES, cell_name, development_items, query_items, student_cells, test_items
from angelshare.measure.lessons import Replies, pairs_for, whole
from angelshare.measure.plans import controls, labels_public
from angelshare.measure.sources import Errand, asking_for_logprobs, is_remote, run_errands
from angelshare.store.runs import RunFolder

SHOTS = 3
"""Solved examples in a few-shot prompt to the base."""
TOP_LOGPROBS = 8
"""Alternatives per token that the logits arm asks for."""


class Progress(Protocol):
    """Shows how far a run has come."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` units."""
        ...

    def advance(self, units: int) -> None:
        """Finish some units."""
        ...


class Elicitation(NamedTuple):
    """How the base fared under one way of asking, on development items of one domain."""

    domain: str
    way: str
    scores: Sequence[float]
    chosen: bool


class Results(NamedTuple):
    """Everything a plan measured."""

    plan: Plan
    task: Task
    cells: Mapping[Cell, CellResult]
    elicitation: Sequence[Elicitation]
    asked: Sequence[Completion]
    """Every reply a teacher or any remote model gave, each paid call once, for the cost sheet."""
    clusters: Mapping[str, str] = {}
    """Cluster of each test item that has one, by item id."""
    lengths: Mapping[str, int] = {}
    """Characters of each test item's prompt, by item id."""
    shows_logprobs: bool = False
    """Whether the teacher's replies to test items carry alternatives per token."""


def run_plan(
    plan: Plan, folder: RunFolder, *, engine: Engine, now: Callable[[], datetime], progress: Progress
) -> Results:
    """Run every cell of `plan` that `folder` does not hold yet.

    Raises PlanError, PluginError, AuthorisationError, EndpointError, LimitReached or StorageError; whatever
    was finished before stays in the folder.
    """
    preflight(plan)
    task: Task = plugins.build("tasks", plan.task)
    _check_domains(plan, task)
    items = test_items(plan, task)
    queries = {seed: query_items(plan, task, seed) for seed in plan.seeds}
    folder.settle_items([*items, *(item for seed in plan.seeds for item in queries[seed])])
    errands = [*_test_errands(plan, task, items), *_query_errands(plan, queries), *elicitation_errands(plan, task)]
    progress.stage("asking teacher and base", sum(len(errand.queries) for errand in errands))
    answers = run_errands(errands, plan, folder, engine=engine, now=now, advance=progress.advance)
    elicitation, ways = choose_ways(plan, task, answers)
    leads = leads_of(items, answers["teacher-test-0"])
    cells = _end_cells(plan, task, items, answers, ways)
    asked = _asked_base(items, errands, ways, plan.elicitation[0])
    for cell, made in cells.items():
        filed, result = folder.load_cell(cell_name(cell)), made
        if cell.arm.kind == "floor":
            result = base_followed(made, plan, leads, asked=asked, filed=filed, engine=engine)
        if filed is None or encode(filed) != encode(result):
            folder.save_cell(cell_name(cell), result)
        cells[cell] = result
    material = _Material(plan, task, items, queries, answers, leads)
    floor = next(result for cell, result in cells.items() if cell.arm.kind == "floor")
    cells |= _students(plan, material, folder, floor=floor, engine=engine, progress=progress)
    clusters = {item.id: item.cluster for item in items if item.cluster is not None}
    lengths = {item.id: sum(len(turn.content) for turn in item.query.messages) for item in items}
    return Results(plan, task, cells, elicitation, _paid(errands, answers), clusters, lengths, bool(leads))


def preflight(plan: Plan) -> None:
    """Find, before anything is written or paid for, whatever can be found from the plan alone.

    Raises AuthorisationError for a remote model without leave, PluginError or PlanError for a wrong option.
    """
    for use in (plan.teacher, plan.base, plan.open_teacher):
        if use is None:
            continue
        plugins.check("models", use)
        if is_remote(use):
            if plan.authorisation is None:
                raise AuthorisationError(
                    f"'{use.use}' is a remote model and the plan has no [authorisation] block; add one with by, "
                    "reference and until (who allowed the queries, under what, until which date)"
                )
            plugins.build("models", use)  # nothing is called yet; an address with a secret in it is refused here
    plugins.check("tasks", plan.task)
    for kind in dict.fromkeys((*plan.arms, *controls(plan))):
        plugins.build("students", recipe_use(plan, kind))


def _check_domains(plan: Plan, task: Task) -> None:
    known = {*task.domains, "default"}
    for name in plan.public_labels:
        if name not in known:
            raise UnknownKeyError(f"public_labels: task '{task.name}' has no domain '{name}'; {nearest(name, known)}")


def _paid(errands: Sequence[Errand], answers: Mapping[str, Sequence[Completion]]) -> list[Completion]:
    """List what teachers and remote models answered; a remote call that the ledger answered again was paid once."""
    out = []
    seen: set[tuple[str, tuple[Message, ...], Sampling]] = set()
    for errand in errands:
        remote = is_remote(errand.use)
        if not remote and not errand.name.startswith(("teacher", "open")):
            continue
        for query, reply in zip(errand.queries, answers[errand.name], strict=True):
            key = (errand.use.use + repr(errand.use.options), tuple(query.messages), query.sampling)
            if not remote or key not in seen:
                out.append(reply)
            seen.add(key)
    return out


class _Material(NamedTuple):
    """What students learn from and are asked."""

    plan: Plan
    task: Task
    items: Sequence[Item]
    queries: Mapping[int, Sequence[Item]]
    answers: Mapping[str, Sequence[Completion]]
    leads: Sequence[Lead]

    def sources(self, seed: int) -> dict[str, Replies]:
        """Collect who replied to the queries of a seed."""
        asked = self.plan.seeds[0] if self.plan.shared_queries else seed
        names = {source: f"{source}-s{asked}" for source in ("teacher", "self", "open")}
        return {
            source: Replies(self.queries[seed], self.answers[name])
            for source, name in names.items()
            if name in self.answers
        }

    def pairs(self, cell: Cell) -> list[Pair]:
        """Make the pairs of a cell."""
        return pairs_for(
            cell.arm.kind, self.task, self.plan, budget=cell.arm.budget, seed=cell.seed, sources=self.sources(cell.seed)
        )

    def dose(self, cell: Cell) -> dict[str, Any]:
        """Count what a cell's dose cost: fields of CellResult."""
        kind = cell.arm.kind
        if kind in ("gold", "gold_all", "self"):
            return {"tokens_billed": 0, "tokens_delivered": 0, "cost_usd": None}
        replies = self.sources(cell.seed)["open" if kind == "open" else "teacher"].completions[: cell.arm.budget]
        costs = [reply.cost_usd for reply in replies]
        return {
            "tokens_billed": sum(reply.tokens_in + reply.tokens_out for reply in replies),
            "tokens_delivered": round(sum(self._delivered(kind, reply) for reply in replies)),
            "cost_usd": None if None in costs else sum(cost for cost in costs if cost is not None),
        }

    def _delivered(self, kind: str, reply: Completion) -> float:
        text = whole(reply)
        if kind != "answers" or not text:
            return reply.tokens_delivered
        # the trace is billed but an interface that hides it does not deliver it
        return reply.tokens_delivered * len(self.task.split(text)[1]) / len(text)


def _test_errands(plan: Plan, task: Task, items: Sequence[Item]) -> list[Errand]:
    asked = [[_asked_teacher(plan, item, draw) for item in items] for draw in range(plan.teacher_draws)]
    errands = [
        Errand(name=f"teacher-test-{draw}", use=plan.teacher, queries=queries) for draw, queries in enumerate(asked)
    ]
    errands += [
        Errand(name=f"base-test-{way}", use=plan.base, queries=worded(plan, task, way, items))
        for way in plan.elicitation
    ]
    return errands


def _asked_teacher(plan: Plan, item: Item, draw: int) -> Query:
    """Ask the teacher a test item, for its alternatives too where a plan has soft labels and the ring is near."""
    wanted = "logits" in plan.arms and item.ring == "near" and draw == 0
    return asking_for_logprobs(item, TOP_LOGPROBS) if wanted else drawn(item.query, draw)


def _asked_base(
    items: Sequence[Item], errands: Sequence[Errand], ways: Mapping[str, str], first: str
) -> dict[str, Query]:
    """Give, by item id, the question to the base that made the floor."""
    queries = {errand.name: errand.queries for errand in errands}
    return {item.id: queries[f"base-test-{ways.get(item.domain, first)}"][k] for k, item in enumerate(items)}


def _query_errands(plan: Plan, queries: Mapping[int, Sequence[Item]]) -> list[Errand]:
    top = TOP_LOGPROBS if "logits" in plan.arms else 0
    wanted = {seed: items for seed, items in queries.items() if not plan.shared_queries or seed == plan.seeds[0]}
    errands = []
    for seed, items in wanted.items():
        errands.append(
            Errand(name=f"teacher-s{seed}", use=plan.teacher, queries=[asking_for_logprobs(i, top) for i in items])
        )
        plain = [item.query for item in items]
        if "self" in controls(plan):
            errands.append(Errand(name=f"self-s{seed}", use=plan.base, queries=plain))
        if "open" in controls(plan) and plan.open_teacher is not None:
            errands.append(Errand(name=f"open-s{seed}", use=plan.open_teacher, queries=plain))
    return errands


def elicitation_errands(plan: Plan, task: Task) -> list[Errand]:
    """Ask the base in every way on development items; none where there is one way only."""
    if len(plan.elicitation) < 2:  # noqa: PLR2004 - nothing to choose
        return []
    items = development_items(plan, task)
    return [
        Errand(name=f"base-dev-{way}", use=plan.base, queries=worded(plan, task, way, items))
        for way in plan.elicitation
    ]


def worded(plan: Plan, task: Task, way: str, items: Sequence[Item]) -> list[Query]:
    """Word the questions to the base; solved examples are shown only as far as the plan calls labels public."""
    if way == "zero_shot":
        return [item.query for item in items]
    examples: dict[str, list[Item]] = {}
    for item in task.queries(2 * SHOTS * len(task.domains), seed=EXAMPLES):
        examples.setdefault(item.domain, []).append(item)
    return [
        few_shot(item, _others(examples.get(item.domain, []), item)[: labels_public(plan, item.domain)])
        for item in items
    ]


def _others(examples: Sequence[Item], item: Item) -> list[Item]:
    return [example for example in examples if example.query.messages != item.query.messages][:SHOTS]


def choose_ways(
    plan: Plan, task: Task, answers: Mapping[str, Sequence[Completion]]
) -> tuple[list[Elicitation], dict[str, str]]:
    """Choose, per domain and on development items only, the way of asking under which the base does best."""
    if len(plan.elicitation) < 2:  # noqa: PLR2004 - nothing to choose
        return [], {}
    items = development_items(plan, task)
    table: dict[str, dict[str, list[float]]] = {}
    for way in plan.elicitation:
        for score in scored(task, items, answers[f"base-dev-{way}"]):
            table.setdefault(score.domain, {}).setdefault(way, []).append(getattr(score, plan.extractor))
    best = {domain: max(ways, key=lambda way: float(np.mean(ways[way]))) for domain, ways in table.items()}
    rows = [
        Elicitation(domain, way, scores, best[domain] == way)
        for domain, ways in table.items()
        for way, scores in ways.items()
    ]
    return rows, best


def _end_cells(
    plan: Plan, task: Task, items: Sequence[Item], answers: Mapping[str, Sequence[Completion]], ways: Mapping[str, str]
) -> dict[Cell, CellResult]:
    """Make the two ends of the scale: the elicited base and the teacher."""
    first = plan.elicitation[0]
    by_way: dict[str, list[Score]] = {way: scored(task, items, answers[f"base-test-{way}"]) for way in plan.elicitation}
    floor = [by_way[ways.get(item.domain, first)][k] for k, item in enumerate(items)]
    teacher = [
        score
        for draw in range(plan.teacher_draws)
        for score in scored(task, items, answers[f"teacher-test-{draw}"], draw=draw)
    ]
    ends = {"floor": floor, "teacher": teacher}
    cells = {kind: Cell(arm=Arm(kind=kind, budget=0), seed=0) for kind in ("floor", "teacher")}
    return {cells[kind]: CellResult(cell=cells[kind], scores=scores, meter=None) for kind, scores in ends.items()}


def _students(
    plan: Plan,
    material: _Material,
    folder: RunFolder,
    *,
    floor: CellResult,
    engine: Engine,
    progress: Progress,
) -> dict[Cell, CellResult]:
    """Train every student that the folder lacks; equal pairs are learned once."""
    cells = student_cells(plan)
    progress.stage("training students", len(cells))
    done: dict[Cell, CellResult] = {}
    jobs: list[Training] = []
    twins: dict[Cell, Cell] = {}
    first: dict[tuple[str, int, str], Cell] = {}
    for cell in cells:
        saved = folder.load_cell(cell_name(cell))
        pairs = material.pairs(cell)
        twin = first.setdefault((cell.arm.kind, cell.seed, _fingerprint(pairs)), cell)
        if saved is not None:
            done[cell] = saved
            progress.advance(1)
        elif not pairs:
            nothing = CellResult(
                cell=cell, scores=floor.scores, meter=None, notes=("nothing to learn from: the base as it is",),
                divergences=floor.divergences,
            )  # fmt: skip
            done[cell] = _keep(folder, nothing)
            progress.advance(1)
        elif twin is not cell:
            twins[cell] = twin
        else:
            jobs.append(Training(cell=cell, plan=plan, pairs=pairs, items=material.items, leads=material.leads))
    for index, result in engine.run(functools.partial(train_cell, scratch=folder.scratch), jobs):
        done[jobs[index].cell] = _keep(folder, dataclasses.replace(result, **material.dose(jobs[index].cell)))
        progress.advance(1)
    for cell, twin in twins.items():
        note = f"learned from the same pairs as at {twin.arm.budget} queries"
        copied = dataclasses.replace(done[twin], cell=cell, notes=(note,), **material.dose(cell))
        done[cell] = _keep(folder, copied)
        progress.advance(1)
    return done


def _keep(folder: RunFolder, result: CellResult) -> CellResult:
    folder.save_cell(cell_name(result.cell), result)
    return result


def _fingerprint(pairs: Sequence[Pair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.query.id}\x1f{pair.reply}\x1e".encode())
    return digest.hexdigest()
