import numpy as np
import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.delay_process import Design, independent_units, lag_number, resample

DESIGN = Design(set_at=np.arange(0.0, 40.0, 2.0), look=np.arange(1.0, 42.0, 3.0), end=42.0)


@pytest.fixture
def rng():
    return np.random.default_rng(20260822)


def test_resampled_spells_end_only_at_releases_and_never_after_the_data(rng):
    drawn = resample(DESIGN, np.log(6.0), 0.4, units=5.0, rows=200, rng=rng)
    matched = np.isfinite(drawn.high)
    ended = (drawn.high + DESIGN.set_at)[matched]

    assert matched.any()
    assert not matched.all()
    assert np.isin(np.round(ended, 6), DESIGN.look).all()
    assert (drawn.low < drawn.high).all()
    assert (drawn.low[~matched] + np.broadcast_to(DESIGN.set_at, matched.shape)[~matched]) == pytest.approx(42.0)


def test_a_later_record_is_never_matched_before_an_earlier_one(rng):
    drawn = resample(DESIGN, np.log(6.0), 0.8, units=5.0, rows=200, rng=rng)

    ended = np.where(np.isfinite(drawn.high), drawn.high + DESIGN.set_at, 1e9)
    assert (np.diff(ended, axis=1) >= -1e-9).all()


def test_a_release_takes_longer_than_the_reach_it_shows(rng):
    drawn = resample(DESIGN, np.log(6.0), 0.4, units=5.0, rows=500, rng=rng)

    # releases come every three months: half of that, more or less
    assert 0.7 < np.exp(drawn.releases.log_median) - np.exp(drawn.log_median) < 3.5


def test_the_true_share_falls_from_one_and_is_a_half_at_the_median(rng):
    releases = resample(DESIGN, np.log(6.0), 0.4, units=5.0, rows=500, rng=rng).releases
    share = releases.share(np.array([0.0, np.exp(releases.log_median), 1e6]))

    assert share == pytest.approx([1.0, 0.5, 0.0], abs=0.02)


def test_the_same_seed_draws_the_same():
    one, two = (resample(DESIGN, 1.8, 0.4, units=5.0, rows=50, rng=np.random.default_rng(3)) for _ in range(2))

    assert (one.low == two.low).all()
    assert (one.releases.time == two.releases.time).all()


def test_records_close_together_count_as_fewer_units_than_records_far_apart():
    close, far = np.linspace(0.0, 3.0, 20), np.linspace(0.0, 300.0, 20)

    assert independent_units(close, 20) < 2.1
    assert independent_units(far, 20) > 12.0
    assert independent_units(far, 4) == 4.0


def test_an_interval_is_symmetric_in_log_months_and_holds_its_value(rng):
    number = lag_number(np.log(6.0), rng.normal(0.0, 0.2, 2000), level=0.9, n=8, method="")

    assert isinstance(number, Estimate)
    assert number.value == pytest.approx(6.0)
    assert number.low * number.high == pytest.approx(36.0, rel=0.01)
    assert np.log(number.high / 6.0) == pytest.approx(1.645 * 0.2, rel=0.08)


def test_resamples_that_are_not_bounded_leave_the_interval_open_above(rng):
    errors = np.append(rng.normal(0.0, 0.2, 80), np.full(20, np.inf))
    number = lag_number(np.log(6.0), errors, level=0.9, n=8, method="")

    assert number.high is None
    assert 3.0 < number.low < 6.0


@pytest.mark.parametrize(
    ("value", "errors", "reason"),
    [
        (np.inf, np.zeros(9), "not bounded above"),
        (1.0, np.zeros(0), "unidentified"),
        (1.0, np.linspace(-9.0, 9.0, 99), "unidentified: the lags scatter"),
    ],
)
def test_what_says_nothing_is_refused_in_words(value, errors, reason):
    number = lag_number(value, errors, level=0.9, n=8, method="")

    assert isinstance(number, Refusal)
    assert number.refused.startswith(reason)
