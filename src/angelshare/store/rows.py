"""The rows of the ledger and the hash that chains each to the one before it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any, Literal, TypeAlias

from angelshare.core.record import record

GENESIS = "0" * 64
"""What the first row of a table is chained to."""

Event: TypeAlias = Literal["sent", "unpaid", "unsure"]
"""sent: about to leave us; unpaid: declined before answering; unsure: no usable answer, but it may be billed."""


@record
class Answer:
    """A paid answer, exactly as received."""

    request_sha256: str
    """Hash of the canonical request."""

    request: str
    """The canonical request: endpoint without secrets, path, body, sample index; JSON with sorted keys."""

    model: str
    """Model id asked for."""

    status: int
    """HTTP status."""

    response: bytes
    """The body as received; an API key it echoes is blanked."""

    usage: str
    """The endpoint's own token counts as JSON; empty if it gave none."""

    tokens_in: int
    """Prompt tokens billed."""

    tokens_out: int
    """Completion tokens billed, hidden reasoning included."""

    tokens_delivered: int
    """Completion tokens that reached us."""

    usage_estimated: bool
    """Token counts are our estimate."""

    price: str
    """The plan's price row as JSON; empty if it has none for this model."""

    cost_usd: float | None
    """Price of the call by that row."""

    sent_at: str
    """Instant in UTC at which the answered attempt was sent."""

    seconds: float
    """From sending to the last byte."""

    attempts: int
    """Attempts it took in this sitting, the answered one included."""


@record
class Attempt:
    """One event in the life of a call; a call without a closing event was in flight when the process died."""

    request_sha256: str
    """Hash of the canonical request."""

    at: str
    """Instant in UTC."""

    event: Event
    """What happened."""

    reason: str = ""
    """Why the attempt failed."""

    reserved_tokens: int = 0
    """Most tokens the call could bill, in and out."""

    reserved_usd: float = 0.0
    """The same in US dollars; 0 where no price row applies."""


Row: TypeAlias = Answer | Attempt

COLUMNS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in (Answer, Attempt)
}
"""Columns of each table, in the order in which they are hashed."""


def values(row: Row) -> list[Any]:
    """List a row's fields in column order."""
    return [getattr(row, name) for name in COLUMNS[type(row)]]


def chained_hash(previous: str, row: Row) -> str:
    """Hash a row together with the hash of the row before it, in hexadecimal."""
    fields = [field.hex() if isinstance(field, bytes) else field for field in values(row)]
    return hashlib.sha256((previous + json.dumps(fields, separators=(",", ":"))).encode()).hexdigest()


def row_of(kind: type, fields: Any) -> Row:  # noqa: ANN401 - a sequence of SQLite values
    """Rebuild a row from its SQLite values, in column order."""
    named = dict(zip(COLUMNS[kind], fields, strict=True))
    if kind is Answer:
        named["usage_estimated"] = bool(named["usage_estimated"])
        return Answer(**named)
    return Attempt(**named)
