from __future__ import annotations

import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET

import delay_sample
import pytest

from angelshare.core.delay import PublishedLag
from angelshare.core.records import Estimate, Refusal, Source
from angelshare.report.delay_axes import Mark, Row, forest, months_scale
from angelshare.report.delay_figures import delay_figures
from angelshare.report.delay_labels import Wanted, place
from angelshare.report.delay_words import undercovers
from angelshare.report.svg import standalone

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["frontier", "estimators", "sensitivity", "survival", "benchmarks", "tornado", "months_saved"]


def drawn(report, name):
    return next(figure for figure in delay_figures(report) if figure.name == name)


def parsed(report, name):
    return ET.fromstring(standalone(drawn(report, name)).encode())


def texts(root):
    return [" ".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def titles(root):
    return [element.text or "" for element in root.iter(f"{SVG}title")]


def test_every_figure_is_a_valid_file_with_title_description_and_what_it_assumes(any_delay):
    figures = delay_figures(any_delay)
    assert [figure.name for figure in figures] == [name for name in NAMES if name in {f.name for f in figures}]
    for figure in figures:
        root = ET.fromstring(standalone(figure).encode())
        assert root.find(f"{SVG}title").text == figure.title
        assert "Data as of" in root.find(f"{SVG}desc").text
        assert any("Data as of" in words for words in texts(root))


def test_no_figure_holds_a_number_that_is_not_one(any_delay):
    for figure in delay_figures(any_delay):
        assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', standalone(figure))


def test_marks_and_words_stay_inside_the_drawing(any_delay):
    for figure in delay_figures(any_delay):
        root = ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{figure.body}</svg>')
        for circle in root.iter(f"{SVG}circle"):
            assert 0 <= float(circle.get("cx")) <= figure.width
            assert 0 <= float(circle.get("cy")) <= figure.height
        for text in root.iter(f"{SVG}text"):
            small = "s" in (text.get("class") or "").split()
            width = len("".join(text.itertext())) * (5.6 if small else 6.1)
            left = float(text.get("x")) - {"m": width / 2, "e": width}.get((text.get("class") or "").split(" ")[-1], 0)
            assert left >= -1, "".join(text.itertext())
            assert left + width <= figure.width + 8, "".join(text.itertext())
            assert 0 <= float(text.get("y")) <= figure.height


def test_each_closed_record_tells_how_long_it_stood(delay):
    told = titles(parsed(delay, "frontier"))
    for spell in delay.benchmarks[0].spells:
        mine = [words for words in told if words.startswith(f"{spell.closed}, {spell.set_on}")]
        assert mine
        assert all(("not yet matched, at least" in words) == (spell.matched_on is None) for words in mine)


def test_a_record_not_yet_matched_runs_to_the_edge_and_is_named_in_the_margin(delay):
    root = parsed(delay, "frontier")
    waiting = [spell for spell in delay.benchmarks[0].spells if spell.matched_on is None]
    matched = [spell for spell in delay.benchmarks[0].spells if spell.matched_on is not None]
    assert waiting
    assert matched

    def reach(spell):
        group = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "grey"
                     and titles(g)[:1] and titles(g)[0].startswith(f"{spell.closed}, "))  # fmt: skip
        return max(float(stroke.get("x2")) for stroke in group.iter(f"{SVG}line"))

    edge = reach(waiting[0])
    assert all(reach(spell) == edge for spell in waiting)
    assert all(reach(spell) < edge for spell in matched)
    assert "not yet matched" in texts(root)
    assert sum(words.startswith("at least ") for words in texts(root)) == len(waiting)


def test_more_waiting_records_than_the_margin_holds_are_counted(delay):
    front = delay.benchmarks[0]
    spells = [dataclasses.replace(spell, matched_by=None, matched_on=None, high_months=None) for spell in front.spells]
    root = parsed(dataclasses.replace(delay, benchmarks=[dataclasses.replace(front, spells=spells)]), "frontier")
    assert f"and {len(spells) - 12} more" in texts(root)


def test_names_never_stand_on_one_another():
    wanted = [
        Wanted(words=f"model {index}", x=100 + index, y=100, above=bool(index % 2), classes="") for index in range(30)
    ]
    root = ET.fromstring(f"<svg>{place(wanted, [], (0, 0, 300, 200), most=20)}</svg>")
    boxes = []
    for text in root.iter("text"):
        x, y, width = float(text.get("x")), float(text.get("y")), 6.0 * len(text.text)
        left = x - {"e": width, "m": width / 2}.get(text.get("class").split()[-1], 0)
        boxes.append((left, y - 9, left + width, y + 2))
    assert len(boxes) > 5
    for one, other in itertools.combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_every_estimator_stands_in_the_panel_and_refused_ones_say_why(delay):
    root = parsed(delay, "estimators")
    for entry in delay.estimators:
        if entry.benchmark == "ECI":
            assert any(words.startswith(entry.name) for words in texts(root))
    refused = next(entry for entry in delay.estimators if isinstance(entry.months, Refusal))
    assert "not stated" in texts(root)
    assert refused.months.refused in " ".join(texts(root))


