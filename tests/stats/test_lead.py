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


def test_without_errors_the_interval_has_no_width_and_says_so():
    number = frontier_gap(series([40, 33], [False, True], [3, math.nan]), level=0.9)

    assert (number.low, number.high) == (7, 7)
    assert "no standard error" in number.caution


def test_one_side_alone_has_no_gap():
    assert isinstance(frontier_gap(series([40, 33], [True, True], [1, 1]), level=0.9), Refusal)
