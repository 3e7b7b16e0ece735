"""Fit all families to one curve at once, on a grid, with the plateau integrated out in closed form.

A dose-response curve is hardly ever identified: several families fit, plateaus run away, and no family is the truth. So
there is no best fit to refine. Every (family, half-dose, shape) of a grid is weighed by how well it explains the data,
averaged over the plateau (normal given the rest, uniform prior between -1 and 1.2), over what the seed variance may be
(fiducial, pooled over doses) and over a smooth discrepancy between family and truth (Kennedy & O'Hagan 2001, JRSS B 63,
section 4.1). Families share the mass by AICc weight (Burnham & Anderson 2002, section 2.9; all have three parameters).
Draws from the grid are draws of the curve. A plain parametric bootstrap of the averaged fit covers too little at 3x and
10x when the truth is outside the families: docs/calibration.md shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from angelshare.stats.families import FAMILIES, SHAPES, half_doses, rise
from angelshare.stats.panel import FloatArray, IntArray

LEAST_PLATEAU, GREATEST_PLATEAU = -1.0, 1.2
"""Bounds of R_max: a student may forget as much as the gap is wide, and beat the teacher by a fifth of it."""

DISCREPANCY = ((0.0, 0.3), (0.03, 0.4), (0.08, 0.3))
"""Standard deviations of truth around the family, in shares of the gap, with prior weights."""

DISCREPANCY_DECADES = 0.5
"""Length scale of that discrepancy in log10 dose."""

BETWEEN = 0.25
"""Standard deviation of a curve half-way between two doses, in shares of its rise from one to the other."""

TYPICAL_DISCREPANCY = 0.03
"""The discrepancy allowed for when families are compared by AICc."""

VARIANCE_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Fiducial quantiles of the pooled seed variance that stand for its distribution."""

SHARED_ITEM_ERROR = 0.5
"""Correlation of item errors between doses when only their sizes are given: all doses are scored on the same items."""

LEAST_ERROR = 1e-3
"""Item errors below this are taken as this; keeps the error matrix invertible."""


class CurveData(NamedTuple):
    """What is fitted."""

    dose: FloatArray
    """(n,) distinct, ascending, positive."""

    mean: FloatArray
    """(n,) mean recovery over seeds."""

    seeds: IntArray
    """(n,) students per dose."""

    seed_variance: float
    """Variance between seeds, pooled over doses."""

    freedom: int
    """Degrees of freedom of `seed_variance`; 0 when every dose has one seed."""

    item_covariance: FloatArray
    """(n, n) covariance of `mean` from items and replies."""


class CurveDraws(NamedTuple):
    """Draws of what the curve may be."""

    family: IntArray
    """(draws,) index into FAMILIES."""

    half: FloatArray
    """(draws,) half-dose."""

    plateau: FloatArray
    """(draws,) R_max."""

    on_grid: FloatArray
    """(draws, grid) recovery, discrepancy included."""


class _Weighed(NamedTuple):
    """One error model (discrepancy, seed variance) with the plateau's conditional moments at every grid point."""

    discrepancy: float
    error: FloatArray
    centre: FloatArray
    precision: FloatArray
    log_mass: FloatArray


def curve_data(doses: FloatArray, recoveries: Sequence[FloatArray], item_sd: FloatArray) -> CurveData:
    """Gather a curve's data, merging nothing.

    Args:
        doses: (n,) positive and distinct, any order.
        recoveries: per dose, (seeds,) recovery of each student.
        item_sd: (n,) standard errors of the mean recoveries from items, or their (n, n) covariance.
    """
    order = np.argsort(doses)
    groups = [np.asarray(recoveries[index], dtype=np.float64) for index in order]
    seeds = np.array([group.size for group in groups])
    freedom = int((seeds - 1).sum())
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    covariance = _covariance(np.asarray(item_sd, dtype=np.float64))[np.ix_(order, order)]
    return CurveData(
        dose=np.asarray(doses, dtype=np.float64)[order],
        mean=np.array([group.mean() for group in groups]),
        seeds=seeds,
        seed_variance=squares / freedom if freedom else 0.0,
        freedom=freedom,
        item_covariance=covariance,
    )


