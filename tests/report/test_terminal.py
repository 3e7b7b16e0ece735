from __future__ import annotations

import io

import report_sample
from rich.console import Console

from angelshare.report.terminal import curve, summary


def printed(audit, width=80):
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False, legacy_windows=False).print(summary(audit))
    return out.getvalue()


def test_the_summary_fits_eighty_columns_without_colour(any_audit):
    text = printed(any_audit)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text


def test_the_box_holds_five_numbers_and_the_sentence(audit):
    text = " ".join(printed(audit).replace("│", " ").split())
    assert audit.verdict.sentence in text
    for name in (
        "Recovery",
        "Attributable recovery",
        "False-promise index",
        "Dose to half the gap",
        "Uplift over open",
    ):
        assert name in text
    assert "1,900 queries [1,400, 2,600]" in text
    assert "not stated: no open teacher in the plan" in text


def test_a_missing_control_is_said_first():
    text = printed(report_sample.sample(arms=("answers",), doses=(300,)))
    assert text.index("RAW, NOT ATTRIBUTABLE") < text.index("Recovery  ")


def test_every_arm_that_was_measured_is_seen_in_the_curve(audit):
    drawing = curve(audit)
    plot, key = drawing.split("queries per student")
    for letter, name in (
        ("A", "answers"),
        ("T", "traces"),
        ("G", "public labels"),
        ("O", "own outputs"),
        ("S", "shuffled"),
    ):
        assert letter in plot
        assert f"{letter} {name}" in key


def test_the_curve_rises_where_the_estimates_rise(audit):
    lines = curve(audit).split("└")[0].splitlines()
    places = {line.rindex("T"): row for row, line in enumerate(lines) if "T" in line}
    assert places[max(places)] == min(places.values())


def test_nothing_to_draw_is_said():
    assert curve(report_sample.refused_everywhere()) == "No recovery could be stated at any dose."
