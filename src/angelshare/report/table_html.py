"""Set a table on the page."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.markup import Markup, join, tag
from angelshare.report.notes import Notes, mark_of
from angelshare.report.numbers import count, dollars, full, given, hundredths, parts
from angelshare.report.table import Cell, Column, Table

_ANCHORED = frozenset({"deviations_and_refusals", "exclusions_and_refusals"})
"""Tables whose rows are what marks point to."""

_DENSITY = ((10, "dense stacked"), (7, "dense"))
"""Columns beyond which type is smaller and intervals stand under their values."""

_WRAPS = 24
"""Characters beyond which a cell may wrap."""


def set_table(table: Table, notes: Notes, *, level: float) -> Markup:
    """Set `table` with its caption; cells repeat no row name, refusals point to table H by their mark."""
    name = f"Table {table.letter}. {table.title}" if table.letter else table.title
    caption = tag("caption", None, tag("b", None, name), table.note)
    head = tag(
        "tr", None, *(tag("th", {"scope": "col", "class": _side(column)}, column.head) for column in table.columns)
    )
    if table.rows:
        body = join(*(_row(table, index, notes, level) for index in range(len(table.rows))))
    else:
        body = tag("tr", None, tag("td", {"colspan": len(table.columns), "class": "muted"}, "None."))
    dense = next(({"class": name} for most, name in _DENSITY if len(table.columns) > most), None)
    inner = tag("table", dense, caption, tag("thead", None, head), tag("tbody", None, body))
    return tag("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}, inner)


def _row(table: Table, index: int, notes: Notes, level: float) -> Markup:
    cells: list[Markup] = []
    for place, (column, cell) in enumerate(zip(table.columns, table.rows[index], strict=True)):
        if place:
            cells.append(_cell(column, cell, notes, level))
        else:
            cells.append(_row_name(table, index, column, cell))
    identity = {"id": str(table.rows[index][0])} if table.name in _ANCHORED else None
    return tag("tr", identity, *cells)


def _row_name(table: Table, index: int, column: Column, cell: Cell) -> Markup:
    """Name the row once; rows below with the same name keep it for those who hear the table."""
    words = _plain(column, cell)
    repeated = index > 0 and table.rows[index - 1][0] == cell
    if repeated:
        return tag("th", {"scope": "row", "aria-label": words})
    arm = {"class": "arm"} if column.key == "arm" else {}
    return tag("th", {"scope": "row", **arm}, words)


def _cell(column: Column, cell: Cell, notes: Notes, level: float) -> Markup:
    if isinstance(cell, Estimate | Refusal):
        return _number(column, cell, notes, level)
    wraps = isinstance(cell, str) and len(cell) > _WRAPS
    kind = {"text": "words" if wraps else "", "number": "n", "date": "n"}.get(column.kind, "n r")
    return tag("td", {"class": kind} if kind else None, _plain(column, cell))


def _number(column: Column, number: Number, notes: Notes, level: float) -> Markup:
    mark = mark_of(number, notes)
    link = tag("a", {"class": "notes", "href": f"#{mark}"}, mark) if mark else Markup("")
    title = {"class": "n", "title": full(number, unit=column.unit, least=column.least)}
    printed = parts(number, unit=column.unit, level=level, least=column.least)
    if isinstance(number, Refusal):
        return tag("td", title, tag("span", {"class": "u"}, printed.value), link)
    return tag("td", title, printed.value, " ", tag("span", {"class": "i"}, printed.interval, link))


def _plain(column: Column, cell: Cell) -> str:
    if cell is None:
        return "—" if column.kind not in ("text", "date") else ""
    if isinstance(cell, int | float):
        return {"dollars": dollars, "given": given, "hundredths": hundredths}.get(column.kind, count)(cell)
    return column.words.get(str(cell), str(cell))


def _side(column: Column) -> str:
    return "r" if column.kind in ("count", "dollars", "given", "hundredths") else ""


def listed(entries: Sequence[str]) -> Markup:
    """Set a plain list."""
    return tag("ul", None, *(tag("li", None, entry) for entry in entries))
