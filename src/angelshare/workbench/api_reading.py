"""What anyone may read through the API: pages, revisions, changes, claims, matrix, runs, search."""

# ruff: noqa: ARG001 - a view takes its request, whether it looks at it or not
from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router

from angelshare.core.catalogue import Relation
from angelshare.core.dossier import DossierKind
from angelshare.core.errors import NoSuchPageError
from angelshare.core.strict import plain
from angelshare.workbench import api_shapes as shapes
from angelshare.workbench import chain, measured, search
from angelshare.workbench.anatomy import TREATMENT
from angelshare.workbench.api_paging import Cursor, Limit, decoded, encoded, number, screen
from angelshare.workbench.matrix_grid import shown_as
from angelshare.workbench.models import IndexedClaim, Page, Revision, RevisionChange, Run
from angelshare.workbench.reading import end_of, parse_day, read_revision

router = Router(tags=["reading"])

Words = Annotated[str, Query(max_length=300)]


@router.get("/pages", response=shapes.PageList, operation_id="pages")
def pages(request: HttpRequest, kind: DossierKind | None = None, limit: Limit = 100, cursor: Cursor = "") -> object:
    """List pages by address."""
    found = Page.objects.filter(head__isnull=False).order_by("slug")
    if kind:
        found = found.filter(kind=kind)
    if cursor:
        found = found.filter(slug__gt=decoded(cursor, 1)[0])
    rows, more = screen(list(found[: limit + 1]), limit)
    items = [{"slug": row.slug, "kind": row.kind, "title": row.title, "revision": row.head_id} for row in rows]
    return {"items": items, "next": encoded(rows[-1].slug) if more else None}


@router.get("/pages/{slug}", response=shapes.PageFull, operation_id="page")
def page(request: HttpRequest, slug: str, asof: Annotated[str, Query(max_length=10)] = "") -> object:
    """Give a page as it stands, or with `asof` as it stood at the end of that day."""
    dossier, revision = chain.dossier_at(slug, end_of(parse_day(asof, "asof")) if asof else None)
    return {"revision": line(revision), "dossier": plain(dossier)}


@router.get("/pages/{slug}/revisions", response=shapes.RevisionList, operation_id="revisions")
def revisions(request: HttpRequest, slug: str) -> object:
    """List the revisions of a page, latest first."""
    chain.dossier_at(slug)
    found = Revision.objects.filter(page__slug=slug).order_by("-number").defer("dossier")
    return {"items": [line(row) for row in found]}


@router.get("/pages/{slug}/revisions/{sha256}", response=shapes.RevisionFull, operation_id="revision")
def revision(request: HttpRequest, slug: str, sha256: str) -> object:
    """Give one revision, by its hash or the first eight or more digits of it; this answer never changes."""
    reading = read_revision(slug, sha256)
    changes = [_change(row) for row in reading.revision.changes.order_by("pk")]
    said = plain(reading.dossier)
    return {"slug": slug, "revision": line(reading.revision), "dossier": said, "changes": changes}


@router.get("/changes", response=shapes.ChangeList, operation_id="changes")
def changes(
    request: HttpRequest, slug: Words = "", since: date | None = None, limit: Limit = 100, cursor: Cursor = ""
) -> object:
    """Follow every change of a typed field, in order; keep `next`, also of an empty screen's predecessor."""
    found = RevisionChange.objects.select_related("revision__page").defer("revision__dossier").order_by("pk")
    if slug:
        found = found.filter(revision__page__slug=slug)
    if since:
        found = found.filter(revision__published_at__gte=datetime(since.year, since.month, since.day, tzinfo=UTC))
    if cursor:
        found = found.filter(pk__gt=number(decoded(cursor, 1)[0]))
    rows = list(found[:limit])
    items = [
        {
            "id": row.pk, "slug": row.revision.page.slug, "revision": row.revision_id,
            "published_at": row.revision.published_at, "change": _change(row),
        }
        for row in rows
    ]  # fmt: skip
    return {"items": items, "next": encoded(rows[-1].pk) if rows else None}


@router.get("/claims", response=shapes.ClaimList, operation_id="claims")
def claims(
    request: HttpRequest, asked: Annotated[shapes.ClaimFilter, Query()], limit: Limit = 100, cursor: Cursor = ""
) -> object:
    """List claims as the pages state them now."""
    found = _claims(asked)
    if cursor:
        page_id, name = decoded(cursor, 2)
        found = found.filter(Q(page_id__gt=number(page_id)) | Q(page_id=number(page_id), claim__gt=name))
    rows, more = screen(list(found[: limit + 1]), limit)
    items = [_claim(row) for row in rows]
    return {"items": items, "next": encoded(rows[-1].page_id, rows[-1].claim) if more else None}


