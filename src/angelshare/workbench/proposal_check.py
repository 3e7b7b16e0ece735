"""What a dossier must hold before it may be proposed: the catalogue's own rules for claims and sources."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date

from angelshare.core import errors
from angelshare.core.catalogue_pages import About, Catalogue, Concept, Entry, Finding
from angelshare.core.dossier import Dossier
from angelshare.core.errors import CatalogueError, nearest
from angelshare.core.strict import plain
from angelshare.govern.catalogue.check_claims import claim_faults, source_faults
from angelshare.workbench.ties import tie_faults


def require(dossier: Dossier, on: date) -> None:
    """Raise the first fault of a dossier as its own error, naming the entry and what would do."""
    for finding in faults(dossier, on):
        kind: type[CatalogueError] = getattr(errors, finding.error)
        raise kind(f"{finding.place}, '{finding.id}': {finding.says}")


def faults(dossier: Dossier, on: date) -> Iterator[Finding]:
    """Find what is wrong with the claims and sources of a dossier, were it published on that day."""
    whole = _catalogue(dossier, on)
    known = {source.id for source in dossier.sources}
    for text in ("title", "label", "definition"):
        if not str(getattr(dossier, text)).strip():
            yield Finding(error="StatementError", place=dossier.slug, id=text, says="is empty; write it")
    yield from _unprintable(dossier)
    yield from _twice(whole)
    for claim in dossier.claims:
        for citation in claim.sources:
            if citation.source not in known:
                says = f"cites the source '{citation.source}', which is not on this page"
                says = f"{says}; {nearest(citation.source, known)}"
                yield Finding(error="DanglingIdError", place=dossier.slug, id=claim.id, says=says)
        yield from claim_faults(claim, whole, _entry("claim", claim.id, dossier.slug))
    for source in dossier.sources:
        yield from source_faults(source, whole, _entry("source", source.id, dossier.slug))
    yield from tie_faults(dossier)
    for id_ in dossier.references:
        if id_ not in known:
            says = f"is named as a reference but is no source on this page; {nearest(id_, known)}"
            yield Finding(error="DanglingIdError", place=dossier.slug, id=id_, says=says)


def _unprintable(dossier: Dossier) -> Iterator[Finding]:
    """Find control characters, which neither PostgreSQL nor a feed can hold."""
    for text in _texts(plain(dossier)):
        odd = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"), "")
        if odd:
            says = f"holds the control character U+{ord(odd):04X}; type the text anew"
            yield Finding(error="StatementError", place=dossier.slug, id=text[:40], says=says)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in (*value.keys(), *value.values()):
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _twice(whole: Catalogue) -> Iterator[Finding]:
    seen: set[str] = set()
    for entry in whole.entries:
        if entry.id in seen:
            yield Finding(
                error="DuplicateIdError", place=entry.place, id=entry.id, says="is given twice; choose another"
            )
        seen.add(entry.id)


def _entry(kind: str, id_: str, slug: str) -> Entry:
    return Entry(kind="claim" if kind == "claim" else "source", id=id_, place=f"page {slug}, {kind}", sha256="")


def _as_concept(dossier: Dossier) -> Concept:
    """See whatever the page is as a concept, for its references: a source they name is not an idle one."""
    return Concept(
        id=dossier.slug,
        name=dossier.title,
        definition=dossier.definition,
        scope=(),
        used_by=(),
        related=(),
        articles=(),
        note="",
        references=dossier.references,
    )


def _catalogue(dossier: Dossier, on: date) -> Catalogue:
    """See the page as a small catalogue, which is what the rules are written for."""
    about = About(title=dossier.title, edited_on=on.isoformat(), licence="", statement="")
    entries = [_entry("claim", claim.id, dossier.slug) for claim in dossier.claims]
    entries += [_entry("source", source.id, dossier.slug) for source in dossier.sources]
    return Catalogue(
        about=about,
        sha256="",
        entries=entries,
        sources=dossier.sources,
        claims=dossier.claims,
        instruments=(),
        topics=(),
        cells=(),
        terms=(),
        allegations=(),
        figures=(),
        concepts=(_as_concept(dossier),),
        articles=(),
    )
