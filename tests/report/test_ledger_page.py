"""The page, tables, figure and terminal of a compute ledger, for the two worked examples and for hostile words."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import json
import re
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from angelshare.core.records import Refusal
from angelshare.govern.compute import Asked, Provenance, bundled_model, ledger, parse_model
from angelshare.govern.compute_draws import Settings
from angelshare.govern.rulesets import shipped_rules
from angelshare.report.documents import report_json
from angelshare.report.ledger_figure import threshold_figure
from angelshare.report.ledger_page import ledger_page
from angelshare.report.ledger_tables import KINDS, ledger_notes, ledger_tables
from angelshare.report.ledger_terminal import ledger_summary
from angelshare.report.numbers import parts
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv

STATES = r", (?:in force|ended|not enacted|enacted, [a-z ]+): counted "
HOSTILE = "<script>alert(1)</script> & \x1b[31m"


def made(name="r1-distill-qwen-32b", *, show_all=True, day=dt.date(2026, 11, 24), change=None):
    card = parse_model(bundled_model(name), name)
    asked = Asked(as_of=day, settings=Settings(level=0.95, draws=2000, seed=1), show_all=show_all)
    provenance = Provenance(version="1", command="angelshare ledger x.toml", made_at="2026-11-24T10:00:00+00:00")
    return ledger(change(card) if change else card, shipped_rules(), asked, where=name, provenance=provenance)


def hostile(card):
    return dataclasses.replace(card, name=HOSTILE, note=HOSTILE)


@pytest.fixture(scope="module", params=["r1", "api", "hostile words", "before any law"])
def any_ledger(request):
    return {
        "r1": made,
        "api": lambda: made("api-student"),
        "hostile words": lambda: made(change=hostile),
        "before any law": lambda: made(show_all=False, day=dt.date(2020, 1, 1)),
    }[request.param]()  # fmt: skip


def words(text):
    return " ".join(" ".join(ET.fromstring(text).itertext()).split())


def body(page):
    assert page.startswith("<!DOCTYPE html>\n")
    return page.split("\n", 1)[1]


def test_the_page_is_well_formed_and_loads_and_runs_nothing(any_ledger):
    page = ledger_page(any_ledger)
    root = ET.fromstring(body(page))

    names = {element.tag for element in root.iter()}
    assert names & {"script", "img", "link", "iframe", "object", "form", "image", "use"} == set()
    assert all(not key.startswith("on") for element in root.iter() for key in element.attrib)
    assert re.findall(r"""(?:src|href)=["'](?!#)""", page) == []
    assert any(element.get("content", "").startswith("default-src 'none'") for element in root.iter("meta"))
    assert "\x1b" not in page


def test_the_page_has_a_dark_scheme_and_prints_light():
    page = ledger_page(made())

    assert "@media screen and (prefers-color-scheme:dark)" in page
    assert "@media print" in page
    assert "@page{size:A4" in page


def test_every_answer_and_pinpoint_stands_on_the_page():
    result = made()
    text = words(body(ledger_page(result)))

    assert result.sentence in text
    for row in result.rows:
        for said in (row.instrument, row.threshold, row.why, row.flips, row.citation, row.status, row.treatment_note):
            assert " ".join(said.split()) in text
        assert parts(row.distance).value in text
    for line in result.lines:
        assert line.working in text
    for note in result.notes:
        assert note in text


def test_what_is_known_only_from_elsewhere_is_marked():
    result = made()
    table = {table.name: table for table in ledger_tables(result)}["thresholds"]

    marks = {row.rule_set: str(cells[0])[-1] for row, cells in zip(result.rows, table.rows, strict=True)}
    assert marks["kr-ai-basic"] == "†"
    assert marks["us-ca-sb53"] not in "†‡"
    assert marks["g7-hiroshima"] == "‡"
    assert marks["us-eo-14110"] not in "†‡"


def test_every_mark_on_the_page_leads_to_its_reason(any_ledger):
    root = ET.fromstring(body(ledger_page(any_ledger)))
    ids = {element.get("id") for element in root.iter()}

    marks = [element.get("href")[1:] for element in root.iter("a") if (element.get("class") or "") == "notes"]
    assert (
        bool(marks) == bool(ledger_notes(any_ledger).refusals or ledger_notes(any_ledger).cautions)
        or not any_ledger.rows
    )
    assert set(marks) <= ids


def test_tables_hold_one_row_per_threshold_line_and_input():
    result = made("api-student")
    tables = {table.name: table for table in ledger_tables(result)}

    assert (
        len(tables["thresholds"].rows) == len(tables["flips"].rows) == len(tables["counting"].rows) == len(result.rows)
    )
    assert len(tables["treatments"].rows) == len(shipped_rules())
    assert len(tables["lines"].rows) == len(result.lines)
    assert len(tables["inputs"].rows) == len(result.quantities)
    assert {row[0] for row in tables["shares_and_dollars"].rows} == {
        "EU guidelines on general-purpose AI, July 2025 text",
        "EU guidelines on general-purpose AI, November 2025 text †",
        "New York RAISE Act, text signed in December 2025",
    }
    for table in tables.values():
        assert to_csv(table).count("\n") >= len(table.rows) + 1


