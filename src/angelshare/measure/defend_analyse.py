"""From a lab to its report: every number the page prints, computed in one place and in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from angelshare.core.audit import CostSheet
from angelshare.core.defend import (
    DefendCell,
    DefendHeader,
    DefendReport,
    PublicRow,
    SizeRow,
    StudentPlan,
)
from angelshare.core.records import Estimate, Number
from angelshare.measure.defend_bench import LabBench
from angelshare.measure.defend_material import Where
from angelshare.measure.defend_plans import NONE, base_of, doses
from angelshare.measure.defend_rows import defence_row
from angelshare.measure.defend_run import Lab
from angelshare.measure.defend_traces import trace_points
from angelshare.measure.defend_words import cautions, finding_of, sentence, verdict
from angelshare.measure.sources import model_name
from angelshare.measure.tactics import says, tactic_of


def analyse_matrix(lab: Lab, *, run: str, command: str, made_at: datetime, version: str, commit: str) -> DefendReport:
    """Measure everything; deterministic given what the run folder holds."""
    bench = LabBench(lab)
    cells = [
        cell(bench, defence, student, budget)
        for defence in bench.rows
        for student in bench.students(defence)
        for budget in doses(bench.matrix, defence)
    ]
    rows = [defence_row(bench, defence) for defence in bench.rows]
    return DefendReport(
        plan=lab.matrix.name, run=run, sentence=sentence(rows, lab.matrix), cells=cells, defences=rows,
        public=_public(bench), sizes=_sizes(bench), traces=trace_points(bench),
        header=_header(bench, command=command, made_at=made_at, version=version, commit=commit),
        tactics={student.name: _says(student) for student in lab.matrix.student}, costs=_costs(lab),
        cautions=cautions(bench),
    )  # fmt: skip


def cell(bench: LabBench, defence: str, student: str, budget: int) -> DefendCell:
    """Measure one cell of the matrix."""
    made = bench.made(defence, student, budget)
    reduction = bench.reduction(defence, student, budget)
    multiplier = bench.multiplier(defence, student, budget)
    finding = finding_of(reduction, multiplier, undefended=defence == NONE)
    found = [bench.lab.traces[where] for where in _places(bench, defence, student, budget) if where in bench.lab.traces]
    tests = [one.evidence for one in found if one.evidence is not None]
    middle = sorted(tests, key=lambda test: test.log10_p_value)[len(tests) // 2] if tests else None
    return DefendCell(
        defence=defence, student=student, budget=budget, recovery=bench.recovery(defence, student, budget),
        reduction=reduction, kept=bench.kept(defence, student, budget),
        at_matched_utility=bench.at_matched_utility(defence, student, budget),
        multiplier=multiplier, teacher_loss=bench.loss(defence), trace_p=middle.p_value if middle else None,
        trace_log10_p=middle.log10_p_value if middle else None, trace_decoy_p=middle.decoy_p_value if middle else None,
        finding=finding, verdict=verdict(finding, multiplier),
        delivered=_mean([bench.lab.delivered[where] for where in _places(bench, defence, student, budget)]),
        pairs=_mean([one.result.queries for one in made]),
        student_flop=_mean([
            (one.result.meter.training_flop if one.result.meter else 0.0) + one.cost.training_flop for one in made
        ]),
        undertrained=sum(one.result.meter is not None and not one.result.meter.converged for one in made),
    )  # fmt: skip


def _places(bench: LabBench, defence: str, student: str, budget: int) -> list[Where]:
    return [Where(defence, student, budget, seed) for seed in bench.matrix.seeds]


def _public(bench: LabBench) -> list[PublicRow]:
    if not any(count > 0 for count in bench.matrix.public_labels.values()):
        return []
    return [PublicRow(student=name, recovery=bench.public(name)) for name in bench.students(NONE)]


def _sizes(bench: LabBench) -> list[SizeRow]:
    """Hold students of one tactic and different bases against each other, defence by defence."""
    out = []
    columns = list(bench.matrix.student)
    for k, first in enumerate(columns):
        for second in columns[k + 1 :]:
            alike = (first.tactic, dict(first.options)) == (second.tactic, dict(second.options))
            if alike and base_of(bench.matrix, first) != base_of(bench.matrix, second):
                out += [_size(bench, row, first, second) for row in bench.rows if row not in (NONE, *bench.controls)]
    return out


def _size(bench: LabBench, defence: str, first: StudentPlan, second: StudentPlan) -> SizeRow:
    one, other = (bench.reduction(defence, student.name, bench.largest) for student in (first, second))
    signs = [_sign(number) for number in (one, other)]
    return SizeRow(
        defence=defence, tactic=first.tactic, first=first.name, second=second.name, reduction_first=one,
        reduction_second=other,
        sign="cannot tell" if 0 in signs else "same" if signs[0] == signs[1] else "flips",
    )  # fmt: skip


def _sign(number: Number) -> int:
    if not isinstance(number, Estimate) or number.low is None or number.high is None:
        return 0
    return 1 if number.low > 0 else -1 if number.high < 0 else 0


def _says(student: StudentPlan) -> str:
    base = model_name(student.base) if student.base else ""
    return says(tactic_of(student, "matrix")) + (f" Starts from {base}." if base else "")


def _header(bench: LabBench, *, command: str, made_at: datetime, version: str, commit: str) -> DefendHeader:
    matrix = bench.matrix
    leave = matrix.authorisation
    return DefendHeader(
        question=matrix.question, task=bench.lab.task.name, teacher=model_name(matrix.teacher),
        bases=list(dict.fromkeys(model_name(base_of(matrix, student)) for student in matrix.student)),
        budgets=list(matrix.budgets), seeds=len(matrix.seeds), items=len(bench.lab.items), level=matrix.level,
        threat=matrix.threat, contained_below=matrix.contained_below, regression_items=matrix.regression_items,
        authorisation=(
            f"{leave.by}, {leave.reference}, until {leave.until}" if leave else "none needed: every model is "
            "hosted here"
        ),
        made_at=made_at.isoformat(timespec="seconds"), version=version, commit=commit, command=command,
    )  # fmt: skip


def _costs(lab: Lab) -> CostSheet:
    """Add up what the lab itself spent; students that learned the same were trained once."""
    asked = lab.asked
    costs = [reply.cost_usd for reply in asked if reply.cost_usd is not None]
    trained = [one for one in lab.students.values() if one.result.meter and not one.result.notes]
    return CostSheet(
        teacher_calls=len(asked), tokens_in=sum(r.tokens_in for r in asked),
        tokens_out=sum(r.tokens_out for r in asked), tokens_delivered=sum(r.tokens_delivered for r in asked),
        usage_estimated=sum(r.usage_estimated for r in asked), refused=sum(r.refused for r in asked),
        truncated=sum(r.truncated for r in asked),
        cost_usd=sum(costs) if costs and len(costs) == len(asked) else None,
        training_flop=sum((one.result.meter.training_flop if one.result.meter else 0) + one.cost.training_flop
                          for one in trained),
        training_cpu_seconds=sum(one.result.meter.cpu_seconds for one in trained if one.result.meter),
        evaluation_replies=sum(len(one.result.scores) for one in lab.students.values()), prices=lab.matrix.prices,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
