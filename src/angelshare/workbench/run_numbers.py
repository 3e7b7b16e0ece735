"""The numbers that a page shows of each kind of report, each an Estimate or a Refusal under a name that stays."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.core.audit import Audit
from angelshare.core.compute import ComputeLedger
from angelshare.core.defend import DefendReport
from angelshare.core.delay import DelayReport
from angelshare.core.lineage import LineageReport
from angelshare.core.records import Number
from angelshare.report.defend_figures import defend_numbers
from angelshare.report.delay_words import default_of, front

_LONGEST = 200
"""Characters of a number's name: it is part of a change's path."""


def audit_label(audit: Audit) -> str:
    """Say what an audit measured: who taught whom what."""
    head = audit.header
    return f"What {head.student} students recover of {head.task} from {head.teacher}"


def of_audit(audit: Audit) -> Mapping[str, Number]:
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


def of_delay(report: DelayReport) -> Mapping[str, Number]:
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


def of_defences(report: DefendReport) -> Mapping[str, Number]:
    """Give, per defence, the worst case, its reduction and what honest users lose."""
    return {name[:_LONGEST]: number for name, number in defend_numbers(report).items()}


def of_ledger(ledger: ComputeLedger) -> Mapping[str, Number]:
    """Give the totals, then for each threshold how far what is counted lies from it."""
    numbers: dict[str, Number] = {"total_flop": ledger.total_flop}
    if ledger.parent_flop is not None:
        numbers["parent_flop"] = ledger.parent_flop
    for row in ledger.rows:
        numbers[f"times_to_threshold of {row.rule_set}: {row.threshold}"[:_LONGEST]] = row.distance
    return numbers


def of_lineage(report: LineageReport) -> Mapping[str, Number]:
    """Give the panel's rate of false positives, the share of `none`, and the power for each candidate."""
    numbers: dict[str, Number] = {
        "false_positive_rate": report.panel.false_positive_rate, "none_of_them": report.none_of_them,
    }  # fmt: skip
    return numbers | {f"power for {one.teacher}"[:_LONGEST]: one.power for one in report.verdicts}
