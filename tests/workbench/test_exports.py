import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from angelshare.core.catalogue import CataloguedSource
from angelshare.core.dossier import Dossier
from angelshare.core.records import Refusal
from angelshare.core.strict import convert, encode
from angelshare.workbench import chain
from angelshare.workbench.imports import import_run
from angelshare.workbench.measured import block
from workbench.runs import audit_run

HOSTILE = '</script><script>alert(1)</script>&"\u2028'


@pytest.fixture
def pages(make_dossier, measured, tmp_path, now):
    run = import_run(audit_run(tmp_path / "run"), by=None, now=now)
    dossiers = [
        make_dossier("alpha", measured=(block(run), measured())),
        make_dossier("beta", title=HOSTILE, definition="=HYPERLINK(1)", measured=()),
    ]
    for dossier in dossiers:
        chain.publish(dossier, message="x", author=None, reviewer=None, now=now)
    return run, dossiers


def fetched(client, path) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)


def tables(data: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {
            name: list(csv.DictReader(io.StringIO(packed.read(name).decode(), newline="")))
            for name in packed.namelist()
            if name.endswith(".csv")
        }


def test_json_gives_the_dossier_back_whole(client, pages):
    document = json.loads(fetched(client, "/alpha/export/?form=json"))
    (entry,) = document["pages"]
    assert encode(convert(entry["dossier"], Dossier, "export")) == encode(chain.dossier_at("alpha")[0])
    assert entry["revision"]["sha256"] == chain.dossier_at("alpha")[1].sha256
    assert "a match is not an accusation" in document["statement"]
    assert [one["dossier"]["slug"] for one in json.loads(fetched(client, "/export/?form=json"))["pages"]] == [
        "alpha",
        "beta",
    ]


def test_csv_has_a_table_for_each_thing_and_its_description_fits_its_columns(client, pages):
    data = fetched(client, "/export/?form=csv")
    found = tables(data)
    described = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("csv-metadata.json"))
    assert {table["url"] for table in described["tables"]} == set(found)
    for table in described["tables"]:
        names = [column["name"] for column in table["tableSchema"]["columns"]]
        for row in found[table["url"]]:
            assert list(row) == names
    assert {row["page"] for row in found["claims.csv"]} == {"alpha", "beta"}


def test_numbers_keep_their_interval_and_a_refusal_keeps_its_reason_instead_of_a_number(client, pages):
    _, dossiers = pages
    rows = {(row["run"], row["name"]): row for row in tables(fetched(client, "/alpha/export/?form=csv"))["numbers.csv"]}
    refused = 0
    for shown in dossiers[0].measured:
        for name, number in shown.numbers.items():
            row = rows[shown.run, name]
            if isinstance(number, Refusal):
                refused += 1
                assert (row["value"], row["low"], row["refused"]) == ("", "", number.refused)
            else:
                assert float(row["value"]) == number.value
                assert row["low"] == ("" if number.low is None else str(number.low))
    assert refused


def test_no_cell_is_a_formula_to_a_spreadsheet(client, pages):
    (row,) = [row for row in tables(fetched(client, "/export/?form=csv"))["pages.csv"] if row["page"] == "beta"]
    assert row["definition"] == "'=HYPERLINK(1)"


def test_the_same_pages_give_the_same_archive(client, pages):
    assert fetched(client, "/export/?form=csv") == fetched(client, "/export/?form=csv")


def test_sources_go_to_reference_managers_once_each(client, pages):
    ris = fetched(client, "/export/?form=ris").decode()
    assert ris.count("TY  - ") == ris.count("ER  - ") == 1
    assert "UR  - https://example.org/act\r\n" in ris
    assert fetched(client, "/export/?form=bibtex").decode().count("@misc{act,") == 1


def test_a_line_break_in_a_source_cannot_begin_a_field_of_its_own(client, make_dossier, now):
    source = CataloguedSource(id="act", title="A\r\nER  - \r\nTY  - X", url="https://example.org", publisher="P")
    chain.publish(make_dossier("gamma", sources=(source,)), message="x", author=None, reviewer=None, now=now)
    lines = fetched(client, "/gamma/export/?form=ris").decode().split("\r\n")
    assert [line[:2] for line in lines if line] == ["TY", "ID", "TI", "AU", "PB", "UR", "ER"]


def test_linked_data_names_revision_claims_and_intervals(client, pages):
    graph = json.loads(fetched(client, "/alpha/export/?form=jsonld"))["@graph"]
    page, *claims = graph
    assert page["@id"] == "http://testserver/alpha/"
    assert page["version"] == chain.dossier_at("alpha")[1].sha256
    assert {claim["@type"] for claim in claims} == {"Claim"}
    for number in page["additionalProperty"]:
        assert ("value" in number) == ("measurementTechnique" in number)
        assert "value" in number or number["description"]


def test_an_export_as_of_a_day_is_of_the_revision_that_stood_then(client, make_dossier, now):
    chain.publish(
        make_dossier("gamma", note="Old."), message="x", author=None, reviewer=None, now=now - timedelta(days=3)
    )
    chain.publish(make_dossier("gamma", note="New."), message="x", author=None, reviewer=None, now=now)
    day = (now - timedelta(days=2)).date()
    document = json.loads(fetched(client, f"/gamma/export/?form=json&asof={day}"))
    assert document["pages"][0]["dossier"]["note"] == "Old."


def test_the_forms_are_offered_to_readers_and_an_unknown_one_is_too(client, pages):
    for path in ("/export/", "/alpha/export/", "/alpha/export/?form=exe"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "JSON-LD" in answer.content.decode()
    assert client.get("/none/export/?form=json").status_code == 404


def test_an_embedded_figure_bears_the_hash_of_its_data_and_only_it_may_be_framed(client, pages):
    run, _ = pages
    answer = client.get("/embed/alpha/recovery_curve.svg")
    svg = answer.content.decode()
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert f"run sha256:{run.sha256}" in ET.fromstring(svg).find("{http://www.w3.org/2000/svg}metadata").text
    assert run.sha256[:12] in "".join(ET.fromstring(svg).itertext())
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert client.get("/embed/alpha/recovery_curve.svg", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    page = client.get("/alpha/")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "path", ["/embed/alpha/none.svg", "/embed/none/recovery_curve.svg", "/embed/beta/recovery_curve.svg"]
)
def test_a_figure_that_is_not_there_is_not_found(path, client, pages):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["X-Frame-Options"] == "DENY"


def test_asking_for_a_figure_that_a_page_does_not_have_names_those_it_has(client, pages):
    page = client.get("/embed/alpha/none.svg").content.decode()

    assert "has no figure" in page
    assert "recovery_curve" in page


def test_the_sitemap_lists_every_page_and_robots_are_led_to_it(client, pages):
    found = ET.fromstring(client.get("/sitemap.xml").content)
    places = [node.text for node in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert places == ["http://testserver/alpha/", "http://testserver/beta/"]
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    assert "Disallow: /accounts/" in robots


def test_a_page_carries_its_metadata_as_data_that_no_text_can_end(client, pages):
    for slug in ("alpha", "beta"):
        html = client.get(f"/{slug}/").content.decode()
        (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.DOTALL)
        assert json.loads(data)["@id"] == f"http://testserver/{slug}/"
    assert json.loads(data)["name"] == HOSTILE
    assert "<script>alert" not in html
