"""Compare pages, revisions, runs and days side by side; the address says what is compared and can be shared."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from angelshare.workbench.comparison import MOST, as_csv, check_count, lines_of, read_column
from angelshare.workbench.models import Page
from angelshare.workbench.reading import readable, today

_OFFERED = 500


@readable
def compare(request: HttpRequest) -> HttpResponse:
    """Show what `?of=` names, side by side; `?only=differences` leaves out what is the same; `?format=csv` saves it."""
    asked = check_count(request.GET.getlist("of"))
    columns = [read_column(name) for name in asked]
    lines = lines_of(columns)
    differing = sum(line.differs for line in lines)
    only = request.GET.get("only") == "differences"
    if only:
        lines = [line for line in lines if line.differs]
    if request.GET.get("format") == "csv":
        reply = HttpResponse(as_csv(columns, lines), content_type="text/csv; charset=utf-8")
        reply["Content-Disposition"] = 'attachment; filename="comparison.csv"'
        return reply
    query = request.GET.copy()
    query["format"] = "csv"
    offered = Page.objects.filter(head__isnull=False).order_by("kind", "title").values("slug", "kind", "title")
    context = {
        "columns": columns, "lines": lines, "differing": differing, "only": only, "most": MOST, "today": today(),
        "offered": offered[:_OFFERED], "csv": query.urlencode(), "blank": max(0, 2 - len(columns)) or 1,
    }  # fmt: skip
    return render(request, "workbench/compare.html", context)
