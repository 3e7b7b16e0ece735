"""Screens of a list, each told where the last one ended; a cursor stays good while rows come and go."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar

from ninja import Query

from angelshare.core.errors import PlanError

MOST = 500
"""Items of a screen at most."""

Limit = Annotated[int, Query(ge=1, le=MOST, description="Items of a screen.")]
Cursor = Annotated[str, Query(max_length=600, description="`next` of the screen before; empty for the first.")]

T = TypeVar("T")


def encoded(*key: object) -> str:
    """Write the key of a screen's last item as a cursor."""
    return base64.urlsafe_b64encode("\n".join(map(str, key)).encode()).decode().rstrip("=")


def decoded(cursor: str, parts: int) -> Sequence[str]:
    """Read a cursor of so many parts; raises PlanError for one that we did not write."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    key = text.split("\n")
    if len(key) != parts or not all(part.isprintable() for part in key):
        raise PlanError("cursor: not one of ours; leave it out to begin at the beginning")
    return key


def number(text: str) -> int:
    """Read a part of a cursor that is a number; raises PlanError."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - what a database key can be
        raise PlanError("cursor: not one of ours; leave it out to begin at the beginning")
    return int(text)


def screen(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """Cut `limit` items from rows of which one more was asked for; say whether there is more."""
    return rows[:limit], len(rows) > limit
