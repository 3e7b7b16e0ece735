import numpy as np
import pytest

from angelshare.core.marks import MarkEvidence
from angelshare.stats.holm import corrected, holm
from angelshare.stats.marks import probability


def test_holm_multiplies_by_what_is_left_and_never_turns_the_order():
    adjusted = 10 ** holm(np.log10([0.01, 0.04, 0.03, 0.005]))
    # Holm's steps by hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, then no less than that
    np.testing.assert_allclose(adjusted, [0.03, 0.06, 0.06, 0.02])


def test_holm_works_where_floats_have_ended():
    np.testing.assert_allclose(holm([-4000.0, -2.0]), [-4000 + np.log10(2), -2.0])
    assert holm([0.0, -0.1]).max() == 0.0
    assert holm([]).size == 0


def test_the_family_of_true_nulls_is_rejected_no_more_often_than_the_level():
    rng = np.random.default_rng(3)
    rejected = np.mean([holm(np.log10(rng.random(20))).min() <= np.log10(0.05) for _ in range(4000)])
    assert rejected <= 0.05 + 3 * (0.05 * 0.95 / 4000) ** 0.5
    assert rejected >= 0.03


def test_results_are_repeated_after_correction_and_say_over_how_many():
    results = [
        MarkEvidence(
            test="greens", statistic=1, p_value=probability(value), log10_p_value=value, decoy_p_value=0.1, decoys=9, n=5,
            null="chance",
        )
        for value in (-900.0, -1.0)
    ]  # fmt: skip
    first, second = corrected(results)
    assert first.log10_p_value == pytest.approx(-900 + np.log10(2))
    assert first.p_value == 5e-324
    assert second.p_value == pytest.approx(0.1)
    assert first.test == "greens, Holm over 2 keys"
    assert first.decoy_p_value is None
    assert "decoys" in first.caution
    assert corrected([]) == ()
