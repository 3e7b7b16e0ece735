from __future__ import annotations

import numpy as np
import pytest

from angelshare.core.errors import RefusedError
from angelshare.stats.latent import Cells, fit_latent, islands

MODELS, BENCHMARKS = 60, 6


def world(seed: int, *, cut: bool = True):
    """Simulate scores from the model itself: (cells, true abilities standardised, names of models and benchmarks)."""
    rng = np.random.default_rng(seed)
    ability, slope = rng.normal(size=MODELS), np.exp(rng.normal(0.7, 0.5, BENCHMARKS))
    difficulty = rng.normal(size=BENCHMARKS)
    model, benchmark = np.nonzero(rng.random((MODELS, BENCHMARKS)) < 0.6)
    enough = np.isin(model, np.flatnonzero(np.bincount(model, minlength=MODELS) >= 2))
    model, benchmark = model[enough], benchmark[enough]
    kept = np.unique(model)
    model, ability = np.searchsorted(kept, model), ability[kept]
    share = 1 / (1 + np.exp(-slope[benchmark] * (ability[model] - difficulty[benchmark])))
    sd = np.sqrt(np.clip(share * (1 - share), 1e-3, None) / 200)
    seen = share + rng.normal(size=model.size) * np.sqrt(sd**2 + 0.04**2)
    cells = Cells(model, benchmark, np.clip(seen, 0, 1) if cut else seen, sd)
    names = [f"m{k}" for k in range(ability.size)], [f"b{k}" for k in range(BENCHMARKS)]
    return cells, (ability - ability.mean()) / ability.std(), names


def fit(cells, names, *, draws=600, seed=0):
    return fit_latent(cells, *names, draws=draws, rng=np.random.default_rng(seed))


def covered(draws, truth, pairs, level=0.9):
    one, other = pairs
    low, high = np.quantile(draws[:, one] - draws[:, other], [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.mean((low <= truth[one] - truth[other]) & (truth[one] - truth[other] <= high))


def test_intervals_of_ability_differences_cover_also_among_the_best_models():
    everywhere, top = [], []
    for seed in range(30):
        cells, truth, names = world(seed)
        draws = fit(cells, names, seed=seed).draws
        rng = np.random.default_rng(seed)
        pairs = rng.integers(0, truth.size, (2, 300))
        everywhere.append(covered(draws, truth, pairs[:, pairs[0] != pairs[1]]))
        best = np.argsort(truth)[-8:]
        top.append(covered(draws, truth, np.array([(a, b) for a in best for b in best if a < b]).T))

    assert 0.88 <= np.mean(everywhere) <= 0.96
    assert 0.86 <= np.mean(top) <= 0.97


def test_ranks_and_misfit_are_recovered_with_two_fifths_of_the_cells_missing():
    cells, truth, names = world(1, cut=False)

    found = fit(cells, names)

    assert np.corrcoef(np.argsort(np.argsort(truth)), np.argsort(np.argsort(found.ability)))[0, 1] > 0.97
    assert found.misfit == pytest.approx(0.04, abs=0.01)


def test_the_scale_is_fixed_in_the_fit_and_in_every_draw():
    cells, _, names = world(2)

    found = fit(cells, names)

    assert found.ability.mean() == pytest.approx(0, abs=1e-9)
    assert found.ability.std() == pytest.approx(1)
    assert np.allclose(found.draws.mean(axis=1), 0)
    assert np.allclose(found.draws.std(axis=1), 1)


def test_the_order_of_cells_changes_nothing_but_rounding():
    cells, _, names = world(3)
    order = np.random.default_rng(0).permutation(cells.share.size)

    assert np.allclose(
        fit(cells, names).ability, fit(Cells(*(part[order] for part in cells)), names).ability, atol=1e-5
    )


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    cells, _, names = world(4)

    assert np.array_equal(fit(cells, names, seed=1).draws, fit(cells, names, seed=1).draws)
    assert not np.array_equal(fit(cells, names, seed=1).draws, fit(cells, names, seed=2).draws)


def test_islands_that_nothing_compares_are_refused_by_name():
    first, _, names = world(5)
    second, _, _ = world(6)
    size = len(names[0])
    apart = Cells(
        np.concatenate((first.model, second.model + size)), np.concatenate((first.benchmark, second.benchmark + BENCHMARKS)),
        np.concatenate((first.share, second.share)), np.concatenate((first.sd, second.sd)),
    )  # fmt: skip
    models = [f"m{k}" for k in range(int(apart.model.max()) + 1)]

    with pytest.raises(RefusedError, match=r"2 islands: b0 \+ b1 .* \(59 models\); b6 \+ "):
        fit(apart, (models, [f"b{k}" for k in range(2 * BENCHMARKS)]))
    assert [of.size for of, _ in islands(apart, len(models), 2 * BENCHMARKS)] == [size, len(models) - size]


def test_one_benchmark_or_fewer_scores_than_unknowns_are_refused():
    cells = Cells(np.array([0, 1]), np.array([0, 0]), np.array([0.2, 0.4]), np.zeros(2))
    with pytest.raises(RefusedError, match="at least 2 bounded benchmarks"):
        fit(cells, (["a", "b"], ["one"]))

    thin = Cells(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.2, 0.4, 0.5]), np.zeros(3))
    with pytest.raises(RefusedError, match="3 scores for 2 models and 2 benchmarks"):
        fit(thin, (["a", "b"], ["one", "two"]))


def test_scores_without_any_error_of_their_own_are_taken():
    cells, truth, names = world(7)

    found = fit(cells._replace(sd=np.zeros(cells.share.size)), names)

    assert np.corrcoef(truth, found.ability)[0, 1] > 0.95
