"""The results of a lineage test as tables: for the terminal, the page and CSV."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table as RichTable

from angelshare.core.lineage import LineageReport, TeacherVerdict
from angelshare.report.columns import data_table, number_column
from angelshare.report.numbers import count, hundredths, phrase
from angelshare.report.table import Cell, Column, Table

_VERDICTS = (
    Column(key="teacher", head="Teacher"),
    Column(key="verdict", head="Verdict"),
    Column(key="p_value", head="p, over all teachers"),
    Column(key="p_unadjusted", head="p, this one alone"),
    Column(key="attainable_p", head="Smallest p possible"),
    Column(key="score", head="Score of being taught", kind="hundredths"),
    Column(key="margin", head="Fit above the next, SD", kind="hundredths"),
    number_column("power", "Power"),
)
_EXHIBITS = (
    Column(key="teacher", head="Teacher"),
    Column(key="phrase", head="Phrase"),
    Column(key="suspect", head="Suspect", kind="hundredths"),
    Column(key="teacher_uses", head="Teacher's use", kind="hundredths"),
    Column(key="panel", head="Panel", kind="hundredths"),
)
_CONFOUNDERS = (
    Column(key="name", head="What else differs"),
    Column(key="suspect", head="Suspect"),
    Column(key="panel", head="Range of the panel"),
    Column(key="outside", head="Inside the range"),
)
_CLAIMS = (
    Column(key="claim", head="Claim, in order"),
    Column(key="outcome", head="Outcome"),
    Column(key="why", head="Why"),
)
_TESTS = (
    Column(key="test", head="Test"),
    Column(key="statistic", head="Statistic", kind="hundredths"),
    Column(key="p_value", head="p"),
    Column(key="n", head="Comparison projects", kind="count"),
    Column(key="null", head="Null hypothesis"),
)


def verdict_table(report: LineageReport) -> Table:
    """Set every teacher in a row, the strongest first."""
    rows: list[Sequence[Cell]] = [
        [one.teacher, one.verdict, count(one.p_value), count(one.p_unadjusted), count(one.attainable_p), one.score,
         one.margin, one.power]
        for one in report.verdicts
    ]  # fmt: skip
    return data_table(
        "verdicts", "What the data say of each teacher", _VERDICTS, rows=rows, letter="A",
        note="p: share of rankings at least this high among models that no candidate taught. Power: share of "
        "documented students of this teacher that a test of this size finds.",
    )  # fmt: skip


def exhibit_table(report: LineageReport) -> Table:
    """Set the phrases that speak for a teacher, for people to look at."""
    rows: list[Sequence[Cell]] = [
        [one.teacher, f"“{each.phrase}”", each.suspect, each.teacher, each.panel]
        for one in report.verdicts
        for each in one.exhibits
    ]
    return data_table(
        "exhibits", "Phrases of suspect and teacher", _EXHIBITS, rows=rows, letter="B",
        note="Uses per 1,000 words. To look at, not to count on: the test is on all phrases together.",
    )  # fmt: skip


def confounder_table(report: LineageReport) -> Table:
    """Set what besides teaching could make answers alike."""
    rows: list[Sequence[Cell]] = [
        [one.name, one.suspect, one.panel, "no" if one.outside else "yes"] for one in report.confounders
    ]
    return data_table(
        "confounders", "Things other than teaching, measured", _CONFOUNDERS, rows=rows, letter="C",
        note="A suspect outside the panel's range in more than format is not comparable with it; see the reasons.",
    )  # fmt: skip


def claim_table(report: LineageReport) -> Table:
    """Set the ordered claims."""
    rows: list[Sequence[Cell]] = [[one.claim, one.outcome, one.why] for one in report.claims]
    return data_table(
        "claims", "Claims in their order", _CLAIMS, rows=rows, letter="D",
        note="Each is of use only when those above it are excluded: a copy of a model is not its student.",
    )  # fmt: skip


def test_table(report: LineageReport) -> Table:
    """Set every test with its null."""
    tests = [test for one in report.verdicts for test in one.evidence]
    tests += [test for claim in report.claims for test in claim.evidence if test not in tests]
    rows: list[Sequence[Cell]] = [[one.test, one.statistic, count(one.p_value), one.n, one.null] for one in tests]
    return data_table("tests", "Every test and its null", _TESTS, rows=rows, letter="E")


def tables_of(report: LineageReport) -> Sequence[Table]:
    """Give every table that has rows, in order; that of verdicts always."""
    rest = [exhibit_table(report), confounder_table(report), claim_table(report), test_table(report)]
    return [verdict_table(report), *(one for one in rest if one.rows)]


def verdicts_table(report: LineageReport) -> RichTable:
    """Draw the verdicts for a terminal."""
    table = RichTable(title=escape(f"{report.suspect}: {count(report.n_prompts)} prompts"), title_justify="left")
    for head in ("teacher", "verdict", "p", "smallest p", "score", "power"):
        table.add_column(head, justify="left" if head in ("teacher", "verdict", "power") else "right")
    for one in report.verdicts:
        table.add_row(
            escape(one.teacher), one.verdict, count(one.p_value), count(one.attainable_p), hundredths(one.score),
            escape(phrase(one.power)),
        )  # fmt: skip
    return table


def reasons_of(one: TeacherVerdict) -> str:
    """Say why this word and not a stronger one."""
    return f"{one.teacher}: {one.verdict}. {'; '.join(one.reasons)}".rstrip(". ") + "."
