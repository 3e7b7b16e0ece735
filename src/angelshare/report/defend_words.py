"""What the lab's page calls things, and every refusal and caution with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from angelshare.core.defend import GIVEN_ELSEWHERE, DefenceRow, DefendCell, DefendHeader, DefendReport
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.notes import Notes, grouped
from angelshare.report.numbers import count

NONE = "none"
"""Row of the undefended teacher."""
MEANINGS: Mapping[str, str] = {
    "no effect shown": "The interval of the reduction holds 0, or lies below it. It does not say that there is none.",
    "raises cost ×k": (
        "The reduction lies above 0 over its whole interval; k is how many times the queries an undefended teacher "
        "would have needed for the same recovery were spent. “×<k” where the interval of k does not leave 1 out: the "
        "reduction says that it is above 1, the interval only how far at most. “×>k” where it is bounded below alone."
    ),
    "contains under the stated budget": (
        "Besides, the upper end of the worst student’s recovery lies below the bound the plan set beforehand. Only for "
        "these students, at these doses."
    ),
    "recovery": "Share of the gap between a student’s own base and the undefended teacher that it closed.",
    "reduction": "Recovery of the same student from the undefended teacher, minus its recovery here, paired by seed.",
    "worst case": "The student that recovers most; its interval holds for the largest of all students tried.",
    "adaptive gap": "What adapting gained over taking replies as they come, under the same defence.",
    "matched utility": "The same against a teacher made as much worse by temperature alone: what is more than noise.",
    "blind window": "Days until a customer with a daily regression suite notices the loss, by an exact binomial.",
}
"""The words of the page."""


def threat_line(header: DefendHeader) -> str:
    """Say in one line what the distiller was assumed to have; it stands under every figure."""
    students = "adaptive and passive students" if header.threat.adaptive else "passive students alone, which understate"
    return (
        f"Threat model: at most {count(max(header.budgets))} queries per student; interface: "
        f"{header.threat.interface}; "
        f"other data: {header.threat.data_budget}; {students}; bases: {', '.join(header.bases)}."
    )


def row_name(row: DefenceRow) -> str:
    """Name a row: the undefended teacher and controls say what they are."""
    if row.defence == NONE:
        return "undefended"
    return f"{row.defence} (control)" if row.control else row.defence


def largest_dose(report: DefendReport) -> int:
    """Give the dose at which defences are judged."""
    return max(report.header.budgets)


def at_largest(report: DefendReport) -> Mapping[tuple[str, str], DefendCell]:
    """Map (defence, student) to its cell at the largest dose."""
    most = largest_dose(report)
    return {(cell.defence, cell.student): cell for cell in report.cells if cell.budget == most}


def collect(report: DefendReport) -> Notes:
    """Group every refusal and caution by its words."""
    said = (
        (place, number)
        for place, number in _numbers(report)
        if not (isinstance(number, Refusal) and number.refused in GIVEN_ELSEWHERE)
    )
    return grouped(said)


def _numbers(report: DefendReport) -> Iterator[tuple[str, Number]]:
    for cell in report.cells:
        yield from _of(cell, f"{cell.defence}, {cell.student}, {count(cell.budget)} queries")
    for row in report.defences:
        yield from _of(row, row_name(row))
    for public in report.public:
        yield from _of(public, f"public examples, {public.student}")
    for size in report.sizes:
        yield from _of(size, f"{size.defence}, {size.first} and {size.second}")


def _of(row: DefendCell | DefenceRow | object, place: str) -> Iterator[tuple[str, Number]]:
    for field in dataclasses.fields(row):  # type: ignore[arg-type]  # every row is a record
        value = getattr(row, field.name)
        if isinstance(value, Estimate | Refusal):
            yield f"{place}: {field.name.replace('_', ' ')}", value