@router.get("/claims.jsonl", operation_id="claims_stream", response={200: None})
def claims_stream(request: HttpRequest, asked: Annotated[shapes.ClaimFilter, Query()]) -> HttpResponseBase:
    """Stream every claim, one JSON object a line, however many there are."""

    def lines() -> Iterator[bytes]:
        for row in _claims(asked).iterator(chunk_size=500):
            yield json.dumps(_claim(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    return StreamingHttpResponse(lines(), content_type="application/jsonl")


@router.get("/instruments", response=shapes.InstrumentList, operation_id="instruments")
def instruments(request: HttpRequest, jurisdiction: Words = "") -> object:
    """List instruments with their facts."""
    found = Page.objects.filter(kind="instrument", head__isnull=False).order_by("slug")
    rows = found.values("slug", "title", label=F("head__dossier__label"), facts=F("head__dossier__facts"))
    return {"items": [row for row in rows if jurisdiction in ("", (row["facts"] or {}).get("jurisdiction"))]}


@router.get("/cells", response=shapes.CellList, operation_id="cells")
def cells(
    request: HttpRequest, instrument: Words = "", topic: Words = "", relation: Relation | None = None
) -> HttpResponse:
    """List the cells of the matrix."""
    found = Page.objects.filter(kind="instrument", head__isnull=False).order_by("slug")
    held = [
        {**cell, "shown": shown_as(cell["relation"], cell["topic"], (facts or {}).get(TREATMENT, ""))}
        for row, facts in found.values_list("head__dossier__cells", "head__dossier__facts")
        for cell in row or ()
    ]
    items = [
        cell
        for cell in held
        if instrument in ("", cell["instrument"])
        and topic in ("", cell["topic"])
        and relation in (None, cell["relation"])
    ]
    # written as it is: the cells were held against their record when published, and thousands more checks take long
    return HttpResponse(
        json.dumps({"items": items}, ensure_ascii=False), content_type="application/json; charset=utf-8"
    )


@router.get("/runs", response=shapes.RunList, operation_id="runs")
def runs(
    request: HttpRequest, kind: Literal["audit", "delay", "ledger"] | None = None, limit: Limit = 100,
    cursor: Cursor = "",
) -> object:  # fmt: skip
    """List imported runs by hash."""
    found = Run.objects.order_by("sha256").defer("report", "manifest")
    if kind:
        found = found.filter(kind=kind)
    if cursor:
        found = found.filter(sha256__gt=decoded(cursor, 1)[0])
    rows, more = screen(list(found[: limit + 1]), limit)
    return {"items": [_run(row) for row in rows], "next": encoded(rows[-1].sha256) if more else None}


@router.get("/runs/{sha256}", response=shapes.RunFull, operation_id="run")
def run(request: HttpRequest, sha256: str) -> object:
    """Give an imported run: its report, its manifest, and which figures can be embedded."""
    found = Run.objects.filter(sha256=sha256.lower()).first()
    if found is None:
        raise NoSuchPageError(f"no run with manifest hash '{sha256[:64]}' has been imported")
    names = [figure.name for figure in measured.figures(found)]
    return {**_run(found), "report": found.report, "manifest": found.manifest, "figures": names}


@router.get("/search", response=shapes.HitList, operation_id="search")
def find(
    request: HttpRequest,
    asked: Annotated[shapes.SearchFilter, Query()],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> object:
    """Search what stands on the pages; no query is an error."""
    question = search.Question(
        words=asked.q,
        kind=asked.kind or "",
        status=asked.status or "",
        evidence=asked.evidence or "",
        jurisdiction=asked.jurisdiction,
    )
    found = search.find(question, limit=limit, offset=offset)
    return {"total": found.total, "items": plain(found.hits)}


def line(row: Revision) -> dict[str, object]:
    """Give a revision as it stands in a list."""
    return {
        "sha256": row.sha256, "parent": row.parent_id, "number": row.number, "message": row.message,
        "author": row.author_name, "reviewer": row.reviewer_name, "published_at": row.published_at,
    }  # fmt: skip


def _claims(asked: shapes.ClaimFilter) -> QuerySet[IndexedClaim]:
    found = IndexedClaim.objects.order_by("page_id", "claim")
    for name in ("slug", "status", "evidence", "review", "jurisdiction"):
        if value := getattr(asked, name):
            found = found.filter(**{name: value})
    if asked.expires_before:
        found = found.exclude(expires_on="").filter(expires_on__lt=asked.expires_before.isoformat())
    return found


def _claim(row: IndexedClaim) -> dict[str, object]:
    return {"slug": row.slug, "jurisdiction": row.jurisdiction, "claim": row.data}


def _change(row: RevisionChange) -> object:
    return {name: getattr(row, name) for name in ("path", "action", "before", "after", "words")}


def _run(row: Run) -> dict[str, object]:
    return {"sha256": row.sha256, "kind": row.kind, "name": row.name, "uploaded_at": row.uploaded_at}
