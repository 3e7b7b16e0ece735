"""The catalogue as CSV tables, and their description in CSVW.

Source: Metadata Vocabulary for Tabular Data, W3C Recommendation of 17 December 2015, sections 5.3 to 5.6 (table groups,
tables, schemas, columns) and 5.5.2.1 (foreign keys); CSV by RFC 4180.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from angelshare.core.catalogue_pages import Catalogue
from angelshare.govern.catalogue.asof import instrument_status, shown_status

Value: TypeAlias = str | int | float | bool | None
"""What a cell of a table holds; None is an empty cell."""

PARAGRAPH = "\n\n"
"""What stands between paragraphs."""

METADATA = "csv-metadata.json"
"""Name of the description: the one that a CSVW processor looks for beside a table."""


class Column(NamedTuple):
    """A column of a table."""

    name: str
    """Its name, as in the records."""

    datatype: str = "string"
    """A CSVW datatype."""

    refers: str = ""
    """Table whose `id` it holds."""

    separator: str = ""
    """What stands between values, if a cell holds many."""


class Table(NamedTuple):
    """A table with its schema."""

    name: str
    """File name without ending."""

    title: str
    """What a row is."""

    key: tuple[str, ...]
    """Columns that name a row."""

    columns: Sequence[Column]
    """In order."""

    rows: Sequence[Sequence[Value]]
    """One value a column."""


def csv_files(catalogue: Catalogue, as_of: date) -> Mapping[str, bytes]:
    """Write every table and the description of all; each row ends with the catalogue's hash and the day."""
    stamp = (catalogue.sha256, as_of.isoformat())
    held = tables(catalogue, as_of)
    files = {f"{table.name}.csv": _csv(table, stamp) for table in held}
    return {**files, METADATA: _metadata(held, catalogue, as_of)}


def tables(catalogue: Catalogue, as_of: date) -> Sequence[Table]:
    """Give the tables; what an entry holds many of is a table of its own, joined by id."""
    return [
        *_source_tables(catalogue, as_of),
        *_instrument_tables(catalogue, as_of),
        *_report_tables(catalogue),
        *_page_tables(catalogue),
    ]


def _source_tables(catalogue: Catalogue, as_of: date) -> Sequence[Table]:
    claims = [
        (c.id, c.statement, c.status, shown_status(c, as_of), c.evidence, c.review, c.verified_on, c.expires_on or None,
         c.note)
        for c in catalogue.claims
    ]  # fmt: skip
    cited = [
        (claim.id, number, citation.source, citation.pinpoint, citation.quote)
        for claim in catalogue.claims
        for number, citation in enumerate(claim.sources, start=1)
    ]
    replaced = [(claim.id, later) for claim in catalogue.claims for later in claim.superseded_by]
    sources = [(s.id, s.title, s.url, s.publisher, s.on or None, s.kind, s.note) for s in catalogue.sources]
    return [
        Table("sources", "A document that claims rest on", ("id",), [
            Column("id"), Column("title"), Column("url", "anyURI"), Column("publisher"), Column("on"), Column("kind"),
            Column("note"),
        ], sources),
        Table("claims", "A dated statement", ("id",), [
            Column("id"), Column("statement"), Column("status"), Column("shown_status"), Column("evidence"),
            Column("review"), Column("verified_on", "date"), Column("expires_on", "date"), Column("note"),
        ], claims),
        Table("citations", "Where in a source a claim is found", ("claim", "number"), [
            Column("claim", refers="claims"), Column("number", "integer"), Column("source", refers="sources"),
            Column("pinpoint"), Column("quote"),
        ], cited),
        Table("successions", "A claim and the one that replaced it", ("claim", "superseded_by"), [
            Column("claim", refers="claims"), Column("superseded_by", refers="claims"),
        ], replaced),
    ]  # fmt: skip


def _instrument_tables(catalogue: Catalogue, as_of: date) -> Sequence[Table]:
    held = catalogue.instruments
    instruments = [
        (i.id, i.name, i.jurisdiction, i.kind, instrument_status(i, as_of), i.treatment, i.pinpoint, i.counting, i.note)
        for i in held
    ]
    steps = [(i.id, n, s.on, s.status, s.event) for i in held for n, s in enumerate(i.history, start=1)]
    lines = [
        (i.id, n, t.quantity, t.value, t.inclusive, t.meaning)
        for i in held
        for n, t in enumerate(i.thresholds, start=1)
    ]
    said = [(i.id, claim) for i in held for claim in i.claims]
    cells = [(c.instrument, c.topic, c.relation, c.pinpoint, c.claim) for c in catalogue.cells]
    instrument = Column("instrument", refers="instruments")
    return [
        Table("instruments", "A law, rule, bill, code, licence or contract", ("id",), [
            Column("id"), Column("name"), Column("jurisdiction"), Column("kind"), Column("status"),
            Column("treatment"), Column("pinpoint"), Column("counting"), Column("note"),
        ], instruments),
        Table("history", "A step in the life of an instrument", ("instrument", "number"), [
            instrument, Column("number", "integer"), Column("on", "date"), Column("status"), Column("event"),
        ], steps),
        Table("thresholds", "A line that an instrument draws", ("instrument", "number"), [
            instrument, Column("number", "integer"), Column("quantity"), Column("value", "double"),
            Column("inclusive", "boolean"), Column("meaning"),
        ], lines),
        Table("instrument_claims", "A claim about an instrument", ("instrument", "claim"), [
            instrument, Column("claim", refers="claims"),
        ], said),
        Table("topics", "A question that instruments are compared on", ("id",), [
            Column("id"), Column("name"), Column("question"),
        ], [(t.id, t.name, t.question) for t in catalogue.topics]),
        Table("cells", "What an instrument says on a topic", ("instrument", "topic"), [
            instrument, Column("topic", refers="topics"), Column("relation"), Column("pinpoint"),
            Column("claim", refers="claims"),
        ], cells),
    ]  # fmt: skip


