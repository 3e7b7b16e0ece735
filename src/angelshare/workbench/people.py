"""Who may do what: one table of roles and actions, used by every view and every call of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from django.contrib.auth.models import AnonymousUser

from angelshare.core.errors import nearest
from angelshare.workbench.models import AuditEntry, User
from angelshare.workbench.models.people import Role

Action: TypeAlias = Literal[
    "read",  # pages, revisions, matrix, compare, search, feeds
    "export",  # the same as data
    "save",  # own collections
    "watch",  # own watches and notices
    "tokens",  # own API tokens
    "account",  # own data: export, change, delete
    "propose",  # a change to a page
    "upload",  # a run, as a proposed claim
    "see_proposals",  # open and decided proposals; everyone sees their own
    "review",  # publish or reject someone else's proposal
    "verify",  # policymakers, with a recorded reason
    "appoint",  # editors, reviewers and administrators
    "deliveries",  # the outbox: what is pending or was given up
    "audit",  # the audit log
]
ACTIONS: tuple[Action, ...] = get_args(Action)

READING: frozenset[Action] = frozenset({"read", "export"})
MEMBER: frozenset[Action] = READING | {"save", "watch", "tokens", "account", "propose", "upload"}
EDITING: frozenset[Action] = MEMBER | {"see_proposals"}
REVIEWING: frozenset[Action] = EDITING | {"review"}

TABLE: Mapping[str, frozenset[Action]] = {
    "": READING,  # no account
    Role.RESEARCHER: MEMBER,
    Role.CIVIL_SOCIETY: MEMBER,
    Role.POLICYMAKER: MEMBER,  # being verified is shown, it opens no door: reading is free for everyone
    Role.EDITOR: EDITING,
    Role.REVIEWER: REVIEWING,
    Role.ADMIN: REVIEWING | {"verify", "appoint", "deliveries", "audit"},
}
"""Role to what it may do; "" is a visitor without an account."""

OWN: frozenset[Action] = frozenset({"save", "watch", "tokens", "account"})
"""Actions on one's own things only, whatever the role."""


def may(user: User | AnonymousUser, action: Action, target: object | None = None) -> bool:
    """Say whether someone may do something, to `target` where there is one.

    With a target, own things (collections, watches, notices, tokens, the account) are the owner's alone; a proposal is
    seen by its author too, and reviewed by anyone but its author (four eyes).

    Raises ValueError for an action that the table does not know.
    """
    if action not in ACTIONS:
        raise ValueError(f"no action named '{action}'; {nearest(action, ACTIONS)}")
    known = isinstance(user, User) and user.is_active
    role = _role(user) if isinstance(user, User) and known else ""
    allowed = action in TABLE.get(role, READING)
    if target is None:
        return allowed
    if action in OWN:
        return allowed and _owner(target) == user.pk
    if action == "see_proposals":
        return allowed or (known and _owner(target) == user.pk)
    if action == "review":
        return allowed and _owner(target) != user.pk
    return allowed


def note(
    actor: User | AnonymousUser | None, action: str, target: str, detail: Mapping[str, object], now: datetime
) -> None:
    """Write what was done into the audit log; call it inside the transaction of the deed itself.

    Never put a secret into `detail`: the log is read by staff and kept for good.
    """
    person = actor if isinstance(actor, User) else None
    AuditEntry.objects.create(
        at=now,
        actor=person,
        actor_name=person.get_username() if person else "",
        action=action,
        target=target[:200],
        detail=dict(detail),
    )


def _role(user: User) -> str:
    return Role.ADMIN if user.is_superuser else user.role


def _owner(thing: object) -> int | None:
    """Find whose a thing is: a person is their own, the rest name an owner, a user or an author."""
    if isinstance(thing, User):
        return thing.pk
    for field in ("owner_id", "user_id", "author_id"):
        if hasattr(thing, field):
            found: int | None = getattr(thing, field)
            return found
    raise ValueError(f"{type(thing).__name__} names no owner, user or author, so nobody can be allowed by it")
