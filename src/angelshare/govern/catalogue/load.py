"""Read catalogue files, strictly, into one record with the place and hash of every entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from angelshare.core.catalogue import Cell
from angelshare.core.catalogue_pages import Catalogue, CatalogueFile, Entry, EntryKind
from angelshare.core.errors import PlanError
from angelshare.core.strict import decode_toml, encode

KINDS: Mapping[str, EntryKind] = {
    "sources": "source",
    "claims": "claim",
    "instruments": "instrument",
    "topics": "topic",
    "cells": "cell",
    "terms": "terms",
    "allegations": "allegation",
    "figures": "figure",
    "concepts": "concept",
    "articles": "article",
}
"""The lists of a catalogue file, and what one of each is called."""


def shipped_files() -> Mapping[str, str]:
    """Give the shipped catalogue files by name.

    They are part of the program, as its modules are: nothing of the user's is read here.
    """
    return dict(sorted(_texts(files(__package__).joinpath("data"), "")))


def shipped() -> Catalogue:
    """Give the shipped catalogue."""
    return assemble(shipped_files())


def assemble(texts: Mapping[str, str]) -> Catalogue:
    """Read catalogue files into one catalogue.

    Args:
        texts: file name to TOML text, in the order in which entries shall stand.

    Raises UnknownKeyError or PlanError for what no record can hold. What records hold and is wrong all the same
    (ids, dates, sources, quotes) is for `check` to find, all of it at once.
    """
    parts = {name: decode_toml(text, CatalogueFile, name) for name, text in texts.items()}
    abouts = {name: part.about for name, part in parts.items() if part.about is not None}
    if len(abouts) != 1:
        raise PlanError(f"expected one [about] table in all files, found {len(abouts)}: {', '.join(abouts) or 'none'}")
    lists: dict[str, list[Any]] = {
        plural: [entry for part in parts.values() for entry in getattr(part, plural)] for plural in KINDS
    }
    entries = [
        Entry(kind=kind, id=entry_id(entry), place=f"{name}: {plural}[{index}]", sha256=_sha256(encode(entry)))
        for name, part in parts.items()
        for plural, kind in KINDS.items()
        for index, entry in enumerate(getattr(part, plural))
    ]
    return Catalogue(about=next(iter(abouts.values())), sha256=content_hash(entries), entries=entries, **lists)


def entry_id(entry: Any) -> str:  # noqa: ANN401 - any record of a catalogue
    """Give the id of an entry; of a cell, its instrument's and its topic's."""
    return f"{entry.instrument}/{entry.topic}" if isinstance(entry, Cell) else str(entry.id)


def content_hash(entries: Iterable[Entry]) -> str:
    """Hash a catalogue by its entries, whatever file and order they stand in."""
    lines = sorted(f"{entry.kind} {entry.id} {entry.sha256}\n" for entry in entries)
    return _sha256("".join(lines).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _texts(folder: Traversable, prefix: str) -> Sequence[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _texts(item, f"{prefix}{item.name}/")
        elif item.name.endswith(".toml"):
            found.append((f"{prefix}{item.name}", item.read_text(encoding="utf-8")))
    return found
