"""The sources of a catalogue as BibTeX."""

from __future__ import annotations

import re
from datetime import date

from angelshare.core.catalogue import CataloguedSource
from angelshare.core.catalogue_pages import Catalogue

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}
"""Characters that TeX gives a meaning, and how to print them."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""The macros that every BibTeX style defines."""


def bibtex(catalogue: Catalogue, as_of: date) -> bytes:
    """Write every source, in order of key; text between entries is a comment, and says of which catalogue and day."""
    head = f"angelshare catalogue, sha256 {catalogue.sha256}, as of {as_of.isoformat()}\n"
    keys = keys_of([source.id for source in catalogue.sources])
    entries = [_entry(keys[source.id], source) for source in sorted(catalogue.sources, key=lambda source: source.id)]
    return "\n".join([head, *entries]).encode()


def keys_of(ids: list[str]) -> dict[str, str]:
    """Give each id a citation key of letters, digits, hyphens and colons; keys that would coincide get a number."""
    keys: dict[str, str] = {}
    taken: set[str] = set()  # in lower case: BibTeX takes two keys for one if they differ in case only
    for name in sorted(ids):
        stem = re.sub(r"[^A-Za-z0-9:-]+", "-", name).strip("-") or "source"
        key, number = stem, 2
        while key.lower() in taken:
            key, number = f"{stem}-{number}", number + 1
        keys[name] = key
        taken.add(key.lower())
    return keys


def escape(text: str) -> str:
    """Write text so that TeX prints it as it is."""
    return "".join(ESCAPES.get(character, character) for character in " ".join(text.split()))


def _entry(key: str, source: CataloguedSource) -> str:
    year, _, month = source.on[:7].partition("-")
    fields = {"title": f"{{{escape(source.title)}}}", "author": f"{{{escape(source.publisher)}}}"}
    if year:
        fields["year"] = year
    if month:
        fields["month"] = MONTHS[int(month) - 1]
    # an address is printed by \url, which wants it raw; braces and spaces cannot stand in one
    fields["howpublished"] = rf"\url{{{_address(source.url)}}}"
    if source.note:
        fields["note"] = escape(source.note)
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}" for name, value in fields.items()]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _address(url: str) -> str:
    """Percent-encode the characters that would end the argument of the url command."""
    return "".join(f"%{ord(character):02X}" if character in "{}\\" else character for character in url)
