import numpy as np
import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.marks import detectable, minimum_mix, tokens_needed
from angelshare.stats.tails import log10_binomial_sf, log10_gamma_sf


def test_fewer_tokens_do_not_suffice_and_simulation_agrees():
    needed = tokens_needed("binomial", 0.25, 0.5, level=1e-3)
    assert isinstance(needed, Estimate)
    rng = np.random.default_rng(1)
    n = int(needed.value)
    found = {
        size: (log10_binomial_sf(rng.binomial(size, 0.5, 20_000), size, 0.25) <= -3).mean() for size in (n, n // 2)
    }
    assert found[n] >= 0.8 - 0.01
    assert found[n // 2] < 0.6


def test_gamma_power_agrees_with_simulation():
    needed = tokens_needed("gamma", 1.0, 1.2, level=1e-3)
    assert isinstance(needed, Estimate)
    n = int(needed.value)
    sums = np.random.default_rng(2).gamma(n, 1.2, 20_000)
    assert (log10_gamma_sf(sums, n) <= -3).mean() == pytest.approx(0.8, abs=0.015)


def test_a_weaker_mark_and_a_stricter_level_need_more():
    strengths = [tokens_needed("binomial", 0.25, rate, level=1e-3).value for rate in (0.5, 0.3, 0.2673)]
    assert strengths == sorted(strengths)
    assert tokens_needed("binomial", 0.25, 0.3, level=1e-6).value > strengths[1]


def test_doubt_about_the_strength_is_carried_over():
    strength = Estimate(value=0.27, low=0.24, high=0.3, level=0.95, n=5, method="seeds")
    needed = tokens_needed("binomial", 0.25, strength, level=1e-3)
    assert needed.low < needed.value
    assert needed.high is None  # the lower end of the strength is chance itself
    assert (needed.level, needed.n) == (0.95, 5)


def test_no_mark_is_never_found():
    refusal = tokens_needed("binomial", 0.25, 0.25, level=1e-3)
    assert isinstance(refusal, Refusal)
    assert "not above chance" in refusal.refused
    assert "more than" in tokens_needed("binomial", 0.5, 0.500001, level=1e-6).refused


def test_detectable_is_the_inverse_of_tokens_needed():
    strength = detectable("binomial", 0.25, 5_000, level=1e-3)
    assert tokens_needed("binomial", 0.25, strength, level=1e-3).value == pytest.approx(5_000, rel=0.02)
    assert detectable("gamma", 1.0, 500, level=1e-3) > detectable("gamma", 1.0, 5_000, level=1e-3)
    assert detectable("binomial", 0.25, 3, level=1e-3) is None


MIXES = np.array([0.05, 0.1, 0.3, 1.0])


def means(rng, *, slope=0.0173, seeds=4):
    luck = rng.normal(0, 0.0006, (4, seeds, 1)) + rng.normal(0, 0.005, (4, seeds, 60))
    return 0.25 + slope * MIXES[:, None, None] + luck


def test_the_least_mix_lies_where_the_effect_reaches_what_the_tokens_can_show():
    result = minimum_mix(MIXES, means(np.random.default_rng(3)), "binomial", rate=0.25, draws=67_000, level=1e-3,
                         rng=np.random.default_rng(4))  # fmt: skip
    truth = (detectable("binomial", 0.25, 67_000, level=1e-3) - 0.25) / 0.0173
    assert result.low <= truth <= result.high
    assert 0 < result.low < result.value < result.high < 1


def test_its_interval_covers_over_repeated_experiments():
    truth = (detectable("binomial", 0.25, 67_000, level=1e-3) - 0.25) / 0.0173
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        result = minimum_mix(MIXES, means(rng), "binomial", rate=0.25, draws=67_000, level=1e-3, rng=rng)
        held += result.low <= truth and (result.high is None or truth <= result.high)
    assert held >= 53  # 95 % of 60, less three standard errors


def test_what_the_largest_mix_does_not_show_is_refused_with_the_reason():
    rng = np.random.default_rng(5)
    refusal = minimum_mix(MIXES, means(rng), "binomial", rate=0.25, draws=600, level=1e-3, rng=rng)
    assert isinstance(refusal, Refusal)
    assert "not found even at a mix of 1" in refusal.refused
    one = minimum_mix(MIXES, means(rng, seeds=1), "binomial", rate=0.25, draws=600, level=1e-3, rng=rng)
    assert "1 seeds" in one.refused
    few = minimum_mix(MIXES, means(rng), "binomial", rate=0.25, draws=3, level=1e-3, rng=rng)
    assert "cannot reach" in few.refused


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="level"):
        tokens_needed("binomial", 0.25, 0.5, level=0.0)
