"""The tables of the defence lab, on the page and as CSV."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.defend import DefendReport
from angelshare.report.columns import data_table, number_column
from angelshare.report.defend_words import at_largest, collect, largest_dose, row_name
from angelshare.report.notes import places_named
from angelshare.report.numbers import count
from angelshare.report.table import Cell, Column, Table

_SHOWN_PLACES = 3
"""Places of a note that the page names; CSV names all."""
_NOTES = "exclusions_and_refusals"
_DEFENCE = Column(key="defence", head="Defence")
_STUDENT = Column(key="student", head="Student")


def defend_tables(report: DefendReport, *, whole: bool = True) -> Sequence[Table]:
    """Make every table; with `whole` (CSV) every cell at every dose, else (page) the largest dose in the big one."""
    return [
        _verdicts(report), _utility(report), _cells(report, whole=whole), _sizes(report), _public(report),
        *([_traces(report)] if report.traces else []), _notes(report, whole=whole),
    ]  # fmt: skip


def _verdicts(report: DefendReport) -> Table:
    rows: list[Sequence[Cell]] = [
        [row_name(row), row.passive, row.worst_case, row.worst_student, row.adaptive_gap, row.reduction, row.multiplier,
         row.verdict]
        for row in report.defences
    ]  # fmt: skip
    columns = [
        _DEFENCE, number_column("passive", "Passive student"), number_column("worst_case", "Worst case"),
        Column(key="worst_student", head="By"), number_column("adaptive_gap", "Adaptive gap"),
        number_column("reduction", "Reduction of the worst case"), number_column("multiplier", "Break-even ×"),
        Column(key="verdict", head="Verdict"),
    ]  # fmt: skip
    note = (
        f"Recovery at {count(largest_dose(report))} queries. The worst case is what a provider must assume; its "
        "interval "
        "holds for the largest of all students tried."
    )
    return data_table("defences", "What each defence does", columns, rows=rows, letter="A", note=note)


def _utility(report: DefendReport) -> Table:
    rows: list[Sequence[Cell]] = [
        [row_name(row), row.accuracy, row.teacher_loss, row.likelihood_cost, row.refused, row.malformed, row.distinct,
         row.slowdown, row.extra_passes, row.days_to_notice]
        for row in report.defences
    ]  # fmt: skip
    heads = (
        ("accuracy", "Accuracy"), ("teacher_loss", "Lost"), ("likelihood_cost", "Nats per token"),
        ("refused", "Refused"), ("malformed", "No answer"), ("distinct", "Distinct 2-grams, ratio"),
        ("slowdown", "Time per token, ratio"), ("extra_passes", "Extra passes"), ("days_to_notice", "Days to notice"),
    )  # fmt: skip
    note = (
        f"Honest questions: {count(report.header.items)} test items nobody trains on. Days to notice: a customer "
        "who runs "
        f"{count(report.header.regression_items)} items daily, noticing with probability 0.8."
    )
    columns = [_DEFENCE, *(number_column(key, head) for key, head in heads)]
    return data_table("utility", "What it costs honest users", columns, rows=rows, letter="B", note=note)


def _cells(report: DefendReport, *, whole: bool) -> Table:
    cells = report.cells if whole else list(at_largest(report).values())
    rows: list[Sequence[Cell]] = [
        [one.defence, one.student, one.budget, one.recovery, one.reduction, one.at_matched_utility, one.multiplier,
         one.delivered, one.pairs, one.student_flop, one.verdict]
        for one in cells
    ]  # fmt: skip
    columns = [
        _DEFENCE, _STUDENT, Column(key="budget", head="Queries", kind="count"), number_column("recovery", "Recovery"),
        number_column("reduction", "Reduction"), number_column("at_matched_utility", "At matched utility"),
        number_column("multiplier", "Break-even ×"), Column(key="delivered", head="Delivered", kind="hundredths"),
        Column(key="pairs", head="Pairs learned", kind="count"), Column(key="student_flop", head="FLOP", kind="count"),
        Column(key="verdict", head="Verdict"),
    ]  # fmt: skip
    note = (
        "" if whole else f"At {count(largest_dose(report))} queries; cells.csv holds every dose. "
    ) + "At matched utility: against controls mixed to the same loss of accuracy, for the passive student."
    return data_table("cells", "Every student of every defence", columns, rows=rows, letter="C", note=note)


def _sizes(report: DefendReport) -> Table:
    rows: list[Sequence[Cell]] = [
        [one.defence, one.tactic, one.first, one.reduction_first, one.second, one.reduction_second, one.sign]
        for one in report.sizes
    ]
    columns = [
        _DEFENCE, Column(key="tactic", head="Tactic"), Column(key="first", head="Student"),
        number_column("reduction_first", "Its reduction"), Column(key="second", head="Other base"),
        number_column("reduction_second", "Its reduction"), Column(key="sign", head="Sign"),
    ]  # fmt: skip
    note = (
        "The same defence and tactic on bases of two sizes. A negative reduction means that the defence helped the "
        "student; “flips” needs both intervals clear of 0, on opposite sides."
    )
    return data_table("sizes", "Does size turn the sign?", columns, rows=rows, letter="D", note=note)


def _public(report: DefendReport) -> Table:
    rows: list[Sequence[Cell]] = [[one.student, one.recovery] for one in report.public]
    columns = [_STUDENT, number_column("recovery", "Recovery")]
    note = "What public worked examples alone give, without this teacher: no defence can go below it."
    return data_table("public", "Without this teacher", columns, rows=rows, letter="E", note=note)


def _traces(report: DefendReport) -> Table:
    rows: list[Sequence[Cell]] = [
        [one.defence, one.student, one.budget, sorted(one.log10_p)[len(one.log10_p) // 2] if one.log10_p else None,
         one.decoy_p, one.n]
        for one in report.traces
    ]  # fmt: skip
    columns = [
        _DEFENCE, _STUDENT, Column(key="budget", head="Queries", kind="count"),
        Column(key="log10_p", head="log₁₀ p, median", kind="hundredths"),
        Column(key="decoy_p", head="Decoy p, median", kind="given"), Column(key="n", head="Draws scored", kind="count"),
    ]  # fmt: skip
    note = "A trace shows that outputs under the key were in the training mix: not who, when, or whether licensed."
    return data_table("traces", "Survival of the marks", columns, rows=rows, letter="F", note=note)


def _notes(report: DefendReport, *, whole: bool) -> Table:
    notes = collect(report)
    most = None if whole else _SHOWN_PLACES
    rows: list[Sequence[Cell]] = [
        [note.mark, note.text, places_named(note.places, most, _NOTES)] for note in (*notes.refusals, *notes.cautions)
    ]
    columns = [
        Column(key="mark", head="Mark"), Column(key="words", head="Reason or caution"),
        Column(key="places", head="Where"),
    ]  # fmt: skip
    return data_table(_NOTES, "Refusals and cautions", columns, rows=rows, letter="G", note="Marks point here.")
