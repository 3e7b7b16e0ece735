from __future__ import annotations

import numpy as np
import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.curve import fit_curve
from angelshare.stats.defended import break_even, joint_level, largest, mixture, relative_diversity, relative_time

DOSES = np.array([30.0, 100.0, 300.0, 1000.0])


def number(value, half=0.05, level=0.95):
    return Estimate(value=value, low=value - half, high=value + half, level=level, n=10, method="given")


@pytest.fixture(scope="module")
def fit():
    """Recovery that doubles its odds with every doubling of the dose, half at 300 queries."""
    truth = DOSES / (DOSES + 300)
    rng = np.random.default_rng(1)
    seeds = [value + 0.01 * rng.standard_normal(5) for value in truth]
    return fit_curve(DOSES, seeds, np.full(4, 0.01), level=0.95, rng=rng)


@pytest.mark.parametrize(("recovery", "factor"), [(0.5, 1000 / 300), (0.25, 1000 / 100), (0.75, 1000 / 900)])
def test_the_multiplier_is_what_was_spent_over_the_undefended_dose_of_equal_recovery(fit, recovery, factor):
    found = break_even(fit, number(recovery, half=0.02), 1000)

    assert found.low <= factor <= found.high
    assert found.value == pytest.approx(factor, rel=0.25)


def test_no_recovery_gives_a_multiplier_bounded_below_alone_or_none(fit):
    found = break_even(fit, number(0.02, half=0.05), 1000)

    assert isinstance(found, Estimate)
    assert found.high is None
    assert found.low > 10


def test_a_multiplier_needs_a_curve_and_a_recovery(fit):
    none = Refusal(refused="3 distinct doses; a curve needs 4")

    assert break_even(none, number(0.5), 1000) == none
    assert break_even(fit, none, 1000) == none


def test_the_interval_of_the_largest_holds_the_largest():
    rng, truth, level = np.random.default_rng(2), np.array([0.3, 0.3, 0.25]), 0.9
    critical = {3: 2.128}[3]  # normal, two-sided, at 1 - 0.1/3
    held = 0
    for _ in range(2000):
        values = truth + 0.05 * rng.standard_normal(3)
        several = [number(value, half=critical * 0.05, level=joint_level(level, 3)) for value in values]
        found, _ = largest(several, level=level)
        held += found.low <= 0.3 <= found.high

    assert held / 2000 >= level


def test_the_largest_says_who_it_is_and_what_was_left_out():
    found, place = largest([number(0.1), Refusal(refused="no gap"), number(0.4)], level=0.95)

    assert (found.value, place) == (0.4, 2)
    assert "1 of 3 could not be stated" in found.caution


def test_the_largest_of_nothing_is_refused():
    assert largest([Refusal(refused="no gap")], level=0.95)[0] == Refusal(refused="no gap")


def test_a_ratio_of_times_covers_the_truth():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        plain = rng.lognormal(0, 0.2, 6)
        found = relative_time((plain * 1.5 * rng.lognormal(0, 0.1, 6)).tolist(), plain.tolist(), level=0.9)
        held += found.low <= 1.5 <= found.high

    assert 0.87 <= held / 1000 <= 0.93


def test_two_batches_give_no_ratio_of_times():
    assert isinstance(relative_time([1.0, 1.0], [1.0, 1.0], level=0.95), Refusal)


def test_texts_of_fewer_words_are_less_diverse_at_equal_length():
    rng = np.random.default_rng(4)
    many = ["".join(rng.choice(list("abcdefghijklmnop"), 30)) for _ in range(100)]
    few = ["".join(rng.choice(list("abcd"), 60)) for _ in range(100)]

    found = relative_diversity(few, many, level=0.95)
    same = relative_diversity(many, many, level=0.95)

    assert found.high < 0.3
    assert same.value == 1.0


def test_diversity_of_next_to_nothing_is_refused():
    assert isinstance(relative_diversity(["a"] * 50, ["abc"] * 50, level=0.95), Refusal)


def test_a_mixture_of_students_scores_between_them():
    assert mixture(np.zeros((2, 3)), np.ones((2, 3)), 0.25).tolist() == [[0.25] * 3] * 2
