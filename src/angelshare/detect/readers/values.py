"""Plain values out of log records: nested places, instants, numbers; what is not what it should be is a bad line."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from angelshare.core.errors import LogLineError

Unit: TypeAlias = Literal["auto", "s", "ms", "us", "ns"]
"""Unit of an instant or a duration; `auto` tells instants by their size."""
PER_SECOND: Mapping[str, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICRO = dt.timedelta(microseconds=1)
EARLIEST, LATEST = 1_262_304_000_000_000, 4_102_444_800_000_000
"""Microseconds since 1970 of 2010 and 2100: an instant outside is no time of a request to a language model."""
SECONDS_BELOW = 1e11
"""Numbers since 1970 below it are seconds (until the year 5138), below a thousand times as much milliseconds, so on."""
TRUE, FALSE = frozenset({"true", "t", "yes", "1"}), frozenset({"false", "f", "no", "0"})


def at(record: Any, path: str) -> Any:  # noqa: ANN401 - what JSON holds
    """Follow a dotted path into nested mappings; None where it ends. A key that holds the dots itself comes first.

    A text on the way that is itself a JSON object is opened.

    >>> at({"user": {"id": "u1"}}, "user.id"), at({"user.id": "u2"}, "user.id"), at({"user": '{"id": 3}'}, "user.id")
    ('u1', 'u2', 3)
    """
    if not isinstance(record, dict):  # not Mapping, which takes ten times as long to ask; log lines hold nothing else
        return None
    found = record.get(path)
    if found is not None or "." not in path:
        return found
    head, rest = _split(path)
    inner = record.get(head)
    return None if inner is None else at(inner if isinstance(inner, dict) else opened_json(inner), rest)


@lru_cache(maxsize=1024)
def _split(path: str) -> tuple[str, str]:
    head, _, rest = path.partition(".")
    return head, rest


def first_of(record: Any, *paths: str) -> Any:  # noqa: ANN401 - what JSON holds
    """Give the first of some places that holds anything."""
    for path in paths:
        found = at(record, path)
        if found not in (None, ""):
            return found
    return None


def opened_json(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Decode a text that is a JSON object or list; anything else stays."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def instant(value: object, unit: Unit = "auto") -> int:
    """Read an instant as microseconds since 1970, UTC: ISO 8601 (no zone means UTC), or a number since 1970.

    Raises LogLineError.
    """
    micro = _micro(value, unit)
    if not EARLIEST <= micro < LATEST:
        raise LogLineError("an instant outside 2010 to 2100")
    return micro


def _micro(value: object, unit: Unit) -> int:
    if isinstance(value, dt.datetime):
        return _since(value)
    if isinstance(value, str):
        text = value.strip()
        try:
            return _since(dt.datetime.fromisoformat(text.removesuffix(" UTC")))
        except ValueError:
            pass
        try:
            value = int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            raise LogLineError("not an instant") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LogLineError("not an instant")
    if unit == "auto":
        unit = _unit_of(abs(value))
    if isinstance(value, int):
        return value * 10**6 // PER_SECOND[unit]
    return round(value * 1e6 / PER_SECOND[unit])


def _unit_of(size: float) -> Unit:
    """Tell the unit of a number since 1970 by its size."""
    if size < SECONDS_BELOW:
        return "s"
    return "ms" if size < 10**3 * SECONDS_BELOW else "us" if size < 10**6 * SECONDS_BELOW else "ns"


def _since(at_: dt.datetime) -> int:
    aware = at_ if at_.tzinfo else at_.replace(tzinfo=dt.UTC)
    return (aware - EPOCH) // MICRO


def whole(value: object) -> int:
    """Read a whole number, also from text or a float without fraction; raises LogLineError."""
    if isinstance(value, str | Decimal):
        value = _number_in(str(value))
    if isinstance(value, bool):
        raise LogLineError("not a whole number")
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    raise LogLineError("not a whole number")


def number(value: object) -> float:
    """Read a finite number, also from text; raises LogLineError."""
    if isinstance(value, str | Decimal):
        value = _number_in(str(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LogLineError("not a number")
    try:
        found = float(value)
    except OverflowError:
        raise LogLineError("not a finite number") from None
    if not math.isfinite(found):
        raise LogLineError("not a finite number")
    return found


def _number_in(text: str) -> int | float | None:
    try:
        return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def flag(value: object) -> bool:
    """Read yes or no; raises LogLineError."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise LogLineError("neither true nor false")


def word(value: object) -> str | None:
    """Read a name: a text, or a number as one; empty is None. Raises LogLineError for a list or object."""
    if isinstance(value, str):
        # a half of a surrogate pair cannot be stored
        clean = value.strip() if value.isascii() else value.strip().encode("utf-8", "replace").decode()
        return clean or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):  # as BigQuery exports long ids
        return format(value, "f").partition(".")[0] if value == value.to_integral_value() else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    raise LogLineError("not a name")


def milliseconds(start: object, end: object) -> float | None:
    """Give the time between two instants in milliseconds; None where one is missing or they run backwards."""
    if start in (None, "") or end in (None, ""):
        return None
    passed = (instant(end) - instant(start)) / 1000
    return passed if passed >= 0 else None


def as_json(value: object) -> str:
    """Write plain values as JSON text."""
    return json.dumps(value, ensure_ascii=False)
