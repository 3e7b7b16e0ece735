"""The results of watermark tests as a table: for the terminal, the page and CSV."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table as RichTable

from angelshare.core.marks import MarkEvidence, WatermarkReport
from angelshare.report.columns import data_table
from angelshare.report.numbers import count, hundredths
from angelshare.report.table import Cell, Column, Table

_COLUMNS = (
    Column(key="test", head="Test"),
    Column(key="n", head="Scored draws", kind="count"),
    Column(key="statistic", head="Statistic", kind="hundredths"),
    Column(key="log10_p_value", head="log₁₀ p", kind="hundredths"),
    Column(key="p_value", head="p"),
    Column(key="decoy_p_value", head="p by decoy keys"),
    Column(key="decoys", head="Decoys", kind="count"),
    Column(key="null", head="Null hypothesis"),
    Column(key="caution", head="Caution"),
)


def evidence_table(report: WatermarkReport) -> Table:
    """Set every test in a row; the exact p-value and the decoys' stand side by side."""
    rows: list[Sequence[Cell]] = [
        [one.test, one.n, one.statistic, one.log10_p_value, p_words(one), decoy_words(one), one.decoys, one.null,
         one.caution]
        for one in report.evidence
    ]  # fmt: skip
    return data_table(
        "evidence", "Tests", _COLUMNS, rows=rows, letter="A",
        note="p: probability of a statistic at least this large without a mark. By decoy keys: the same from keys "
        "drawn like the real one and counted on the same text, which holds whatever the dependence between draws.",
    )  # fmt: skip


def marks_table(report: WatermarkReport) -> RichTable:
    """Draw the tests for a terminal."""
    table = RichTable(title=escape(report.subject), title_justify="left")
    for head in ("test", "scored", "log10 p", "p", "decoy p"):
        table.add_column(head, justify="left" if head == "test" else "right")
    for one in report.evidence:
        table.add_row(escape(one.test), count(one.n), hundredths(one.log10_p_value), p_words(one), decoy_words(one))
    return table


def p_words(one: MarkEvidence) -> str:
    """Print a p-value that may lie below every float."""
    return count(one.p_value) if one.log10_p_value > -300 else f"10^{one.log10_p_value:,.0f}"  # noqa: PLR2004 - floats end there


def decoy_words(one: MarkEvidence) -> str:
    """Print the decoys' p-value, or that there are none."""
    return "no decoys" if one.decoy_p_value is None else count(one.decoy_p_value)
