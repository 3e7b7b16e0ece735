"""Strict decoding: what a record would not write back is an error that names the key and its nearest spelling."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from angelshare.core.errors import PlanError, UnknownKeyError, nearest

T = TypeVar("T")


def convert(data: object, kind: type[T], where: str) -> T:
    """Turn plain data into a record of type `kind`.

    Args:
        data: what a TOML or JSON parser gave.
        kind: the record type, or any type msgspec knows.
        where: the file and place, for the message.

    Raises UnknownKeyError for a key no field answers to, PlanError for a wrong type or value, or a number
    that is not finite.
    """
    built: T = _build(data, kind, where)
    return built


def decode_json(text: str | bytes, kind: type[T], where: str) -> T:
    """Decode JSON into `kind`; see `convert`."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{where}: not valid JSON ({error})") from None
    return convert(data, kind, where)


def decode_toml(text: str, kind: type[T], where: str) -> T:
    """Decode TOML into `kind`; see `convert`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{where}: not valid TOML ({error})") from None
    return convert(data, kind, where)


def encode(value: object) -> bytes:
    """Encode a record as canonical JSON: keys sorted, no spaces, no NaN."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def plain(value: object) -> Any:  # noqa: ANN401 - plain data is what JSON holds
    """Turn a record into dicts, lists, strings and numbers."""
    return msgspec.to_builtins(value, str_keys=True)


def _build(data: object, kind: Any, where: str) -> Any:  # noqa: ANN401 - any type, any value of it
    if _is_record(kind):
        return _record(data, kind, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _member(data, args, where)
    if isinstance(data, Mapping) and origin is not None and len(args) == 2:  # noqa: PLR2004 - key and value
        keys = convert_leaf(list(data), list[args[0]], where)  # type: ignore[valid-type]  # built at run time
        return {key: _build(value, args[1], f"{where}: {key}") for key, value in zip(keys, data.values(), strict=True)}
    if isinstance(data, list | tuple) and args and _holds_record(args[0]):
        return tuple(_build(value, args[0], f"{where}[{index}]") for index, value in enumerate(data))
    return convert_leaf(data, kind, where)


def _record(data: object, kind: Any, where: str) -> Any:  # noqa: ANN401 - any record
    if not isinstance(data, Mapping):
        raise PlanError(f"{where}: expected a table of {kind.__name__}, found {_describe(data)}")
    fields, hints = _fields(kind)
    for key in data:
        if key not in fields:
            raise UnknownKeyError(f"{where}: unknown key '{key}'; {nearest(str(key), fields)}")
    for name, field in fields.items():
        if name not in data and field.default is MISSING and field.default_factory is MISSING:
            raise PlanError(f"{where}: missing key '{name}'")
    return kind(**{str(key): _build(value, hints[str(key)], f"{where}: {key}") for key, value in data.items()})


@cache  # hints are text until they are looked up, which takes longer than the rest of a decoding
def _fields(kind: type) -> tuple[Mapping[str, dataclasses.Field[Any]], Mapping[str, Any]]:
    """Give the fields of a record and their types, by name."""
    return {field.name: field for field in dataclasses.fields(kind)}, get_type_hints(kind)


def _member(data: object, args: Sequence[Any], where: str) -> Any:  # noqa: ANN401 - any member of a union
    """Pick the member of a union that `data` is: None, the record whose keys fit, or a leaf."""
    records = [arg for arg in args if _is_record(arg)]
    if data is None and NoneType in args:
        return None
    if isinstance(data, Mapping) and records:
        fit = [kind for kind in records if set(data) <= {field.name for field in dataclasses.fields(kind)}]
        return _record(data, (fit or records)[0], where)
    if any(_holds_record(arg) for arg in args):
        return _build(data, next(arg for arg in args if arg is not NoneType), where)
    return convert_leaf(data, Union[tuple(args)], where)  # noqa: UP007 - a union of members found at run time


def convert_leaf(data: object, kind: Any, where: str) -> Any:  # noqa: ANN401 - any leaf type
    """Convert what holds no record, by msgspec."""
    _refuse_odd(data, where)
    try:
        return msgspec.convert(data, kind, strict=True)
    except msgspec.ValidationError as error:
        raise PlanError(f"{where}: {error}{_meant(data, kind)}") from None


def _meant(data: object, kind: Any) -> str:  # noqa: ANN401 - any leaf type
    """Name the nearest of the words a leaf may be, where it is a choice of words."""
    choices = [word for word in _words(kind) if isinstance(word, str)]
    return f"; {nearest(data, choices)}" if isinstance(data, str) and choices else ""


def _words(kind: Any) -> list[object]:  # noqa: ANN401 - any leaf type
    """List the members of a Literal, or of the Literals in a union."""
    args = get_args(kind)
    return list(args) if get_origin(kind) is Literal else [word for arg in args for word in _words(arg)]


def _refuse_odd(data: object, where: str) -> None:
    """Refuse what TOML or Python's JSON can say but no record can hold: numbers that are not finite, bare dates."""
    if isinstance(data, float) and not math.isfinite(data):
        raise PlanError(f"{where}: expected a finite number, found {data}")
    if isinstance(data, dt.date | dt.time):
        raise PlanError(f"{where}: expected text, found the bare date or time {data}; put the date in quotes")
    if isinstance(data, Mapping):
        for key, value in data.items():
            _refuse_odd(value, f"{where}: {key}")
    if isinstance(data, list | tuple):
        for index, value in enumerate(data):
            _refuse_odd(value, f"{where}[{index}]")


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def _holds_record(kind: object) -> bool:
    return _is_record(kind) or any(_holds_record(arg) for arg in get_args(kind))


def _describe(data: object) -> str:
    return f"{type(data).__name__} {str(data)[:40]!r}"
