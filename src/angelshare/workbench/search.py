"""Search what stands on the pages now: SQLite's FTS5 or PostgreSQL's full text; no query is an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from angelshare.core.dossier import Dossier
from angelshare.core.record import record
from angelshare.core.strict import plain
from angelshare.workbench.models import Page
from angelshare.workbench.models.finding import FULL_TEXT, IndexedClaim, IndexedPage
from angelshare.workbench.ties import untied

MOST_WORDS = 16
"""Words of a query that count; the rest are left out."""

START, END = "\x02", "\x03"
"""Marks of a hit inside a snippet: characters that no text of ours holds."""


@record
class Question:
    """What someone looks for."""

    words: str = ""
    """Words, and "phrases in quotes"; all must stand on the page, the last may be the beginning of one."""

    kind: str = ""
    """Only pages of this kind."""

    status: str = ""
    """Only pages with a claim of this status."""

    evidence: str = ""
    """Only pages with a claim of this evidence level (the same claim, if a status is asked for too)."""

    jurisdiction: str = ""
    """Only pages of this jurisdiction."""


@record
class Piece:
    """A run of words in a snippet."""

    text: str
    """The words."""

    hit: bool
    """Whether they were looked for."""


@record
class Hit:
    """A page that was found."""

    slug: str
    """Its address."""

    kind: str
    """What it is about."""

    title: str
    """Its title."""

    definition: str
    """Its definition."""

    jurisdiction: str
    """Its jurisdiction, if it has one."""

    snippet: Sequence[Piece]
    """Where the words stand; empty if only filters were given."""


@record
class Found:
    """One screen of what was found."""

    total: int
    """Pages found in all."""

    hits: Sequence[Hit]
    """Best first; by title if no words were given."""


def index(page: Page, dossier: Dossier) -> None:
    """Rewrite the index of one page; call it in the transaction that publishes `dossier` there."""
    where = dossier.facts.get("jurisdiction", "")[:40]
    told = [untied(text).text for text in dossier.scope]
    body = "\n".join([*told, *_facts(dossier), dossier.note, *_statements(dossier), *_sources(dossier)])
    definition = f"{dossier.label}. {dossier.definition}"
    row = {"kind": dossier.kind, "title": dossier.title, "definition": definition, "jurisdiction": where, "body": body}
    IndexedPage.objects.update_or_create(page=page, defaults=row)
    IndexedClaim.objects.filter(page=page).delete()
    IndexedClaim.objects.bulk_create(
        IndexedClaim(
            page=page, slug=page.slug, claim=claim.id, status=claim.status, evidence=claim.evidence,
            review=claim.review, verified_on=claim.verified_on, expires_on=claim.expires_on, jurisdiction=where,
            data=plain(claim),
        )
        for claim in {claim.id: claim for claim in dossier.claims}.values()
    )  # fmt: skip
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {FULL_TEXT} WHERE rowid = %s", [page.pk])  # noqa: S608 - our own table's name
            cursor.execute(
                f"INSERT INTO {FULL_TEXT} (rowid, title, definition, body) VALUES (%s, %s, %s, %s)",  # noqa: S608 - as above
                [page.pk, dossier.title, definition, body],
            )


def find(question: Question, *, limit: int = 20, offset: int = 0) -> Found:
    """Find pages; words that hold nothing to look for are the same as none."""
    rows = _filtered(question)
    phrases = _phrases(question.words)
    if not phrases:
        shown = rows.order_by("title", "pk")[offset : offset + limit]
        return Found(total=rows.count(), hits=[_hit(row, ()) for row in shown.select_related("page").defer("body")])
    matched = _sqlite(phrases) if connection.vendor == "sqlite" else _postgres(phrases)
    allowed = set(rows.values_list("pk", flat=True))
    order = [key for key in matched if key in allowed]
    keys = order[offset : offset + limit]
    held = rows.select_related("page").defer("body").in_bulk(keys)
    snippets = _snippets(phrases, keys)
    return Found(total=len(order), hits=[_hit(held[key], snippets.get(key, ())) for key in keys])


def jurisdictions() -> Sequence[str]:
    """Give every jurisdiction that a page names, in order."""
    named = IndexedPage.objects.exclude(jurisdiction="").order_by("jurisdiction")
    return list(named.values_list("jurisdiction", flat=True).distinct())


def _filtered(question: Question) -> QuerySet[IndexedPage]:
    if "\0" in question.kind + question.jurisdiction + question.status + question.evidence:
        return IndexedPage.objects.none()  # PostgreSQL would refuse to look for it
    rows = IndexedPage.objects.all()
    if question.kind:
        rows = rows.filter(kind=question.kind)
    if question.jurisdiction:
        rows = rows.filter(jurisdiction=question.jurisdiction)
    worth = {name: value for name in ("status", "evidence") if (value := getattr(question, name))}
    if worth:
        rows = rows.filter(Exists(IndexedClaim.objects.filter(page=OuterRef("pk"), **worth)))
    return rows


def _phrases(words: str) -> Sequence[str]:
    """Take a query apart into phrases of plain words; whatever is not a letter or digit only separates."""
    parts = re.findall(r'"([^"]*)"|([^"\s]+)', words)
    plain_parts = [" ".join(re.findall(r"\w+", quoted or bare)[:MOST_WORDS]) for quoted, bare in parts]
    return [part for part in plain_parts if part][:MOST_WORDS]


def _match(phrases: Sequence[str]) -> str:
    """Write phrases as an FTS5 query; SQLite, "Full-text Query Syntax": strings in quotes, a star for a beginning."""
    return " AND ".join(f'"{phrase}"' for phrase in phrases) + "*"


def _sqlite(phrases: Sequence[str]) -> Sequence[int]:
    # a word of the title weighs as much as ten of the body (bm25: Robertson and Zaragoza 2009, section 3.4)
    ranked = _keys(
        f"SELECT rowid FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH %s "  # noqa: S608 - our own table's name
        f"ORDER BY bm25({FULL_TEXT}, 10.0, 4.0, 1.0), rowid",
        [_match(phrases)],
    )
    # a word that stands on most pages weighs nothing in bm25, in a title either: so titles go first
    titled = set(
        _keys(
            f"SELECT rowid FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH %s",  # noqa: S608 - our own table's name
            [f"title : ({_match(phrases)})"],
        )
    )
    return [*(key for key in ranked if key in titled), *(key for key in ranked if key not in titled)]


def _postgres(phrases: Sequence[str]) -> Sequence[int]:
    # ts_rank's own weights: a word of the title counts ten times, of the definition four times
    return _keys(
        f"SELECT page_id FROM {IndexedPage._meta.db_table}, to_tsquery('english', %s) AS asked "  # noqa: S608, SLF001 - our own table's name
        f"WHERE {FULL_TEXT} @@ asked "
        f"ORDER BY to_tsvector('english', title) @@ asked DESC, ts_rank({FULL_TEXT}, asked) DESC, page_id",
        [_tsquery(phrases)],
    )


def _tsquery(phrases: Sequence[str]) -> str:
    """Write phrases for to_tsquery; PostgreSQL 15, section 12.3.2: words that follow each other, ":*" for a beginning.

    It refuses words of 2 kB, and no page holds one of 500 characters.
    """
    said = [" <-> ".join(f"'{word[:500]}'" for word in phrase.split()) for phrase in phrases]
    return " & ".join(f"({phrase})" for phrase in [*said[:-1], f"{said[-1]}:*"])


def _snippets(phrases: Sequence[str], keys: Sequence[int]) -> dict[int, Sequence[Piece]]:
    if not keys:
        return {}
    holes = ", ".join(["%s"] * len(keys))
    if connection.vendor == "sqlite":
        rows = _rows(
            f"SELECT rowid, snippet({FULL_TEXT}, -1, %s, %s, '…', 28) FROM {FULL_TEXT} "  # noqa: S608 - our own table's name
            f"WHERE {FULL_TEXT} MATCH %s AND rowid IN ({holes})",
            [START, END, _match(phrases), *keys],
        )
    else:
        rows = _rows(
            "SELECT page_id, ts_headline('english', definition || ' ' || body, "  # noqa: S608 - our own table's name
            f"to_tsquery('english', %s), %s) FROM {IndexedPage._meta.db_table} WHERE page_id IN ({holes})",  # noqa: SLF001 - documented
            [_tsquery(phrases), f"StartSel={START}, StopSel={END}, MaxFragments=1, MaxWords=28, MinWords=12", *keys],
        )
    return {key: _pieces(text) for key, text in rows}


def _pieces(text: str) -> Sequence[Piece]:
    parts = re.split(f"([{START}{END}])", text)
    pieces, hit = [], False
    for part in parts:
        if part in (START, END):
            hit = part == START
        elif part:
            pieces.append(Piece(text=part, hit=hit))
    return pieces


def _keys(sql: str, values: Sequence[str | int]) -> Sequence[int]:
    return [row[0] for row in _rows(sql, values)]


def _rows(sql: str, values: Sequence[str | int]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return list(cursor.fetchall())


def _hit(row: IndexedPage, snippet: Sequence[Piece]) -> Hit:
    return Hit(
        slug=row.page.slug, kind=row.kind, title=row.title, definition=row.definition, jurisdiction=row.jurisdiction,
        snippet=snippet,
    )  # fmt: skip


def _facts(dossier: Dossier) -> Sequence[str]:
    return [f"{name}: {said}" for name, said in dossier.facts.items()]


def _statements(dossier: Dossier) -> Sequence[str]:
    return [f"{claim.statement} {claim.note}" for claim in dossier.claims] + [
        f"{one.label} {one.sentence}" for one in dossier.measured
    ]


def _sources(dossier: Dossier) -> Sequence[str]:
    return [f"{source.title}, {source.publisher}" for source in dossier.sources]
