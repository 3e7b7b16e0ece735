import csv
import io
from xml.etree import ElementTree as ET

import pytest

from angelshare.report.lineage_figure import panel_figure
from angelshare.report.lineage_page import lineage_page
from angelshare.report.lineage_tables import tables_of, verdict_table
from angelshare.report.table import to_csv
from report.lineage_sample import examined, verdict


def test_the_page_says_verdicts_reasons_limits_and_that_a_match_is_not_an_accusation():
    html = lineage_page(examined(), command="angelshare lineage test 'a<b>.jsonl'")

    ET.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
    for words in ("Derived: rye", "A match is not an accusation.", "cannot tell", "the panel has no documented student",
                  "Well, &lt;then&gt;", "That an interface was used", "Both learnt from a third", "Bear &lt;this&gt;",
                  "a&lt;b&gt;.jsonl", "ab" * 32, "grain 20"):  # fmt: skip
        assert words in html
    assert "<script" not in html


def test_a_test_that_was_not_registered_says_so():
    html = lineage_page(examined(registered=""), command="x")

    assert "could have chosen prompts, panel or candidates after a look at the result" in html


def test_the_figure_has_a_row_per_teacher_with_the_suspect_marked_and_said_in_words():
    figure = panel_figure(examined())

    assert figure.body.count("<circle") == 2
    assert "rye: score 3.20, p 0.04, derived" in figure.description
    assert "24 null projects" in figure.threat


@pytest.mark.parametrize("score", [-40.0, 0.0, 40.0])
def test_the_figure_holds_any_score_inside_its_frame(score):
    figure = panel_figure(examined(verdict(score=score)))

    root = ET.fromstring(f"<g>{figure.body}</g>")
    ends = [float(line.get("x2")) for line in root.iter("line")]
    assert 0 <= min(ends) <= max(ends) <= figure.width


def test_bars_stand_for_every_comparison_project():
    figure = panel_figure(examined(verdict(panel_scores={"a": 0.12, "b": 0.13, "c": 3.0})))

    heights = sorted(
        float(bar.get("height"))
        for bar in ET.fromstring(f"<g>{figure.body}</g>").iter("rect")
        if bar.get("class") == "pale"
    )
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0])


def test_no_panel_gives_a_figure_that_says_so():
    assert "no scores to draw" in panel_figure(examined(verdict(panel_scores={}))).caption


def test_tables_keep_numbers_unrounded_and_refusals_in_words():
    rows = list(csv.DictReader(io.StringIO(to_csv(verdict_table(examined())))))

    assert [row["teacher"] for row in rows] == ["rye", "oak"]
    assert float(rows[0]["power_value"]) == 0.8
    assert rows[1]["power_refused"] == "the panel has no documented student of oak"
    assert {table.name for table in tables_of(examined())} >= {
        "verdicts",
        "exhibits",
        "confounders",
        "claims",
    }
