"""Mapping files: which column of a table of one's own holds what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from angelshare.core.errors import PlanError, UnknownKeyError, nearest
from angelshare.core.record import record
from angelshare.core.strict import decode_toml, encode
from angelshare.detect.readers.raw import RAW
from angelshare.detect.readers.values import Unit
from angelshare.store.files import storage_errors

TIMES = ("ts", "account_created_at", "latency_ms", "ttft_ms")
"""Columns that have a unit."""


@record
class Mapped:
    """A mapping file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column to the name in the file; dots lead into JSON objects. Columns of our names need no entry."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    """Unit of `ts`, `account_created_at`, `latency_ms`, `ttft_ms` in the file, if numbers: s, ms, us or ns."""

    constants: Mapping[str, str] = field(default_factory=dict)
    """Our column to the value every row has, where the file has no such column."""


def read_mapping(path: Path) -> Mapped:
    """Read a mapping file; raises StorageError, PlanError, or UnknownKeyError naming the nearest column."""
    with storage_errors(path, "read this mapping file"):
        text = path.read_bytes()
    try:
        mapped = decode_toml(text.decode("utf-8"), Mapped, str(path))
    except UnicodeDecodeError:
        raise PlanError(f"{path}: not UTF-8; a mapping file is TOML") from None
    for part, names, known in (
        ("columns", mapped.columns, RAW.names),
        ("constants", mapped.constants, RAW.names),
        ("units", mapped.units, TIMES),
    ):
        for name in names:
            if name not in known:
                raise UnknownKeyError(f"{path}: {part}: no column '{name}'; {nearest(name, known)}")
    if both := sorted(set(mapped.columns) & set(mapped.constants)):
        raise PlanError(f"{path}: '{both[0]}' is both a column and a constant; keep one")
    return mapped


def digest(mapped: Mapped) -> str:
    """Name a mapping by what it says: eight hex digits."""
    return hashlib.sha256(encode(mapped)).hexdigest()[:8]
