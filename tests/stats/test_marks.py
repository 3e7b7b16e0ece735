import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaincc

from angelshare.core.marks import Tally
from angelshare.stats.marks import evidence, hoeffding, log10_p_values
from angelshare.stats.tails import log10_binomial_sf


def tally(statistic, n, *, law="binomial", rate=0.25):
    return Tally(law=law, n=n, statistic=statistic, rate=rate, tokens=n, repeated=0, excluded=0)


def decoys(rng, count, n, *, spread=1.0):
    """Counts under random keys; draws that move together are spread wider than a binomial."""
    mean, deviation = n / 4, (n * 0.1875) ** 0.5
    if spread == 1.0:
        return [tally(int(green), n) for green in rng.binomial(n, 0.25, count)]
    return [tally(int(green), n) for green in rng.normal(mean, spread * deviation, count).clip(0, n)]


def test_the_p_value_is_exact_and_its_logarithm_does_not_underflow():
    strong = evidence(tally(9_000, 10_000), [], test="greens", null="chance")
    assert strong.log10_p_value < -3_000
    assert strong.p_value == 5e-324
    assert strong.decoy_p_value is None
    weak = evidence(tally(30, 100), [], test="greens", null="chance")
    assert weak.p_value == pytest.approx(10 ** float(log10_binomial_sf(30, 100, 0.25)))


def test_decoys_are_compared_by_their_own_p_value_not_by_their_count():
    # 40 greens of 400 are fewer than chance gives; the real key's 30 of 60 are many
    many_but_weak = [tally(100 + index % 7, 400) for index in range(99)]
    result = evidence(tally(30, 60), many_but_weak, test="greens", null="chance")
    assert result.decoy_p_value == pytest.approx(0.01)


def test_a_tie_counts_against_the_mark():
    result = evidence(tally(30, 100), [tally(30, 100)] * 3 + [tally(20, 100)], test="greens", null="chance")
    assert result.decoy_p_value == pytest.approx(4 / 5)


def test_dependent_draws_are_called_miscalibrated():
    rng = np.random.default_rng(5)
    result = evidence(tally(175, 400), decoys(rng, 999, 400, spread=4.0), test="greens", null="chance")
    assert result.p_value < 1e-14
    assert result.decoy_p_value > 10 * result.p_value
    assert "too small" in result.caution


def test_a_handful_of_impossible_decoys_is_enough_to_warn():
    fine = decoys(np.random.default_rng(6), 998, 400)
    result = evidence(tally(175, 400), [*fine, tally(180, 400)], test="greens", null="chance")
    assert "too small" in result.caution


def test_beyond_what_the_decoys_resolve_it_says_so_and_does_not_warn():
    result = evidence(tally(175, 400), decoys(np.random.default_rng(7), 999, 400), test="greens", null="chance")
    assert result.decoy_p_value == pytest.approx(1e-3)
    assert result.caution == "none of 999 decoy keys scores as high, and they cannot resolve p-values below 0.001"


def test_text_without_a_mark_is_hardly_ever_warned_about():
    rng = np.random.default_rng(8)
    warned = 0
    for _ in range(400):
        result = evidence(decoys(rng, 1, 300)[0], decoys(rng, 99, 300), test="greens", null="chance")
        warned += "too " in result.caution
    assert warned <= 400 * 0.02


def test_a_conservative_p_value_is_called_too_large():
    rng = np.random.default_rng(9)
    result = evidence(tally(112, 400), decoys(rng, 9_999, 400, spread=0.3), test="greens", null="chance")
    assert "too large" in result.caution


def test_no_draw_is_no_evidence_and_says_so():
    result = evidence(tally(0, 0), [tally(0, 0)] * 9, test="greens", null="chance")
    assert result.p_value == 1.0
    assert result.decoy_p_value == 1.0
    assert result.caution == "no draw could be scored"


def test_p_values_of_mixed_laws_keep_their_places():
    values = log10_p_values([tally(30, 100), tally(130.0, 100, law="gamma", rate=1.0), tally(40, 100)])
    assert values[2] < values[0] < 0
    assert 10 ** values[1] == pytest.approx(gammaincc(100, 130.0))


@given(st.integers(1, 10**6), st.floats(0.001, 0.999), st.floats(0, 1))
def test_the_exact_p_value_is_never_above_hoeffdings(n, rate, share):
    k = int(share * n)
    assert float(log10_binomial_sf(k, n, rate)) <= float(hoeffding(k, n, rate)) + 1e-12


def test_hoeffding_costs_what_the_field_notes_measured():
    assert float(10 ** hoeffding(1_060, 2_000, 0.5)) == pytest.approx(0.027, abs=5e-4)
    assert float(10 ** log10_binomial_sf(1_060, 2_000, 0.5)) == pytest.approx(0.0039, abs=5e-5)
