"""Atom feeds: of a page's revisions, of one watch, of everything someone watches. RFC 4287."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from django.utils.crypto import salted_hmac

from angelshare.core.record import record
from angelshare.workbench.models import Notice, Page, Revision, User, Watch
from angelshare.workbench.outbox import link
from angelshare.workbench.watch_target import said

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 50
"""Entries of a feed, latest first."""
ET.register_namespace("", ATOM)


@record
class Entry:
    """One entry of a feed."""

    id: str
    """Never changes: a URN of its hash."""

    title: str
    """In a line."""

    text: str
    """What changed, in words."""

    url: str
    """Where to read on."""

    at: datetime
    """When, UTC."""

    author: str = ""
    """Who wrote it; "" where the workbench did."""


def page_feed(page: Page) -> bytes:
    """Write the feed of a page: one entry per revision, its changes in words."""
    revisions = page.revisions.order_by("-number").prefetch_related("changes")[:MOST_ENTRIES]
    entries = [_revised(page, revision) for revision in revisions]
    return atom(f"Revisions of {page.title}", f"urn:angelshare:page:{page.slug}", link(f"/{page.slug}/"), entries)


def _revised(page: Page, revision: Revision) -> Entry:
    changes = [change.words for change in revision.changes.all()]
    return Entry(
        id=f"urn:sha256:{revision.sha256}",
        title=f"{page.title}: revision {revision.number}",
        text="\n".join([revision.message, *changes[:MOST_ENTRIES]]),
        url=link(f"/{page.slug}/revisions/{revision.sha256}/"),
        at=revision.published_at,
        author=revision.author_name,
    )


def watch_feed(watch: Watch) -> bytes:
    """Write the feed of one watch."""
    entries = list(_noticed(watch.notices.select_related("revision__page").order_by("-at", "key")[:MOST_ENTRIES]))
    return atom(f"Watch: {said(watch)}", f"urn:angelshare:watch:{watch.pk}", link("/watches/"), entries)


def watchlist_feed(user: User) -> bytes:
    """Write the feed of everything someone watches."""
    entries = list(_noticed(user.notices.select_related("revision__page").order_by("-at", "key")[:MOST_ENTRIES]))
    return atom("Your watches", f"urn:angelshare:watchlist:{user.pk}", link("/notices/"), entries)


def _noticed(notices: Iterable[Notice]) -> Iterator[Entry]:
    for notice in notices:
        revision = notice.revision
        url = link(f"/{revision.page.slug}/revisions/{revision.sha256}/" if revision else "/notices/")
        yield Entry(id=f"urn:sha256:{notice.key}", title=notice.title, text=notice.words, url=url, at=notice.at)


def watchlist_key(user: User) -> str:
    """Give the key in the address of someone's own feed: unguessable, and another one once the password changes."""
    return salted_hmac("angelshare.watchlist", f"{user.pk}:{user.password}", algorithm="sha256").hexdigest()


def opens(user: User, key: str) -> bool:
    """Say whether a key opens someone's feed."""
    return hmac.compare_digest(watchlist_key(user).encode(), key.encode())


def atom(title: str, id_: str, url: str, entries: Sequence[Entry]) -> bytes:
    """Write a feed; text is plain, so nothing in it is ever markup."""
    feed = ET.Element(f"{{{ATOM}}}feed")
    updated = max((entry.at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC))
    _put(feed, "title", title)
    _put(feed, "id", id_)
    _put(feed, "updated", _stamp(updated))
    ET.SubElement(feed, f"{{{ATOM}}}link", href=url)
    _put(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", "angelshare workbench")
    for entry in entries:
        node = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _put(node, "title", entry.title)
        _put(node, "id", entry.id)
        _put(node, "updated", _stamp(entry.at))
        ET.SubElement(node, f"{{{ATOM}}}link", href=entry.url)
        if entry.author:
            _put(ET.SubElement(node, f"{{{ATOM}}}author"), "name", entry.author)
        _put(node, "content", entry.text).set("type", "text")
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _put(parent: ET.Element, name: str, text: str) -> ET.Element:
    node = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    # control characters, which XML cannot hold at all, would make the whole feed unreadable
    node.text = "".join(
        c for c in text if c in "\t\n" or (c.isprintable() and c not in "\ufffe\uffff") or c == "\u00a0"
    )
    return node


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