def draw_curves(data: CurveData, grid: FloatArray, rng: np.random.Generator, *, draws: int) -> CurveDraws:
    """Draw curves on `grid`, (grid,) doses, given the data."""
    half, shape, family = grid_points(data)
    basis = _basis(data.dose, half, shape, family)
    models = [_weigh(data, basis, *model) for model in _error_models(data)]
    log_mass = np.stack([model.log_mass for model in models])
    log_mass = log_mass - log_mass.max()
    mass = np.exp(log_mass)
    for index, weight in enumerate(aicc_weights(data)):
        inside = family == index
        mass[:, inside] *= weight / max(mass[:, inside].sum(), np.finfo(float).tiny)
    chosen = rng.choice(mass.size, size=draws, p=mass.ravel() / mass.sum())
    which, point = np.divmod(chosen, family.size)
    plateau, values = np.empty(draws), np.empty((draws, grid.size))
    for index, model in enumerate(models):
        mine = np.flatnonzero(which == index)
        if mine.size:
            at = point[mine]
            plateau[mine] = _draw_plateau(model.centre[at], model.precision[at], rng)
            shapes = _basis(grid, half[at], shape[at], family[at])
            values[mine] = plateau[mine, None] * shapes.T
            residual = data.mean - plateau[mine, None] * basis[:, at].T
            values[mine] += _draw_discrepancy(model, residual, data.dose, grid, rng)
    return CurveDraws(family[point], half[point], plateau, values)


