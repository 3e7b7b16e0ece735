"""Ties between a paragraph and the claims behind it: a mark at its end that people type and read alike.

A paragraph ends with `[claims: first-id, second-id]`. The mark is part of the text, so that it goes through forms,
revisions and exports as every word does; a page shows links to the claims in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from angelshare.core.catalogue_pages import Finding, Paragraph
from angelshare.core.dossier import Dossier
from angelshare.core.errors import nearest

MARK = re.compile(r"\s*\[claims?:\s*([^\[\]]*)\]\s*$")


def tied(paragraph: Paragraph) -> str:
    """Write a paragraph of an article with the claims behind it."""
    return f"{paragraph.text} [claims: {', '.join(paragraph.claims)}]" if paragraph.claims else paragraph.text


def untied(text: str) -> Paragraph:
    """Read a paragraph: its text, and the ids of the claims that it names at its end."""
    found = MARK.search(text)
    if found is None:
        return Paragraph(text=text)
    return Paragraph(text=text[: found.start()], claims=found[1].replace(",", " ").split())


def tie_faults(dossier: Dossier) -> Iterator[Finding]:
    """Find paragraphs that name a claim which is not on the page."""
    known = [claim.id for claim in dossier.claims]
    for number, text in enumerate(dossier.scope, start=1):
        for id_ in untied(text).claims:
            if id_ not in known:
                says = f"names the claim '{id_}', which is not on this page; {nearest(id_, known)}"
                yield Finding(error="DanglingIdError", place=dossier.slug, id=f"paragraph {number}", says=says)
