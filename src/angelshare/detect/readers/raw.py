"""Raw columns, as readers give them, made into columns of the right type; a row with a wrong value is bad alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.schema import REQUESTS, RFF

INSTANT = pa.timestamp("us", tz="UTC")
TEXTS = ("prompt_text", "system_text")
"""Raw columns that hold text; they become features and are never stored."""
SECRETS = ("client_address", "user_agent", "payment", "email", "account_secret")
"""Raw columns that become keyed names. `account_secret` is a credential or address that stands for an account."""
RAW = pa.schema([pa.field(f.name, f.type) for f in REQUESTS] + [pa.field(n, pa.string()) for n in (*TEXTS, *SECRETS)])
"""Everything a reader may give; the columns of `schema.REQUESTS`, and what becomes some of them."""
NEEDED = ("ts", "model")
"""A row without one of these is bad; so is one without `account_id` and `account_secret`."""
SIGNED = frozenset({"seed", "skeleton", "simhash"})
"""Whole numbers that may be negative."""


class Piece(NamedTuple):
    """Some rows as a reader gave them."""

    columns: Mapping[str, Any]
    """Raw column to its values: a list, or an Arrow array."""
    lines: Sequence[int]
    """Line of each row."""


class Fault(NamedTuple):
    """A row that cannot be taken."""

    row: int
    reason: str
    value: str
    """What stood there, to be masked."""


class Typed(NamedTuple):
    """Rows of the right types, and those that were not."""

    table: Any
    """pyarrow table with the columns of RAW that were given, rows that are sound."""
    lines: NDArray[np.int64]
    """Line of each row of `table`."""
    faults: Sequence[Fault]


def typed(piece: Piece) -> Typed:
    """Give each column its type and leave out the rows that do not have what every request has."""
    faults: list[Fault] = []
    made = {name: _column(piece.columns[name], name, faults) for name in RAW.names if name in piece.columns}
    n = len(piece.lines)
    sound = np.ones(n, dtype=bool)
    for name in NEEDED:
        faults += _absent(made.get(name), name, n)
    account = pc.coalesce(*(made[name] for name in ("account_id", "account_secret") if name in made)) if (
        "account_id" in made or "account_secret" in made) else None  # fmt: skip
    faults += _absent(account, "account_id", n)
    if not made:
        return Typed(pa.table({}), np.empty(0, np.int64), faults[:n])
    firsts = {fault.row: fault for fault in reversed(faults)}
    sound[list(firsts)] = False
    table = pa.table(made, schema=pa.schema([RAW.field(name) for name in made]))
    lines = np.asarray(piece.lines, dtype=np.int64)
    if firsts:
        table, lines = table.filter(pa.array(sound)), lines[sound]
    return Typed(table, lines, [firsts[row] for row in sorted(firsts)])


def _absent(column: Any, name: str, n: int) -> list[Fault]:  # noqa: ANN401 - an Arrow array, or None
    if column is None:
        return [Fault(row, f"no {name}", "") for row in range(n)]
    if column.null_count == 0:
        return []
    return [
        Fault(int(row), f"no {name}", "") for row in np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
    ]


def _column(given: Any, name: str, faults: list[Fault]) -> Any:  # noqa: ANN401 - a list or Arrow array to an array
    """Convert one column: at once where all values are as they should be, one by one where not."""
    kind = RAW.field(name).type
    fast = _at_once(given, kind, name)
    if fast is not None:
        return fast
    plain = given.to_pylist() if isinstance(given, pa.Array | pa.ChunkedArray) else given
    read = _reader_of(kind)
    made: list[Any] = []
    for row, value in enumerate(plain):
        try:
            made.append(None if value is None or value == "" else _bounded(read(value), kind, name))
        except LogLineError as error:
            made.append(None)
            faults.append(Fault(row, f"{name}: {error}", str(value)[:200]))
    return pa.array(made, pa.int64()).cast(kind) if kind == INSTANT else pa.array(made, kind)


def _at_once(given: Any, kind: Any, name: str) -> Any | None:  # noqa: ANN401 - Arrow types and arrays
    """Convert a column whose every value is plainly right; None otherwise."""
    try:
        column = given if isinstance(given, pa.Array) else pa.array(given)
        column = _plain(column)
        if pa.types.is_null(column.type):
            return pa.nulls(len(column), kind)
        made = _cast(column, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError, OverflowError):
        return None
    return made if made is not None and _all_sound(made, kind, name) else None


def _plain(column: Any) -> Any:  # noqa: ANN401 - Arrow arrays
    """Undo dictionaries."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _cast(column: Any, kind: Any) -> Any | None:  # noqa: ANN401 - Arrow types and arrays
    """Cast where the meaning cannot change: text to text, numbers to numbers, ISO instants to instants."""
    found = column.type
    if kind == INSTANT:
        return _instants(column)
    if found == kind and kind != pa.string():
        return column
    if pa.types.is_list(kind):
        alike = pa.types.is_list(found) or pa.types.is_fixed_size_list(found)
    elif kind == pa.string():
        alike = pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_integer(found)
        column = pc.if_else(pc.equal(column, ""), None, column) if alike and not pa.types.is_integer(found) else column
    else:
        alike = not pa.types.is_boolean(kind) and (pa.types.is_integer(found) or pa.types.is_floating(found))
    return column.cast(kind) if alike else None  # a cast of numbers refuses fractions and what does not fit


