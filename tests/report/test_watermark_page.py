import csv
import io
from xml.etree import ElementTree as ET

import pytest

from angelshare.core.records import Refusal
from angelshare.report.table import to_csv
from angelshare.report.watermark_figure import p_value_figure
from angelshare.report.watermark_page import watermark_page
from angelshare.report.watermark_tables import decoy_words, evidence_table, p_words
from report.watermark_sample import found
from report.watermark_sample import tested as report


def test_the_page_says_verdict_tests_cautions_and_limits_and_escapes_what_it_was_given():
    html = watermark_page(report(), command="angelshare watermark 'a<b>.txt'")

    ET.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
    for words in ("Mark found", "The text carries the mark.", "75", "exact binomial power", "Bear &lt;this&gt; in mind.",
                  "a&lt;b&gt;.txt", "It does not show who made or used the text"):  # fmt: skip
        assert words in html
    assert "<script" not in html


def test_what_cannot_be_said_is_a_reason_not_a_number():
    html = watermark_page(report(needed=Refusal(refused="it hangs on the student")), command="x")

    assert "not stated" in html
    assert "it hangs on the student" in html


def test_the_figure_marks_exact_and_decoy_p_and_says_both_in_words():
    figure = p_value_figure(report(found(), found(test="other", decoy_p_value=None, decoys=0)))

    assert figure.body.count("<circle") == 1
    assert "log10 p -98.3" in figure.description
    assert "level 0.001" in figure.body


@pytest.mark.parametrize("log10_p", [0.0, -0.2, -5000.0])
def test_the_figure_holds_any_p_value_inside_its_frame(log10_p):
    figure = p_value_figure(report(found(log10_p_value=log10_p, p_value=max(10.0**log10_p, 5e-324))))

    root = ET.fromstring(f"<g>{figure.body}</g>")
    ends = [float(line.get("x2")) for line in root.iter("line")]
    assert 0 <= min(ends) <= max(ends) <= figure.width


def test_nothing_scored_gives_a_figure_that_says_so():
    figure = p_value_figure(report(found(n=0, p_value=1.0, log10_p_value=0.0)))

    assert "No draw could be scored" in figure.caption


def test_p_values_below_every_float_are_still_printed():
    assert p_words(found(log10_p_value=-5000.4, p_value=5e-324)) == "10^-5,000"
    assert p_words(found(log10_p_value=-2.0, p_value=0.01)) == "0.0100"
    assert decoy_words(found(decoy_p_value=None)) == "no decoys"


def test_the_table_keeps_numbers_unrounded_in_csv():
    (row,) = list(csv.DictReader(io.StringIO(to_csv(evidence_table(report())))))

    assert float(row["log10_p_value"]) == -98.3
    assert row["n"] == "234"
    assert row["null"] == "the text was written without this key"
