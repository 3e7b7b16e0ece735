"""What a page shows of an imported run: its numbers, its sentence, and figures drawn anew from its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.audit import Audit
from angelshare.core.compute import ComputeLedger
from angelshare.core.delay import DelayReport
from angelshare.core.dossier import Measured, RunKind
from angelshare.core.records import Number
from angelshare.report.delay_figures import delay_figures
from angelshare.report.delay_words import default_of, front
from angelshare.report.figures import drawn
from angelshare.report.ledger_figure import threshold_figure
from angelshare.report.svg import Figure
from angelshare.workbench.imports import RunReport, report_of
from angelshare.workbench.models import Run

_LONGEST = 200
"""Characters of a number's name: it is part of a change's path."""


def figures(run: Run) -> Sequence[Figure]:
    """Draw every figure of a run from its decoded report; nothing that was uploaded as a drawing is ever shown.

    Raises PlanError if this version no longer reads the report.
    """
    return drawings(report_of(run))


def drawings(report: RunReport) -> Sequence[Figure]:
    """Draw the figures of a report with the report room's own functions."""
    match report:
        case Audit():
            return drawn(report)
        case DelayReport():
            return delay_figures(report)
        case ComputeLedger():
            return [threshold_figure(report)]


def block(run: Run) -> Measured:
    """Give the numbers of a run that a page shows, each an Estimate or a Refusal.

    Raises PlanError if this version no longer reads the report.
    """
    return measured(report_of(run), run.sha256)


def measured(report: RunReport, sha256: str) -> Measured:
    """Take the numbers out of a report; label and names are the same for a re-run, so that it is compared with it."""
    kind, label, numbers, sentence = _taken(report)
    return Measured(run=sha256, kind=kind, label=label, numbers=numbers, sentence=sentence)


def _taken(report: RunReport) -> tuple[RunKind, str, Mapping[str, Number], str]:
    match report:
        case Audit():
            return "audit", _audit_label(report), _audit_numbers(report), report.verdict.sentence
        case DelayReport():
            return "delay", "Months until open weights equal closed ones", _delay_numbers(report), report.sentence
        case ComputeLedger():
            return "ledger", f"Compute thresholds against {report.model}", _ledger_numbers(report), report.sentence


def _audit_label(audit: Audit) -> str:
    head = audit.header
    return f"{head.task}: {head.student} taught by {head.teacher}"


def _audit_numbers(audit: Audit) -> Mapping[str, Number]:
    """Give the verdict's five numbers, then recovery of the headline arm at each dose."""
    said = audit.verdict
    return {
        "recovery": said.recovery,
        "attributable_recovery": said.attributable_recovery,
        "false_promise_index": said.false_promise_index,
        "dose_to_50": said.dose_to_50,
        "uplift_over_open": said.uplift_over_open,
        **{
            f"recovery_at_{point.budget}": point.recovery
            for point in audit.points
            if point.arm == audit.header.headline_arm
        },
    }


def _delay_numbers(report: DelayReport) -> Mapping[str, Number]:
    """Give the default estimate of the benchmark in front, then those of the others, then what follows from them."""
    numbers: dict[str, Number] = {}
    first = front(report)
    if first is not None and (default := default_of(report, first.benchmark.name)) is not None:
        numbers["delay_months"] = default.months
    for entry in report.estimators:
        if entry.default and (first is None or entry.benchmark != first.benchmark.name):
            numbers[f"delay_months on {entry.benchmark}"] = entry.months
    numbers |= {"false_promise_months": report.false_promise, "trend": report.trend}
    if report.attributable is not None:
        numbers |= {
            "months_saved": report.attributable.months_saved,
            "delay_left_months": report.attributable.delay_left,
            "days_to_target": report.attributable.days_to_target,
            "campaign_cost_usd": report.attributable.cost_usd,
        }
    return numbers


def _ledger_numbers(ledger: ComputeLedger) -> Mapping[str, Number]:
    """Give the totals, then for each threshold how far what is counted lies from it."""
    numbers: dict[str, Number] = {"total_flop": ledger.total_flop}
    if ledger.parent_flop is not None:
        numbers["parent_flop"] = ledger.parent_flop
    for row in ledger.rows:
        numbers[f"times_to_threshold of {row.rule_set}: {row.threshold}"[:_LONGEST]] = row.distance
    return numbers
