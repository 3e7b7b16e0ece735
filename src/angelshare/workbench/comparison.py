"""Two or more pages, revisions, runs or days side by side: typed fields, with the differences marked."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

from angelshare.core.catalogue import Claim
from angelshare.core.dossier import Dossier, Measured
from angelshare.core.errors import NoSuchPageError, PlanError
from angelshare.core.record import record
from angelshare.govern.catalogue import shown_status
from angelshare.workbench import measured as drawn
from angelshare.workbench.anatomy import TREATMENT, treatment_words
from angelshare.workbench.claims_shown import number_row
from angelshare.workbench.models import Run
from angelshare.workbench.number_names import number_name
from angelshare.workbench.reading import parse_day, read_page, read_revision

MOST = 6
"""Columns that fit a page, on screen or on paper."""

_GROUPS = ("Page", "Facts", "Measured", "Matrix", "Claims", "Links")


@record
class Column:
    """One thing compared."""

    asked: str
    """How it was asked for: slug, slug@day, slug@revision, run:hash."""

    slug: str
    """Page it is on; "" for a run that is compared by itself."""

    title: str
    """Title."""

    stand: str
    """As of when, in words."""

    revision: str
    """Hash of the revision, or of the run's manifest."""

    fields: Mapping[tuple[str, str], str]
    """Group and field to what it says, in words."""


@record
class Line:
    """One field across the columns."""

    group: str
    """Group the field stands in."""

    name: str
    """Field."""

    values: Sequence[str | None]
    """What each column says; None where it has no such field."""

    differs: bool
    """Not every column says the same."""


def read_column(asked: str) -> Column:
    """Read what `?of=` asks for: slug, slug@2026-11-01, slug@1a2b3c4d (a revision), run:1a2b3c4d.

    Raises NoSuchPageError, PlanError.
    """
    if asked.startswith("run:"):
        return _run_column(asked, asked.removeprefix("run:"))
    slug, _, when = asked.partition("@")
    if not when:
        reading = read_page(slug)
    elif "-" in when:
        reading = read_page(slug, parse_day(when, f"of={asked}"))
    else:
        reading = read_revision(slug, when)
    stand = {"": "as it stands", "day": f"as of {reading.on}", "revision": f"published {reading.on}"}[reading.pin]
    return Column(
        asked=asked,
        slug=slug,
        title=reading.dossier.title,
        stand=f"{stand}, revision {reading.revision.number}",
        revision=reading.revision.sha256,
        fields=fields_of(reading.dossier, reading.on),
    )


def _run_column(asked: str, digits: str) -> Column:
    runs = list(Run.objects.filter(sha256__startswith=digits.lower())[:2]) if digits else []
    if len(runs) != 1:
        which = "more than one run" if runs else "no imported run"
        raise NoSuchPageError(f"of={asked}: {which} has a hash that begins with '{digits}'")
    block = drawn.block(runs[0])
    said = {("Page", "Title"): block.label, ("Page", "Class"): f"Run: {block.kind}", **_measured(block)}
    return Column(
        asked=asked, slug="", title=runs[0].name, stand=f"imported {runs[0].uploaded_at.date()}",
        revision=runs[0].sha256, fields=said,
    )  # fmt: skip


def fields_of(dossier: Dossier, on: date) -> Mapping[tuple[str, str], str]:
    """Give every typed field of a page in words, by group and name."""
    said = {
        ("Page", "Title"): dossier.title,
        ("Page", "Class"): dossier.label,
        ("Page", "Definition"): dossier.definition,
        **{("Page", f"Scope, paragraph {index}"): text for index, text in enumerate(dossier.scope, start=1)},
        ("Page", "Editorial note"): dossier.note,
        **{("Facts", name[:1].upper() + name[1:]): _fact(name, text) for name, text in dossier.facts.items()},
    }
    for block in dossier.measured:
        said |= _measured(block)
    for cell in dossier.cells:
        other = cell.topic if dossier.kind == "instrument" else cell.instrument
        said["Matrix", other] = f"{cell.relation}, {cell.pinpoint}" if cell.pinpoint else cell.relation
    said |= {("Claims", claim.id): _claim(claim, on) for claim in dossier.claims}
    links = {"Used by": dossier.used_by, "Related": dossier.related, "Articles": dossier.articles}
    said |= {("Links", name): ", ".join(sorted(slugs)) for name, slugs in links.items()}
    return {place: text for place, text in said.items() if text}


def lines_of(columns: Sequence[Column]) -> Sequence[Line]:
    """Put the fields of the columns side by side, by group, in the order they come in."""
    places = list(dict.fromkeys(place for column in columns for place in column.fields))
    places.sort(key=lambda place: _GROUPS.index(place[0]))
    return [
        Line(
            group=place[0],
            name=place[1],
            values=(values := [column.fields.get(place) for column in columns]),
            differs=len(set(values)) > 1,
        )
        for place in places
    ]


def as_csv(columns: Sequence[Column], lines: Sequence[Line]) -> str:
    """Write the comparison as CSV (RFC 4180): a row per field, a column per page, and first what is compared."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["group", "field", "differs", *(_cell(column.asked) for column in columns)])
    writer.writerow(["", "sha256", "", *(column.revision for column in columns)])
    for line in lines:
        said = [_cell(value or "") for value in line.values]
        writer.writerow([line.group, _cell(line.name), "yes" if line.differs else "no", *said])
    return out.getvalue()


def check_count(asked: Sequence[str]) -> Sequence[str]:
    """Give what is asked for, each once; raises PlanError for more than fit."""
    wanted = list(dict.fromkeys(name.strip() for name in asked if name.strip()))
    if len(wanted) > MOST:
        raise PlanError(f"{len(wanted)} pages asked for; at most {MOST} are shown side by side: leave some out")
    return wanted


def _measured(block: Measured) -> Mapping[tuple[str, str], str]:
    """Give a run's numbers by kind and name, so that two runs of one kind stand on one line."""
    said = {("Measured", f"{block.kind}: run"): block.run}
    said |= {("Measured", f"{block.kind}: sentence"): block.sentence}
    return said | {
        ("Measured", f"{block.kind}: {number_name(name)}"): f"{row.value} {row.interval}"
        for name, number in block.numbers.items()
        for row in [number_row(name, number)]
    }


def _fact(name: str, text: str) -> str:
    return treatment_words(text) if name == TREATMENT else text


def _claim(claim: Claim, on: date) -> str:
    until = f"; expires {claim.expires_on}" if claim.expires_on else ""
    return f"{shown_status(claim, on)}: {claim.statement} (verified {claim.verified_on}{until})"


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking words for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
