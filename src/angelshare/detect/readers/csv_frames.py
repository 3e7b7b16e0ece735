"""Rows of a CSV file by the names of its header, each where it starts; a broken row does not swallow the next."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence

from angelshare.detect.readers.lines import LONGEST, SHOWN, Broken, Frame, Line

SPAN = 2000
"""Lines that one quoted field may run over."""
_NAME = re.compile(r"[A-Za-z_@$][\w .:@$/\[\]()-]*")
_DELIMITERS = (",", "\t", ";", "|")


class Header:
    """The first line of a CSV file."""

    def __init__(self, names: Sequence[str], delimiter: str) -> None:
        self.names, self.delimiter = list(names), delimiter


def header_of(line: str) -> Header | None:
    """Read a first line as names of columns; None if it is not such a line."""
    for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
        if delimiter not in line:
            return None
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        if len(names) == len(set(names)) and all(_NAME.fullmatch(name) for name in names):
            return Header(names, delimiter)
    return None


def csv_rows(lines: Iterator[Line], header: Header) -> Iterator[Frame]:
    """Read rows as mappings from name to text, empty cells left out.

    A row with quotes left open, or of another number of cells, is bad alone: reading goes on with its next line.
    """
    waiting: deque[Line] = deque()
    while True:
        first = waiting.popleft() if waiting else next(lines, None)
        if first is None:
            return
        if first.fault:
            yield Frame(first.number, Broken(first.fault, first.text))
        elif first.text.strip():
            yield Frame(first.number, _row(first, lines, header, waiting=waiting))


def _row(first: Line, lines: Iterator[Line], header: Header, *, waiting: deque[Line]) -> object:
    """Read the row that starts with `first`, taking further lines while a quote is open."""
    taken = [first]
    cells = _cells(first.text, header.delimiter)
    if cells is None:
        taken += _while_open(first.text, lines, waiting)
        cells = _cells("\n".join(line.text for line in taken), header.delimiter) if len(taken) > 1 else None
    if cells is None or len(cells) != len(header.names) or any(line.fault for line in taken):
        waiting.extendleft(reversed(taken[1:]))
        return Broken("quotes that do not match" if cells is None else "another number of cells than the header",
                      first.text[:SHOWN])  # fmt: skip
    return {name: cell for name, cell in zip(header.names, cells, strict=True) if cell != ""}


def _while_open(text: str, lines: Iterator[Line], waiting: deque[Line]) -> list[Line]:
    """Take the lines up to the one that closes the quote that `text` leaves open."""
    taken: list[Line] = []
    quotes, length = text.count('"') % 2, len(text)
    while quotes and len(taken) < SPAN and length < LONGEST:
        more = waiting.popleft() if waiting else next(lines, None)
        if more is None:
            break
        taken.append(more)
        length += len(more.text)
        quotes ^= more.text.count('"') % 2
        if more.fault:
            break
    return taken


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Split a row into cells; None if its quotes do not match."""
    if '"' not in text:
        return text.split(delimiter)
    before = csv.field_size_limit(LONGEST)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(before)
    return rows[0] if len(rows) == 1 else None
