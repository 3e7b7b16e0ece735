"""A compute ledger in a terminal: the sentence, the total, and one row per threshold."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from angelshare.core.compute import ComputeLedger, ThresholdRow
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.ledger_tables import MARKS_KEY, short_name
from angelshare.report.markup import printable
from angelshare.report.numbers import count, parts, percent

_WIDTH = 80


def ledger_summary(ledger: ComputeLedger) -> RenderableType:
    """Draw the ledger 80 columns wide, readable without colour; rows not in force are dim and say so."""
    totals = Table.grid(padding=(0, 2))
    for name, number in (("Total", ledger.total_flop), ("Teacher’s own training", ledger.parent_flop)):
        if number is not None:
            totals.add_row(name, Text(printable(_two_lines(number, "FLOP").replace("\n", " "))))
    table = Table(box=SIMPLE_HEAD, width=_WIDTH, pad_edge=False, show_lines=False)
    for head, width in (("Threshold", 24), ("Counted", 17), ("Against", 11), ("Seen", 7), ("Distance", 11)):
        table.add_column(head, overflow="fold", width=width)
    for row in ledger.rows:
        table.add_row(*_cells(row), style="" if row.state == "in force" else "dim")
    level = Text(
        f"Brackets hold {percent(ledger.level)} intervals of the stated ranges. Distance: threshold over counted; "
        f"above 1, so many times below it. {MARKS_KEY}",
        style="dim",
    )
    hidden = [Text(f"{ledger.hidden} rule-sets did not stand on {ledger.as_of}: --all shows them.")] * bool(
        ledger.hidden
    )
    return Group(Text(printable(ledger.sentence)), Text(), totals, table, level, *hidden)


def _cells(row: ThresholdRow) -> list[Text]:
    state = "" if row.state == "in force" else f" [{row.state}]"
    name = Text.assemble(printable(short_name(row)), "\n", (printable(f"{row.threshold}{state}"), "dim"))
    if row.kind == "cost_usd" and row.counts_usd is not None:
        counted, against = _two_lines(row.counts_usd, "dollars"), f"${count(row.threshold_usd or 0.0)}"
    else:
        counted, against = _two_lines(row.counts_flop, ""), _against(row)
    return [
        name, Text(printable(counted)), Text(against), Text(row.seen, style="bold"),
        Text(printable(_two_lines(row.distance, ""))),
    ]  # fmt: skip


def _against(row: ThresholdRow) -> str:
    if row.threshold_flop is None:
        return "judgement"
    of_base = f"\n{percent(row.threshold_share)} of base" if row.threshold_share is not None else ""
    return f"{count(row.threshold_flop)}{of_base}"


def _two_lines(number: Number, unit: str) -> str:
    if isinstance(number, Refusal):
        return "not stated" if not unit else f"not stated: {number.refused}"
    printed = parts(number, unit=unit)
    certain = isinstance(number, Estimate) and number.low == number.high
    return printed.value if certain else f"{printed.value}\n{printed.interval}"