def _report_tables(catalogue: Catalogue) -> Sequence[Table]:
    claim = Column("claim", refers="claims")
    return [
        Table("terms", "What a provider lets others train on its outputs", ("id",), [
            Column("id"), Column("provider"), Column("instrument", refers="instruments"), Column("stance"),
            Column("reach"), Column("duty"), claim,
        ], [(t.id, t.provider, t.instrument, t.stance, t.reach, t.duty, t.claim) for t in catalogue.terms]),
        Table("allegations", "A campaign as someone alleges it; not a finding", ("id",), [
            Column("id"), Column("alleged_by"), Column("about"), Column("named"), Column("target"),
            Column("alleged_on", "date"), Column("counts"), Column("exchanges", "integer"), Column("exchanges_are"),
            Column("accounts", "integer"), Column("accounts_are"), Column("window"), Column("from_on", "date"),
            Column("to_on", "date"), Column("basis"), Column("response"), Column("response_note"), claim,
        ], [
            (a.id, a.alleged_by, a.about, a.named, a.target, a.alleged_on, a.counts, a.exchanges, a.exchanges_are,
             a.accounts, a.accounts_are, a.window, a.from_on or None, a.to_on or None, a.basis, a.response,
             a.response_note, a.claim)
            for a in catalogue.allegations
        ]),
        Table("figures", "A figure as published", ("id",), [
            Column("id"), Column("kind"), Column("subject"), Column("metric"), Column("method"), Column("on"),
            Column("as_published"), Column("value", "double"), Column("low", "double"), Column("high", "double"),
            Column("caveat"), claim,
        ], [
            (f.id, f.kind, f.subject, f.metric, f.method, f.on, f.as_published, f.value, f.low, f.high, f.caveat,
             f.claim)
            for f in catalogue.figures
        ]),
    ]  # fmt: skip


def _page_tables(catalogue: Catalogue) -> Sequence[Table]:
    paragraphs = [
        (a.id, n, p.text, " ".join(p.claims)) for a in catalogue.articles for n, p in enumerate(a.paragraphs, start=1)
    ]
    return [
        Table("concepts", "A term of the domain", ("id",), [
            Column("id"), Column("name"), Column("definition"), Column("scope", separator=PARAGRAPH), _many("used_by"),
            _many("related"), _many("articles"), _many("references"), _many("claims"), Column("note"),
        ], [
            (c.id, c.name, c.definition, PARAGRAPH.join(c.scope), *map(" ".join, (c.used_by, c.related, c.articles,
             c.references, c.claims)), c.note)
            for c in catalogue.concepts
        ]),
        Table("articles", "A topic article", ("id",), [
            Column("id"), Column("title"), Column("topic", refers="topics"), Column("summary"),
        ], [(a.id, a.title, a.topic, a.summary) for a in catalogue.articles]),
        Table("paragraphs", "A paragraph of an article", ("article", "number"), [
            Column("article", refers="articles"), Column("number", "integer"), Column("text"), _many("claims"),
        ], paragraphs),
    ]  # fmt: skip


def _many(name: str) -> Column:
    return Column(name, separator=" ")


STAMP = (Column("catalogue_sha256"), Column("as_of", "date"))
"""The last two columns of every table."""


def _csv(table: Table, stamp: tuple[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.name for column in (*table.columns, *STAMP))
    writer.writerows([_text(value) for value in (*row, *stamp)] for row in table.rows)
    return text.getvalue().encode()


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _metadata(held: Sequence[Table], catalogue: Catalogue, as_of: date) -> bytes:
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": catalogue.about.title,
        "dc:description": catalogue.about.statement,
        "dc:license": catalogue.about.licence,
        "dc:modified": {"@value": catalogue.about.edited_on, "@type": "date"},
        "dc:identifier": f"sha256:{catalogue.sha256}",
        "dc:valid": {"@value": as_of.isoformat(), "@type": "date"},
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tables": [_schema(table) for table in held],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _schema(table: Table) -> Mapping[str, Any]:
    columns = [
        {
            "name": column.name, "titles": column.name, "datatype": column.datatype,
            "required": column.name in table.key, **({"separator": column.separator} if column.separator else {}),
        }
        for column in (*table.columns, *STAMP)
    ]  # fmt: skip
    foreign = [
        {"columnReference": column.name, "reference": {"resource": f"{column.refers}.csv", "columnReference": "id"}}
        for column in table.columns
        if column.refers
    ]
    schema: dict[str, Any] = {"columns": columns, "primaryKey": list(table.key)}
    if foreign:
        schema["foreignKeys"] = foreign
    return {"url": f"{table.name}.csv", "dc:title": table.title, "tableSchema": schema}
