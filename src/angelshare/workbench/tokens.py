"""Personal API tokens: shown once, kept as a digest, narrow, and mortal."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from angelshare.core.errors import PlanError, nearest
from angelshare.workbench import people
from angelshare.workbench.models import Token, User

Scope: TypeAlias = Literal["read", "propose", "watch"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

OPENS: Mapping[str, frozenset[people.Action]] = {
    "read": frozenset({"read", "export", "see_proposals"}),
    "propose": frozenset({"propose", "upload"}),
    "watch": frozenset({"save", "watch"}),
}
"""Scope to actions; no scope opens reviewing, the account, other tokens or anything of staff."""

PREFIX = "angelshare_"
"""Starts every token, so that scanners of leaked secrets can find one."""

LONGEST = timedelta(days=366)
"""No token lives longer."""

STALE = timedelta(minutes=5)
"""The last use is written at most this often, so that reading does not write."""


class TokenError(PlanError):
    """A token cannot be made as asked."""


def digest(token: str) -> str:
    """Hash a token for keeping: SHA-256 without salt is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(user: User, name: str, scopes: Sequence[str], *, lives: timedelta, now: datetime) -> tuple[str, Token]:
    """Make a token and return its text, which is kept nowhere, with its row.

    Raises TokenError for an unknown scope, for none, and for a life of no time or more than `LONGEST`.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise TokenError(f"no scope named '{scope}'; {nearest(scope, SCOPES)}")
    if not scopes:
        raise TokenError(f"a token without a scope opens nothing; choose from: {', '.join(SCOPES)}")
    if not timedelta(0) < lives <= LONGEST:
        raise TokenError(f"a token lives 1 to {LONGEST.days} days, not {lives.days}")
    text = PREFIX + secrets.token_urlsafe(32)
    row = Token.objects.create(
        user=user,
        name=name,
        digest=digest(text),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + lives,
    )
    people.note(
        user, "token made", name, {"scopes": ", ".join(row.scopes), "expires": row.expires_at.date().isoformat()}, now
    )
    return text, row


def bearer(authorization: str, now: datetime) -> Token | None:
    """Find the token of an Authorization header; None if there is none, or it is unknown, expired or its owner gone."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.startswith(PREFIX):
        return None
    row = (
        Token.objects.select_related("user")
        .filter(digest=digest(text.strip()), expires_at__gt=now, user__is_active=True)
        .first()
    )
    if row is not None and (row.used_at is None or now - row.used_at > STALE):
        Token.objects.filter(pk=row.pk).update(used_at=now)
    return row


def allows(token: Token, action: people.Action, target: object | None = None) -> bool:
    """Say whether a token opens an action: one of its scopes must, and its owner's role must."""
    return any(action in OPENS.get(scope, ()) for scope in token.scopes) and people.may(token.user, action, target)


def revoke(user: User, token_id: int, now: datetime) -> bool:
    """Delete someone's own token; False if they have none by that id."""
    row = Token.objects.filter(pk=token_id, user=user).first()
    if row is None:
        return False
    row.delete()
    people.note(user, "token revoked", row.name, {}, now)
    return True
