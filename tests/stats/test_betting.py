import numpy as np
import pytest
from scipy.integrate import quad

from angelshare.core.marks import Tally
from angelshare.stats.betting import Bet, log_wealth
from angelshare.stats.tails import log10_binomial_cdf, log10_binomial_sf


def tally(statistic, n, *, law="binomial", rate=0.25):
    return Tally(law=law, n=n, statistic=statistic, rate=rate, tokens=n, repeated=0, excluded=0)


@pytest.mark.parametrize(
    ("green", "n", "rate"), [(30, 100, 0.25), (10, 100, 0.25), (0, 5, 0.5), (5, 5, 0.5), (0, 0, 0.3)]
)
def test_the_binomial_wealth_is_its_mixture(green, n, rate):
    integral = quad(lambda t: (t / rate) ** green * ((1 - t) / (1 - rate)) ** (n - green), rate, 1)[0] / (1 - rate)
    assert float(log_wealth(green, n, law="binomial", rate=rate)) == pytest.approx(np.log(integral), abs=1e-9)


@pytest.mark.parametrize(("total", "n"), [(120.0, 100), (80.0, 100), (3.0, 1), (1e-3, 1), (0.0, 0), (0.0, 4)])
def test_the_exponential_wealth_is_its_mixture(total, n):
    integral = quad(lambda t: t**n * np.exp((1 - t) * total), 0, 1)[0]
    assert float(log_wealth(total, n, law="gamma")) == pytest.approx(np.log(integral), abs=1e-9)


@pytest.mark.parametrize("law", ["binomial", "gamma"])
def test_whoever_stops_when_it_suits_is_fooled_no_more_often_than_the_level(law):
    streams, looks = 3_000, np.unique(np.geomspace(1, 1_500, 150).astype(int))
    rng = np.random.default_rng(11)
    draws = rng.random((streams, 1_500)) < 0.25 if law == "binomial" else rng.exponential(size=(streams, 1_500))
    sums = np.cumsum(draws, axis=1, dtype=float)[:, looks - 1]
    highest = log_wealth(sums, looks, law=law, rate=0.25).max(axis=1)
    for level in (0.05, 0.01):
        fooled = int((highest >= -np.log(level)).sum())
        # so few alarms have a chance below 5 % at the level itself: the upper 95 % bound of the rate lies under it
        assert float(10 ** log10_binomial_cdf(fooled, streams, level)) < 0.05
        # and the bet is not so timid that it never alarms
        assert float(10 ** log10_binomial_sf(fooled, streams, level / 20)) < 0.01


def test_the_p_value_remembers_the_highest_wealth():
    bet = Bet("binomial", 0.25)
    rich = bet.feed(tally(60, 100))
    poor = bet.feed(tally(20, 300))
    assert poor < rich == bet.highest
    result = bet.evidence(test="greens", null="chance")
    assert result.log10_p_value == pytest.approx(-rich / np.log(10))
    assert (result.n, result.statistic) == (400, 80)
    assert "2 looks" in result.test


def test_batches_add_up_to_the_whole():
    whole, parts = Bet("gamma"), Bet("gamma")
    whole.feed(tally(130.0, 100, law="gamma", rate=1.0))
    for _ in range(4):
        parts.feed(tally(32.5, 25, law="gamma", rate=1.0))
    assert parts.log_e == pytest.approx(whole.log_e)


def test_before_the_first_draw_there_is_no_evidence():
    result = Bet("gamma").evidence(test="sum", null="chance")
    assert result.p_value == 1.0
    assert result.caution == "no draw could be scored"


def test_a_batch_of_another_law_is_refused():
    with pytest.raises(ValueError, match=r"rate 0\.25 was fed binomial of rate 0\.5"):
        Bet("binomial", 0.25).feed(tally(3, 10, rate=0.5))


def test_a_real_mark_is_found_while_looking():
    bet = Bet("binomial", 0.25)
    rng = np.random.default_rng(2)
    looks = 0
    while bet.log10_p_value > -6:
        bet.feed(tally(int(rng.binomial(100, 0.35)), 100))
        looks += 1
    # the fixed-size test needs 675 draws for 1e-6 at power 0.8; looking all the way may cost a few times that
    assert looks <= 30
