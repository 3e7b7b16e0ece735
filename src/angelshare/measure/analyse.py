"""From results to the audit: every number a report prints, computed in one place and in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from angelshare.core.audit import Audit, Header
from angelshare.core.records import ArmKind
from angelshare.measure import attribution, coverage, sheets
from angelshare.measure.attribution import no_teacher
from angelshare.measure.curve import curves, dots
from angelshare.measure.divergence import divergence_rows
from angelshare.measure.long_prompts import long_prompts
from angelshare.measure.panels import Bench
from angelshare.measure.run import Results
from angelshare.measure.sources import model_name
from angelshare.measure.verdict import deviations, limits, verdict, would_change

Row = TypeVar("Row")


def analyse(
    results: Results, *, run: str, command: str, made_at: datetime, version: str, commit: str, begun_at_commit: str = ""
) -> Audit:
    """Measure everything; deterministic given the cells."""
    bench = Bench(results)
    fitted = curves(bench)
    kind, budget = bench.headline, max(bench.doses(bench.headline))
    return Audit(
        plan=bench.plan.name, run=run, verdict=verdict(bench, fitted), points=_each(bench, attribution.point),
        header=header(bench, command=command, made_at=made_at, version=version, commit=commit),
        would_change=would_change(bench), dots=dots(bench), curves=fitted, waterfall=attribution.waterfall(bench,
        budget),
        rings=_flat(bench, coverage.rings), item_ledger=_flat(bench, coverage.ledger), styles=_flat(bench,
        attribution.styles),
        fidelity=_each(bench, coverage.fidelity_row), extractors=_each(bench, coverage.extractors),
        arms=_each(bench, sheets.arm_row), elicitation=sheets.elicitation_rows(bench), losses=sheets.losses(bench,
        kind, budget),
        costs=sheets.cost_sheet(bench), deviations=[*_mixed(begun_at_commit, commit), *deviations(bench)],
        limits=limits(bench), logit_recovery=_each(bench, attribution.logit_row), divergences=divergence_rows(bench),
        long_prompts=long_prompts(bench, kind, budget),
    )  # fmt: skip


def _mixed(begun_at: str, ended_at: str) -> list[str]:
    """Say when a run was begun with one state of the code and ended with another."""
    if begun_at in ("", ended_at):
        return []
    return [f"The run was begun at commit {begun_at} and ended at {ended_at}; its cells may come from both."]


def header(bench: Bench, *, command: str, made_at: datetime, version: str, commit: str) -> Header:
    """Say what was audited and under which assumptions."""
    plan = bench.plan
    leave = plan.authorisation
    budget = max(bench.doses(bench.headline))
    return Header(
        question=plan.question, task=bench.task.name, teacher=model_name(plan.teacher), base=model_name(plan.base),
        student=plan.student.use, headline_arm=bench.headline, headline_budget=budget,
        attributable=set(no_teacher(bench, budget)) == {"gold", "self", "shuffled"}, left_out=list(plan.leave_out),
        threat=plan.threat,
        authorisation=(
            f"{leave.by}, {leave.reference}, until {leave.until}" if leave else "none needed: every model is "
            "hosted here"
        ),
        seeds=len(plan.seeds), level=plan.level, made_at=made_at.isoformat(timespec="seconds"), version=version,
        commit=commit, command=command,
    )  # fmt: skip


def _each(bench: Bench, measure: Callable[[Bench, ArmKind, int], Row]) -> list[Row]:
    return [measure(bench, kind, budget) for kind, budget in bench.arms()]


def _flat(bench: Bench, measure: Callable[[Bench, ArmKind, int], list[Row]]) -> list[Row]:
    return [row for rows in _each(bench, measure) for row in rows]