def _instants(column: Any) -> Any | None:  # noqa: ANN401 - Arrow arrays
    """Cast times, or texts that all have a zone; numbers are told by size one by one."""
    found = column.type
    if pa.types.is_timestamp(found):
        return column.cast(pa.timestamp("us", tz=found.tz or "UTC"), safe=False).cast(INSTANT)
    if not (pa.types.is_string(found) or pa.types.is_large_string(found)):
        return None
    try:
        return column.cast(INSTANT)
    except pa.ArrowInvalid:
        return column.cast(pa.timestamp("us")).cast(INSTANT)


def _all_sound(column: Any, kind: Any, name: str) -> bool:  # noqa: ANN401 - Arrow types and arrays
    """Say whether all values lie where they may."""
    if len(column) == column.null_count:
        return True
    if kind == INSTANT:
        ends = pc.min_max(column.cast(pa.int64()))
        return bool(ends["min"].as_py() >= values.EARLIEST and ends["max"].as_py() < values.LATEST)
    if pa.types.is_integer(kind):
        return name in SIGNED or bool(pc.min(column).as_py() >= 0)
    if pa.types.is_floating(kind):
        return bool(pc.all(pc.is_finite(column)).as_py())
    if pa.types.is_list(kind):
        widths = pc.min_max(pc.list_value_length(column))
        return bool(
            widths["min"].as_py() == widths["max"].as_py() == RFF and pc.all(pc.is_finite(column.flatten())).as_py()
        )
    return True


def _reader_of(kind: Any) -> Callable[[object], Any]:  # noqa: ANN401 - Arrow types; a reader of values
    if kind == INSTANT:
        return values.instant
    if pa.types.is_boolean(kind):
        return values.flag
    if pa.types.is_integer(kind):
        return values.whole
    if pa.types.is_floating(kind):
        return values.number
    return _waves if pa.types.is_list(kind) else values.word


def _waves(value: object) -> list[float]:
    if not isinstance(value, list) or len(value) != RFF:
        raise LogLineError(f"not a list of {RFF} numbers")
    return [values.number(one) for one in value]


def _bounded(value: Any, kind: Any, name: str) -> Any:  # noqa: ANN401 - a plain value
    """Refuse whole numbers that are negative or do not fit."""
    if pa.types.is_integer(kind):
        if value < 0 and name not in SIGNED:
            raise LogLineError("negative")
        if not -(2 ** (kind.bit_width - 1)) <= value < 2 ** (kind.bit_width - 1):
            raise LogLineError("too large")
    return value
