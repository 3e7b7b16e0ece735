"""Take pages away as files: JSON, CSV with CSVW, JSON-LD, RIS, BibTeX; one page, or all of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import IO, Literal, TypeAlias, cast, get_args

from angelshare.core.catalogue import CataloguedSource
from angelshare.core.catalogue_pages import About, Catalogue
from angelshare.core.strict import plain
from angelshare.govern.catalogue.bibtex import bibtex
from angelshare.workbench import export_linked as linked
from angelshare.workbench.export_linked import Address
from angelshare.workbench.export_shapes import LICENCE, STATEMENT, Exported
from angelshare.workbench.export_tables import write_zip

Form: TypeAlias = Literal["json", "csv", "jsonld", "ris", "bibtex"]
"""What pages can be exported to."""

FORMS: tuple[Form, ...] = get_args(Form)

NAMES: Mapping[Form, tuple[str, str, str]] = {
    "json": ("JSON", "json", "application/json"),
    "csv": ("CSV tables with CSVW, zipped", "zip", "application/zip"),
    "jsonld": ("JSON-LD", "jsonld", "application/ld+json"),
    "ris": ("Sources as RIS", "ris", "application/x-research-info-systems; charset=utf-8"),
    "bibtex": ("Sources as BibTeX", "bib", "application/x-bibtex; charset=utf-8"),
}
"""What each form is called, its suffix and its media type."""

Pages: TypeAlias = Callable[[], Iterable[Exported]]
"""Gives the pages, as often as they are needed."""

SPOOL = 4 << 20
"""Bytes of an archive that are held in memory; what is larger goes through a temporary file."""


def export(pages: Pages, form: Form, *, address: Address, on: date) -> Iterator[bytes]:
    """Write pages in one form, piece by piece; the same pages give the same bytes, but for the day in BibTeX.

    Args:
        pages: gives the pages, by slug.
        form: one of `FORMS`.
        address: gives the absolute address of a path.
        on: the day that sources were taken away.
    """
    match form:
        case "json":
            return _json(pages())
        case "csv":
            return _zip(pages)
        case "jsonld":
            return _listed(linked.HEAD, "@graph", (node for one in pages() for node in linked.nodes_of(one, address)))
        case "ris":
            return _ris(sources_of(pages()))
        case "bibtex":
            return iter([_bibtex(sources_of(pages()), on)])


def is_form(text: str) -> Form | None:
    """Give the form that a text names, or None."""
    return next((form for form in FORMS if form == text), None)


def sources_of(pages: Iterable[Exported]) -> Sequence[CataloguedSource]:
    """Give every source of the pages once, by id."""
    held = {source.id: source for one in pages for source in one.dossier.sources}
    return [held[name] for name in sorted(held)]


def _json(pages: Iterable[Exported]) -> Iterator[bytes]:
    entries = (
        {
            "revision": {"sha256": one.sha256, "number": one.number, "published_at": one.published_at.isoformat()},
            "dossier": plain(one.dossier),
        }
        for one in pages
    )
    return _listed({"licence": LICENCE, "statement": STATEMENT}, "pages", entries)


def _listed(head: Mapping[str, object], name: str, entries: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Write a JSON object that ends in a list, an entry a line, so that one entry at a time is held in memory."""
    yield _dump(head).rstrip().removesuffix(b"}").rstrip() + f',\n  "{name}": ['.encode()
    before = b"\n"
    for entry in entries:
        yield before + json.dumps(entry, ensure_ascii=False, allow_nan=False).encode()
        before = b",\n"
    yield b"\n  ]\n}\n"


def _zip(pages: Pages) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as target:
        write_zip(pages, cast("IO[bytes]", target))
        target.seek(0)
        while chunk := target.read(1 << 16):
            yield chunk


RIS_TYPES = {"primary": "LEGAL", "secondary": "ELEC", "data": "DATA", "paper": "JOUR"}
"""Reference type of each kind of source; RIS specification, 2012, "Type of reference"."""


def _ris(sources: Iterable[CataloguedSource]) -> Iterator[bytes]:
    for source in sources:
        fields = [
            ("TY", RIS_TYPES[source.kind]), ("ID", source.id), ("TI", source.title), ("AU", source.publisher),
            ("PB", source.publisher), ("PY", source.on[:4]), ("DA", source.on.replace("-", "/")), ("UR", source.url),
            ("N1", source.note),
        ]  # fmt: skip
        lines = [f"{tag}  - {' '.join(said.split())}" for tag, said in fields if said]
        yield ("\r\n".join([*lines, "ER  - "]) + "\r\n\r\n").encode()


def _bibtex(sources: Sequence[CataloguedSource], on: date) -> bytes:
    """Write sources as the catalogue writes its own."""
    about = About(title="angelshare workbench", edited_on=on.isoformat(), licence=LICENCE, statement=STATEMENT)
    held = Catalogue(
        about=about, sha256="of the revisions exported", entries=(), sources=sources, claims=(), instruments=(),
        topics=(), cells=(), terms=(), allegations=(), figures=(), concepts=(), articles=(),
    )  # fmt: skip
    return bibtex(held, on)


def _dump(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
