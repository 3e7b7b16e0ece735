"""The generic table: CSV, JSON Lines or Parquet with our column names, or with a mapping file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from angelshare.core.errors import LogError, LogLineError, nearest
from angelshare.detect.mapping import Mapped, digest, read_mapping
from angelshare.detect.readers import values
from angelshare.detect.readers.raw import RAW

INSTANTS = ("ts", "account_created_at")
DURATIONS = ("latency_ms", "ttft_ms")
SURE = ("ts", "account_id", "model")
"""Columns that show a table of ours."""


class TableReader:
    """Read a table of one's own.

    Args:
        mapping: TOML file that says which column holds what (docs/readers.md); none if the columns have our names.
    """

    def __init__(self, mapping: str = "") -> None:
        self._mapped = read_mapping(Path(mapping)) if mapping else Mapped()
        self.name = f"table:{digest(self._mapped)}" if mapping else "table"
        self._as_named = [name for name in RAW.names if name not in self._mapped.columns]
        self._source = {name: self._mapped.columns.get(name, name) for name in RAW.names}

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Say whether the columns that a request needs are there."""
        return isinstance(record, Mapping) and all(
            name in self._mapped.constants or values.at(record, self._source[name]) is not None for name in SURE
        )

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one request of a record."""
        if not isinstance(record, Mapping):
            raise LogLineError("not a record with named columns")
        row: dict[str, Any] = dict(self._mapped.constants)
        own = {name: record[name] for name in self._as_named if name in record}
        row |= own | {name: values.at(record, source) for name, source in self._mapped.columns.items()}
        for name in self._mapped.units:
            if row.get(name) not in (None, ""):
                row[name] = self._in_our_unit(name, row[name])
        return (row,)

    def _in_our_unit(self, name: str, value: Any) -> Any:  # noqa: ANN401 - a plain value
        unit = self._mapped.units.get(name, "auto")
        if unit == "auto" or (name in INSTANTS and isinstance(value, str) and not value.strip().isdecimal()):
            return value
        if name in INSTANTS:
            return values.EPOCH + values.instant(value, unit) * values.MICRO
        return values.number(value) * 1000 / values.PER_SECOND[unit]

    def columns(self, batch: Any, file: str) -> Mapping[str, Any]:  # noqa: ANN401 - an Arrow batch and arrays
        """Give the raw columns of a batch of a Parquet file, all rows at once.

        Raises LogError if a column that requests need is not there.
        """
        flat = _flat(batch)
        self._check(list(flat), file)
        n = batch.num_rows
        made: dict[str, Any] = {
            name: pa.array([value] * n, pa.string()) for name, value in self._mapped.constants.items()
        }
        for name, source in self._source.items():
            if source in flat:
                made[name] = self._column(name, flat[source])
        return made

    def _check(self, found: Sequence[str], file: str) -> None:
        for name in (*SURE, *self._mapped.columns):
            source = self._source[name]
            if source not in found and name not in self._mapped.constants:
                raise LogError(
                    f"{file}: no column '{source}'; {nearest(source, found)} "
                    "A mapping file says which column holds what: --mapping FILE"
                )

    def _column(self, name: str, column: Any) -> Any:  # noqa: ANN401 - Arrow arrays
        unit = self._mapped.units.get(name, "auto")
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        if unit == "auto" or not number:
            return column
        if name in DURATIONS:
            return pc.multiply(column.cast(pa.float64()), 1000 / values.PER_SECOND[unit])
        return [None if value is None else self._in_our_unit(name, value) for value in column.to_pylist()]


def _flat(batch: Any) -> Mapping[str, Any]:  # noqa: ANN401 - an Arrow batch and arrays
    """Name the columns of a batch, those inside structures by dotted paths."""
    found = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
    inner = [name for name, column in found.items() if pa.types.is_struct(column.type)]
    while inner:
        name = inner.pop()
        column = found.pop(name)
        for place in range(column.type.num_fields):
            child = f"{name}.{column.type.field(place).name}"
            found[child] = pc.struct_field(column, [place])
            if pa.types.is_struct(found[child].type):
                inner.append(child)
    return found
