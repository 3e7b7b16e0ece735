from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from datetime import date

import pytest

from angelshare.core.catalogue import CataloguedSource
from angelshare.govern.catalogue import FORMATS, export, links_markdown, shipped
from angelshare.govern.catalogue.bibtex import bibtex, escape, keys_of

ON = date(2026, 11, 24)
LATER = date(2027, 3, 1)
READERS = {
    "string": str,
    "anyURI": str,
    "integer": int,
    "double": float,
    "date": date.fromisoformat,
    "boolean": {"true": True, "false": False}.__getitem__,
}
"""The CSVW datatypes used, and how their values are read."""


@pytest.fixture(scope="module")
def held():
    return shipped()


@pytest.fixture(scope="module")
def tables(held):
    """The CSV export as a CSVW processor sees it: description, and rows by table."""
    files = export(held, "csv", ON)
    described = json.loads(files["csv-metadata.json"])
    rows = {
        name: list(csv.reader(io.StringIO(data.decode(), newline="")))
        for name, data in files.items()
        if name.endswith(".csv")
    }
    return described, rows


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_catalogue_and_day_give_the_same_bytes_and_every_file_says_which(held, form):
    first, again, later = export(held, form, ON), export(shipped(), form, ON), export(held, form, LATER)

    assert first == again
    assert first.keys() == later.keys()
    for name, data in first.items():
        assert data != later[name], name
        assert held.sha256.encode() in data, name
        assert b"2026-11-24" in data, name
        assert data.endswith(b"\n"), name


def test_json_holds_every_entry_with_its_hash_and_what_the_day_makes_of_it(held):
    document = json.loads(export(held, "json", LATER)["catalogue.json"])

    assert document["catalogue_sha256"] == held.sha256
    lists = [value for value in document.values() if isinstance(value, list)]
    assert sum(map(len, lists)) == len(held.entries)
    assert {row["sha256"] for rows in lists for row in rows} == {entry.sha256 for entry in held.entries}
    by = {claim["id"]: claim for claim in document["claims"]}
    assert by["nstm4-targets"]["shown_status"] == "expired, recheck"
    assert by["nstm4-targets"]["expired"] is True
    assert by["nstm4-targets"]["status"] == "reported"
    assert by["sb53-definition"]["shown_status"] == "reported"
    stood = {row["id"]: row["status"] for row in document["instruments"]}
    assert stood["us-ny-raise-2026"] == "in_force"
    assert stood["us-eo-14110"] == "revoked"


# --- CSV and its description ----------------------------------------------------------------------


def test_the_description_is_a_csvw_table_group(tables):
    described, rows = tables

    assert described["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "en"}]
    assert [table["url"] for table in described["tables"]] == list(rows)
    assert set(described) <= {"@context", "dialect", "tables"} | {key for key in described if key.startswith("dc:")}
    for table in described["tables"]:
        assert set(table) == {"url", "dc:title", "tableSchema"}
        schema = table["tableSchema"]
        assert set(schema) <= {"columns", "primaryKey", "foreignKeys"}
        names = [column["name"] for column in schema["columns"]]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names)  # the variable name production
        assert set(schema["primaryKey"]) <= set(names)
        for column in schema["columns"]:
            assert set(column) <= {"name", "titles", "datatype", "required", "separator"}
            assert column["datatype"] in READERS


def test_every_table_is_as_described(tables):
    described, rows = tables

    for table in described["tables"]:
        header, *body = rows[table["url"]]
        columns = table["tableSchema"]["columns"]
        assert header == [column["titles"] for column in columns]
        assert body, table["url"]
        for row in body:
            assert len(row) == len(columns), row
            for column, text in zip(columns, row, strict=True):
                assert text or not column["required"], (table["url"], column["name"])
                if text:
                    for part in text.split(column["separator"]) if "separator" in column else [text]:
                        READERS[column["datatype"]](part)


def test_keys_of_tables_are_unique_and_lead_somewhere(tables):
    described, rows = tables

    def column(url: str, name: str) -> list[str]:
        header, *body = rows[url]
        return [row[header.index(name)] for row in body]

    led = 0
    for table in described["tables"]:
        url, schema = table["url"], table["tableSchema"]
        keys = list(zip(*(column(url, name) for name in schema["primaryKey"]), strict=True))
        assert len(set(keys)) == len(keys), url
        for key in schema.get("foreignKeys", []):
            reference = key["reference"]
            assert set(column(url, key["columnReference"])) <= set(
                column(reference["resource"], reference["columnReference"])
            )
            led += 1
    assert led >= 15


