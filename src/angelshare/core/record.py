"""The decorator that makes a noun: a frozen, keyword-only dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make `cls` a record; the three flags are given once here, not in every noun."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
