"""What an account holds, as data to take along; and how it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Model, QuerySet

from angelshare.core.errors import PlanError
from angelshare.workbench import people
from angelshare.workbench.models import AuditEntry, Collection, Notice, Proposal, Revision, Token, User, Watch
from angelshare.workbench.models.people import Role

DELETED = "deleted account"
"""Stands where a name stood, followed by the number of the account that was."""

SECRETS = frozenset({"password", "digest", "webhook_secret", "feed_key", "share_key"})
"""Columns that open something: never part of an export."""


class LastAdministratorError(PlanError):
    """The only administrator cannot go, or nobody could appoint another."""


def export(user: User, now: datetime) -> Mapping[str, object]:
    """Gather everything kept about someone, without what opens anything."""
    return {
        "exported_at": now.isoformat(),
        "account": _plain(user),
        "addresses": _rows(EmailAddress.objects.filter(user=user)),
        "tokens": _rows(Token.objects.filter(user=user)),
        "collections": [
            _plain(held) | {"items": [_plain(item) | {"page": item.page.slug} for item in held.items.all()]}
            for held in Collection.objects.filter(owner=user).prefetch_related("items__page")
        ],
        "watches": _rows(Watch.objects.filter(user=user)),
        "notices": _rows(Notice.objects.filter(user=user)),
        "proposals": _rows(Proposal.objects.filter(author=user)),
        "revisions": [
            {"sha256": made.sha256, "page": made.page.slug, "number": made.number, "message": made.message}
            for made in Revision.objects.filter(author=user).select_related("page")
        ],
        "log": _rows(AuditEntry.objects.filter(actor=user)),
    }


@transaction.atomic
def delete_account(user: User, now: datetime) -> None:
    """Delete someone and all that is theirs alone; what they published stays, under the name it was published with.

    A revision's hash covers the name of its author, so that name cannot go without breaking the chain; people are told
    before they confirm. Their proposals and entries of the audit log lose the name.

    Raises LastAdministratorError.
    """
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if people.may(user, "appoint") and not others.exists():
        raise LastAdministratorError("this is the only administrator; appoint another first")
    name = f"{DELETED} {user.pk}"
    Proposal.objects.filter(author=user).update(author_name=name)
    AuditEntry.objects.filter(actor=user).update(actor_name=name)
    people.note(None, "account deleted", name, {}, now)
    user.delete()


def _rows(found: QuerySet[Model]) -> Sequence[Mapping[str, object]]:
    return [_plain(row) for row in found]


def _plain(row: Model) -> dict[str, object]:
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's documented way to list a model's columns
    return {field.attname: getattr(row, field.attname) for field in fields if field.name not in SECRETS}
