"""Collections: pages someone keeps together, with notes; private, or shared by a link nobody can guess."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from angelshare.core.errors import NoSuchPageError, WorkbenchError
from angelshare.workbench.models import Collection, CollectionItem, Page, User

READING = "Reading list"
MOST_COLLECTIONS, MOST_ITEMS = 200, 2_000
"""Of one person, and in one collection."""


def reading_list(owner: User, now: datetime) -> Collection:
    """Give the reading list of a person, made when first asked for."""
    with transaction.atomic():
        # the owner's row is the lock: two clicks at once make one list
        User.objects.select_for_update().get(pk=owner.pk)
        found = Collection.objects.filter(owner=owner, reading_list=True).first()
        return found or Collection.objects.create(owner=owner, name=READING, reading_list=True, created_at=now)


def make(owner: User, name: str, now: datetime) -> Collection:
    """Make a private collection. Raises WorkbenchError for an empty name, or when there are too many."""
    if not name.strip():
        raise WorkbenchError("a collection needs a name")
    if Collection.objects.filter(owner=owner).count() >= MOST_COLLECTIONS:
        raise WorkbenchError(f"you have {MOST_COLLECTIONS} collections; delete one first")
    return Collection.objects.create(owner=owner, name=name.strip()[:120], created_at=now)


def save_page(collection: Collection, slug: str, now: datetime, *, note: str = "") -> CollectionItem:
    """Put a page into a collection, or change its note if it is there. Raises NoSuchPageError."""
    page = Page.objects.filter(slug=slug, head__isnull=False).first()
    if page is None:
        raise NoSuchPageError(f"no page '{slug}' to save")
    held = collection.items.filter(page=page).first()
    if held is None and collection.items.count() >= MOST_ITEMS:
        raise WorkbenchError(f"'{collection.name}' holds {MOST_ITEMS} pages; take one out first")
    if held is not None and not note:
        return held
    item, _ = CollectionItem.objects.update_or_create(
        collection=collection, page=page, defaults={"note": note}, create_defaults={"note": note, "added_at": now}
    )
    return item


def share(collection: Collection) -> str:
    """Share a collection by link; gives the key in its address, the same one until it is made private again."""
    if not collection.share_key:
        collection.share_key = secrets.token_urlsafe(32)
        collection.save(update_fields=["share_key"])
    return collection.share_key


def make_private(collection: Collection) -> None:
    """Take the link back: the old address leads nowhere from now on."""
    collection.share_key = ""
    collection.save(update_fields=["share_key"])
