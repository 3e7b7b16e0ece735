"""What a row of the goals says where there is little to say."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.lineage import Row, section


def test_a_figure_that_keeps_its_goal_by_itself_alone_says_so():
    assert Row("rate", 0.0, 0.0, 0.11, "0 of 31", 0.05, at_most=True).reached == "figure alone"
    assert Row("rate", 0.0, 0.0, 0.04, "0 of 90", 0.05, at_most=True).reached == "yes"
    assert Row("power", 0.136, 0.0, 0.32, "22", 0.7).reached == "no"


def test_nothing_measured_is_not_a_zero():
    row = Row("precision where answered", None, None, None, "no model was answered", 0.95)

    assert (row.figure, row.reached) == ("not stated", "not shown")
    assert "| not stated | no model was answered |" in section([row], datetime(2026, 11, 24, tzinfo=UTC))


def test_a_figure_without_interval_says_that_it_has_none():
    assert Row("sign test", 0.65, None, None, "26 of 40 pairs", None).figure == "0.650 [no interval]"
