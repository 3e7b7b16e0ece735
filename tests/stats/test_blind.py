import numpy as np
import pytest
from scipy.stats import fisher_exact

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.betting import log_wealth
from angelshare.stats.blind import days_to_notice, noticed_once


def alarm_days(rng, *, items, before, after, level, customers, horizon):
    """Day of the first alarm of simulated customers who bet every day; infinite if none within the horizon."""
    wrong = rng.binomial(items, 1 - after, size=(customers, horizon)).cumsum(axis=1)
    asked = items * np.arange(1, horizon + 1)
    alarm = log_wealth(wrong, asked, law="binomial", rate=1 - before) >= -np.log(level)
    return np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1, np.inf)


def test_the_days_are_those_of_simulated_customers():
    result = days_to_notice(50, 0.9, 0.85)
    days = alarm_days(
        np.random.default_rng(1), items=50, before=0.9, after=0.85, level=0.05, customers=4_000, horizon=30
    )
    assert (days <= result.value).mean() == pytest.approx(0.8, abs=0.03)
    assert (days < result.value).mean() < 0.8 + 0.01
    assert (days < result.low).mean() <= 0.05 + 0.01
    assert (days <= result.high).mean() >= 0.95 - 0.01


def test_without_a_change_no_more_than_the_level_ever_alarm():
    days = alarm_days(
        np.random.default_rng(2), items=40, before=0.9, after=0.9, level=0.05, customers=1_500, horizon=80
    )
    assert np.isfinite(days).mean() <= 0.05


def test_more_items_and_a_deeper_fall_are_noticed_sooner():
    days = [days_to_notice(items, 0.9, 0.85).value for items in (20, 50, 200, 1_000)]
    assert days == sorted(days, reverse=True)
    assert days_to_notice(200, 0.9, 0.6).value == 1
    assert days_to_notice(200, 0.9, 0.85, level=0.001).value > days_to_notice(200, 0.9, 0.85).value


def test_a_customer_who_must_estimate_the_old_accuracy_is_blind_longer():
    known = days_to_notice(200, 0.9, 0.85)
    long = days_to_notice(200, 0.9, 0.85, baseline_days=60)
    short = days_to_notice(200, 0.9, 0.85, baseline_days=5)
    assert known.value < long.value < short.value
    assert "estimated in 5 days" in short.method


def test_what_is_never_noticed_is_refused_with_the_share_that_does():
    refusal = days_to_notice(20, 0.9, 0.895)
    assert isinstance(refusal, Refusal)
    assert "never within 365 days" in refusal.refused
    assert "% of customers" in refusal.refused
    assert "does not fall" in days_to_notice(200, 0.9, 0.92).refused


def test_the_answer_does_not_hang_on_the_horizon():
    near, far = days_to_notice(100, 0.8, 0.72, horizon=60), days_to_notice(100, 0.8, 0.72, horizon=600)
    assert isinstance(near, Estimate)
    assert near == far


def test_one_comparison_has_the_power_of_the_exact_tests():
    rng = np.random.default_rng(3)
    old, new = rng.binomial(200, 0.1, 1_500), rng.binomial(200, 0.17, 1_500)
    table = [
        fisher_exact([[late, 200 - late], [early, 200 - early]], alternative="greater").pvalue <= 0.05
        for early, late in zip(old, new, strict=True)
    ]
    assert noticed_once(200, 0.9, 0.83, baseline=200) == pytest.approx(np.mean(table), abs=0.04)
    assert noticed_once(200, 0.9, 0.83) > noticed_once(200, 0.9, 0.83, baseline=200)
    assert noticed_once(200, 0.9, 0.9) <= 0.05
    assert noticed_once(200, 0.9, 0.9, baseline=200) <= 0.05


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="items"):
        days_to_notice(0, 0.9, 0.8)
    with pytest.raises(ValueError, match="accuracies"):
        days_to_notice(10, 1.0, 0.8)
