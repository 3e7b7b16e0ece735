from __future__ import annotations

import math

import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats.lead import frontier_gap
from angelshare.stats.spells import Series


def series(score, is_open, sd):
    size = len(score)
    return Series(
        name=tuple(f"m{k}" for k in range(size)), day=np.arange(size, dtype=float), score=np.array(score, dtype=float),
        sd=np.array(sd, dtype=float), open=np.array(is_open), end_day=100.0,
    )  # fmt: skip


def test_the_gap_is_best_closed_less_best_open_with_both_errors():
    number = frontier_gap(series([10, 40, 30, 33], [False, False, True, True], [1, 3, 1, 4]), level=0.9)

    assert number.value == 7
    assert number.high - number.low == pytest.approx(2 * 1.6449 * 5, abs=1e-3)


def test_a_missing_error_is_that_of_most_models_and_no_score_is_exact_for_want_of_one():
    number = frontier_gap(series([40, 33, 20, 19], [False, True, False, True], [3, math.nan, 4, 5]), level=0.9)

    assert number.high - number.low == pytest.approx(2 * 1.6449 * 5, abs=1e-3)
    assert "no standard error of m1: the median of the others stands in" in number.caution


@pytest.mark.parametrize("sd", [math.nan, 0.0])
def test_without_errors_there_is_no_interval_and_no_estimate(sd):
    number = frontier_gap(series([40, 33], [False, True], [sd, sd]), level=0.9)

    assert isinstance(number, Refusal)


def test_one_side_alone_has_no_gap():
    assert isinstance(frontier_gap(series([40, 33], [True, True], [1, 1]), level=0.9), Refusal)