def test_every_kind_of_line_has_a_name():
    from typing import get_args  # noqa: PLC0415 - for this one look

    from angelshare.core.compute import LineKind  # noqa: PLC0415 - for this one look

    assert set(KINDS) == set(get_args(LineKind))


# --- the figure -----------------------------------------------------------------------------------


def drawn(result):
    return ET.fromstring(standalone(threshold_figure(result)).split("\n", 1)[1])


def rows_of(root):
    """Find the groups of thresholds: their hover title names a state and what is counted."""
    space = "{http://www.w3.org/2000/svg}"
    titled = [group for group in root.iter(f"{space}g") if group.find(f"{space}title") is not None]
    return [group for group in titled if re.search(STATES, group.find(f"{space}title").text)]


def test_the_figure_draws_every_threshold_in_operations_on_one_axis():
    result = made()
    rows = rows_of(drawn(result))
    expected = [row for row in result.rows if row.threshold_flop is not None]

    assert len(rows) == len(expected)
    space = "{http://www.w3.org/2000/svg}"
    for group, row in zip(rows, expected, strict=True):
        assert ("dim" in (group.get("class") or "")) == (row.state != "in force")
        assert [text.text for text in group.iter(f"{space}text") if text.text == row.seen]


def test_in_the_figure_a_mark_lies_left_of_a_threshold_that_is_not_reached_and_right_of_one_that_is():
    result = made(show_all=False)
    space = "{http://www.w3.org/2000/svg}"
    expected = [row for row in result.rows if row.threshold_flop is not None]
    for group, row in zip(rows_of(drawn(result)), expected, strict=True):
        (dot,) = list(group.iter(f"{space}circle"))
        zone = next(box for box in group.iter(f"{space}rect") if box.get("class") == "zone")
        assert (float(dot.get("cx")) > float(zone.get("x"))) == (row.seen == "yes")


def test_a_figure_with_nothing_to_draw_says_why():
    def unknown(card):
        given = {
            name: dataclasses.replace(q, value="unknown", assume="", because="") for name, q in card.quantities.items()
        }
        return dataclasses.replace(card, quantities=given)

    figure = threshold_figure(made(change=unknown))

    assert "No amount of compute could be stated" in figure.description
    assert isinstance(made(change=unknown).total_flop, Refusal)


# --- terminal and JSON ----------------------------------------------------------------------------


def printed(result):
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=False, legacy_windows=False).print(ledger_summary(result))
    return out.getvalue()


def test_the_terminal_fits_eighty_columns_and_no_words_steer_it(any_ledger):
    text = printed(any_ledger)

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text


def test_the_terminal_names_every_row_and_marks_those_not_in_force():
    result = made()
    text = printed(result)

    assert text.count("[ended]") + text.count("[not enacted]") >= 6
    assert "judgement" in text
    assert "Teacher’s own training" in text


def test_json_holds_no_number_that_is_not_finite(any_ledger):
    report = json.loads(report_json(any_ledger))

    assert report["rows"] == [] or {"counts_flop", "seen"} <= set(report["rows"][0])


@pytest.mark.parametrize("name", ["r1-distill-qwen-32b", "api-student"])
def test_no_label_of_the_figure_runs_into_the_column_beside_the_plot_or_the_row_above(name):
    root = ET.fromstring(standalone(threshold_figure(made(name))).split("\n", 1)[1])
    space = "{http://www.w3.org/2000/svg}"
    labels = [one for one in root.iter(f"{space}text") if one.get("class") == "halo s"]
    places = [float(one.get("y")) for one in labels]

    assert any("presumed high-impact capabilities" in one.text for one in labels)
    assert all(len(one.text) * 6.4 <= 600 - 14 and not one.text.endswith("…") for one in labels)
    assert len(set(places)) == len(places)
    assert min(later - earlier for earlier, later in itertools.pairwise(sorted(places))) >= 15


def test_a_label_too_long_for_two_lines_is_cut_and_whole_in_the_hover_title():
    result = made()
    long = dataclasses.replace(result.rows[0], threshold="word " * 60 + "end")
    root = ET.fromstring(standalone(threshold_figure(dataclasses.replace(result, rows=[long]))).split("\n", 1)[1])
    space = "{http://www.w3.org/2000/svg}"
    labels = [one.text for one in root.iter(f"{space}text") if one.get("class") == "halo s"]

    assert len(labels) == 2
    assert sum(words.endswith("…") for words in labels) == 1
    assert any("word end" in one.text for one in root.iter(f"{space}title"))
