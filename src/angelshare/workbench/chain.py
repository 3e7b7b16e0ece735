"""The chain of revisions: every state a page ever had, each named by the hash of its content and of its parent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from angelshare.core.dossier import Change, Dossier
from angelshare.core.errors import NoSuchPageError, StaleError
from angelshare.core.strict import convert, encode, plain
from angelshare.workbench.diffs import compare
from angelshare.workbench.models import Page, Revision, RevisionChange, User
from angelshare.workbench.search import index
from angelshare.workbench.watches import fire

HOUSE = "angelshare"
"""Author of what the workbench itself publishes: the shipped catalogue."""


def publish(
    dossier: Dossier,
    *,
    message: str,
    author: User | None,
    reviewer: User | None,
    now: datetime,
    base: str | None = None,
) -> Revision:
    """Publish `dossier` as its page's next revision, with its changes, notices and messages, or nothing at all.

    Args:
        dossier: what the page says from now on.
        message: why, in a sentence.
        author: who wrote it; None for the shipped catalogue.
        reviewer: who let it through; None for the shipped catalogue.
        now: instant in UTC.
        base: hash of the revision it was written against, "" if there was none; None to build on whatever is head.

    Gives the head as it was if nothing changed. Raises StaleError when `base` is no longer the head.
    """
    try:
        with transaction.atomic():
            return _publish(dossier, message=message, author=author, reviewer=reviewer, now=now, base=base)
    except IntegrityError as error:
        # only where the database does not lock the page's row, or two processes make a page at once
        raise StaleError(f"page '{dossier.slug}': someone else published at the same moment; try again") from error


def _publish(
    dossier: Dossier, *, message: str, author: User | None, reviewer: User | None, now: datetime, base: str | None
) -> Revision:
    # the head is fetched after the lock is held: joined to it, PostgreSQL would give the head of before the wait
    page = Page.objects.select_for_update().filter(slug=dossier.slug).first()
    head = page.head if page else None
    _refuse_stale(dossier.slug, head, base)
    before = dossier_of(head) if head else None
    changes = compare(before, dossier)
    if head and not changes:
        return head
    page = page or Page.objects.create(slug=dossier.slug, kind=dossier.kind, title=dossier.title)
    revision = Revision(
        page=page,
        parent=head,
        number=head.number + 1 if head else 1,
        dossier=plain(dossier),
        message=message,
        author=author,
        author_name=author.username if author else HOUSE,
        reviewer=reviewer,
        reviewer_name=reviewer.username if reviewer else "",
        published_at=now.astimezone(UTC),
    )
    revision.sha256 = hash_of(revision)
    revision.save(force_insert=True)
    RevisionChange.objects.bulk_create(_row(revision, change) for change in changes)
    page.head, page.kind, page.title = revision, dossier.kind, dossier.title
    page.save(update_fields=["head", "kind", "title"])
    index(page, dossier)
    fire(revision, changes, before=before, after=dossier)
    return revision


def _refuse_stale(slug: str, head: Revision | None, base: str | None) -> None:
    if base is None or base == (head.sha256 if head else ""):
        return
    if head is None:
        raise StaleError(f"page '{slug}': there is no such page any more to build on; propose it anew")
    found = f"now at revision {head.number} by {head.author_name}"
    raise StaleError(
        f"page '{slug}': it moved on since this was written, {found}; "
        "look at what changed, then propose the edit again on the current revision"
    )


def _row(revision: Revision, change: Change) -> RevisionChange:
    return RevisionChange(
        revision=revision,
        path=change.path,
        action=change.action,
        before=change.before,
        after=change.after,
        words=change.words,
    )


def dossier_at(slug: str, at: datetime | None = None) -> tuple[Dossier, Revision]:
    """Give what a page says, and the revision that says it; with `at`, as it stood at that instant.

    Raises NoSuchPageError when there is no such page, or none yet at `at`.
    """
    page = Page.objects.select_related("head").filter(slug=slug, head__isnull=False).first()
    if page is None or page.head is None:
        raise NoSuchPageError(f"no page '{slug}'; search for its title, or see the list of pages")
    if at is None:
        return dossier_of(page.head), page.head
    stood = page.revisions.filter(published_at__lte=at).order_by("-number").first()
    if stood is None:
        first = page.revisions.order_by("number").values_list("published_at", flat=True)[0]
        raise NoSuchPageError(f"page '{slug}' did not exist on {at:%Y-%m-%d}; it was first published {first:%Y-%m-%d}")
    return dossier_of(stood), stood


def dossier_of(revision: Revision) -> Dossier:
    """Decode the dossier of a revision."""
    return convert(revision.dossier, Dossier, f"revision {revision.sha256[:12]}")


def hash_of(revision: Revision) -> str:
    """Hash what a revision says, who says it and what came before: SHA-256 over canonical JSON.

    Every number is written as a double, as in RFC 8785, section 3.2.2.3: databases give 1e25 back as an integer, and
    lose the sign of zero.
    """
    content = {
        "slug": revision.page.slug,
        "parent": revision.parent_id,
        "number": revision.number,
        "dossier": revision.dossier,
        "message": revision.message,
        "author_name": revision.author_name,
        "reviewer_name": revision.reviewer_name,
        "published_at": revision.published_at.astimezone(UTC).isoformat(),
    }
    return hashlib.sha256(encode(_doubles(content))).hexdigest()


def _doubles(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _doubles(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_doubles(inner) for inner in value]
    # adding zero turns -0.0 into 0.0
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def verify() -> Sequence[str]:
    """Hold every chain against its hashes and say what is broken; nothing if all is whole."""
    broken: list[str] = []
    for page in Page.objects.order_by("slug").iterator():
        broken += _broken(page)
    return broken


def _broken(page: Page) -> Iterator[str]:
    last: Revision | None = None
    for number, revision in enumerate(page.revisions.order_by("number").iterator(), start=1):
        where = f"page '{page.slug}', revision {revision.number} ({revision.sha256[:12]})"
        if revision.number != number:
            yield f"{where}: revision {number} is missing before it"
        if revision.parent_id != (last.sha256 if last else None):
            yield f"{where}: its parent is not the revision before it"
        if hash_of(revision) != revision.sha256:
            yield f"{where}: its content does not match its hash; restore it from a backup"
        if revision.dossier.get("slug") != page.slug:
            yield f"{where}: it is about '{revision.dossier.get('slug')}'"
        last = revision
    if page.head_id != (last.sha256 if last else None):
        yield f"page '{page.slug}': its head is not its last revision"
    elif last and page.title != last.dossier.get("title"):
        yield f"page '{page.slug}': its title is not that of its last revision"