def test_an_interval_that_undercovers_is_marked_and_the_caption_says_so(delay):
    root = parsed(delay, "estimators")
    marked = [words for words in texts(root) if words.endswith("†")]
    assert marked == [
        f"{entry.name} †" for entry in delay.estimators if entry.benchmark == "ECI" and undercovers(entry)
    ]
    assert marked
    assert "†" in drawn(delay, "estimators").caption
    sound = [dataclasses.replace(entry, caution="", months=dataclasses.replace(entry.months, caution=""))
             if isinstance(entry.months, Estimate) else entry for entry in delay.estimators]  # fmt: skip
    clean = dataclasses.replace(delay, estimators=sound)
    assert not any("†" in words for words in texts(parsed(clean, "estimators")))
    assert "†" not in drawn(clean, "estimators").caption


@pytest.mark.parametrize(
    ("months", "interval", "shapes", "strokes"),
    [("3", "about 7 points", 1, 0), ("6.13", "90 % 4.63 to 7.40", 1, 3), ("4.7", "4.37-5.29", 1, 3), ("6 to 12", "", 0, 3),
     ("about 12", "5 to 22 across benchmarks", 1, 0), ("6-12 (revised from 9)", "", 0, 0), ("unknown", "", 0, 0)],
)  # fmt: skip
def test_a_published_figure_is_drawn_only_as_far_as_it_is_a_number(delay, months, interval, shapes, strokes):
    lag = PublishedLag(
        source=Source(title="Somebody", url=""), metric="x", method="y", months=months, interval=interval
    )
    root = parsed(dataclasses.replace(delay, published=[lag]), "estimators")
    group = next(g for g in root.iter(f"{SVG}g") if titles(g)[:1] and titles(g)[0].startswith("Somebody"))
    assert len([path for path in group.iter(f"{SVG}path") if path.get("class") == "mo"]) == shapes
    assert len(list(group.iter(f"{SVG}line"))) == strokes
    assert months in texts(group)
    assert not interval or interval in " ".join(texts(group))


def test_one_wide_interval_does_not_flatten_the_others():
    narrow = delay_sample.number(6.0, 1.0)
    wide = dataclasses.replace(narrow, high=600.0)
    scale = months_scale([narrow, wide], 0, 100)
    assert scale.at(6.0) > 40
    rows = [Row(label="x", marks=[Mark(number=number, role="closed")]) for number in (narrow, wide)]
    body = forest(rows, title="months", level=0.9).body
    assert "600" in body
    assert 'class="ln t" d="M' in body


def test_a_negative_end_lies_inside_the_axis():
    scale = months_scale([Estimate(value=1.0, low=-2.0, high=4.0, level=0.9, n=3, method="m")], 0, 100)
    assert 0 < scale.at(-2.0) < scale.at(0.0) < scale.at(4.0) < 100


def test_the_survival_curve_only_falls_and_has_a_tick_for_each_waiting_record(delay):
    root = parsed(delay, "survival")
    curve = next(path for path in root.iter(f"{SVG}path") if path.get("class") == "ln w")
    heights = [float(pair.split()[1]) for pair in curve.get("d").lstrip("M").split("L")]
    assert heights == sorted(heights)
    ticks = [title for title in titles(root) if title == "a record not yet matched"]
    assert len(ticks) == sum(spell.matched_on is None for spell in delay.benchmarks[0].spells)
    assert any(words.startswith("median ") and "months [" in words for words in texts(root))


def test_a_median_not_reached_is_said(delay):
    panel = [dataclasses.replace(entry, months=Refusal(refused="not bounded above")) if "Kaplan" in entry.name else entry
             for entry in delay.estimators]  # fmt: skip
    told = dataclasses.replace(delay, estimators=panel)
    assert any("not reached" in words for words in texts(parsed(told, "survival")))
    assert "not stated: not bounded above" in drawn(told, "survival").caption


def test_private_benchmarks_bear_another_mark(delay):
    root = parsed(delay, "benchmarks")
    group = next(g for g in root.iter(f"{SVG}g") if titles(g)[:1] and titles(g)[0].startswith("chess puzzles (private"))
    assert any(path.get("class") == "mo" for path in group.iter(f"{SVG}path"))
    public = next(g for g in root.iter(f"{SVG}g") if titles(g)[:1] and titles(g)[0].startswith("ECI (public"))
    assert any(circle.get("class") == "mk" for circle in public.iter(f"{SVG}circle"))


def test_the_tornado_runs_from_low_to_high_in_the_order_given(delay):
    root = parsed(delay, "tornado")
    told = [words for words in titles(root) if words.endswith("months saved")]
    assert [words.split(":")[0] for words in told] == [entry.assumption for entry in delay.attributable.tornado
                                                         if entry.assumption != "training_days"]  # fmt: skip
    assert "1 more do not change it" in drawn(delay, "tornado").caption
    assert "1.90 to 0.70" in texts(root)


def test_an_assumed_defence_is_told_from_a_measured_one(delay):
    root = parsed(delay, "months_saved")
    measured, assumed = (
        next(g for g in root.iter(f"{SVG}g") if titles(g)[:1] and titles(g)[0].startswith(name))
        for name in ("answers only", "rate limit")
    )
    assert [circle.get("class") for circle in measured.iter(f"{SVG}circle")] == ["mk"]
    assert [circle.get("class") for circle in assumed.iter(f"{SVG}circle")] == ["mo"]
