"""The matrix: what each instrument says on each topic, as of a day, and where nobody has looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Literal, TypeAlias, get_args

from django.db.models import F

from angelshare.core.catalogue import Cell
from angelshare.core.record import record
from angelshare.core.strict import convert
from angelshare.workbench.kept import state
from angelshare.workbench.models import Revision
from angelshare.workbench.reading import Stood, standing

Relation: TypeAlias = Literal["governs", "implicit", "silent", "conflicts", "excludes", "unread"]
"""What is shown: a cell's own relation; `excludes` where the instrument governs distillates by leaving them out;
`unread` where nobody has looked."""

RELATIONS: Mapping[Relation, str] = {
    "governs": "rules on it in terms",
    "implicit": "reaches it through general words",
    "silent": "says nothing: someone has looked",
    "conflicts": "contradicts itself or another text",
    "excludes": "rules on it by leaving it out",
    "unread": "nobody has looked yet",
}
"""What each mark means."""

DISTILLATES = "topic-distillates"
"""The topic on which an instrument may govern by exclusion."""


Topics: TypeAlias = tuple[tuple[str, str], ...]
"""Slug and title of each column."""

_MOST_ROWS = 4_096
_met: dict[tuple[str, Topics], Row] = {}
_keeping = Lock()
"""Held by the thread that keeps or drops rows: a server's threads share them."""


@record
class Square:
    """One instrument on one topic."""

    topic: str
    """Slug of the topic."""

    topic_title: str
    """Its title."""

    relation: Relation
    """What is shown."""

    pinpoint: str
    """Where; "" if not given."""


@record
class Row:
    """One instrument."""

    slug: str
    """Its address."""

    title: str
    """Its name."""

    jurisdiction: str
    """Whose it is."""

    status: str
    """Where it stands, in words."""

    squares: Sequence[Square]
    """One per topic, in the order of the columns."""


@record
class Column:
    """One topic."""

    slug: str
    """Its address."""

    title: str
    """Its name."""

    counts: Mapping[Relation, int]
    """How many instruments say what."""


@record
class Grid:
    """The whole matrix."""

    columns: Sequence[Column]
    """Topics."""

    rows: Sequence[Row]
    """Instruments, by jurisdiction and title."""

    counts: Mapping[Relation, int]
    """How many squares of each kind."""


def shown_relation(cell: Cell, treatment: str) -> Relation:
    """Say what to show for a cell; see `shown_as`."""
    return shown_as(cell.relation, cell.topic, treatment)


def shown_as(relation: Relation, topic: str, treatment: str) -> Relation:
    """Say what to show for a relation: on distillates, an instrument that governs by leaving them out `excludes`."""
    by_exclusion = treatment == "excludes" and relation == "governs" and topic == DISTILLATES
    return "excludes" if by_exclusion else relation


def read_grid(day: date | None = None) -> Grid:
    """Read the matrix as of a day from the pages that stood then."""
    return _grid(day, state())


@lru_cache(maxsize=8)
def _grid(day: date | None, _state: tuple[int, str | None]) -> Grid:
    """Read the matrix once for all that is published: what was read stands until something else is."""
    pages = standing(["instrument", "topic"], day)
    topics = tuple((page.slug, page.title) for page in pages if page.kind == "topic")
    rows = _rows([page for page in pages if page.kind == "instrument"], topics)
    rows = sorted(rows, key=lambda row: (row.jurisdiction, row.title.lower()))
    columns = [
        Column(slug=slug, title=title, counts=_counts([row.squares[index] for row in rows]))
        for index, (slug, title) in enumerate(topics)
    ]
    return Grid(columns=columns, rows=rows, counts=_counts([square for row in rows for square in row.squares]))


def _rows(pages: Sequence[Stood], topics: Topics) -> Sequence[Row]:
    """Give a row per page; only revisions not met before are loaded, since a revision never says anything else."""
    met = {page.sha256: row for page in pages if (row := _met.get((page.sha256, topics))) is not None}
    new = [page.sha256 for page in pages if page.sha256 not in met]
    said = Revision.objects.filter(sha256__in=new).values_list("sha256", F("dossier__cells"), F("dossier__facts"))
    held = {sha256: (cells, facts) for sha256, cells, facts in said}
    rows = [met.get(page.sha256) or _row(page, topics, *held[page.sha256]) for page in pages]
    with _keeping:
        _met.update({(page.sha256, topics): row for page, row in zip(pages, rows, strict=True)})
        for key in list(_met)[: max(0, len(_met) - max(_MOST_ROWS, len(pages)))]:
            del _met[key]
    return rows


def _row(page: Stood, topics: Topics, cells_said: object, facts_said: object) -> Row:
    cells = convert(cells_said or [], list[Cell], f"page {page.slug}: cells")
    facts = convert(facts_said or {}, dict[str, str], f"page {page.slug}: facts")
    treatment = facts.get("treatment of distillation", "")
    held = {cell.topic: cell for cell in cells}
    return Row(
        slug=page.slug,
        title=page.title,
        jurisdiction=facts.get("jurisdiction", "elsewhere"),
        status=facts.get("status", ""),
        squares=tuple(_square(held.get(slug), slug, title, treatment=treatment) for slug, title in topics),
    )


def _square(cell: Cell | None, topic: str, title: str, *, treatment: str) -> Square:
    return Square(
        topic=topic,
        topic_title=title,
        relation="unread" if cell is None else shown_relation(cell, treatment),
        pinpoint="" if cell is None else cell.pinpoint,
    )


def _counts(squares: Sequence[Square]) -> Mapping[Relation, int]:
    found = Counter(square.relation for square in squares)
    return {name: found[name] for name in get_args(Relation)}
