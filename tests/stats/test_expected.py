import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from angelshare.stats.expected import expected_evidence, expected_score, log10_expected_tail, standing
from angelshare.stats.marks import hoeffding
from angelshare.stats.tails import log10_binomial_sf, log10_gamma_sf

RNG = np.random.default_rng(20)


def weights(rows, k, sharpness=0.3):
    return RNG.dirichlet(np.full(k, sharpness), size=rows)


def drawn(law, shape, rate, rng, draws=1):
    return rng.exponential(size=shape) if law == "gamma" else rng.binomial(draws, rate, size=shape).astype(float)


@pytest.mark.parametrize(("law", "rate", "draws"), [("binomial", 0.25, 1), ("binomial", 0.5, 30), ("gamma", 1.0, 1)])
def test_the_bound_holds_its_false_alarm_rate_for_a_key_the_student_never_met(law, rate, draws):
    w, rng = weights(60, 40), np.random.default_rng(1)
    found = [
        expected_score(w, drawn(law, w.shape, rate, rng, draws), law=law, rate=rate, draws=draws) for _ in range(3000)
    ]
    p = 10 ** np.array([log10_expected_tail(one, w) for one in found])

    for level in (0.3, 0.1, 0.01):
        assert (p <= level).mean() <= level
    # and it is no idle bound: false alarms are within an order of magnitude of the level
    assert (p <= 0.1).mean() > 0.01


def test_a_certain_student_is_tested_as_its_token_would_be_at_most_a_chernoff_bound_above_the_exact_tail():
    w = np.ones((200, 1))
    green = np.zeros((200, 1))
    green[:90] = 1.0
    exact = float(log10_binomial_sf(90, 200, 0.25))

    bound = log10_expected_tail(expected_score(w, green, law="binomial", rate=0.25), w)

    share, rate = 90 / 200, 0.25
    relative = share * math.log(share / rate) + (1 - share) * math.log((1 - share) / (1 - rate))
    assert bound == pytest.approx(-200 * relative / math.log(10), rel=1e-6)
    assert exact <= bound <= exact + 2


def test_exponentials_of_a_certain_student_are_bounded_as_a_gamma_sum():
    w, scores = np.ones((50, 1)), np.full((50, 1), 1.8)

    bound = log10_expected_tail(expected_score(w, scores, law="gamma", rate=1.0), w)

    assert bound == pytest.approx(-50 * (1.8 - 1 - math.log(1.8)) / math.log(10), rel=1e-6)
    assert float(log10_gamma_sf(90.0, 50)) <= bound


def test_knowing_the_distribution_beats_hoeffding_at_the_same_score():
    w, rng = weights(300, 60), np.random.default_rng(3)
    green = (rng.random(w.shape) < 0.25 + 0.2 * (w > 0.05)).astype(float)
    found = expected_score(w, green, law="binomial", rate=0.25)

    assert found.statistic > found.mean
    assert log10_expected_tail(found, w) < float(hoeffding(found.statistic, found.n, 0.25)) - 1


@given(
    seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 40), k=st.integers(1, 12), sharpness=st.floats(0.02, 20),
    rate=st.floats(0.02, 0.98), lean=st.floats(0, 1), kept=st.floats(0.3, 1),
)  # fmt: skip
def test_the_bound_is_never_above_hoeffdings_for_the_same_score(*, seed, rows, k, sharpness, rate, lean, kept):
    rng = np.random.default_rng(seed)
    w = kept * rng.dirichlet(np.full(k, sharpness), size=rows)
    green = (rng.random(w.shape) < rate + lean * (1 - rate)).astype(float)
    found = expected_score(w, green, law="binomial", rate=rate)

    assert log10_expected_tail(found, w) <= float(hoeffding(found.statistic, found.n, rate)) + 1e-9


def test_a_score_at_or_below_its_expectation_is_no_evidence():
    w = weights(10, 5)
    found = expected_score(w, np.zeros_like(w), law="binomial", rate=0.25)

    assert log10_expected_tail(found, w) == 0.0
    assert standing(found, w) < 0


def test_no_context_gives_p_one_and_says_so():
    empty = np.zeros((0, 4))
    found = expected_score(empty, empty, law="gamma", rate=1.0)

    said = expected_evidence(found, empty, [0.0, 0.0], test="t", null="n")

    assert (said.p_value, said.n) == (1.0, 0)
    assert "no draw could be scored" in said.caution


def test_decoys_are_counted_at_or_above_the_key_and_none_gives_none():
    w, rng = weights(40, 20), np.random.default_rng(4)
    found = expected_score(w, drawn("binomial", w.shape, 0.5, rng), law="binomial", rate=0.5)
    own = standing(found, w)

    assert expected_evidence(found, w, [own, own - 1, own + 1], test="t", null="n").decoy_p_value == 3 / 4
    assert expected_evidence(found, w, [], test="t", null="n").decoy_p_value is None
