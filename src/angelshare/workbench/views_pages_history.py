"""The life of a page: its revisions, one of them, and how to cite it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from angelshare.core.errors import PlanError, nearest
from angelshare.workbench.cite import FILES, NAMES, STYLES, Cited, citation
from angelshare.workbench.models import Revision
from angelshare.workbench.reading import Reading, asked_day, read_page, read_revision, readable, today
from angelshare.workbench.views_pages import shown

_PER_PAGE = 50


@readable
def revisions(request: HttpRequest, slug: str) -> HttpResponse:
    """List the revisions of a page, newest first, with what each changed."""
    reading = read_page(slug)
    chain = Revision.objects.filter(page__slug=slug).defer("dossier").prefetch_related("changes").order_by("-number")
    listed = Paginator(chain, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "workbench/revisions.html", {"d": reading.dossier, "r": reading, "listed": listed})


@readable
def revision(request: HttpRequest, slug: str, sha256: str) -> HttpResponse:
    """Show a page in one revision, with what that revision changed: an address that never says anything else."""
    return shown(request, read_revision(slug, sha256))


@readable
def cite(request: HttpRequest, slug: str) -> HttpResponse:
    """Say how to cite a page, pinned to the revision read and to today; `?style=` gives one form alone."""
    digits = request.GET.get("revision", "")
    reading = read_revision(slug, digits) if digits else read_page(slug, asked_day(request))
    cited = cited_as(request, reading)
    asked = request.GET.get("style", "")
    if not asked:
        forms = [(NAMES[style], style, citation(cited, style), style in FILES) for style in STYLES]
        context = {"d": reading.dossier, "r": reading, "forms": forms, "cited": cited}
        return render(request, "workbench/cite.html", context)
    for style in STYLES:
        if style == asked:
            suffix, media = FILES.get(style, ("txt", "text/plain; charset=utf-8"))
            reply = HttpResponse(citation(cited, style), content_type=media)
            reply["Content-Disposition"] = f'attachment; filename="{slug}-{reading.revision.sha256[:12]}.{suffix}"'
            return reply
    raise PlanError(f"style: no form of citation '{asked}'; {nearest(asked, STYLES)}")


def cited_as(request: HttpRequest, reading: Reading) -> Cited:
    """Say what a citation of this reading names."""
    held = reading.revision
    address = reverse("revision", args=[reading.dossier.slug, held.sha256])
    return Cited(
        slug=reading.dossier.slug,
        title=reading.dossier.title,
        number=held.number,
        sha256=held.sha256,
        published_on=held.published_at.date(),
        accessed_on=today(),
        url=request.build_absolute_uri(address),
    )
