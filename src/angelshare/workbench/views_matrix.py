"""The matrix of instruments and topics, and its silent squares."""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from angelshare.core.errors import PlanError, nearest
from angelshare.workbench.matrix_grid import RELATIONS, Grid, read_grid
from angelshare.workbench.matrix_rows import silent_items
from angelshare.workbench.reading import asked_day, readable, today


@readable
def matrix(request: HttpRequest) -> HttpResponse:
    """Show the matrix, as of a day if one is asked for, of one jurisdiction if one is chosen; or as CSV."""
    day = asked_day(request)
    grid = read_grid(day)
    jurisdictions = sorted({row.jurisdiction for row in grid.rows})
    chosen = request.GET.get("jurisdiction", "")
    if chosen and chosen not in jurisdictions:
        raise PlanError(f"jurisdiction: none called '{chosen}'; {nearest(chosen, jurisdictions)}")
    if request.GET.get("format") == "csv":
        return _csv(grid, chosen)
    context = {
        "grid": grid, "rows": [row for row in grid.rows if chosen in ("", row.jurisdiction)], "relations": RELATIONS,
        "jurisdictions": jurisdictions, "chosen": chosen, "day": day, "today": today(),
        "asof": f"?asof={day}" if day else "",
    }  # fmt: skip
    return render(request, "workbench/matrix.html", context)


@readable
def silent(request: HttpRequest) -> HttpResponse:
    """List by topic the instruments that say nothing, apart from those that nobody has looked at."""
    day = asked_day(request)
    grid = read_grid(day)
    asof = f"?asof={day}" if day else ""
    items = [silent_items(row, asof) for row in grid.rows]
    topics = [
        (column, *(mark_safe("".join(own[index][which] for own in items)) for which in (0, 1)))  # noqa: S308 - each was escaped
        for index, column in enumerate(grid.columns)
    ]
    context = {"topics": topics, "grid": grid, "day": day, "asof": asof}
    return render(request, "workbench/silent.html", context)


def _csv(grid: Grid, jurisdiction: str) -> HttpResponse:
    """Write the matrix as CSV (RFC 4180), a row per square."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["instrument", "jurisdiction", "topic", "relation", "pinpoint"])
    for row in grid.rows:
        if jurisdiction in ("", row.jurisdiction):
            writer.writerows(
                [row.slug, row.jurisdiction, square.topic, square.relation, square.pinpoint] for square in row.squares
            )
    reply = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = 'attachment; filename="matrix.csv"'
    return reply
