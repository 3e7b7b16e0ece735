import numpy as np
import pytest
from scipy import stats

from angelshare.stats.delay_fit import fit_lags, log_share, pieces


@pytest.fixture
def rng():
    return np.random.default_rng(20260822)


LAWS = ("lognormal", "weibull")


def censored(rng, size=25):
    """Spells seen at random looks, some still open at the end, one equalled at once."""
    lag = rng.lognormal(1.7, 0.5, size)
    low = np.maximum(lag - rng.uniform(0.1, 3.0, size), 0.0)
    high = lag + rng.uniform(0.1, 3.0, size)
    late = lag > 8.0
    low[late], high[late] = 8.0, np.inf
    return low, high


@pytest.mark.parametrize("law", LAWS)
def test_point_fits_are_scipys(rng, law):
    theirs = stats.lognorm if law == "lognormal" else stats.weibull_min
    for _ in range(5):
        low, high = censored(rng)
        fit = fit_lags(low, high, np.ones((1, low.size)), law=law)
        data = stats.CensoredData.interval_censored(low, high)
        # its search strays where its likelihood is 0
        with np.errstate(divide="ignore"):
            shape, _, scale = theirs.fit(data, floc=0)

        sigma = shape if law == "lognormal" else 1.0 / shape
        assert fit.converged[0]
        assert fit.mu[0] == pytest.approx(np.log(scale), abs=1e-3)
        assert np.exp(fit.spread[0]) == pytest.approx(sigma, abs=1e-3)


@pytest.mark.parametrize("law", LAWS)
def test_derivatives_are_those_of_the_log_likelihood(rng, law):
    low, high = censored(rng)
    with np.errstate(divide="ignore"):
        left, right = np.log(low)[None], np.log(high)[None]
    mu, spread, step = np.array([1.4]), np.array([-0.5]), 1e-5
    part = pieces(left, right, mu, spread, law)

    def value(at_mu, at_spread):
        return log_share(left, right, at_mu, at_spread, law)

    assert part.by_mu == pytest.approx((value(mu + step, spread) - value(mu - step, spread)) / (2 * step), abs=1e-6)
    by_spread = (value(mu, spread + step) - value(mu, spread - step)) / (2 * step)
    assert part.by_spread == pytest.approx(by_spread, abs=1e-6)
    ahead, behind = pieces(left, right, mu + step, spread, law), pieces(left, right, mu - step, spread, law)
    assert part.mu_mu == pytest.approx((ahead.by_mu - behind.by_mu) / (2 * step), abs=1e-5)
    assert part.mu_spread == pytest.approx((ahead.by_spread - behind.by_spread) / (2 * step), abs=1e-5)
    wider, tighter = pieces(left, right, mu, spread + step, law), pieces(left, right, mu, spread - step, law)
    assert part.spread_spread == pytest.approx((wider.by_spread - tighter.by_spread) / (2 * step), abs=1e-5)


@pytest.mark.parametrize("law", LAWS)
def test_rows_fitted_together_are_rows_fitted_alone(rng, law):
    low, high = censored(rng)
    weight = rng.poisson(1.0, (50, low.size)).astype(float)
    together = fit_lags(low, high, weight, law=law).log_median
    alone = [fit_lags(low, high, row[None], law=law).log_median[0] for row in weight]

    assert together == pytest.approx(alone, abs=1e-6)


def test_a_weight_counts_a_spell_so_many_times(rng):
    low, high = censored(rng)
    weight = rng.integers(0, 3, low.size)
    repeated = fit_lags(np.repeat(low, weight), np.repeat(high, weight), np.ones((1, weight.sum())))
    weighted = fit_lags(low, high, weight[None].astype(float))

    assert weighted.log_median == pytest.approx(repeated.log_median, abs=1e-6)


def test_months_or_days_make_no_difference(rng):
    low, high = censored(rng)
    once = np.ones((1, low.size))

    assert fit_lags(30 * low, 30 * high, once).log_median == pytest.approx(
        fit_lags(low, high, once).log_median + np.log(30), abs=1e-6
    )


@pytest.mark.parametrize("law", LAWS)
def test_lags_that_all_agree_are_flagged_since_their_spread_is_not_seen(law):
    fit = fit_lags(np.full(5, 4.0), np.full(5, 7.0), np.ones((1, 5)), law=law)

    assert not fit.converged[0]
    assert 4.0 <= np.exp(fit.log_median[0]) <= 7.0


def test_a_spell_that_says_nothing_changes_nothing(rng):
    low, high = censored(rng)
    more = fit_lags(np.append(low, 0.0), np.append(high, np.inf), np.ones((1, low.size + 1)))

    assert more.log_median == pytest.approx(fit_lags(low, high, np.ones((1, low.size))).log_median, abs=1e-6)
