"""The way in: home, the list of pages, and the palette they are set in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from angelshare.core.errors import NoSuchPageError, PlanError, nearest
from angelshare.workbench.anatomy import KIND_NAMES
from angelshare.workbench.claims_shown import number_rows
from angelshare.workbench.look import palette_rules, palette_version
from angelshare.workbench.matrix_grid import RELATIONS, read_grid
from angelshare.workbench.models import Page, Revision
from angelshare.workbench.reading import Reading, read_page, readable

FIRST_PAGE = "model-distillation-risk"
"""The page that home opens with."""

_LATEST, _PER_PAGE, _LISTED = 6, 100, 8
_PLURALS = {
    "concept": "Concepts", "article": "Articles", "topic": "Topics", "campaign": "Allegations",
    "terms": "Provider terms", "instrument": "Instruments", "run": "Runs",
}  # fmt: skip


@readable
def home(request: HttpRequest) -> HttpResponse:
    """Open with the page on distillation risk, what changed lately, and the matrix in small."""
    first = _first()
    context = {
        "first": first.dossier if first else None,
        "revision": first.revision if first else None,
        "measured": [(one, number_rows(one)[:4]) for one in first.dossier.measured[:1]] if first else [],
        "latest": latest(_LATEST),
        "grid": read_grid(),
        "relations": RELATIONS,
        "lists": [(kind, _PLURALS[kind], *_some(kind)) for kind in ("concept", "article", "campaign", "terms")],
    }
    return render(request, "workbench/home.html", context)


@readable
def index(request: HttpRequest) -> HttpResponse:
    """List every page, or every page of one kind."""
    kind = request.GET.get("kind", "")
    if kind and kind not in KIND_NAMES:
        raise PlanError(f"kind: no pages of kind '{kind}'; {nearest(kind, list(KIND_NAMES))}")
    pages = Page.objects.filter(head__isnull=False)
    pages = pages.filter(kind=kind) if kind else pages
    listed = Paginator(
        pages.order_by("kind", "title").values(
            "slug", "kind", "title", definition=F("head__dossier__definition"), at=F("head__published_at")
        ),
        _PER_PAGE,
    ).get_page(request.GET.get("page"))
    context = {
        "listed": listed,
        "names": KIND_NAMES,
        "kind": kind,
        "kinds": _PLURALS,
        "heading": _PLURALS.get(kind, "All pages"),
    }
    return render(request, "workbench/index.html", context)


@readable
def palette(_request: HttpRequest, version: str) -> HttpResponse:
    """Give the palette's stylesheet; its address holds its hash, so browsers may keep it for ever."""
    if version != palette_version():
        raise NoSuchPageError(f"no palette '{version}'; the one in use is {palette_version()}")
    reply = HttpResponse(palette_rules(), content_type="text/css; charset=utf-8")
    reply["Cache-Control"] = "public, max-age=31536000, immutable"
    return reply


def latest(count: int) -> Sequence[Revision]:
    """Give the newest revisions that changed a page that was there before, with what they changed."""
    changed = Revision.objects.filter(number__gt=1).defer("dossier").select_related("page")
    return list(changed.prefetch_related("changes").order_by("-published_at", "-number")[:count])


def _first() -> Reading | None:
    try:
        return read_page(FIRST_PAGE)
    except NoSuchPageError:
        return None  # an empty workbench still has a way in


def _some(kind: str) -> tuple[int, Sequence[Mapping[str, object]]]:
    pages = Page.objects.filter(kind=kind, head__isnull=False)
    rows = pages.order_by("title").values("slug", "title", definition=F("head__dossier__definition"))
    return pages.count(), list(rows[:_LISTED])
