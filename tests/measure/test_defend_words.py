from __future__ import annotations

import pytest

from angelshare.core.defend import UNDEFENDED
from angelshare.core.records import Estimate, Refusal
from angelshare.measure.defend_words import finding_of, row_finding, verdict


def number(value, low, high):
    return Estimate(value=value, low=low, high=high, level=0.95, n=9, method="given")


LESS, NOTHING, MORE = number(0.2, 0.1, 0.3), number(0.1, -0.1, 0.3), number(-0.2, -0.3, -0.1)
TWICE, OPEN = number(2.0, 1.5, 3.0), number(1.3, 0.5, 2.6)


@pytest.mark.parametrize(
    ("reduction", "multiplier", "finding"),
    [
        (LESS, TWICE, "raises cost"),
        (LESS, OPEN, "raises cost"),
        (LESS, number(0.8, 0.5, 1.0), "no effect shown"),
        (LESS, Refusal(refused="no curve"), "raises cost"),
        (number(0.1, 0.0, 0.2), TWICE, "no effect shown"),
        (NOTHING, TWICE, "no effect shown"),
        (MORE, TWICE, "no effect shown"),
        (Refusal(refused="no gap"), TWICE, "cannot tell"),
    ],
)
def test_a_cost_is_raised_only_if_the_reduction_is_clear_of_nothing_and_no_factor_speaks_against_it(
    reduction, multiplier, finding
):
    assert finding_of(reduction, multiplier, undefended=False) == finding


@pytest.mark.parametrize(
    ("worst", "finding"),
    [
        (number(0.1, 0.05, 0.15), "contains under the stated budget"),
        (number(0.1, 0.05, 0.25), "raises cost"),
        (number(0.1, 0.05, None), "raises cost"),
    ],
)
def test_a_defence_contains_only_if_its_worst_case_lies_below_the_bound_for_certain(worst, finding):
    assert row_finding("raises cost", worst, 0.2) == finding


def test_a_low_recovery_without_a_reduction_contains_nothing():
    assert row_finding("no effect shown", number(0.01, 0.0, 0.02), 0.2) == "no effect shown"


@pytest.mark.parametrize(
    ("multiplier", "words"),
    [
        (number(3.14, 2.0, 5.0), "raises cost ×3.1"),
        (number(31.4, 20.0, 50.0), "raises cost ×31"),
        (number(50.0, 12.9, None), "raises cost ×>12"),
        (number(1.3, 1.001, 2.58), "raises cost ×1.3"),
        (number(1.3, 1.0, 2.58), "raises cost ×<2.6"),
        (number(1.3, 0.49, 2.51), "raises cost ×<2.6"),
        (number(1.2, None, 2.0), "raises cost ×<2.0"),
        (number(1.2, None, None), "raises cost, ×k not bounded"),
        (Refusal(refused="3 distinct doses; a curve needs 4"), "raises cost, by a factor not stated"),
    ],
)
def test_a_verdict_carries_its_factor_and_a_bound_is_rounded_to_where_it_stays_true(multiplier, words):
    assert verdict("raises cost", multiplier) == words


def test_the_undefended_teacher_is_no_verdict():
    assert verdict("no effect shown", Refusal(refused=UNDEFENDED)) == "undefended"
