"""Dossiers as CSV tables with a CSVW description, packed in one zip.

Source: Metadata Vocabulary for Tabular Data, W3C Recommendation of 17 December 2015, sections 5.3 to 5.6; CSV by
RFC 4180.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple, TypeAlias

from angelshare.core.records import Estimate
from angelshare.workbench.export_shapes import LICENCE, STATEMENT, Exported

Value: TypeAlias = str | int | float | None
"""A cell of a table; None is empty."""

METADATA = "csv-metadata.json"
"""Name of the description: the one that a CSVW processor looks for beside a table."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; text that begins so gets an apostrophe before it."""

MIDNIGHT = (2026, 1, 1, 0, 0, 0)
"""Date of every entry of the zip, so that the same content is the same bytes."""


class Table(NamedTuple):
    """A table: its columns with their CSVW datatypes, and how a page gives its rows."""

    name: str
    """File name without ending."""

    title: str
    """What a row is."""

    columns: Mapping[str, str]
    """Name to datatype; every row begins with the page and the revision."""

    rows: Callable[[Exported], Iterable[Sequence[Value]]]
    """Rows of one page, without page and revision."""


def _pages(one: Exported) -> Iterator[Sequence[Value]]:
    d = one.dossier
    yield (
        d.kind, d.title, d.label, d.definition, "\n\n".join(d.scope), d.note, " ".join(d.used_by),
        " ".join(d.related), " ".join(d.articles), one.published_at.isoformat(),
    )  # fmt: skip


def _facts(one: Exported) -> Iterator[Sequence[Value]]:
    yield from one.dossier.facts.items()


def _claims(one: Exported) -> Iterator[Sequence[Value]]:
    for c in one.dossier.claims:
        yield (
            c.id, c.statement, c.status, c.evidence, c.review, c.verified_on, c.expires_on or None,
            " ".join(c.superseded_by), c.note,
        )  # fmt: skip


def _citations(one: Exported) -> Iterator[Sequence[Value]]:
    for claim in one.dossier.claims:
        for number, cited in enumerate(claim.sources, start=1):
            yield claim.id, number, cited.source, cited.pinpoint, cited.quote


def _sources(one: Exported) -> Iterator[Sequence[Value]]:
    for s in one.dossier.sources:
        yield s.id, s.title, s.url, s.publisher, s.on or None, s.kind, s.note


def _cells(one: Exported) -> Iterator[Sequence[Value]]:
    for cell in one.dossier.cells:
        yield cell.instrument, cell.topic, cell.relation, cell.pinpoint, cell.claim


def _numbers(one: Exported) -> Iterator[Sequence[Value]]:
    for block in one.dossier.measured:
        for name, number in block.numbers.items():
            if isinstance(number, Estimate):
                said: Sequence[Value] = (
                    number.value, number.low, number.high, number.level, number.n, number.method, number.caution, "",
                )  # fmt: skip
            else:
                said = (None, None, None, None, None, "", "", number.refused)
            yield block.run, block.kind, name, *said


TABLES: Sequence[Table] = (
    Table("pages", "A page", dict.fromkeys(
        ("kind", "title", "label", "definition", "scope", "note", "used_by", "related", "articles"), "string",
    ) | {"published_at": "dateTime"}, _pages),
    Table("facts", "A fact of a page, in words", {"name": "string", "said": "string"}, _facts),
    Table("claims", "A dated statement", {
        "id": "string", "statement": "string", "status": "string", "evidence": "string", "review": "string",
        "verified_on": "date", "expires_on": "date", "superseded_by": "string", "note": "string",
    }, _claims),
    Table("citations", "Where in a source a claim is found", {
        "claim": "string", "number": "integer", "source": "string", "pinpoint": "string", "quote": "string",
    }, _citations),
    Table("sources", "A document that claims rest on", {
        "id": "string", "title": "string", "url": "anyURI", "publisher": "string", "on": "string", "kind": "string",
        "note": "string",
    }, _sources),
    Table("cells", "What an instrument says on a topic", {
        "instrument": "string", "topic": "string", "relation": "string", "pinpoint": "string", "claim": "string",
    }, _cells),
    Table("numbers", "A measured number with its interval, or why there is none", {
        "run": "string", "kind": "string", "name": "string", "value": "double", "low": "double", "high": "double",
        "level": "double", "n": "integer", "method": "string", "caution": "string", "refused": "string",
    }, _numbers),
)  # fmt: skip
"""The tables of an export, in order."""


def write_zip(pages: Callable[[], Iterable[Exported]], target: IO[bytes]) -> None:
    """Write every table of every page, one table after the other, so that one page at a time is held in memory.

    Args:
        pages: gives the pages anew for each table.
        target: an empty file, open for writing.
    """
    with zipfile.ZipFile(target, "w") as packed:
        for table in TABLES:
            with packed.open(_entry(f"{table.name}.csv"), "w", force_zip64=True) as raw:
                text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
                _write(table, pages(), text)
                text.flush()
                text.detach()
        packed.writestr(_entry(METADATA), _metadata())


def _write(table: Table, pages: Iterable[Exported], text: io.TextIOWrapper) -> None:
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["page", "revision", *table.columns])
    for one in pages:
        for row in table.rows(one):
            writer.writerow([_text(value) for value in (one.dossier.slug, one.sha256, *row)])


def _text(value: Value) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else str(value)


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, date_time=MIDNIGHT)
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def _metadata() -> bytes:
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": "angelshare workbench",
        "dc:description": STATEMENT,
        "dc:license": LICENCE,
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tables": [_schema(table) for table in TABLES],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _schema(table: Table) -> Mapping[str, Any]:
    columns = {"page": "string", "revision": "string", **table.columns}
    return {
        "url": f"{table.name}.csv",
        "dc:title": table.title,
        "tableSchema": {
            "columns": [{"name": name, "titles": name, "datatype": kind} for name, kind in columns.items()]
        },
    }
