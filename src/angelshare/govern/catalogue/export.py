"""Export a catalogue: JSON, CSV with CSVW, JSON-LD, BibTeX; the same bytes for the same catalogue and day."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, TypeAlias, get_args

from angelshare.core.catalogue_pages import Catalogue
from angelshare.core.strict import plain
from angelshare.govern.catalogue.asof import instrument_status, is_expired, shown_status
from angelshare.govern.catalogue.bibtex import bibtex
from angelshare.govern.catalogue.jsonld import jsonld
from angelshare.govern.catalogue.load import KINDS, entry_id
from angelshare.govern.catalogue.tables import csv_files

Format: TypeAlias = Literal["json", "csv", "jsonld", "bibtex"]
"""What a catalogue can be exported to."""

FORMATS: tuple[Format, ...] = get_args(Format)
"""All of them."""


def export(catalogue: Catalogue, form: Format, as_of: date) -> Mapping[str, bytes]:
    """Give the files of one export by name, each carrying the catalogue's hash and the day.

    Args:
        catalogue: one that `require` lets pass.
        form: json, csv (tables and their CSVW description), jsonld or bibtex.
        as_of: the day for which expiry and instruments' standing are shown.
    """
    writers: Mapping[Format, Callable[[Catalogue, date], Mapping[str, bytes]]] = {
        "json": _json,
        "csv": csv_files,
        "jsonld": lambda held, on: {"catalogue.jsonld": _dump(jsonld(held, on))},
        "bibtex": lambda held, on: {"catalogue.bib": bibtex(held, on)},
    }
    return writers[form](catalogue, as_of)


def _json(catalogue: Catalogue, as_of: date) -> Mapping[str, bytes]:
    """Write every entry with its hash, and what the day makes of claims and instruments."""
    hashes = {(entry.kind, entry.id): entry.sha256 for entry in catalogue.entries}
    lists: dict[str, list[dict[str, Any]]] = {}
    for plural, kind in KINDS.items():
        lists[plural] = []
        for entry in getattr(catalogue, plural):
            lists[plural].append({**plain(entry), "sha256": hashes[kind, entry_id(entry)]})
    for row, claim in zip(lists["claims"], catalogue.claims, strict=True):
        row |= {"shown_status": shown_status(claim, as_of), "expired": is_expired(claim, as_of)}
    for row, instrument in zip(lists["instruments"], catalogue.instruments, strict=True):
        row["status"] = instrument_status(instrument, as_of)
    head = {"catalogue_sha256": catalogue.sha256, "as_of": as_of.isoformat(), "about": plain(catalogue.about)}
    return {"catalogue.json": _dump({**head, **lists})}


def _dump(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
