"""Tables of what distillation saves: every assumption with its switch, every defence, the quantities behind them."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import Assumption, AttributableDelay, DelayReport
from angelshare.report.columns import data_table, months_column, number_column
from angelshare.report.delay_words import range_end
from angelshare.report.table import Cell, Column, Table

_ABSENT = "Nothing is attributed to distillation without an audit and a campaign: add --run RUN --campaign NAME."


def assumptions_table(report: DelayReport, *, whole: bool) -> Table:
    """Give every assumption: range, unit, source, whether it is on, the months at both ends, and how to switch it.

    Args:
        report: the result.
        whole: low, central and high as columns of their own, as CSV has them; else one column of words.
    """
    ranges = [
        Column(key="low", head="Low", kind="given"), Column(key="central", head="Central", kind="given"),
        Column(key="high", head="High", kind="given"), Column(key="unit", head="Unit"),
        Column(key="shape", head="Shape"),
    ]  # fmt: skip
    columns = [
        Column(key="name", head="Assumption"), Column(key="meaning", head="What it is"),
        *(ranges if whole else [Column(key="range", head="Low / central / high")]),
        Column(key="months_at_low", head="Months saved at low", kind="hundredths"),
        Column(key="months_at_high", head="At high", kind="hundredths"), Column(key="on", head="Is"),
        Column(key="switch", head="To switch it"), Column(key="mark", head="Range is"),
        Column(key="source", head="Source"),
    ]  # fmt: skip
    saved = report.attributable
    rows = [] if saved is None else [_assumption(entry, saved, whole=whole) for entry in saved.assumptions]
    note = _ABSENT if saved is None else (
        "Every input of the months saved. To switch one off or on again, do what stands under “To switch it” with the "
        "command under “Run it again”; to give it another value, add --set NAME=VALUE, where VALUE is a number, low, "
        "central or high. Months saved are computed with that one at its end and the others central; “—” where it was "
        "not varied."
    )  # fmt: skip
    return data_table("assumptions", "Assumptions", columns, letter="F", rows=rows, note=note)


def defences_table(report: DelayReport) -> Table:
    """Give the months saved without and with each defence."""
    columns = [
        Column(key="defence", head="Defence"), Column(key="measured", head="Its effect is"),
        months_column("months_saved", "Months saved"), number_column("days_to_target", "Days to target"),
        Column(key="note", head="How"),
    ]  # fmt: skip
    saved = report.attributable
    rows: list[Sequence[Cell]] = []
    if saved is not None:
        rows.append(["none", "", saved.months_saved, saved.days_to_target, ""])
        rows += [
            [entry.defence, "measured" if entry.measured else "assumed", entry.months_saved, entry.days_to_target,
             entry.note]
            for entry in saved.defences
        ]  # fmt: skip
    return data_table(
        "defences", "Defences", columns, letter="G", rows=rows,
        note=_ABSENT if saved is None else "The same campaign against each defence; days until it holds the dose to "
            "half of the gap.",
    )  # fmt: skip


def quantities_table(report: DelayReport) -> Table:
    """Give the numbers of the attributable delay."""
    columns = [
        Column(key="quantity", head="Quantity"),
        Column(key="unit", head="Unit"),
        number_column("number", "Value"),
    ]
    saved = report.attributable
    rows: list[Sequence[Cell]] = (
        []
        if saved is None
        else [
            ["months saved", "months", saved.months_saved],
            ["delay left", "months", saved.delay_left],
            ["attributable recovery at the campaign’s dose", "share of the gap", saved.recovery],
            ["days to half of the gap", "days", saved.days_to_target],
            ["days to four fifths of the gap", "days", saved.days_to_80],
            ["cost of tokens", "US dollars", saved.cost_usd],
        ]
    )
    return data_table("attributable", "What distillation saves", columns, rows=rows)


def tornado_table(report: DelayReport) -> Table:
    """Give the data behind the tornado."""
    columns = [Column(key="assumption", head="Assumption"),
               Column(key="at_low", head="Months at low", kind="hundredths"),
               Column(key="at_high", head="Months at high", kind="hundredths")]  # fmt: skip
    saved = report.attributable
    rows: list[Sequence[Cell]] = (
        [] if saved is None else [[entry.assumption, entry.at_low, entry.at_high] for entry in saved.tornado]
    )
    return data_table("tornado", "What matters most", columns, rows=rows)


def _assumption(entry: Assumption, saved: AttributableDelay, *, whole: bool) -> Sequence[Cell]:
    moved = next((row for row in saved.tornado if row.assumption == entry.name), None)
    where = "; ".join(part for part in (entry.source.title, entry.source.url, entry.source.on) if part)
    shape = entry.shape.replace("_", " ")
    ends: Sequence[Cell] = (
        [entry.low, entry.central, entry.high, entry.unit, shape] if whole else [_range(entry, shape)]
    )
    return [
        entry.name, entry.meaning, *ends,
        moved.at_low if moved is not None else None, moved.at_high if moved is not None else None,
        "on" if entry.on else "off", _switch(entry), entry.mark, where,
    ]  # fmt: skip


def _range(entry: Assumption, shape: str) -> str:
    ends = [entry.central] if entry.low == entry.high else [entry.low, entry.central, entry.high]
    return f"{' / '.join(range_end(entry, end) for end in ends)} {entry.unit}, {shape}"


def _switch(entry: Assumption) -> str:
    """Say what to add to the command line, or to leave out of it."""
    if not entry.on:
        return f"leave out --without {entry.name}"
    return f"--without {entry.name}"
