import numpy as np
import pytest
from scipy import stats

from angelshare.stats.survival import (
    kaplan_meier,
    median_rows,
    quantile_time,
    share_rows,
    turnbull,
    turnbull_median,
)


@pytest.fixture
def rng():
    return np.random.default_rng(20260822)


def drawn(rng, size=30, censored=0.3):
    time = np.round(rng.lognormal(1.7, 0.5, size), 1)
    return time, rng.random(size) > censored


def test_kaplan_meier_is_scipys(rng):
    for _ in range(20):
        time, event = drawn(rng)
        curve = kaplan_meier(time, event)
        data = stats.CensoredData(uncensored=time[event], right=time[~event])
        theirs = stats.ecdf(data).sf

        assert curve.share == pytest.approx(theirs.evaluate(curve.time), abs=1e-12)


def test_a_weight_counts_a_spell_so_many_times(rng):
    time, event = drawn(rng, size=12)
    weight = rng.integers(0, 4, 12)
    once = kaplan_meier(np.repeat(time, weight), np.repeat(event, weight))
    weighted = kaplan_meier(time, event, weight[None].astype(float))

    at = np.searchsorted(weighted.time, once.time)
    assert weighted.share[0, at] == pytest.approx(once.share)


def test_medians_row_by_row_are_those_of_each_row_alone(rng):
    rows = [drawn(rng, size=23, censored=share) for share in (0.0, 0.2, 0.5, 0.9)]
    time, event = (np.stack(part) for part in zip(*rows, strict=True))

    alone = [float(quantile_time(kaplan_meier(t, e))) for t, e in rows]
    assert median_rows(time, event).tolist() == alone


def test_a_median_that_is_not_reached_is_infinite_not_a_number():
    time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, False])

    assert np.isinf(quantile_time(kaplan_meier(time, event)))
    assert np.isinf(median_rows(time[None], event[None]))[0]


def test_shares_by_month_step_down_at_the_matches(rng):
    time, event = drawn(rng, size=23)
    months = np.arange(0.0, 12.0)
    curve = kaplan_meier(time, event)
    expected = [curve.share[curve.time <= month][-1] if (curve.time <= month).any() else 1.0 for month in months]

    assert share_rows(time[None], event[None], months)[0] == pytest.approx(expected)


def test_turnbull_on_exact_times_is_kaplan_meier(rng):
    time, event = drawn(rng, size=20)
    low = np.where(event, time - 1e-9, time)
    ends, mass = turnbull(low[None], np.where(event, time, np.inf)[None])
    curve = kaplan_meier(time, event)

    survival = [1.0 - mass[0][ends[0] <= month].sum() for month in curve.time]
    assert survival == pytest.approx(curve.share, abs=2e-3)


def test_turnbull_finds_the_textbook_solution_of_three_intervals():
    # (0, 1], (0, 2], (1, 2]: likelihood p (p + q) q is largest at one half each
    ends, mass = turnbull(np.array([[0.0, 0.0, 1.0]]), np.array([[1.0, 2.0, 2.0]]))

    assert mass[0][ends[0] == 1.0].sum() == pytest.approx(0.5, abs=1e-4)
    assert mass[0][ends[0] == 2.0].sum() == pytest.approx(0.5, abs=1e-4)


def test_turnbulls_median_is_not_bounded_when_most_are_unmatched():
    low, high = np.array([[0.0, 3.0, 3.0, 3.0]]), np.array([[1.0, np.inf, np.inf, np.inf]])

    assert np.isinf(turnbull_median(low, high))[0]
