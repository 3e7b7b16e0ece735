"""What a matrix asks and what its lessons are made of: one errand per defended teacher, pairs per student."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from angelshare.core.defend import Matrix, StudentPlan
from angelshare.core.protocols import Task
from angelshare.core.records import Arm, ArmKind, Cell, Completion, Item, Pair, Plan, Use
from angelshare.core.strict import encode
from angelshare.measure.defend_cell import DefendedTraining
from angelshare.measure.defend_plans import NONE, defence_use, doses
from angelshare.measure.lessons import whole
from angelshare.measure.plans import labels_public
from angelshare.measure.run import elicitation_errands, worded
from angelshare.measure.sources import Errand

ARM: ArmKind = "traces"
"""Students learn from whole replies as they are delivered: what a defence hides is not there."""
PUBLIC = "public"
"""Row of the students that learn from public examples alone."""


class Where(NamedTuple):
    """A student's place in the matrix."""

    defence: str
    student: str
    budget: int
    seed: int

    @property
    def cell(self) -> Cell:
        """The cell as an audit names it."""
        return Cell(arm=Arm(kind=ARM, budget=self.budget), seed=self.seed)

    @property
    def file(self) -> str:
        """Name of its file, without ending."""
        return f"cells/{self.defence}.{self.student}-{self.budget}-s{self.seed}"


class Material(NamedTuple):
    """What lessons are made of."""

    matrix: Matrix
    task: Task
    plans: Mapping[str, Plan]
    items: Sequence[Item]
    queries: Mapping[int, Sequence[Item]]
    answers: Mapping[str, Sequence[Completion]]

    def pairs(self, where: Where) -> list[Pair]:
        """Make the pairs of what a defended teacher delivered; a refused or cut reply teaches nothing."""
        if where.defence == PUBLIC:
            return []
        return self._paired(f"{where.defence}.s{where.seed}", where)

    def second(self, where: Where) -> list[Pair]:
        """Make the pairs of a second teacher, for the same queries."""
        return self._paired(f"second.s{where.seed}", where) if self.matrix.second_teacher else []

    def public(self, where: Where) -> list[Pair]:
        """Give the worked examples anyone has: as many per domain as the matrix calls public."""
        plan, taken, out = self.plans[where.student], dict[str, int](), list[Pair]()
        for item in self.queries[where.seed]:
            if taken.get(item.domain, 0) < labels_public(plan, item.domain):
                taken[item.domain] = taken.get(item.domain, 0) + 1
                out.append(Pair(query=item.query, reply=item.worked or item.answer))
        return out

    def job(self, where: Where, student: StudentPlan) -> DefendedTraining:
        """Describe the work of one student."""
        return DefendedTraining(
            defence=where.defence, student=student, plan=self.plans[student.name], cell=where.cell,
            pairs=self.pairs(where), public=self.public(where), second=self.second(where),
            domain={item.query.id: item.domain for item in self.queries[where.seed]}, items=self.items,
        )  # fmt: skip

    def delivered(self, where: Where) -> float:
        """Give the share of queries that were answered with anything."""
        return len(self.pairs(where)) / where.budget

    def dose(self, where: Where) -> dict[str, Any]:
        """Count what a dose cost: fields of CellResult."""
        if where.defence == PUBLIC:
            return {"tokens_billed": 0, "tokens_delivered": 0, "cost_usd": None}
        replies = self.answers[f"{where.defence}.s{where.seed}"][: where.budget]
        costs = [reply.cost_usd for reply in replies]
        return {
            "tokens_billed": sum(reply.tokens_in + reply.tokens_out for reply in replies),
            "tokens_delivered": sum(reply.tokens_delivered for reply in replies),
            "cost_usd": None if None in costs else sum(cost for cost in costs if cost is not None),
        }

    def _paired(self, name: str, where: Where) -> list[Pair]:
        items = self.queries[where.seed][: where.budget]
        return [
            Pair(query=item.query, reply=whole(done))
            for item, done in zip(items, self.answers[name], strict=False)
            if not (done.refused or done.truncated) and whole(done)
        ]


def teacher_errands(matrix: Matrix, items: Sequence[Item], queries: Mapping[int, Sequence[Item]]) -> list[Errand]:
    """Ask every defended teacher the test items and each seed's queries, once each."""
    errands = []
    chains = {NONE: (), **{defence.name: (defence_use(defence),) for defence in matrix.defence}}
    for row, through in chains.items():
        most = max(doses(matrix, row))
        asked = [("test", items), *((f"s{seed}", queries[seed][:most]) for seed in matrix.seeds)]
        errands += [
            Errand(name=f"{row}.{part}", use=matrix.teacher, queries=[one.query for one in of], through=through)
            for part, of in asked
        ]
    if matrix.second_teacher is not None:
        most = max(doses(matrix, NONE))
        errands += [
            Errand(name=f"second.s{seed}", use=matrix.second_teacher, queries=[i.query for i in queries[seed][:most]])
            for seed in matrix.seeds
        ]
    return errands


def base_errands(matrix: Matrix, plans: Mapping[str, Plan], task: Task, items: Sequence[Item]) -> list[Errand]:
    """Ask every base the test items in each way, and development items to choose it; equal bases are asked once."""
    errands: dict[str, Errand] = {}
    for student in matrix.student:
        plan = plans[student.name]
        tag = base_tag(plan.base)
        wanted = [
            *(
                Errand(name=f"base-test-{way}", use=plan.base, queries=worded(plan, task, way, items))
                for way in plan.elicitation
            ),
            *elicitation_errands(plan, task),
        ]
        for errand in wanted:
            errands.setdefault(f"{tag}.{errand.name}", dataclasses.replace(errand, name=f"{tag}.{errand.name}"))
    return list(errands.values())


def base_tag(base: Use) -> str:
    """Name a base in file names."""
    return f"base-{hashlib.sha256(encode(base)).hexdigest()[:8]}"
