from __future__ import annotations

import math

import numpy as np
import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.across import difference_of_medians, group_medians


def delays(rng, centre: float, count: int, *, between=0.4, own=0.2, level=0.9):
    """Make estimates of delays that scatter around `centre` in months, each with its own doubt."""
    reach = 1.645 * own
    values = [centre * math.exp(rng.normal(0, between) + rng.normal(0, own)) for _ in range(count)]
    return [
        Estimate(value=v, low=v * math.exp(-reach), high=v * math.exp(reach), level=level, n=5, method="made")
        for v in values
    ]


@pytest.mark.parametrize(("private", "public"), [(2, 2), (2, 5), (3, 6)])
def test_the_interval_of_a_difference_covers_even_with_two_benchmarks_a_side(private, public):
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        number = difference_of_medians(delays(rng, 8, private), delays(rng, 5, public), level=0.9, rng=rng)
        held += (number.low is None or number.low <= 3) and (number.high is None or number.high >= 3)

    assert held / 200 >= 0.86


def test_the_median_of_a_group_covers():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        groups = {"a": delays(rng, 8, 2), "b": delays(rng, 5, 3)}
        number = group_medians(groups, level=0.9, rng=rng)["b"]
        held += number.low <= 5 <= (number.high or math.inf)

    assert held / 200 >= 0.86


def test_one_benchmark_on_a_side_is_refused():
    rng = np.random.default_rng(0)

    number = difference_of_medians(delays(rng, 8, 1), delays(rng, 5, 4), level=0.9, rng=rng)

    assert number == Refusal(refused="1 against 4 benchmarks with an estimate; 2 a side are needed")


def test_a_group_of_one_gives_its_own_estimate_and_an_empty_group_a_refusal():
    rng = np.random.default_rng(0)
    single = delays(rng, 8, 1)

    found = group_medians({"one": single, "none": [], "two": delays(rng, 5, 2)}, level=0.9, rng=rng)

    assert found["one"] == single[0]
    assert isinstance(found["none"], Refusal)
    assert found["two"].low < found["two"].value < found["two"].high


def test_estimates_without_an_upper_end_are_taken_and_an_end_beyond_a_century_is_not_bounded():
    rng = np.random.default_rng(0)
    open_ended = [Estimate(value=v, low=v / 2, high=None, level=0.9, n=3, method="made") for v in (4.0, 900.0)]

    number = difference_of_medians(open_ended, delays(rng, 5, 2), level=0.9, rng=rng)

    assert number.value == pytest.approx(452, abs=8)
    assert number.high is None
