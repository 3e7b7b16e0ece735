"""E-values have expectation at most 1 under the null, and e-BH holds its false discovery rate under dependence."""

import numpy as np
import pytest

from angelshare.stats.evalues import average, e_bh, from_p, product, rank_e


def test_calibrated_p_values_are_e_values():
    # the mean over a fine grid of uniform p-values; the integral is 1, the grid leaves out the tail below its first point
    p = (np.arange(400_000) + 0.5) / 400_000
    assert 0.9 < from_p(p).mean() <= 1.0
    assert from_p(1.0) == pytest.approx(0.5)
    assert np.all(np.diff(from_p(np.geomspace(1e-8, 1.0, 200))) <= 0)


@pytest.mark.parametrize("tilt", [0.0, 0.5, 2.0])
def test_the_ranks_of_exchangeable_scores_bet_to_exactly_one_on_average(tilt):
    rng = np.random.default_rng(4)
    draws = rng.normal(size=(200, 30))
    # every one of the 30 takes its turn as the case: the mean is then exact in each draw
    for row in draws[:20]:
        bets = [float(rank_e(row[at], np.delete(row, at), tilt=tilt)) for at in range(len(row))]
        assert np.mean(bets) == pytest.approx(1.0)


def test_a_rank_bet_is_at_most_the_reference_and_one_and_nears_it_far_out():
    held = np.arange(99.0)
    assert rank_e(1_000.0, held, tilt=1.0) == pytest.approx(100.0)
    assert float(rank_e(0.0, held, tilt=1.0)) < 1e-6
    assert rank_e(5.0, [], tilt=1.0) == 1.0


def test_averaging_holds_under_full_dependence_where_multiplying_does_not():
    rng = np.random.default_rng(5)
    one = from_p(rng.uniform(size=20_000))
    same_day_again = np.repeat(one[:, None], 14, axis=1)
    averaged = np.array([average(row) for row in same_day_again])
    multiplied = np.array([product(row) for row in same_day_again])
    assert (averaged >= 20).mean() <= 0.05
    # an honest workload that repeats itself every day: its days are one source, and the product is no e-value
    assert (multiplied >= 20).mean() > 0.05


def test_e_bh_holds_its_false_discovery_rate_when_all_nulls_move_together():
    rng = np.random.default_rng(6)
    level, lost = 0.1, []
    for _ in range(600):
        shared = rng.uniform()
        null = from_p(np.where(rng.uniform(size=30) < 0.8, shared, rng.uniform(size=30)))
        chosen = e_bh(np.concatenate([null, np.full(5, 200.0)]), level=level)
        lost.append(chosen[:30].sum() / max(chosen.sum(), 1))
    assert np.mean(lost) <= level


def test_e_bh_finds_strong_cases_and_none_among_weak_ones():
    assert e_bh([300.0, 250.0, 1.0, 0.2], level=0.1).tolist() == [True, True, False, False]
    assert not e_bh([9.0, 1.0], level=0.1).any()
    assert e_bh([], level=0.1).tolist() == []


def test_averaging_nothing_is_refused():
    with pytest.raises(ValueError, match="no e-value"):
        average([])
