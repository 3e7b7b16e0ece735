"""Paragraphs as templates show them: with the claims behind each."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from angelshare.core.dossier import Dossier
from angelshare.core.record import record
from angelshare.workbench.claims_shown import ClaimRow
from angelshare.workbench.ties import untied

register = template.Library()


@record
class TiedParagraph:
    """A paragraph of a page."""

    text: str
    """What it says."""

    claims: Sequence[ClaimRow]
    """The claims behind it, as the page's table shows them."""


@register.simple_tag
def paragraphs(dossier: Dossier, rows: Sequence[ClaimRow]) -> Sequence[TiedParagraph]:
    """Give the paragraphs of a page, each with its claims: `{% paragraphs d p.claims as told %}`."""
    held = {row.claim.id: row for row in rows}
    read = [untied(text) for text in dossier.scope]
    return [
        TiedParagraph(text=one.text, claims=[held[id_] for id_ in dict.fromkeys(one.claims) if id_ in held])
        for one in read
    ]
