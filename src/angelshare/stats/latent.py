"""One scale for several benchmarks: latent ability of models from bounded scores, with joint draws.

The expected score of model m on benchmark b is sigmoid(a_b (theta_m - d_b)): ability, difficulty, slope (Ho et al.
2025, "A Rosetta Stone for AI Benchmarks", arXiv 2512.00193, the two-parameter logistic curve on scores). Scores scatter
around it by their own standard error and by a misfit that all cells share, estimated with them. An affine change of
ability that slopes and difficulties follow changes no score, so the scale is fixed afterwards: abilities have mean 0
and standard deviation 1 over the models, in the fit and in every draw. Draws are those of the Laplace approximation
(MacKay 2003, chapter 27), widened to a t for the doubt about the misfit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import expit

from angelshare.core.errors import RefusedError
from angelshare.stats.panel import FloatArray, IntArray

SLOPE_PRIOR = (0.7, 0.7)
"""Mean and standard deviation of log a: most benchmarks go from a tenth to nine tenths within one to four units."""

DIFFICULTY_SD = 3.0
"""Standard deviation of d around 0; wide beside that of ability, which is 1 and sets the unit."""

ROUNDS = 8
"""Most alternations between the curve and its misfit."""

SETTLED = 1e-3
"""Relative change of the misfit at which the alternation stops."""

LEAST_MISFIT = 1e-4
"""Smallest variance of the misfit, in squared shares: no curve holds to better than a point."""


WIDEN = 1.1
"""Factor on the draws' spread: scores cut off at 0 and 1 scatter less there, and in simulation cost 2 to 3 points of
coverage at a nominal 90 %; tests/stats/test_latent.py holds the result to 88 % or more."""


class Cells(NamedTuple):
    """The scores that are there; cells that are missing are simply not listed."""

    model: IntArray
    """(cells,) place of the model."""

    benchmark: IntArray
    """(cells,) place of the benchmark."""

    share: FloatArray
    """(cells,) score as a share of the largest possible one, in [0, 1]."""

    sd: FloatArray
    """(cells,) standard error of the share; 0 where none is given."""


class Latent(NamedTuple):
    """Abilities with their joint doubt."""

    ability: FloatArray
    """(models,) most probable abilities; mean 0, standard deviation 1."""

    draws: FloatArray
    """(draws, models) joint draws, each of mean 0 and standard deviation 1."""

    slope: FloatArray
    """(benchmarks,) a, per unit of ability."""

    difficulty: FloatArray
    """(benchmarks,) d, the ability at which half of the score is reached."""

    misfit: float
    """Standard deviation of a cell around its curve beyond its own error, as a share."""


class _State(NamedTuple):
    """One fit under a given misfit."""

    at: FloatArray
    """Abilities, log slopes, difficulties."""

    jacobian: FloatArray
    """(cells + priors, parameters), weighted."""

    residual: FloatArray
    """(cells,) unweighted."""


def fit_latent(
    cells: Cells, models: Sequence[str], benchmarks: Sequence[str], *, draws: int, rng: np.random.Generator
) -> Latent:
    """Fit abilities, slopes and difficulties, and draw abilities jointly.

    Raises RefusedError when there are fewer than two benchmarks, when the graph of models and benchmarks falls apart
    into islands that nothing compares, or when there are no more cells than parameters.
    """
    _refuse(cells, models, benchmarks)
    size, count = len(models), len(benchmarks)
    misfit = 0.05**2
    state = _fit(cells, size, count, misfit)
    for _ in range(ROUNDS):
        before = misfit
        misfit = _misfit(cells, state)
        state = _fit(cells, size, count, misfit, start=state.at)
        if abs(misfit - before) <= SETTLED * before:
            break
    ability = state.at[:size]
    centre, unit = float(ability.mean()), float(ability.std())
    return Latent(
        ability=(ability - centre) / unit, draws=_standard(ability + _noise(cells, state, size, draws=draws, rng=rng)),
        slope=np.exp(state.at[size : size + count]) * unit, difficulty=(state.at[size + count :] - centre) / unit,
        misfit=float(np.sqrt(misfit)),
    )  # fmt: skip


def islands(cells: Cells, models: int, benchmarks: int) -> list[tuple[IntArray, IntArray]]:
    """Split models and benchmarks into the parts that scores connect: (models, benchmarks) of each, largest first."""
    label = np.arange(models + benchmarks)
    while True:
        least = np.minimum(label[cells.model], label[models + cells.benchmark])
        new = label.copy()
        np.minimum.at(new, cells.model, least)
        np.minimum.at(new, models + cells.benchmark, least)
        if np.array_equal(new, label):
            break
        label = new
    parts = [np.flatnonzero(label == value) for value in np.unique(label)]
    split = [(part[part < models], part[part >= models] - models) for part in parts]
    return sorted(split, key=lambda part: -part[0].size)


def _refuse(cells: Cells, models: Sequence[str], benchmarks: Sequence[str]) -> None:
    if len(benchmarks) < 2:  # noqa: PLR2004 - one benchmark is its own scale
        raise RefusedError("latent ability needs at least 2 bounded benchmarks that share models; add some")
    parts = islands(cells, len(models), len(benchmarks))
    if len(parts) > 1:
        named = [
            f"{' + '.join(benchmarks[b] for b in island[1]) or 'no benchmark'} ({island[0].size} models)"
            for island in parts
        ]
        raise RefusedError(
            f"latent ability: nothing compares {len(parts)} islands: {'; '.join(named)}; add a model scored on both"
        )
    if cells.share.size <= len(models) + 2 * len(benchmarks):
        raise RefusedError(
            f"latent ability: {cells.share.size} scores for {len(models)} models and {len(benchmarks)} benchmarks; "
            "more scores than models + 2 x benchmarks are needed"
        )


def _fit(cells: Cells, size: int, count: int, misfit: float, start: FloatArray | None = None) -> _State:
    """Maximise the posterior: least squares on weighted residuals and priors."""
    weight = 1.0 / np.sqrt(cells.sd**2 + misfit)
    mean, spread = SLOPE_PRIOR
    scale = np.concatenate((np.ones(size), np.full(count, spread), np.full(count, DIFFICULTY_SD)))
    centre = np.concatenate((np.zeros(size), np.full(count, mean), np.zeros(count)))
    rows = np.arange(cells.share.size)

    def residuals(at: FloatArray) -> FloatArray:
        return np.concatenate((weight * (cells.share - _curve(cells, at, size, count)), (at - centre) / scale))

    def jacobian(at: FloatArray) -> FloatArray:
        share = _curve(cells, at, size, count)
        slope = np.exp(at[size + cells.benchmark])
        apart = at[cells.model] - at[size + count + cells.benchmark]
        steep = -weight * share * (1 - share) * slope
        out = np.zeros((cells.share.size + at.size, at.size))
        out[rows, cells.model] = steep
        out[rows, size + cells.benchmark] = steep * apart
        out[rows, size + count + cells.benchmark] = -steep
        out[cells.share.size + np.arange(at.size), np.arange(at.size)] = 1.0 / scale
        return out

    first = _start(cells, size, count) if start is None else start
    found = least_squares(residuals, first, jac=jacobian, method="lm", xtol=1e-9, ftol=1e-9)
    at = np.asarray(found.x)
    return _State(at, jacobian(at), cells.share - _curve(cells, at, size, count))


def _curve(cells: Cells, at: FloatArray, size: int, count: int) -> FloatArray:
    slope = np.exp(at[size + cells.benchmark])
    return np.asarray(expit(slope * (at[cells.model] - at[size + count + cells.benchmark])))


def _start(cells: Cells, size: int, count: int) -> FloatArray:
    """Begin at the model's mean logit after each benchmark's own mean is taken off."""
    logit = np.log(np.clip(cells.share, 0.02, 0.98) / np.clip(1 - cells.share, 0.02, 0.98))
    easy = _group_mean(logit, cells.benchmark, count)
    ability = _group_mean(logit - easy[cells.benchmark], cells.model, size) / 2
    return np.concatenate((ability, np.full(count, SLOPE_PRIOR[0]), -easy / 2))


def _group_mean(values: FloatArray, group: IntArray, count: int) -> FloatArray:
    return np.asarray(np.bincount(group, values, count) / np.maximum(np.bincount(group, minlength=count), 1))


def _freedom(cells: Cells, state: _State) -> float:
    """Cells less the parameters that they, not the priors, determine."""
    data = state.jacobian[: cells.share.size]
    inverse = np.linalg.inv(state.jacobian.T @ state.jacobian)
    return float(cells.share.size - np.sum((data @ inverse) * data))


def _misfit(cells: Cells, state: _State) -> float:
    """Choose the variance under which the weighted squares add up to their degrees of freedom."""
    freedom = _freedom(cells, state)
    squares = state.residual**2

    def excess(variance: float) -> float:
        return float(np.sum(squares / (cells.sd**2 + variance)) - freedom)

    if excess(LEAST_MISFIT) <= 0:
        return LEAST_MISFIT
    return float(brentq(excess, LEAST_MISFIT, 1.0)) if excess(1.0) < 0 else 1.0


def _noise(cells: Cells, state: _State, size: int, *, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw (draws, models) of a multivariate t around zero with the posterior's covariance."""
    covariance = np.asarray(np.linalg.inv(state.jacobian.T @ state.jacobian)[:size, :size], dtype=float)
    freedom = max(_freedom(cells, state), 1.0)
    stretch = np.sqrt(freedom / rng.chisquare(freedom, size=(draws, 1)))
    return np.asarray(WIDEN * stretch * (rng.standard_normal((draws, size)) @ _root(covariance)))


def _standard(draws: FloatArray) -> FloatArray:
    return np.asarray((draws - draws.mean(axis=1, keepdims=True)) / draws.std(axis=1, keepdims=True))


def _root(covariance: FloatArray) -> FloatArray:
    # the symmetric root: eigenvectors alone have no fixed sign or basis, and would differ between machines
    spectrum, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(spectrum, 0.0))) @ vectors.T)
