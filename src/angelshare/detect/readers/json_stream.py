"""JSON that is not one record a line: arrays, documents over many lines, wrapped lists; read piece by piece."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

from angelshare.detect.readers.lines import LONGEST, SHOWN, Broken, Frame

CHUNK = 1 << 18
"""Bytes read at a time."""
WRAPPERS = ("data", "records", "Records", "value", "rows")
"""Keys under which exports of vendors put their list of records."""
_OPENING = re.compile(r'\s*(?:\{\s*"(?:' + "|".join(WRAPPERS) + r')"\s*:\s*)?\[\s*')
_BETWEEN = re.compile(r"[\s,\[\]]*")
_TAIL = re.compile(r'(?:"[A-Za-z_@.]+"\s*:|\})')
"""What may stand after the list of a wrapper: further keys, or its end."""
_NEXT = re.compile(r"\n\s*\{|\}\s*,\s*(?=\{)")
"""Where reading goes on after an element that cannot be read."""
_DECODER = json.JSONDecoder()


def elements(file: IO[bytes]) -> Iterator[Frame]:
    """Read the elements of an array, of a wrapped list, or documents one after the other.

    Each has the number of the line it starts in; in a file of one line, its own number from one.
    """
    window = _Window(file)
    window.fill()
    opening = _OPENING.match(window.text)
    wrapped = opening is not None and "{" in opening.group()
    window.go_to(opening.end() if opening else 0)
    number = 0
    while window.skip():
        if wrapped and _TAIL.match(window.text, window.at):
            return
        number += 1
        line = window.line
        value = window.element()
        yield Frame(line if window.line > 1 else number, value)
    if window.fault:
        yield Frame(max(window.line, number + 1), Broken(window.fault, ""))


class _Window:
    """The part of a file that is being decoded."""

    def __init__(self, file: IO[bytes]) -> None:
        self.text, self.at, self.line, self.fault = "", 0, 1, ""
        self._file, self._ended = file, False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")

    def go_to(self, place: int) -> None:
        """Move on, counting lines."""
        self.line += self.text.count("\n", self.at, place)
        self.at = place

    def fill(self) -> bool:
        """Read on, dropping what is decoded; False at the end of the file."""
        if self._ended:
            return False
        try:
            # twice as much each time, so that a long element is not tried too often
            read = self._file.read(max(CHUNK, len(self.text) - self.at))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.fault, read = "the compressed file ends early or is damaged here", b""
        self._ended = not read
        self.text = self.text[self.at :] + self._decoder.decode(read, final=self._ended)
        self.at = 0
        return not self._ended

    def skip(self) -> bool:
        """Go to the start of the next element; False if there is none."""
        while True:
            between = _BETWEEN.match(self.text, self.at)
            self.go_to(between.end() if between else self.at)
            if self.at < len(self.text):
                return True
            if not self.fill():
                return False

    def element(self) -> Any:  # noqa: ANN401 - what JSON holds, or Broken
        """Decode the element that starts here, reading on until it is whole."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except (ValueError, RecursionError):
                if len(self.text) - self.at < LONGEST and self.fill():
                    continue
                return self._broken()
            self.go_to(end)
            return value

    def _broken(self) -> Broken:
        start = self.at
        found = _NEXT.search(self.text, start + 1)
        self.go_to(found.end() - (1 if found.group().endswith("{") else 0) if found else len(self.text))
        return Broken("not valid JSON", self.text[start : min(self.at, start + SHOWN)])
