"""Reading a CSV file as text: its header, its rows and the line each begins on; what it means is for others to say."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.store.files import storage_errors

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What else parts cells, and how a message calls it."""


@record
class Line:
    """One row of a table."""

    number: int
    """Line of the file on which the row begins; the header stands on line 1 unless blank lines precede it."""

    cells: Mapping[str, str]
    """Text by column, without space around it."""


@record
class Sheet:
    """A table as it stands in its file."""

    name: str
    """Name of the file, without its folder."""

    sha256: str
    """Hash of the file's bytes."""

    columns: Sequence[str]
    """The header, in order."""

    lines: Sequence[Line]
    """The rows, in order; blank ones left out."""


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file in UTF-8 with one header row.

    Raises StorageError if it cannot be read, PlanError if it is no table: empty, not UTF-8, a column named twice or
    not at all, a row with more or fewer cells than the header.
    """
    with storage_errors(path, "read this file"):
        data = path.read_bytes()
    return parse_sheet(data, path.name, str(path))


def parse_sheet(data: bytes, name: str, where: str) -> Sheet:
    """Parse the bytes of a CSV file; see `read_sheet`. `where` names the file in messages."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"{where}: not UTF-8 text ({error}); save it as CSV in UTF-8") from None
    rows = _rows(text, where)
    first = next(rows, None)
    if first is None:
        raise PlanError(f"{where}: the file is empty; give a CSV file with a header row and at least one score")
    number, header = first
    columns = [cell.strip() for cell in header]
    _check_separator(columns, f"{where}, line {number}")
    _check_header(columns, f"{where}, line {number}")
    lines = [Line(number=at, cells=_cells(columns, row, f"{where}, line {at}")) for at, row in rows]
    if not lines:
        raise PlanError(f"{where}: only a header, no rows; give at least one score")
    return Sheet(name=name, sha256=hashlib.sha256(data).hexdigest(), columns=columns, lines=lines)


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank with the line it begins on; a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise PlanError(f"{where}, line {begins}: not CSV ({error}); check its quotes") from None
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num + 1


def _check_separator(columns: Sequence[str], where: str) -> None:
    """Refuse a header that is one cell with another separator in it, as spreadsheets of some countries write it."""
    found = next((name for sign, name in SEPARATORS.items() if len(columns) == 1 and sign in columns[0]), "")
    if found:
        raise PlanError(
            f"{where}: its cells are parted by {found}; save it as CSV parted by commas, with decimal points"
        )


def _check_header(columns: Sequence[str], where: str) -> None:
    twice = sorted(column for column, times in Counter(columns).items() if times > 1 and column)
    if twice:
        raise PlanError(f"{where}: column '{twice[0]}' stands twice in the header; keep one of the two")
    if "" in columns:
        raise PlanError(f"{where}: column {columns.index('') + 1} of the header has no name; name it or remove it")


def _cells(columns: Sequence[str], row: Sequence[str], where: str) -> Mapping[str, str]:
    if len(row) != len(columns):
        raise PlanError(
            f"{where}: {len(row)} cells, but the header has {len(columns)} columns; a comma inside a cell needs quotes"
        )
    return {column: cell.strip() for column, cell in zip(columns, row, strict=True)}
