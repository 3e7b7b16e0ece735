"""The figures of the defence lab, for its page and for whoever draws them anew from a decoded report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.defend import DefendReport
from angelshare.core.records import Number
from angelshare.report.defend_frontier import frontier
from angelshare.report.defend_heat import heat_map
from angelshare.report.defend_survival import survival
from angelshare.report.svg import Figure


def defend_figures(report: DefendReport) -> Sequence[Figure]:
    """Draw every figure, in the order of the page; the traces only where there is a mark."""
    return [frontier(report), heat_map(report), *([survival(report)] if report.traces else [])]


def defend_label(report: DefendReport) -> str:
    """Name what was measured, the same for a re-run."""
    return f"{report.header.task}: defences of {report.header.teacher}"


def defend_numbers(report: DefendReport) -> Mapping[str, Number]:
    """Give the numbers in front: per defence the worst case, its reduction and what honest users lose."""
    numbers: dict[str, Number] = {}
    for row in report.defences:
        numbers[f"worst_case under {row.defence}"] = row.worst_case
        if row.defence != "none":
            numbers[f"reduction by {row.defence}"] = row.reduction
            numbers[f"teacher_loss by {row.defence}"] = row.teacher_loss
    return numbers
