"""The report on ready scores in a terminal: a box like the audit's, and a small table of tasks and controls."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from angelshare.core.ready import ReadyReport
from angelshare.core.records import Number, Refusal
from angelshare.report.markup import printable
from angelshare.report.numbers import count, parts
from angelshare.report.ready_tables import verdict_numbers
from angelshare.report.terminal import boxed, number_grid

_LABELS = {"recovered": "recovered", "lost": "lost", "beyond_teacher": "beyond teacher"}


def ready_summary(report: ReadyReport) -> RenderableType:
    """Draw the box and the tables, 80 columns wide, readable without colour."""
    named = [(name, number, "") for _, name, number in verdict_numbers(report)]
    ledger = [(f"Items {label}", getattr(report.item_ledger, key), "") for key, label in _LABELS.items()]
    inside: list[RenderableType] = []
    if isinstance(report.verdict.attributable_recovery, Refusal) and not report.controls:
        inside.append(Text("RAW, NOT ATTRIBUTABLE: no control.\n", style="bold"))
    if report.question:
        inside += [Text(printable(report.question), style="italic"), Text()]
    inside += [Text(printable(report.verdict.sentence)), Text(), number_grid([*named, *ledger], level=report.level)]
    said = [Text(f"- {printable(line)}") for line in (*report.cautions, *report.notes)]
    return Group(boxed(report.name, inside, level=report.level), _rows(report), *said)


def _rows(report: ReadyReport) -> Table:
    table = Table(box=SIMPLE, width=80, pad_edge=False)
    table.add_column("task or control")
    for head in ("items", "base", "students", "teacher"):
        table.add_column(head, justify="right")
    table.add_column("recovery")
    for row in report.domains:
        table.add_row(
            Text(printable(row.domain)), count(row.items), _value(row.base), _value(row.students), _value(row.teacher),
            _whole(row.recovery, report.level),
        )  # fmt: skip
    for control in report.controls:
        table.add_row(
            Text(f"control: {control.control}"), "", "", _value(control.score), "",
            _whole(control.recovery, report.level),
        )  # fmt: skip
    return table


def _value(number: Number) -> str:
    return parts(number).value


def _whole(number: Number, level: float) -> Text:
    printed = parts(number, level=level)
    return Text(printed.value if isinstance(number, Refusal) else f"{printed.value} {printed.interval}")