def test_text_with_commas_quotes_and_breaks_survives_a_table(held):
    awkward = dataclasses.replace(held.sources[0], title='He said, "no"\nand left; = 1')
    changed = dataclasses.replace(held, sources=[awkward, *held.sources[1:]])

    data = export(changed, "csv", ON)["sources.csv"].decode()

    _, first, *_ = csv.reader(io.StringIO(data, newline=""))
    assert first[1] == 'He said, "no"\nand left; = 1'
    assert data.count("\r\n") == len(held.sources) + 1


# --- linked data ----------------------------------------------------------------------------------


def test_every_node_is_typed_by_schema_org_and_every_reference_leads_to_one(held):
    document = json.loads(export(held, "jsonld", ON)["catalogue.jsonld"])
    context, graph = document["@context"], document["@graph"]
    nodes = {node["id"]: node for node in graph}

    assert len(nodes) == len(graph)
    kinds = {node["type"] for node in graph}
    assert kinds == {f"schema:{kind}" for kind in ("Dataset", "CreativeWork", "Claim", "Legislation", "DefinedTermSet", "DefinedTerm", "Article")}  # fmt: skip
    refers = {term for term, meaning in context.items() if isinstance(meaning, dict) and meaning.get("@type") == "@id"}
    assert refers >= {"citation", "claims", "related", "usedBy", "isBasedOn", "supersededBy", "inDefinedTermSet"}
    for node in graph:
        assert re.fullmatch(r"urn:angelshare:catalogue:[a-z0-9-]+", node["id"])
        for term in (refers - {"url"}) & set(node):
            named = node[term] if isinstance(node[term], list) else [node[term]]
            assert set(named) <= set(nodes), (node["id"], term)


def test_an_allegation_is_marked_as_one_in_linked_data(held):
    graph = json.loads(export(held, "jsonld", ON)["catalogue.jsonld"])["@graph"]
    alleged = [node for node in graph if node.get("isAllegation")]

    assert len(alleged) == len(held.allegations)
    assert all(node["allegedBy"] for node in alleged)


# --- BibTeX ---------------------------------------------------------------------------------------


def entries(text: str) -> dict[str, dict[str, str]]:
    """Read BibTeX as its grammar has it: entries of a key and braced or bare values, braces balanced unless escaped."""
    found: dict[str, dict[str, str]] = {}
    at = 0
    while (start := text.find("@misc{", at)) >= 0:
        depth, at = 1, start + len("@misc{")
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0) if text[at - 1] != "\\" else 0
            at += 1
        key, _, body = text[start + len("@misc{") : at - 1].partition(",\n")
        assert key not in found
        found[key] = {m[1]: m[2] for m in re.finditer(r"^  (\w+) = (.+?),?$", body, re.MULTILINE)}
    return found


def test_every_source_is_one_entry_with_a_key_of_its_own(held):
    read = entries(bibtex(held, ON).decode())

    assert len({key.lower() for key in read}) == len(held.sources)
    for fields in read.values():
        assert {"title", "author", "howpublished"} <= set(fields)
    entry = read["src-hr8283"]
    assert entry["year"] == "{2026}"
    assert entry["month"] == "apr"
    assert entry["howpublished"] == (
        r"{\url{https://www.govinfo.gov/content/pkg/BILLS-119hr8283ih/xml/BILLS-119hr8283ih.xml}}"
    )


def test_what_tex_would_read_as_a_command_is_escaped(held):
    awkward = CataloguedSource(
        id="src-x", title=r"50% of A&B_{x} costs $5 #1 ~^\end", url="https://example.org/a%20b_{c}", publisher="A & B", on="2026"
    )  # fmt: skip
    text = bibtex(dataclasses.replace(held, sources=[awkward]), ON).decode()
    entry = entries(text)["src-x"]

    assert entry["title"] == (
        r"{{50\% of A\&B\_\{x\} costs \$5 \#1 \textasciitilde{}\textasciicircum{}\textbackslash{}end}}"
    )
    assert entry["author"] == r"{{A \& B}}"
    assert entry["howpublished"] == r"{\url{https://example.org/a%20b_%7Bc%7D}}"
    assert "month" not in entry
    assert escape("two\n lines") == "two lines"


def test_keys_that_would_coincide_are_numbered():
    assert keys_of(["a b", "a-b", "A-B", "ü"]) == {"A-B": "A-B", "a b": "a-b-2", "a-b": "a-b-3", "ü": "source"}


# --- the documentation ----------------------------------------------------------------------------


def test_the_list_of_links_is_markdown_with_every_cited_source(held):
    text = links_markdown(held)

    cited = {citation.source for claim in held.claims for citation in claim.sources}
    for source in held.sources:
        assert (f"]({source.url})" in text) == (source.id in cited), source.id
    assert text.count("\n### ") + text.startswith("### ") == 4
