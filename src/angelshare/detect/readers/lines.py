"""The lines of a log file, gzipped or not, in bounded memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from angelshare.store.files import storage_errors

LONGEST = 32 << 20
"""Bytes of the longest line that is read; a longer one is bad, so that memory stays bounded."""
SHOWN = 200
"""Characters of a bad line that are passed on, to be masked."""
GZIP = b"\x1f\x8b"
MARK = b"\xef\xbb\xbf"
"""Byte-order mark of UTF-8, as Windows puts it before a text."""


class Broken(NamedTuple):
    """Stands where a record cannot be read."""

    reason: str
    text: str
    """What was found there; it may be of a prompt."""


class Frame(NamedTuple):
    """A record and where it stands."""

    line: int
    """Line from one, or element of an array."""
    record: Any
    """A JSON value, a line's text, or Broken."""


class Line(NamedTuple):
    """A line as it is in the file."""

    number: int
    text: str
    """Without its end."""
    fault: str
    """Why it cannot be read, or ""."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a log file for reading bytes, through gzip if it is compressed; raises StorageError."""
    with storage_errors(path, "read this file"):
        file = path.open("rb")
        zipped = file.read(2) == GZIP
        file.seek(0)
    with file:
        yield gzip.GzipFile(fileobj=file) if zipped else file  # type: ignore[misc]  # it reads like a binary file


def lines(file: IO[bytes], before: int = 0) -> Iterator[Line]:
    """Read the lines of a file; one that is compressed and cut short ends with a line that has a fault.

    Args:
        file: where to read on.
        before: lines already read.
    """
    number = before
    while True:
        number += 1
        try:
            line = file.readline(LONGEST)
            if not line:
                return
            fault = "" if line.endswith(b"\n") or len(line) < LONGEST else _skipped(file)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Line(number, "", "the compressed file ends early or is damaged here")
            return
        if number == 1:
            line = line.removeprefix(MARK)
        if fault:
            yield Line(number, line[:SHOWN].decode("utf-8", "replace"), fault)
            continue
        try:
            yield Line(number, line.decode("utf-8").rstrip("\r\n"), "")
        except UnicodeDecodeError:
            yield Line(number, line[:SHOWN].decode("utf-8", "replace"), "not UTF-8")


def _skipped(file: IO[bytes]) -> str:
    """Read on to the end of a line that is too long."""
    while True:
        rest = file.readline(LONGEST)
        if len(rest) < LONGEST or rest.endswith(b"\n"):
            return f"longer than {LONGEST >> 20} MiB"
