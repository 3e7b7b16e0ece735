"""What programs and other sites fetch: exports, embedded figures, the sitemap, robots."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import F
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from angelshare.core.errors import NoSuchPageError
from angelshare.workbench.chain import dossier_at
from angelshare.workbench.embeds import embedded, policy
from angelshare.workbench.export_shapes import Exported, exported
from angelshare.workbench.exports import NAMES, Form, Pages, export, is_form
from angelshare.workbench.models import Page, Revision
from angelshare.workbench.reading import asked_day, read_page, readable

MOST_ADDRESSES = 50_000
"""Addresses of a sitemap; sitemaps.org protocol 0.9."""


@require_safe
def export_all(request: HttpRequest) -> HttpResponseBase:
    """Offer every form of everything, or give one."""
    form = is_form(request.GET.get("form", ""))
    if form is None:
        return render(request, "workbench/export.html", {"forms": _offered()})
    return _file(request, form, every_page, "workbench")


@readable
def export_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Offer every form of a page, as it stands or as of a day, or give one."""
    reading = read_page(slug, asked_day(request))
    form = is_form(request.GET.get("form", ""))
    if form is None:
        asof = reading.on.isoformat() if reading.pin else ""
        return render(request, "workbench/export.html", {"forms": _offered(), "d": reading.dossier, "asof": asof})
    one = exported(reading.revision)
    return _file(request, form, lambda: [one], f"{slug}-{one.sha256[:12]}")


def every_page() -> Iterator[Exported]:
    """Give every page as it stands, by slug, one at a time."""
    for row in Revision.objects.filter(sha256=F("page__head")).order_by("page__slug").iterator(chunk_size=100):
        yield exported(row)


@require_safe
def embed(request: HttpRequest, slug: str, figure: str) -> HttpResponse:
    """Give a figure of a page as a picture that any site may frame; it can do nothing but be seen."""
    try:
        dossier, revision = dossier_at(slug)
        svg = embedded(dossier, revision, figure)
    except NoSuchPageError as error:
        return render(request, "404.html", {"reason": str(error)}, status=404)
    tag = f'"{hashlib.sha256(svg.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response["Content-Security-Policy"] = policy(svg)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=3600"
    response["ETag"] = tag
    response.xframe_options_exempt = True  # how Django's own middleware is told
    return response


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every page with the day it last changed."""
    rows = Page.objects.filter(head__isnull=False).order_by("slug")[:MOST_ADDRESSES]
    lines = [
        f"<url><loc>{escape(request.build_absolute_uri(reverse('page', args=[slug])))}</loc>"
        f"<lastmod>{at.astimezone(UTC):%Y-%m-%d}</lastmod></url>"
        for slug, at in rows.values_list("slug", "head__published_at")
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return HttpResponse(head + "\n".join(lines) + "\n</urlset>\n", content_type="application/xml; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Let robots read the pages and leave people's things alone (RFC 9309)."""
    private = (
        "/accounts/",
        "/account/",
        "/collections/",
        "/shared/",
        "/watches/",
        "/notices/",
        "/proposals/",
        "/feeds/",
    )
    rules = [f"Disallow: {path}" for path in (*private, "/staff/", "/upload/", "/search/", "/compare/", "/api/")]
    lines = ["User-agent: *", *rules, f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _file(request: HttpRequest, form: Form, pages: Pages, stem: str) -> StreamingHttpResponse:
    _, suffix, media = NAMES[form]
    today = datetime.now(UTC).date()
    content = export(pages, form, address=request.build_absolute_uri, on=today)
    response = StreamingHttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="angelshare-{stem}.{suffix}"'
    return response


def _offered() -> list[tuple[Form, str]]:
    return [(form, name) for form, (name, _, _) in NAMES.items()]
