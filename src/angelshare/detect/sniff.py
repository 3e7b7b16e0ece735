"""Which format a log file is of, told from its first records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from angelshare.core.errors import LogError, PlanError
from angelshare.core.plugins import build, installed
from angelshare.core.protocols import Reader
from angelshare.core.records import Use
from angelshare.detect.readers.framing import frames, is_parquet
from angelshare.detect.readers.lines import Broken
from angelshare.store.files import storage_errors

LOOKED_AT = 50
"""Records looked at."""
OPTION = re.compile(r"[a-z_]+=.*")


def reader_named(name: str) -> Reader:
    """Build a reader by its name and options: `NAME`, `NAME:FIRST`, `NAME:FIRST,OPTION=VALUE`.

    Raises PluginError, UnknownKeyError, or what the reader raises for a wrong option.
    """
    head_, *more = name.split(",")
    wrong = [part for part in more if not OPTION.fullmatch(part)]
    if wrong:
        raise PlanError(f"--reader {name}: '{wrong[0]}' is not OPTION=VALUE")
    options = dict(part.split("=", 1) for part in more)
    built: Reader = build("readers", Use(use=head_, options=options))
    return built


def head(path: Path) -> list[Any]:
    """Give the first records of a file that can be decoded; raises StorageError, LogError."""
    if is_parquet(path):
        with storage_errors(path, "read this file"), path.open("rb") as source:
            try:
                batches = pq.ParquetFile(source).iter_batches(batch_size=LOOKED_AT)
                first = next(batches, None)
            except (pa.ArrowInvalid, OSError) as error:
                raise LogError(f"{path.name}: a damaged Parquet file: {str(error)[:120]}") from error
        rows = [] if first is None else first.to_pylist()
        return [{name: value for name, value in row.items() if value is not None} for row in rows]
    return [frame.record for frame in islice(frames(path), LOOKED_AT) if not isinstance(frame.record, Broken)]


def share(reader: Reader, records: list[Any]) -> float:
    """Give the share of records that look like a reader's; 0 without any."""
    return sum(map(reader.fits, records)) / len(records) if records else 0.0


def looks_like(records: list[Any], readers: Mapping[str, Reader]) -> str | None:
    """Name the reader that fits most of the records; None if none fits any. The generic table comes last."""
    shares = {name: share(reader, records) for name, reader in readers.items()}
    best = max(shares, key=lambda name: (shares[name], name != "table", name), default=None)
    return best if best is not None and shares[best] > 0 else None


def built_in() -> Mapping[str, Reader]:
    """Build every installed reader with its defaults."""
    return {name: reader_named(name) for name in sorted(installed("readers"))}


def sniffed(path: Path) -> Reader:
    """Find the reader for a file; raises LogError naming what there is.

    A file without one record that can be decoded is left to the generic table, which counts what is in it.
    """
    records, readers = head(path), built_in()
    if not records:
        return readers["table"]
    name = looks_like(records, readers)
    if name is None:
        raise LogError(
            f"{path.name}: of no format we know; readers: {', '.join(readers)}. "
            f"{_seen(records)}Say which with --reader, or describe its columns with --mapping"
        )
    return readers[name]


def other_format(path: Path, reader: Reader) -> str:
    """Say what a file looks like if that is not what `reader` reads; "" if it fits or nothing does."""
    records = head(path)
    if not records or share(reader, records) > 0:
        return ""
    found = looks_like(records, built_in())
    return f"it looks like '{found}'; use --reader {found}" if found else _seen(records)


def _seen(records: list[Any]) -> str:
    names: Iterator[str] = (str(name) for record in records[:1] if isinstance(record, Mapping) for name in record)
    some = ", ".join(islice(names, 12))
    return f"Its records have: {some}. " if some else ""
