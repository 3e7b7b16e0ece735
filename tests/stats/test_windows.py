from __future__ import annotations

import numpy as np
import pytest

from angelshare.stats.windows import auc, flagged, rank_auc


def test_auc_is_the_chance_that_one_score_lies_above_another_with_ties_counted_half():
    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 6, 40), rng.integers(2, 8, 30)
    pairs = (high[:, None] > low).mean() + 0.5 * (high[:, None] == low).mean()

    assert rank_auc(low, high) == pytest.approx(pairs)


def test_the_interval_of_a_share_covers_when_cells_differ():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        rates = rng.beta(8, 4, 12)
        found = flagged([rng.random(50) < rate for rate in rates], rng=rng)
        covered += found.low <= 8 / 12 <= found.high

    assert covered >= 170


def test_no_flag_in_any_cell_still_leaves_doubt_for_as_many_trials_as_cells():
    found = flagged([np.zeros(200, dtype=bool)] * 12, rng=np.random.default_rng(0))

    assert (found.value, found.n) == (0.0, 12)
    assert 0.2 < found.high < 0.25


def test_the_auc_of_cells_is_their_mean():
    benign, mixed = [np.arange(5.0), np.arange(5.0)], [np.arange(5.0) + 10, np.arange(5.0)]

    assert auc(benign, mixed, rng=np.random.default_rng(0)).value == pytest.approx(0.75)
