import pytest

from angelshare.core.errors import NoGapError
from angelshare.stats.published import (
    DISTILL_SCORES,
    GUDIBANDE,
    IMITATION_SCORES,
    IMITATION_STYLE,
    false_promise_index,
    gap_recovered,
    score_recovered,
)


@pytest.mark.parametrize(
    ("name", "published"), [("7B broad", -0.50), ("13B broad", -0.45), ("7B local", 0.36), ("13B local", 0.64)]
)
def test_imitation_models_recover_what_their_table_implies(name, published):
    assert score_recovered(IMITATION_SCORES[name]) == pytest.approx(published, abs=0.006)


def test_broad_imitation_is_all_style_and_less_skill():
    style = score_recovered(IMITATION_STYLE["13B broad lists"])
    assert style == pytest.approx(0.97, abs=0.005)
    assert score_recovered(IMITATION_STYLE["13B broad tone"]) == 1.0
    assert false_promise_index(style, score_recovered(IMITATION_SCORES["13B broad"])) == pytest.approx(1.42, abs=0.01)


@pytest.mark.parametrize(("name", "published"), [("AIME24", 0.86), ("MATH-500", 0.77), ("GPQA-D", 0.58)])
def test_a_trace_distillate_recovers_less_the_further_from_its_traces(name, published):
    assert score_recovered(DISTILL_SCORES[name]) == pytest.approx(published, abs=0.005)


def test_reference_points_carry_style_only_where_it_is_published():
    assert [point.style is not None for point in GUDIBANDE] == [False, True, False, False]
    assert all("2305.15717" in point.source for point in GUDIBANDE)


def test_without_a_gap_there_is_nothing_to_recover():
    with pytest.raises(NoGapError, match="does not beat"):
        gap_recovered(10, 30, 30)
