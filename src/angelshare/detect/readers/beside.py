"""A second log beside the first, joined on an id: who called, where the first does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from angelshare.core.errors import LogError
from angelshare.detect.readers.framing import frames, is_parquet
from angelshare.detect.readers.lines import Broken

Known: TypeAlias = "tuple[str, dict[str, Any]]"
"""Id, and what the second log says of it, by raw column."""


def named(reader: str, path: str) -> str:
    """Name a reader with the file beside it, so that a log is not taken for read that was read without."""
    return f"{reader}+{Path(path).name}" if path else reader


class Beside:
    """A second log in memory, about 0.5 GB per million records: give it a day at a time.

    Args:
        path: the file; "" for none.
        known: reads a record as id and columns; None for one that is of no use.
        what: what the file is, for messages.
    """

    def __init__(self, path: str, known: Callable[[Any], Known | None], what: str) -> None:
        self._path, self._known, self._what = path, known, what

    @property
    def given(self) -> bool:
        """Whether there is such a file."""
        return bool(self._path)

    def of(self, id_: object) -> dict[str, Any]:
        """Give what is known of an id; nothing if it is not there."""
        return self._rows.get(str(id_), {}) if self._path else {}

    @cached_property
    def _rows(self) -> Mapping[str, dict[str, Any]]:
        path = Path(self._path)
        if is_parquet(path):
            raise LogError(f"{path}: {self._what} is read as JSON or CSV; export it as such")
        found = (self._known(frame.record) for frame in frames(path) if not isinstance(frame.record, Broken))
        rows = dict(pair for pair in found if pair is not None)
        if not rows:
            raise LogError(f"{path}: nothing in it reads as {self._what}")
        return rows
