"""What a table is, and how one is written as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal

Cell: TypeAlias = str | int | float | Estimate | Refusal | None
Kind: TypeAlias = Literal["text", "count", "dollars", "given", "hundredths", "date", "number"]


@record
class Column:
    """One column of a table."""

    key: str
    """Name in CSV; a number's columns begin with it."""

    head: str
    """Name on the page."""

    kind: Kind = "text"
    """How its cells are printed."""

    unit: str = ""
    """Unit of its numbers."""

    least: int | None = None
    """Fewest decimals of its numbers; None for what each interval carries."""

    words: Mapping[str, str] = field(default_factory=dict)
    """How the page says the codes in its cells; CSV keeps the codes."""


@record
class Table:
    """Rows under columns, with the words that belong to them."""

    name: str
    """Stem of the CSV file."""

    letter: str
    """Letter on the page; "" for the data behind a figure."""

    title: str
    """What it holds."""

    note: str
    """How to read it."""

    columns: Sequence[Column]
    """In order."""

    rows: Sequence[Sequence[Cell]]
    """One cell per column."""


def to_csv(table: Table) -> str:
    """Write a table as CSV with unrounded numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for column in table.columns for name in _heads(column)])
    for row in table.rows:
        writer.writerow([
            value for column, cell in zip(table.columns, row, strict=True) for value in _cells(column, cell)
        ])  # fmt: skip
    return out.getvalue()


def _heads(column: Column) -> Sequence[str]:
    if column.kind != "number":
        return [column.key]
    return [f"{column.key}_{part}" for part in _PARTS]


def _cells(column: Column, cell: Cell) -> Sequence[str | int | float | None]:
    if isinstance(cell, Estimate | Refusal):
        return _number(cell)
    if column.kind == "number":
        return [None] * len(_PARTS)
    return [_safe(cell) if isinstance(cell, str) else cell]


def _number(number: Number) -> Sequence[str | int | float | None]:
    if isinstance(number, Refusal):
        return [None, None, None, None, None, None, None, _safe(number.refused)]
    return [number.value, number.low, number.high, number.level, number.n,
            _safe(number.method), _safe(number.caution), None]  # fmt: skip


def _safe(words: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula (OWASP, CSV Injection)."""
    return f"'{words}" if words[:1] in {"=", "+", "-", "@", "\t", "\r"} else words


_PARTS = ("value", "low", "high", "level", "n", "method", "caution", "refused")
