"""A report of the defence lab with every part in it, for the tests of pages."""

from __future__ import annotations

from angelshare.core.audit import CostSheet
from angelshare.core.defend import (
    UNDEFENDED,
    DefenceRow,
    DefendCell,
    DefendHeader,
    DefendReport,
    PublicRow,
    SizeRow,
    TracePoint,
)
from angelshare.core.records import Estimate, Refusal, ThreatModel

HOSTILE = '<script>alert("x")</script>'


def number(value, half=0.05, **more):
    return Estimate(value=value, low=value - half, high=value + half, level=0.95, n=9, method="given", **more)


def cell(defence, student, budget, recovery):
    none = Refusal(refused=UNDEFENDED)
    reduction = none if defence == "none" else number(0.7 - recovery)
    return DefendCell(
        defence=defence, student=student, budget=budget, recovery=number(recovery), reduction=reduction, kept=reduction,
        at_matched_utility=reduction, multiplier=none if defence == "none" else number(3.0, 1.0), teacher_loss=reduction,
        trace_p=None, trace_log10_p=None, trace_decoy_p=None, finding="raises cost", verdict="raises cost ×3.0",
        delivered=1.0, pairs=budget, student_flop=1e9, undertrained=0,
    )  # fmt: skip


def row(defence, passive, worst, loss, **more):
    none = Refusal(refused=UNDEFENDED)
    first = defence == "none"
    return DefenceRow(
        defence=defence, control=False, passive=number(passive), worst_case=number(worst), worst_student="invert",
        adaptive_gap=number(worst - passive, caution="best of two"), reduction=none if first else number(0.7 - worst),
        multiplier=none if first else number(3.0, 1.0), finding="raises cost", verdict="raises cost ×3.0",
        accuracy=number(1 - loss), teacher_loss=none if first else number(loss), likelihood_cost=none, refused=number(0.1),
        malformed=number(0.1), distinct=none, slowdown=none, extra_passes=none, days_to_notice=none,
    )  # fmt: skip


def lab() -> DefendReport:
    rows = [row("none", 0.7, 0.7, 0.0), row("bare", 0.2, 0.6, 0.0), row(HOSTILE, 0.5, 0.55, 0.2)]
    cells = [
        cell(one.defence, student, budget, value * budget / 1000)
        for one in rows
        for student, value in (("passive", one.passive.value), ("invert", one.worst_case.value))
        for budget in (100, 1000)
    ]
    header = DefendHeader(
        question="Does it hold?", task="skills", teacher="closed", bases=["open"], budgets=[100, 1000], seeds=3, items=40,
        level=0.95, threat=ThreatModel(interface="text", data_budget="ten examples", adaptive=True), contained_below=0.2,
        regression_items=200, authorisation="none needed", made_at="2026-11-24T10:00:00+00:00", version="0", commit="x",
        command="angelshare defend m.toml",
    )  # fmt: skip
    traces = [
        TracePoint(defence="bare", student=who, budget=dose, log10_p=[-dose / 50, -dose / 40], decoy_p=0.005, n=900)
        for who in ("passive", "invert")
        for dose in (100, 1000)
    ]
    size = SizeRow(
        defence="bare", tactic="passive", first="passive", second="small", reduction_first=number(0.3),
        reduction_second=number(-0.2), sign="flips",
    )  # fmt: skip
    costs = CostSheet(
        teacher_calls=1, tokens_in=1, tokens_out=1, tokens_delivered=1, usage_estimated=0, refused=0, truncated=0,
        cost_usd=None, training_flop=1.0, training_cpu_seconds=1.0, evaluation_replies=1, prices=[],
    )  # fmt: skip
    return DefendReport(
        plan="m", run="runs/m", sentence="It does not hold.", cells=cells, defences=rows,
        public=[PublicRow(student="passive", recovery=number(0.1))], sizes=[size], traces=traces, header=header,
        tactics={"passive": "As they come.", "invert": "Derives steps."}, costs=costs, cautions=["Few seeds."],
    )  # fmt: skip
