"""A page, as it stands or as of a day; and an imported run."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from angelshare.core.errors import NoSuchPageError
from angelshare.workbench import measured as drawn
from angelshare.workbench.anatomy import anatomy
from angelshare.workbench.models import Page, Run
from angelshare.workbench.people import may
from angelshare.workbench.reading import Reading, asked_day, read_page, readable, today
from angelshare.workbench.runs_shown import run_blocks


@readable
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page."""
    return shown(request, read_page(slug, asked_day(request)))


def shown(request: HttpRequest, reading: Reading) -> HttpResponse:
    """Show what was read, whatever holds it in place."""
    carried = f"?asof={reading.on.isoformat()}" if reading.pin == "day" else ""
    context = {"p": anatomy(reading), "d": reading.dossier, "r": reading, "asof": carried, "today": today()}
    context["may_propose"] = may(request.user, "propose")
    return render(request, "workbench/page.html", context)


@readable
def run(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show an imported run: its numbers, figures and manifest, and the pages it stands on."""
    found = Run.objects.filter(sha256=sha256.lower()).first()
    if found is None:
        raise NoSuchPageError(f"no run with manifest hash '{sha256}' has been imported")
    (block,) = run_blocks([drawn.block(found)])
    shown_on = Q(revisions__changes__path__startswith="measured/", revisions__changes__after=found.sha256)
    pages = Page.objects.filter(shown_on).distinct().order_by("title")
    return render(request, "workbench/run.html", {"run": found, "shown": block, "pages": pages})
