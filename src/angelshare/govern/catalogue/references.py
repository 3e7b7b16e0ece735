"""Every place of a catalogue where one entry names another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from angelshare.core.catalogue import Claim
from angelshare.core.catalogue_pages import Article, Catalogue, EntryKind, Finding
from angelshare.core.errors import nearest
from angelshare.govern.catalogue.load import KINDS, entry_id


class Link(NamedTuple):
    """One entry's naming of another."""

    key: str
    """The key that names it."""

    kind: EntryKind
    """What it must be."""

    id: str
    """The id given."""


NAMED: Mapping[EntryKind, Sequence[tuple[str, EntryKind]]] = {
    "source": (),
    "claim": (("supersedes", "claim"), ("superseded_by", "claim")),
    "instrument": (("claims", "claim"),),
    "topic": (),
    "cell": (("instrument", "instrument"), ("topic", "topic"), ("claim", "claim")),
    "terms": (("instrument", "instrument"), ("claim", "claim")),
    "allegation": (("claim", "claim"),),
    "figure": (("claim", "claim"),),
    "concept": (
        ("used_by", "instrument"), ("related", "concept"), ("articles", "article"), ("references", "source"),
        ("claims", "claim"),
    ),
    "article": (("topic", "topic"),),
}  # fmt: skip
"""The keys of each entry that hold ids, and of what; citations and paragraphs hold some more."""


def links_of(kind: EntryKind, entry: Any) -> Sequence[Link]:  # noqa: ANN401 - any record of a catalogue
    """Give every id that an entry names, with what it must be."""
    links = [Link(key, other, name) for key, other in NAMED[kind] for name in _ids(getattr(entry, key))]
    if isinstance(entry, Claim):
        links += [Link("sources", "source", citation.source) for citation in entry.sources]
    if isinstance(entry, Article):
        links += [Link("paragraphs", "claim", name) for paragraph in entry.paragraphs for name in paragraph.claims]
    return links


def dangling(catalogue: Catalogue) -> Iterator[Finding]:
    """Find ids that lead nowhere, each with the nearest that does."""
    known: dict[EntryKind, set[str]] = {kind: set() for kind in KINDS.values()}
    for entry in catalogue.entries:
        known[entry.kind].add(entry.id)
    places = {(entry.kind, entry.id): entry.place for entry in reversed(catalogue.entries)}
    for plural, kind in KINDS.items():
        for held in getattr(catalogue, plural):
            for link in links_of(kind, held):
                if link.id not in known[link.kind]:
                    says = f"{link.key}: no {link.kind} has the id '{link.id}'; {nearest(link.id, known[link.kind])}"
                    name = entry_id(held)
                    yield Finding(error="DanglingIdError", place=places[kind, name], id=name, says=says)


def _ids(held: str | Sequence[str]) -> Sequence[str]:
    return (held,) if isinstance(held, str) else held
