"""Requests split by day into Parquet files, in bounded memory and always the same bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from angelshare.detect.schema import REQUESTS
from angelshare.store.files import storage_errors

GROUP = 65_536
"""Rows of a row group."""
HELD = 4 * GROUP
"""Rows held in memory over all days before the fullest day is written out."""
DAY_US = 86_400_000_000


class DayFiles:
    """Parquet files `YYYY-MM-DD.parquet` in a folder, complete once the `with` block ends without error."""

    def __init__(self, folder: Path) -> None:
        self.written: Sequence[str] = ()
        """ISO dates of the days that have a file, once all is done."""
        self._folder = folder
        self._waiting: dict[int, list[Any]] = {}
        self._rows: dict[int, int] = {}
        self._writers: dict[int, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            for day in sorted(self._waiting):
                self._write(day)
                self._close(day)
        for writer in self._writers.values():
            writer.close()
        self.written = [_date(day) for day in sorted(self._rows)]

    def add(self, table: Any) -> None:  # noqa: ANN401 - a pyarrow table
        """Add rows of `schema.REQUESTS`, of any days, in any order."""
        days = table["ts"].cast(pa.int64()).to_numpy() // DAY_US
        for day in np.unique(days).tolist():
            part = table if days[0] == day and (days == day).all() else table.filter(pa.array(days == day))
            self._waiting.setdefault(day, []).append(part)
            self._rows[day] = self._rows.get(day, 0) + part.num_rows
            if self._rows[day] >= GROUP:
                self._write(day)
        while sum(self._rows.values()) > HELD:
            self._write(max(self._rows, key=lambda day: (self._rows[day], -day)))

    def _write(self, day: int) -> None:
        """Write what waits of a day as a row group."""
        parts = self._waiting[day]
        if not parts:
            return
        path = self._folder / f"{_date(day)}.parquet"
        with storage_errors(path, "write this file"):
            if day not in self._writers:
                self._writers[day] = pq.ParquetWriter(path, REQUESTS, compression="zstd", use_dictionary=True)
            self._writers[day].write_table(pa.concat_tables(parts), row_group_size=GROUP)
        self._waiting[day] = []
        self._rows[day] = 0

    def _close(self, day: int) -> None:
        """Finish a day's file and wait until it is on disk."""
        path = self._folder / f"{_date(day)}.parquet"
        with storage_errors(path, "write this file"):
            self._writers.pop(day).close()
            with path.open("rb") as made:
                os.fsync(made.fileno())


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
