"""The search page."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from angelshare.core.catalogue import ClaimStatus, EvidenceLevel
from angelshare.core.dossier import DossierKind
from angelshare.workbench.search import Question, find, jurisdictions

SCREEN = 20
"""Pages on a screen."""

FARTHEST = 500
"""Screens that can be turned to."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found, best first; any words are fine, and none show everything."""
    asked = {
        "kind": _one_of(request, "kind", get_args(DossierKind)),
        "status": _one_of(request, "status", get_args(ClaimStatus)),
        "evidence": _one_of(request, "evidence", get_args(EvidenceLevel)),
        "jurisdiction": request.GET.get("jurisdiction", "")[:40].replace("\0", ""),
    }
    words = request.GET.get("q", "")[:2_000]
    screen = _screen(request.GET.get("page", ""))
    found = find(Question(words=words, **asked), limit=SCREEN, offset=(screen - 1) * SCREEN)
    query = {"q": words, **asked}
    context = {
        "words": words,
        "asked": asked,
        "found": found,
        "choices": {
            "kind": get_args(DossierKind),
            "status": get_args(ClaimStatus),
            "evidence": get_args(EvidenceLevel),
            "jurisdiction": jurisdictions(),
        },
        "first": (screen - 1) * SCREEN + 1,
        "earlier": urlencode({**query, "page": screen - 1}) if screen > 1 else "",
        "later": urlencode({**query, "page": screen + 1}) if found.total > screen * SCREEN else "",
    }
    return render(request, "workbench/search.html", context)


def _one_of(request: HttpRequest, name: str, valid: tuple[str, ...]) -> str:
    given = request.GET.get(name, "")
    return given if given in valid else ""


def _screen(given: str) -> int:
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 1  # noqa: PLR2004 - digits
    return min(max(number, 1), FARTHEST)
