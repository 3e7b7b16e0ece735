"""A defence report in a terminal: the sentence, and one row per defence."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from angelshare.core.defend import DefendReport
from angelshare.core.records import Number
from angelshare.report.defend_words import row_name, threat_line
from angelshare.report.markup import printable
from angelshare.report.numbers import parts


def defend_summary(report: DefendReport) -> RenderableType:
    """Draw the report 80 columns wide, readable without colour."""
    table = Table(box=SIMPLE_HEAD, width=80, pad_edge=False)
    heads = (("Defence", 16), ("Passive", 14), ("Worst case", 16), ("Honest loss", 14), ("Verdict", 16))
    for head, width in heads:
        table.add_column(head, overflow="fold", width=width)
    for row in report.defences:
        worst = f"{_lines(row.worst_case)}\nby {row.worst_student}"
        cells = (row_name(row), _lines(row.passive), worst, _lines(row.teacher_loss), row.verdict)
        table.add_row(*(Text(printable(words)) for words in cells))
    threat = Text(printable(threat_line(report.header)), style="dim")
    return Group(Text(printable(report.sentence)), Text(), table, threat)


def _lines(number: Number) -> str:
    printed = parts(number)
    return "–" if printed.value == "not stated" else f"{printed.value}\n{printed.interval}"
