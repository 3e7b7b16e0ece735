"""A log file as pieces of typed rows: what every reader shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from angelshare.core.errors import LogError, LogLineError
from angelshare.core.protocols import Reader
from angelshare.core.traffic import BadLine
from angelshare.detect.readers.framing import frames, is_parquet
from angelshare.detect.readers.lines import Broken, Frame
from angelshare.detect.readers.raw import RAW, Piece, typed
from angelshare.store.files import storage_errors

ROWS = 8_192
"""Rows worked on together."""
SAMPLES = 5
"""Bad lines of a file that are shown."""
SHAPE = 80
"""Characters shown of one."""
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


@dataclass
class Tally:
    """Counts what a file's lines became, while it is read."""

    file: str
    read: int = 0
    other: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    samples: list[BadLine] = field(default_factory=list)
    """The first that were met, by line."""

    @property
    def skipped(self) -> int:
        """Lines that could not be read."""
        return sum(self.reasons.values())

    def bad(self, line: int, reason: str, text: str) -> None:
        """Count a line that could not be read, and keep the shape of the first few."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if len(self.samples) < SAMPLES:
            self.samples.append(BadLine(file=self.file, line=line, reason=reason, sample=masked(text)))
            self.samples.sort(key=lambda sample: sample.line)


def masked(text: str) -> str:
    """Show the shape of a text: letters as a, digits as 9, its first characters.

    >>> masked('{"ts": 17, "prompt": "Über')
    '{"aa": 99, "aaaaaa": "aaaa'
    """
    return _DIGIT.sub("9", _LETTER.sub("a", text[:SHAPE]))


def tables(path: Path, reader: Reader, tally: Tally) -> Iterator[tuple[Any, Any]]:
    """Read a file as tables of sound rows, with the line of each; what is not sound goes to `tally`.

    Raises StorageError, LogError.
    """
    pieces = _parquet(path, reader, tally) if is_parquet(path) else _rows(frames(path), reader, tally)
    for piece in pieces:
        found = typed(piece)
        for fault in found.faults:
            tally.bad(piece.lines[fault.row], fault.reason, fault.value)
        tally.read += found.table.num_rows
        if found.table.num_rows:
            yield found.table, found.lines


def _rows(found: Iterator[Frame], reader: Reader, tally: Tally) -> Iterator[Piece]:
    """Ask the reader for the rows of each record, and gather them."""
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    rest = getattr(reader, "rest", tuple)
    list(rest())  # what a file that was given up left behind
    line = 0
    for line, record in found:
        if isinstance(record, Broken):
            tally.bad(line, record.reason, record.text)
            continue
        try:
            new = list(reader.rows(record))
        except LogLineError as error:
            tally.bad(line, str(error), str(record))
            continue
        if not new:
            tally.other += not getattr(reader, "holds", False)
            continue
        rows += new
        lines += [line] * len(new)
        if len(rows) >= ROWS:
            yield _piece(rows, lines)
            rows, lines = [], []
    left = list(rest())
    rows += left
    lines += [line] * len(left)
    if rows:
        yield _piece(rows, lines)


def _piece(rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> Piece:
    given = {name for row in rows for name in row}
    return Piece({name: [row.get(name) for row in rows] for name in RAW.names if name in given}, lines)


def _parquet(path: Path, reader: Reader, tally: Tally) -> Iterator[Piece]:
    """Read a Parquet file by batches: whole columns where the reader can, row by row otherwise."""
    columns = getattr(reader, "columns", None)
    with storage_errors(path, "read this file"):
        source = path.open("rb")
    with source:
        before = 0
        try:
            for batch in pq.ParquetFile(source).iter_batches(batch_size=ROWS if columns is None else 4 * ROWS):
                if columns is None:
                    plain = enumerate(_to_micro(batch).to_pylist())
                    records = (Frame(before + k + 1, _without_null(row)) for k, row in plain)
                    yield from _rows(records, reader, tally)
                else:
                    yield Piece(columns(batch, path.name), range(before + 1, before + batch.num_rows + 1))
                before += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise LogError(f"{path.name}: a damaged Parquet file, after row {before}: {str(error)[:120]}") from error


def _without_null(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _to_micro(batch: Any) -> Any:  # noqa: ANN401 - an Arrow batch
    """Cut instants to microseconds, the finest that plain values know."""
    fine = [
        place for place, one in enumerate(batch.schema) if pa.types.is_timestamp(one.type) and one.type.unit == "ns"
    ]
    for place in fine:
        one = batch.schema.field(place)
        cut = batch.column(place).cast(pa.timestamp("us", tz=one.type.tz), safe=False)
        batch = batch.set_column(place, one.name, cut)
    return batch
