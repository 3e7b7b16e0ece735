"""Ranks are valid under exchangeability, and rates of rare events are covered."""

import numpy as np
import pytest

from angelshare.stats.conformal import conformal_p, quantile_of, rate, share


def test_a_conformal_p_value_passes_alpha_no_more_often_than_alpha():
    rng = np.random.default_rng(1)
    draws = rng.standard_cauchy((4_000, 40))
    found = np.array([conformal_p(row[0], row[1:]) for row in draws])
    for alpha in (0.025, 0.1, 0.5):
        assert (found <= alpha).mean() <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / len(draws))


def test_ties_count_against_the_case_and_an_empty_reference_says_nothing():
    assert conformal_p(1.0, [1.0, 1.0, 0.0]) == pytest.approx(3 / 4)
    assert conformal_p(9.0, []) == 1.0
    assert quantile_of(1.0, [1.0, 1.0, 0.0, 0.0]) == pytest.approx(0.5)


def test_the_interval_of_a_rate_covers_and_no_event_still_has_an_upper_bound():
    rng = np.random.default_rng(2)
    for mean in (0.3, 2.0, 9.0):
        found = [rate(int(n), 10.0, per=30.0) for n in rng.poisson(mean, 1_000)]
        covered = np.mean([one.low <= mean * 3 <= one.high for one in found])
        assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 1_000)
    none = rate(0, 10.0, per=30.0)
    assert none.value == 0.0
    assert none.high == pytest.approx(-np.log(0.05) * 3)


def test_the_interval_of_a_share_covers():
    rng = np.random.default_rng(3)
    for chance in (0.01, 0.4):
        found = [share(int(n), 50) for n in rng.binomial(50, chance, 1_000)]
        assert np.mean([one.low <= chance <= one.high for one in found]) >= 0.93
    assert share(0, 50).high == pytest.approx(1 - 0.05 ** (1 / 50))
