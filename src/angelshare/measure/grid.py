"""From a plan to its cells, and from a task to the items each cell answers."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Task
from angelshare.core.records import Arm, Cell, Item, Plan
from angelshare.core.seeds import derived_seed
from angelshare.measure.plans import budgets, controls, seeds

ANCHOR = derived_seed("anchor queries")
"""Seed of the queries that every seed shares, so that the queried ring holds the same items for all."""

SHARED = derived_seed("shared queries")
"""Seed of the one query set when `shared_queries` is set."""

DEVELOPMENT = derived_seed("development items")
"""Seed of the items on which the way of asking the base is chosen."""

EXAMPLES = derived_seed("few-shot examples")
"""Seed of the solved examples shown to the base."""


def student_cells(plan: Plan) -> list[Cell]:
    """List every student to train, the dearest first so that workers finish together."""
    kinds = (*dict.fromkeys(plan.arms), *controls(plan))
    cells = [
        Cell(arm=Arm(kind=kind, budget=budget), seed=seed)
        for kind in kinds
        for budget in budgets(plan, kind)
        for seed in seeds(plan, kind)
    ]
    return sorted(cells, key=lambda cell: (-cell.arm.budget, cell.arm.kind, cell.seed))


def cell_name(cell: Cell) -> str:
    """File name of a cell's result, without ending."""
    return f"{cell.arm.kind}-{cell.arm.budget}-s{cell.seed}"


def query_items(plan: Plan, task: Task, seed: int) -> list[Item]:
    """Give the queries of one seed, nested in dose, with their public labels.

    The anchors come after the first `min(budgets)` queries, so the smallest dose is drawn afresh per seed
    and every larger one holds the same anchors.

    Raises PlanError if the task cannot supply that many distinct queries.
    """
    largest, smallest = max(plan.budgets), min(plan.budgets)
    if plan.shared_queries:
        own = list(task.queries(largest, seed=SHARED))
    else:
        own = list(task.queries(largest, seed=seed))
        shared = {tuple(item.query.messages): item for item in anchors(plan, task)}
        head = own[:smallest]
        taken = {tuple(item.query.messages) for item in head}
        middle = [item for messages, item in shared.items() if messages not in taken]
        tail = [item for item in own[smallest:] if tuple(item.query.messages) not in shared]
        own = (head + middle + tail)[:largest] if len(plan.budgets) > 1 else own
    if len(own) < largest:
        raise PlanError(
            f"budget {largest} is larger than the task: '{task.name}' has {len(own)} queries; lower budgets "
            f"to at most that"
        )
    return own


def anchors(plan: Plan, task: Task) -> list[Item]:
    """Give the queries all seeds share beyond the smallest dose: the queried ring."""
    if plan.shared_queries:
        return list(task.queries(min(*plan.budgets, plan.ring_items * len(task.domains)), seed=SHARED))
    if len(plan.budgets) == 1:
        return []
    room = sorted(plan.budgets)[1] - min(plan.budgets)
    return list(task.queries(min(room, plan.ring_items * len(task.domains)), seed=ANCHOR))


def holds_anchors(plan: Plan, budget: int) -> bool:
    """Say whether a dose contains the whole queried ring."""
    return plan.shared_queries or budget > min(plan.budgets)


def test_items(plan: Plan, task: Task) -> list[Item]:
    """Give the items every model answers: all rings, in a fixed order."""
    queried = [_as_ring(item) for item in anchors(plan, task)]
    near = list(task.items("near", plan.items))
    if not near:
        raise PlanError(f"task '{task.name}' has no test items in the near ring; nothing can be measured")
    return [*near, *task.items("far", plan.ring_items), *task.items("held_out", plan.items), *queried]


def development_items(plan: Plan, task: Task) -> Sequence[Item]:
    """Give items for choosing how to ask the base; drawn like queries, so never test items."""
    return task.queries(min(plan.ring_items, 50) * len(task.domains), seed=DEVELOPMENT)


def _as_ring(item: Item) -> Item:
    return Item(
        id=f"queried-{item.id}", query=item.query, answer=item.answer, domain=item.domain, ring="queried",
        worked=item.worked, cluster=item.cluster,
    )  # fmt: skip
