"""Log files as records with their line: JSON Lines, JSON documents and arrays, CSV or plain lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from angelshare.detect.readers.csv_frames import csv_rows, header_of
from angelshare.detect.readers.json_stream import WRAPPERS, elements
from angelshare.detect.readers.lines import SHOWN, Broken, Frame, Line, lines, opened
from angelshare.store.files import storage_errors

PEEK = 20
"""Lines looked at to tell a layout."""
EXTRAS = 3
"""Most keys of a document that only wraps a list: the list, and where the next page is."""


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by its first bytes; raises StorageError."""
    with storage_errors(path, "read this file"), path.open("rb") as file:
        return file.read(4) == b"PAR1"


def frames(path: Path) -> Iterator[Frame]:
    """Read the records of a file that is not Parquet, in bounded memory; raises StorageError."""
    with opened(path) as file:
        source = lines(file)
        head = list(islice(source, PEEK))
        first = next((line for line in head if line.text.strip()), None)
        start = first.text.lstrip()[:1] if first else ""
        every = chain(head, source)
        if start == "{" and any(isinstance(_json(line), dict) for line in head):
            yield from _flat(_framed(every, as_json=True))
        elif start in ("{", "["):
            with opened(path) as again:
                yield from _flat(elements(again))
        elif first is not None and (header := header_of(first.text)) is not None:
            yield from csv_rows((line for line in every if line.number > first.number), header)
        else:
            yield from _framed(every, as_json=False)


def _framed(source: Iterator[Line], *, as_json: bool) -> Iterator[Frame]:
    for line in source:
        if line.fault:
            yield Frame(line.number, Broken(line.fault, line.text))
        elif line.text.strip():
            yield Frame(line.number, _json(line) if as_json else line.text)


def _json(line: Line) -> Any:  # noqa: ANN401 - what JSON holds, or Broken
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
