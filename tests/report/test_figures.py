from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET

import pytest
import report_sample

from angelshare.core.records import Refusal
from angelshare.report.figures import drawn, figures
from angelshare.report.scales import Scale, extent
from angelshare.report.svg import spread
from angelshare.report.words import ARMS
from angelshare.stats.published import GUDIBANDE

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["recovery_curve", "false_promise_plane", "waterfall", "rings", "item_ledger", "fidelity"]


def parsed(audit, name):
    return ET.fromstring(figures(audit)[name].encode())


def texts(root):
    return [" ".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def titles(root):
    return [element.text for element in root.iter(f"{SVG}title")]


def test_every_figure_is_a_valid_file_with_title_description_and_threat_model(any_audit):
    files = figures(any_audit)
    assert list(files) == NAMES
    for text in files.values():
        root = ET.fromstring(text.encode())
        assert root.tag == f"{SVG}svg"
        assert root.find(f"{SVG}title").text
        assert "Threat model" in root.find(f"{SVG}desc").text
        assert any("Threat model" in words for words in texts(root))


def test_no_figure_holds_a_number_that_is_not_one(any_audit):
    for text in figures(any_audit).values():
        assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', text)


def test_marks_and_labels_of_points_stay_inside_the_drawing(any_audit):
    for figure in drawn(any_audit):
        root = ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{figure.body}</svg>')
        for circle in root.iter(f"{SVG}circle"):
            if circle.get("class") != "axis":
                assert 0 <= float(circle.get("cx")) <= figure.width
                assert 0 <= float(circle.get("cy")) <= figure.height
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x")) <= figure.width
            assert -1 <= float(text.get("y")) <= figure.height


def test_a_strongly_negative_recovery_stretches_the_axis_instead_of_being_cut(audit):
    low = [dataclasses.replace(point, recovery=report_sample.estimate(-1.4, 0.3)) if point.arm == "shuffled" else point
           for point in audit.points]  # fmt: skip
    root = parsed(dataclasses.replace(audit, points=low), "recovery_curve")
    heights = {" ".join(tick.itertext()): float(tick.get("y")) for tick in root.iter(f"{SVG}text")}
    group = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "a-shuffled" and list(g.iter(f"{SVG}line")))
    drawn_at = [float(stroke.get(end)) for stroke in group.iter(f"{SVG}line") for end in ("y1", "y2")]
    floor = heights["queries per student (logarithmic)"] - 37
    assert heights["−1"] < max(drawn_at) < floor
    assert any("−1.4" in (title or "") for title in titles(root))


def test_each_arm_is_named_beside_its_line_and_every_point_tells_its_estimate(audit):
    root = parsed(audit, "recovery_curve")
    for arm in ("answers", "traces", "gold", "self", "shuffled"):
        assert ARMS[arm] in texts(root)
    marks = [title for title in titles(root) if title and "queries: recovery" in title]
    assert len(marks) == len(audit.points)
    assert all("95\u00a0% interval; n = 800" in title and report_sample.METHOD in title for title in marks)


def test_the_curve_is_dashed_beyond_the_data_and_claims_nothing_past_the_limit(audit):
    root = parsed(audit, "recovery_curve")
    classes = [path.get("class") for path in root.iter(f"{SVG}path")]
    assert classes.count("ln d") == 2
    assert {"measured", "extrapolated", "no claim"} <= set(texts(root))
    zone = next(rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "zone")
    solid = [path for path in root.iter(f"{SVG}path") if path.get("class") == "bd"]
    right = max(float(x) for path in solid for x in re.findall(r"[ML]([\d.]+) ", path.get("d")))
    assert right <= float(zone.get("x")) + 0.11


def test_without_a_fit_nothing_is_claimed_beyond_the_largest_dose(audit):
    bare = dataclasses.replace(audit, curves=[])
    root = parsed(bare, "recovery_curve")
    assert "extrapolated" not in texts(root)
    assert not any(path.get("class") == "bd" for path in root.iter(f"{SVG}path"))
    assert "No dose-response curve could be fitted" in drawn(bare)[0].caption


def test_points_that_are_refused_are_counted_in_the_caption(audit):
    points = [dataclasses.replace(point, recovery=Refusal(refused="few")) if point.arm == "self" else point
              for point in audit.points]  # fmt: skip
    assert "4 of 20 points are not stated" in drawn(dataclasses.replace(audit, points=points))[0].caption


def test_published_points_stand_in_the_plane_with_their_source(audit):
    root = parsed(audit, "false_promise_plane")
    for point in GUDIBANDE:
        assert any(words.startswith(point.label) for words in texts(root))
    assert sum(GUDIBANDE[0].source in (title or "") for title in titles(root)) == len(GUDIBANDE)


def test_the_waterfall_credits_a_step_only_with_what_it_adds(audit):
    root = parsed(audit, "waterfall")
    last = [group for group in root.iter(f"{SVG}g") if group.get("class") == "a-traces"][-1]
    pale, solid = list(last.iter(f"{SVG}rect"))
    steps = {step.arm: step.recovery.value for step in audit.waterfall}
    share = float(solid.get("width")) / float(pale.get("width"))
    best = max(value for arm, value in steps.items() if arm != "traces")
    assert share == pytest.approx((steps["traces"] - best) / steps["traces"], abs=0.01)


def test_a_ring_below_the_base_is_named_in_the_caption(audit):
    rows = [dataclasses.replace(row, recovery=report_sample.estimate(-0.4, 0.1)) if row.domain == "sub" else
            dataclasses.replace(row, recovery=report_sample.estimate(0.2, 0.1)) for row in audit.rings]  # fmt: skip
    caption = drawn(dataclasses.replace(audit, rings=rows))[3].caption
    assert "traces on sub (held out): −0.40 [−0.50, −0.30]" in caption
    kept = [dataclasses.replace(row, recovery=report_sample.estimate(0.2, 0.1)) for row in audit.rings]
    assert "No arm fell below the base" in drawn(dataclasses.replace(audit, rings=kept))[3].caption


def test_an_error_inheritance_that_is_refused_is_said_not_drawn(audit):
    root = parsed(audit, "fidelity")
    assert "not stated" in texts(root)
    assert any("31 shared errors, fewer than 50" in (title or "") for title in titles(root))


def test_labels_are_moved_apart_but_stay_inside():
    placed = spread([10, 11, 12, 300], 15, 0, 200)
    assert placed[:3] == [10, 25, 40]
    assert placed[3] == 200
    assert spread([199, 200, 198], 15, 0, 200) == [185, 200, 170]


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [(-0.1, 1.08, False, [0, 0.5, 1]), (30, 3000, True, [30, 100, 300, 1000, 3000]), (-1.7, 1.1, False, [-1, 0, 1])],
)
def test_ticks_are_round_and_inside(low, high, log, ticks):
    given = Scale(low=low, high=high, start=0, end=100, log=log).ticks()
    assert all(low <= tick <= high for tick in given)
    assert set(ticks) <= {round(tick, 9) for tick in given}


def test_an_extent_holds_every_value():
    low, high = extent([-2.0, 0.4], -0.1, 1.08)
    assert low < -2.0
    assert high == 1.08
