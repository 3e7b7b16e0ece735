import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats.logit import recovered_logit
from angelshare.stats.panel import Panel
from angelshare.stats.recovery import recovered

LEVEL = 0.95


def block(*right, items=100):
    """One row of scores per number of items right."""
    return np.array([np.repeat([1.0, 0.0], [count, items - count]) for count in right])


def panel(student, floor, teacher, *, domains=1):
    blocks = [np.tile(block(*right), domains) for right in (student, floor, teacher)]
    return Panel(student=blocks[0], floor=blocks[1], teacher=blocks[2], domain=np.repeat(np.arange(domains), 100))


def logit(right, items=100):
    return np.log((right + 0.5) / (items - right + 0.5))


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_the_share_is_taken_between_empirical_logits(rng):
    number = recovered_logit(panel((50, 60, 70), (10,), (90,)), level=LEVEL, rng=rng)
    assert number.value == pytest.approx((logit(60) - logit(10)) / (logit(90) - logit(10)))
    assert number.low < number.value < number.high
    assert number.caution == ""


def test_near_the_top_the_logit_sees_what_accuracy_hardly_does(rng):
    data = panel((94, 95, 96), (20,), (99,))
    linear, scaled = recovered(data, level=LEVEL, rng=rng), recovered_logit(data, level=LEVEL, rng=rng)
    assert linear.value > 0.94
    assert scaled.value < 0.8


def test_students_equal_to_either_end_are_at_0_and_1_even_at_the_boundary(rng):
    top = recovered_logit(panel((100, 100), (0,), (100,)), level=LEVEL, rng=rng)
    bottom = recovered_logit(panel((0, 0), (0,), (100,)), level=LEVEL, rng=rng)
    assert (top.value, bottom.value) == (1.0, 0.0)
    assert top.high > top.value
    assert bottom.low < bottom.value < bottom.high


def test_a_teacher_that_is_always_right_is_said_to_have_no_logit_of_its_own(rng):
    inside = recovered_logit(panel((60, 60), (10,), (99,)), level=LEVEL, rng=rng)
    at_end = recovered_logit(panel((60, 60), (10,), (100,)), level=LEVEL, rng=rng)
    assert inside.caution == ""
    assert "within half an item of 0 or 1 in 1 of 1 domains (teacher)" in at_end.caution


def test_the_interval_of_a_perfect_teacher_reaches_far_below_its_value(rng):
    number = recovered_logit(panel((60, 60, 60), (10,), (100,)), level=LEVEL, rng=rng)
    truth = (np.log(0.6 / 0.4) - np.log(0.1 / 0.9)) / (np.log(0.9999 / 0.0001) - np.log(0.1 / 0.9))
    assert number.low < truth < number.value


def test_it_is_refused_where_recovery_is_and_in_the_same_words(rng):
    data = panel((90, 90), (86,), (90,))
    refused = recovered_logit(data, level=LEVEL, rng=rng)
    assert isinstance(refused, Refusal)
    assert refused == recovered(data, level=LEVEL, rng=rng)


def test_a_domain_without_a_gap_is_left_out_and_said_so(rng):
    first, second = panel((60, 60), (10,), (90,)), panel((90, 90), (90,), (90,))
    both = Panel(
        student=np.hstack([first.student, second.student]), floor=np.hstack([first.floor, second.floor]),
        teacher=np.hstack([first.teacher, second.teacher]), domain=np.repeat([0, 1], 100),
    )  # fmt: skip
    number = recovered_logit(both, level=LEVEL, rng=rng)
    assert number.value == pytest.approx(recovered_logit(first, level=LEVEL, rng=rng).value)
    assert "1 of 2 domains" in number.caution


def test_one_seed_leaves_the_luck_of_training_out_and_says_so(rng):
    assert "one seed" in recovered_logit(panel((60,), (10,), (90,)), level=LEVEL, rng=rng).caution


def test_sampled_replies_that_disagree_widen_the_interval(rng):
    steady = recovered_logit(panel((60, 60, 60), (10, 10, 10), (90, 90, 90)), level=LEVEL, rng=rng)
    shaky = recovered_logit(panel((60, 60, 60), (10, 10, 10), (99, 90, 60)), level=LEVEL, rng=rng)
    assert shaky.high - shaky.low > 1.2 * (steady.high - steady.low)
