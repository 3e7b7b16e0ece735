import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats.evidence import paired_difference


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_six_pairs_all_one_way_give_the_smallest_exact_p(rng):
    first, second = np.arange(6) + 1.0, np.zeros(6)
    assert paired_difference(first, second, rng=rng, alternative="greater").p_value == 1 / 64
    assert paired_difference(first, second, rng=rng).p_value == 2 / 64
    assert paired_difference(first, second, rng=rng, alternative="less").p_value == 1.0


def test_equal_arms_are_no_evidence(rng):
    assert paired_difference(np.ones(5), np.ones(5), rng=rng).p_value == 1.0


def test_three_pairs_say_that_they_can_show_little(rng):
    assert "no p-value can be below 0.25" in paired_difference(np.ones(3), np.zeros(3), rng=rng).caution


def test_many_pairs_are_drawn_and_p_is_never_zero(rng):
    result = paired_difference(np.ones(40), np.zeros(40), rng=rng, alternative="greater")
    assert result.p_value == pytest.approx(1e-4)


def test_one_pair_is_refused(rng):
    assert isinstance(paired_difference(np.ones(1), np.zeros(1), rng=rng), Refusal)
