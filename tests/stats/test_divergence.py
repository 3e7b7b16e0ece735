import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from angelshare.stats.divergence import mean_divergence, per_token, share_closed

LEVEL = 0.95


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def nats(rng, mean, *, rows=3, items=400):
    return mean * rng.gamma(2.0, 0.5, (rows, items))


def test_both_divergences_are_those_of_the_textbook(rng):
    theirs, own = rng.dirichlet(np.ones(5), 20), rng.dirichlet(np.ones(5), 20)
    kl, js = per_token(theirs, np.log(own))
    assert kl == pytest.approx(entropy(theirs, own, axis=1))
    assert js == pytest.approx(jensenshannon(theirs, own, axis=1) ** 2)


def test_equal_distributions_do_not_diverge_and_disjoint_ones_do_by_log_two():
    same = np.array([[0.7, 0.3, 0.0]])
    kl, js = per_token(same, np.log(np.maximum(same, 1e-300)))
    assert (kl[0], js[0]) == pytest.approx((0.0, 0.0), abs=1e-12)
    _, apart = per_token(np.array([[1.0, 0.0]]), np.array([[-800.0, 0.0]]))
    assert apart[0] == pytest.approx(math.log(2))


def test_a_bucket_that_neither_uses_adds_nothing(rng):
    theirs, own = rng.dirichlet(np.ones(4), 10), np.log(rng.dirichlet(np.ones(4), 10))
    none, never = np.zeros((10, 1)), np.full((10, 1), -np.inf)
    wider = per_token(np.hstack([theirs, none]), np.hstack([own, never]))
    assert np.array(wider) == pytest.approx(np.array(per_token(theirs, own)))


def test_merging_tokens_never_raises_a_divergence(rng):
    theirs, own = rng.dirichlet(np.ones(6), 50), rng.dirichlet(np.ones(6), 50)
    merged = [np.hstack([each[:, :3], each[:, 3:].sum(axis=1, keepdims=True)]) for each in (theirs, own)]
    for whole, coarse in zip(per_token(theirs, np.log(own)), per_token(merged[0], np.log(merged[1])), strict=True):
        assert (coarse <= whole + 1e-12).all()


def test_a_mean_divergence_weighs_domains_alike_and_stays_above_zero(rng):
    domain = np.repeat([0, 1], [300, 100])
    values = np.where(domain == 0, 0.1, 0.5) * rng.gamma(2.0, 0.5, (3, 400))
    number = mean_divergence(values, domain, level=LEVEL, rng=rng)
    assert number.low < 0.3 < number.high
    small = mean_divergence(nats(rng, 1e-4, rows=2), np.zeros(400, dtype=int), level=LEVEL, rng=rng)
    assert small.low >= 0.0


def test_students_that_halve_the_divergence_closed_half_of_it(rng):
    number = share_closed(nats(rng, 0.4), nats(rng, 0.8, rows=1)[0], np.zeros(400, dtype=int), level=LEVEL, rng=rng)
    assert number.low < 0.5 < number.high
    assert number.high - number.low < 0.4


def test_students_that_moved_away_closed_less_than_nothing(rng):
    number = share_closed(nats(rng, 1.2), nats(rng, 0.8, rows=1)[0], np.zeros(400, dtype=int), level=LEVEL, rng=rng)
    assert number.value < 0
    assert number.high < 0


def test_seeds_that_disagree_widen_the_interval(rng):
    domain = np.zeros(400, dtype=int)
    base = nats(rng, 0.8, rows=1)[0]
    even = nats(rng, 0.4)
    uneven = even * np.array([[0.5], [1.0], [1.5]])
    narrow, wide = (share_closed(each, base, domain, level=LEVEL, rng=rng) for each in (even, uneven))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_a_base_at_the_teacher_leaves_nothing_to_close(rng):
    base = nats(rng, 0.005, rows=1)[0]
    number = share_closed(nats(rng, 0.004), base, np.zeros(400, dtype=int), level=LEVEL, rng=rng)
    assert number.refused.startswith("nothing to close: the base is 0.004")


def test_few_items_carry_no_divergence(rng):
    number = mean_divergence(nats(rng, 0.4, items=29), np.zeros(29, dtype=int), level=LEVEL, rng=rng)
    assert number.refused.startswith("too few items: 29")
    alone = np.append(np.zeros(39, dtype=int), 1)
    assert "fewer than two" in mean_divergence(nats(rng, 0.4, items=40), alone, level=LEVEL, rng=rng).refused


def test_one_seed_leaves_the_luck_of_training_out_and_says_so(rng):
    domain = np.zeros(400, dtype=int)
    trained = mean_divergence(nats(rng, 0.4, rows=1), domain, level=LEVEL, rng=rng)
    base = mean_divergence(nats(rng, 0.4, rows=1), domain, level=LEVEL, rng=rng, trained=False)
    assert "one seed" in trained.caution
    assert base.caution == ""