def roughen(values: FloatArray, grid: FloatArray, doses: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Let every drawn curve rise earlier or later between two doses than its family would.

    Args:
        values: (draws, grid) curves.
        grid: (grid,) doses, ascending.
        doses: (n,) measured; the decade below the smallest counts as one more interval.
        rng: the caller owns the seed.

    Where a rise falls between two doses is not measured: it may be anywhere, for a curve that never falls. Each
    interval gets a half-ellipse that is 0 at its ends, with a standard deviation at its middle of BETWEEN times the
    rise across it.
    """
    ends = np.log10(np.concatenate([[doses[0] / 10.0], doses]))
    at = np.log10(grid)
    out = values.copy()
    for left, right in pairwise(ends):
        inside = (at >= left) & (at <= right)
        if not inside.any():
            continue
        places = np.searchsorted(at, [left, right]).clip(0, at.size - 1)
        rise_across = np.abs(values[:, places[1]] - values[:, places[0]])
        part = (at[inside] - left) / (right - left)
        bump = BETWEEN * rise_across * rng.standard_normal(values.shape[0])
        out[:, inside] += bump[:, None] * np.sqrt(4.0 * part * (1.0 - part))
    return out


def grid_points(data: CurveData) -> tuple[FloatArray, FloatArray, IntArray]:
    """Give the grid as flat arrays: half-dose, shape and family index of every point."""
    halves = half_doses(data.dose)
    parts = [np.meshgrid(halves, SHAPES[name], indexing="ij") for name in FAMILIES]
    half = np.concatenate([part[0].ravel() for part in parts])
    shape = np.concatenate([part[1].ravel() for part in parts])
    family = np.repeat(np.arange(len(FAMILIES)), [part[0].size for part in parts])
    return half, shape, family


def best_fits(data: CurveData) -> tuple[IntArray, FloatArray, FloatArray]:
    """Give, per family, the best grid point, its plateau and its chi-square under the typical discrepancy."""
    half, shape, family = grid_points(data)
    error = _error(data, data.seed_variance, TYPICAL_DISCREPANCY)
    whiten = np.linalg.inv(np.linalg.cholesky(error))
    basis, target = whiten @ _basis(data.dose, half, shape, family), whiten @ data.mean
    square = (basis**2).sum(axis=0) + np.finfo(float).tiny
    plateau = np.clip(target @ basis / square, LEAST_PLATEAU, GREATEST_PLATEAU)
    misfit = ((target[:, None] - plateau * basis) ** 2).sum(axis=0)
    best = np.array(
        [np.flatnonzero(family == index)[misfit[family == index].argmin()] for index in range(len(FAMILIES))]
    )
    return best, plateau[best], misfit[best]


def aicc_weights(data: CurveData) -> FloatArray:
    """Give (families,) AICc weights. All families have three parameters, so that the penalty cancels."""
    misfit = best_fits(data)[2]
    weights = np.exp(-0.5 * (misfit - misfit.min()))
    return np.asarray(weights / weights.sum())


def _weigh(data: CurveData, basis: FloatArray, discrepancy: float, variance: float, prior: float) -> _Weighed:
    """Integrate the likelihood over the plateau at every grid point, under one error model."""
    from scipy.special import ndtr  # noqa: PLC0415 - scipy takes 0.2 s to import and only curves need it

    error = _error(data, variance, discrepancy)
    whiten = np.linalg.inv(np.linalg.cholesky(error))
    white, target = whiten @ basis, whiten @ data.mean
    precision = (white**2).sum(axis=0) + 1e-9
    centre = target @ white / precision
    root = np.sqrt(precision)
    inside = ndtr((GREATEST_PLATEAU - centre) * root) - ndtr((LEAST_PLATEAU - centre) * root)
    misfit = target @ target - centre**2 * precision
    log_mass = -0.5 * misfit - 0.5 * np.log(precision) + np.log(np.maximum(inside, 1e-300))
    log_mass += np.log(np.diag(whiten)).sum() + np.log(prior)
    return _Weighed(discrepancy, error, centre, precision, log_mass)


def _error_models(data: CurveData) -> list[tuple[float, float, float]]:
    """List (discrepancy, seed variance, prior weight)."""
    from scipy.special import chdtri  # noqa: PLC0415 - as in _weigh

    if data.freedom == 0:
        return [(size, 0.0, prior) for size, prior in DISCREPANCY]
    levels = 1.0 - np.asarray(VARIANCE_LEVELS)
    variances = data.seed_variance * data.freedom / chdtri(data.freedom, levels)
    return [(size, float(variance), prior) for size, prior in DISCREPANCY for variance in variances]


def _error(data: CurveData, variance: float, discrepancy: float) -> FloatArray:
    kernel = _kernel(data.dose, data.dose, discrepancy, data.dose[0])
    return np.asarray(data.item_covariance + np.diag(variance / data.seeds) + kernel)


def _kernel(one: FloatArray, other: FloatArray, size: float, smallest: float) -> FloatArray:
    """Give the covariance of the discrepancy; it fades to nothing below the smallest dose, since R(0) = 0."""
    distance = np.log10(one[:, None] / other[None]) / DISCREPANCY_DECADES
    fade = np.minimum(1.0, one / smallest)[:, None] * np.minimum(1.0, other / smallest)[None]
    return np.asarray(size**2 * fade * np.exp(-0.5 * distance**2))


def _draw_plateau(centre: FloatArray, precision: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw from a normal truncated to the plateau's bounds."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - as in _weigh

    root = np.sqrt(precision)
    low, high = ndtr((LEAST_PLATEAU - centre) * root), ndtr((GREATEST_PLATEAU - centre) * root)
    level = np.clip(low + (high - low) * rng.random(centre.size), 1e-12, 1 - 1e-12)
    return np.asarray(np.clip(centre + ndtri(level) / root, LEAST_PLATEAU, GREATEST_PLATEAU))


def _draw_discrepancy(
    model: _Weighed, residual: FloatArray, dose: FloatArray, grid: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draw (draws, grid) of the discrepancy given (draws, n) residuals (kriging; Rasmussen & Williams 2006, (2.23))."""
    if model.discrepancy == 0.0:
        return np.zeros((residual.shape[0], grid.size))
    across = _kernel(grid, dose, model.discrepancy, dose[0])
    gain = np.linalg.solve(model.error, across.T).T
    spread = _kernel(grid, grid, model.discrepancy, dose[0]) - gain @ across.T
    spectrum, vectors = np.linalg.eigh(spread)
    # the symmetric root: see `sampling.draw_means`
    factor = (vectors * np.sqrt(np.maximum(spectrum, 0.0))) @ vectors.T
    return np.asarray(residual @ gain.T + rng.standard_normal((residual.shape[0], grid.size)) @ factor.T)


def _basis(dose: FloatArray, half: FloatArray, shape: FloatArray, family: IntArray) -> FloatArray:
    """Give (doses, points) values of g."""
    basis = np.empty((dose.size, half.size))
    for index, name in enumerate(FAMILIES):
        inside = family == index
        basis[:, inside] = rise(name, dose[:, None], half[None, inside], shape[None, inside])
    return basis


def _covariance(item_sd: FloatArray) -> FloatArray:
    if item_sd.ndim == 1:
        size = np.maximum(item_sd, LEAST_ERROR)
        shared = SHARED_ITEM_ERROR * np.outer(size, size)
        return np.asarray(shared + np.diag((1 - SHARED_ITEM_ERROR) * size**2))
    return np.asarray(item_sd + np.diag(np.maximum(LEAST_ERROR**2 - np.diag(item_sd), LEAST_ERROR**2 / 100)))
