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
    text, taken = first.text, [first]
    open_quotes, length = text.count('"') % 2, len(text)
    while open_quotes:
        more = waiting.popleft() if waiting else next(lines, None)
        if more is None:
            break
        taken.append(more)
        length += len(more.text)
        open_quotes ^= more.text.count('"') % 2
        if more.fault or len(taken) > SPAN or length > LONGEST:
            break
    cells = _cells("\n".join(line.text for line in taken), header.delimiter)
    if open_quotes or len(cells) != len(header.names) or any(line.fault for line in taken):
        waiting.extendleft(reversed(taken[1:]))
        reason = "a quote is left open" if text.count('"') % 2 else "another number of cells than the header"
        return Broken(reason, text[:SHOWN])
    return {name: cell for name, cell in zip(header.names, cells, strict=True) if cell != ""}


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.split(delimiter)
    before = csv.field_size_limit(LONGEST)
    try:
        rows = list(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return []
    finally:
        csv.field_size_limit(before)
    return rows[0] if len(rows) == 1 else []
