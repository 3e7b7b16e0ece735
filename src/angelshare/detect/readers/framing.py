"""Log files as records with their line: JSON Lines, JSON documents and arrays, CSV or plain lines."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import msgspec

from angelshare.detect.readers.csv_frames import Header, csv_rows, header_of
from angelshare.detect.readers.json_stream import WRAPPERS, elements
from angelshare.detect.readers.lines import MARK, SHOWN, Broken, Frame, Line, lines, opened
from angelshare.store.files import storage_errors

START = 4096
"""Bytes of a file that are looked at first."""
_PART = re.compile(r'\s*(?:[{}\[\]",]|(?:-?[\d.eE+-]+|true|false|null),?\s*$)')
"""A line of a JSON document."""
_ARRAY = re.compile(r"\[\s*[\[{\]]")
PEEK = 20
"""Lines looked at to tell a layout."""
EXTRAS = 3
"""Most keys of a document that only wraps a list: the list, and where the next page is."""


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by its first bytes; raises StorageError."""
    with storage_errors(path, "read this file"), path.open("rb") as file:
        return file.read(4) == b"PAR1"


def frames(path: Path) -> Iterator[Frame]:
    """Read the records of a file that is not Parquet, in bounded memory; raises StorageError.

    A file is a JSON document or documents over many lines, rows under a header, or else lines, of which those that
    begin with a brace are JSON and all others text.
    """
    with opened(path) as file:
        head: list[Line] = []
        if _many_lines_each(_start(path), file, head):
            with opened(path) as again:
                yield from _flat(elements(again))
            return
        source = chain(head, lines(file, len(head)))
        header = _header(head)
        if header is None:
            yield from _flat(_framed(source))
        else:
            first = next(line.number for line in head if line.text.strip())
            yield from csv_rows((line for line in source if line.number > first), header)


def _many_lines_each(start: str, file: IO[bytes], head: list[Line]) -> bool:
    """Say whether the records of a file run over lines, as arrays and indented JSON do; reads on into `head`."""
    if _ARRAY.match(start) and "\n" not in start and len(start) == START:
        return True  # an array on one long line, which is not to be read as a line
    head += islice(lines(file), PEEK)
    seen = [line for line in head if line.text.strip()]
    alone = sum(isinstance(_record(line), dict) for line in seen)
    parts = sum(line.text.rstrip().endswith(("{", "[", ",")) and not isinstance(_record(line), dict) for line in seen)
    like_json = 2 * sum(_PART.match(line.text) is not None for line in seen) >= len(seen) > 0
    return like_json and bool(_ARRAY.match(start) or start.startswith("{")) and (alone == 0 or alone <= parts)


def _header(head: list[Line]) -> Header | None:
    """Read the first line as a header, unless most lines after it are JSON objects."""
    seen = [line for line in head if line.text.strip()]
    first = seen[0] if seen else None
    if 2 * sum(isinstance(_record(line), dict) for line in seen) > len(seen):
        return None
    return header_of(first.text) if first is not None and not first.fault else None


def _start(path: Path) -> str:
    """Give the first characters of a file, from the first that is not a space; "" for what is no text."""
    with opened(path) as file:
        try:
            head = file.read(START)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return ""
    return head.removeprefix(MARK).decode("utf-8", "replace").lstrip()


def _framed(source: Iterator[Line]) -> Iterator[Frame]:
    for line in source:
        if line.fault or line.text.strip():
            yield Frame(line.number, _record(line))


def _record(line: Line) -> Any:  # noqa: ANN401 - what JSON holds, a text, or Broken
    if line.fault:
        return Broken(line.fault, line.text)
    if not line.text.lstrip().startswith("{"):
        return line.text
    try:
        return msgspec.json.decode(line.text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return json.loads(line.text)  # takes halves of surrogate pairs, as logs cut at a length hold them
    except (ValueError, RecursionError):
        return Broken("not valid JSON", line.text[:SHOWN])


def _flat(found: Iterator[Frame]) -> Iterator[Frame]:
    """Open documents that only wrap a list of records."""
    for frame in found:
        inner = _wrapped(frame.record)
        if inner is None:
            yield frame
        else:
            yield from (Frame(frame.line, one) for one in inner)


def _wrapped(record: Any) -> list[Any] | None:  # noqa: ANN401 - a JSON value
    if not isinstance(record, Mapping) or len(record) > EXTRAS:
        return None
    found = [record[key] for key in WRAPPERS if isinstance(record.get(key), list)]
    return found[0] if len(found) == 1 and any(isinstance(one, Mapping) for one in found[0]) else None
