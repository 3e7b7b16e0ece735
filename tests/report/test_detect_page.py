from __future__ import annotations

import csv
import dataclasses
import io
import re
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from angelshare.core.records import Refusal
from angelshare.detect.shown import without_accounts
from angelshare.report.detect_case_page import case_page
from angelshare.report.detect_figures import cases_figure, detect_figures, ties_figure, timeline_figure
from angelshare.report.detect_page import detect_page
from angelshare.report.detect_publish import detect_label, detect_numbers, publish_detect
from angelshare.report.detect_tables import detect_tables
from angelshare.report.detect_terminal import detect_summary
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from report.detect_sample import case, report

COMMAND = "angelshare detect logs --calibrate benign"


def words(html: str) -> str:
    root = ET.fromstring(html.partition("\n")[2])  # well-formed, or this raises
    return " ".join(" ".join(root.itertext()).split())


@pytest.fixture(scope="module")
def page() -> str:
    return detect_page(without_accounts(report()), command=COMMAND)


def test_the_page_is_one_file_that_loads_nothing(page):
    assert re.findall(r'(?:src|href)="(?!#)[^"]+"', page) == []
    assert "<script" not in page
    assert "default-src &#x27;none&#x27;" in page


def test_the_page_says_what_was_found_at_which_rate_and_what_it_is_not(page):
    said = words(page)

    assert "2 groups of accounts are campaigns" in said
    assert "0.40" in said
    assert said.count("A match is not an accusation.") >= 5
    assert "1 false campaign / 30d" in said


def test_a_signal_that_is_off_stands_before_the_verdict(page):
    said = words(page)

    assert said.index("1 signal is off on these logs.") < said.index("2 groups of accounts are campaigns")


def test_the_page_holds_the_naive_rule_the_coverage_the_lines_and_the_truth(page):
    said = words(page)

    assert "more than 100 requests in an hour" in said
    assert "nightly-evaluation" in said
    assert "Invisible in traffic" in said
    assert "not JSON" in said
    assert "hydra" in said
    assert "Which detector sees which route" in said


def test_the_page_names_no_account_and_the_case_page_names_them(page):
    assert "-acct-" not in page
    own = words(case_page(case(), origin="Run x.", signed_by="0123…"))

    assert "c1-acct-0" in own
    for heading in ("H.R. 8283 section 3(11)", "AISVS 11.5.2", "Honest explanations that remain", "Without one signal",
                    "What the traffic cannot show", "No person has decided", "A match is not an accusation."):  # fmt: skip
        assert heading in own


def test_a_case_that_says_markup_is_shown_as_text():
    odd = dataclasses.replace(case(), sentence="<script>alert(1)</script>", hypothesis="a & b")

    made = case_page(odd, origin="", signed_by="")
    assert "<script>" not in made
    assert "alert(1)" in words(made)


def test_a_run_without_a_case_says_so():
    empty = dataclasses.replace(report(), campaigns=[], look_alikes=[], insufficient=[], sentence="No group.")

    said = words(detect_page(empty, command=COMMAND))
    assert "No group of accounts was looked at closely." in said
    assert cases_figure(empty).name == "cases"


@pytest.mark.parametrize("figure", [*detect_figures(report()), timeline_figure(case()), ties_figure(case())])
def test_every_figure_is_drawn_and_described(figure):
    root = ET.fromstring(standalone(figure).partition("\n")[2])

    assert root.get("role") == "img"
    assert figure.description
    assert "A match is not an accusation." in figure.threat
    numbers = [float(value) for value in re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy)="(-?[\d.]+)"', figure.body)]
    assert numbers
    assert all(-60 <= number <= max(figure.width, figure.height) + 60 for number in numbers)


def test_tables_count_members_and_are_whole_as_csv():
    made = {table.name: list(csv.DictReader(io.StringIO(to_csv(table)))) for table in detect_tables(report())}

    assert [row["verdict"] for row in made["cases"]] == [
        "campaign", "campaign", "look-alike", "insufficient evidence",
    ]  # fmt: skip
    assert [row["members"] for row in made["cases"]] == ["12", "30", "8", "5"]
    assert made["cases"][0]["expected_false_value"] == "0.12"
    assert made["lines"][1] == {"reason": "not JSON", "lines": "2", "places": "a.jsonl:17"}


def test_a_refused_rate_is_said_in_words():
    refused = Refusal(refused="six days cannot say")
    made = dataclasses.replace(report(), calibration=dataclasses.replace(report().calibration, realised=refused))

    assert "six days cannot say" in words(detect_page(made, command=COMMAND))
    assert detect_numbers(made) == {"false_campaigns_realised": refused}


def test_the_label_of_a_run_is_that_of_the_same_run_on_later_days():
    later = dataclasses.replace(report(), period="2026-04-01 to 2026-04-04", made_at="2026-04-05T01:00:00+00:00")

    assert detect_label(later) == detect_label(report())


def test_the_terminal_begins_with_what_is_off_and_fits_eighty_columns():
    out = io.StringIO()
    Console(file=out, width=80).print(detect_summary(report()))
    lines = out.getvalue().splitlines()

    assert lines[0].startswith("OFF: failover-on-block")
    assert max(map(len, lines)) <= 80
    assert "look-alike: nightly" in out.getvalue()
    assert "A rule of more than 100 requests in an hour bans 31 accounts" in out.getvalue()


def test_every_form_is_written_whole(tmp_path):
    publish_detect(without_accounts(report()), tmp_path, command=COMMAND)

    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"report.html", "report.json", "tables/cases.csv", "figures/cases.svg", "figures/timeline_1.svg"} <= files
    assert not any(name.endswith(".part") for name in files)
