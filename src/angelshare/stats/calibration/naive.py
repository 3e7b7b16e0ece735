"""The intervals others use, kept to be shown failing: bootstraps of one source of luck, and single-family fits."""

from __future__ import annotations

import numpy as np

from angelshare.stats.families import FAMILIES, SHAPES, half_doses, rise
from angelshare.stats.fitting import GREATEST_PLATEAU, LEAST_PLATEAU, CurveData
from angelshare.stats.panel import FloatArray, Panel


def bootstrap_items(panel: Panel, rng: np.random.Generator, *, draws: int = 300) -> FloatArray:
    """Resample items only: (draws,) recoveries."""
    total = np.zeros(draws)
    count = int(panel.domain.max()) + 1
    for d in range(count):
        inside = panel.domain == d
        n = int(inside.sum())
        weights = rng.multinomial(n, np.full(n, 1 / n), size=draws) / n
        s, f, t = (weights @ block[:, inside].mean(axis=0) for block in (panel.student, panel.floor, panel.teacher))
        total += (s - f) / np.maximum(t - f, 1e-3)
    return total / count


def bootstrap_seeds(each: FloatArray, rng: np.random.Generator, *, draws: int = 300) -> FloatArray:
    """Resample seeds only: (draws,) means of per-seed recoveries."""
    return np.asarray(each[rng.integers(0, each.size, size=(draws, each.size))].mean(axis=1))


def refit_hill(
    doses: FloatArray, recoveries: list[FloatArray], at: FloatArray, rng: np.random.Generator, *, draws: int = 200
) -> FloatArray:
    """Resample seeds at every dose and refit Hill by least squares: (draws, at) recoveries."""
    means = np.stack([bootstrap_seeds(each, rng, draws=draws) for each in recoveries], axis=1)
    return _Grid(doses, at, only="hill").refit(means, np.eye(doses.size), rng)


def bootstrap_average(data: CurveData, at: FloatArray, rng: np.random.Generator, *, draws: int = 200) -> FloatArray:
    """Run the parametric bootstrap of the AICc-weighted average, no model discrepancy: (draws, at) recoveries."""
    grid = _Grid(data.dose, at)
    error = data.item_covariance + np.diag(data.seed_variance / data.seeds)
    fitted = grid.refit(np.repeat(data.mean[None], draws, axis=0), error, rng, at_doses=True)
    noise = rng.standard_normal((draws, data.dose.size)) @ np.linalg.cholesky(error).T
    return grid.refit(fitted + noise, error, rng)


class _Grid:
    """Least-squares fits of the families on a grid, one family drawn by its weight per fit."""

    def __init__(self, doses: FloatArray, at: FloatArray, *, only: str = "") -> None:
        halves = half_doses(doses)
        names = [name for name in FAMILIES if only in ("", name)]
        pairs = [np.meshgrid(halves, SHAPES[name], indexing="ij") for name in names]
        self.basis, self.beyond = (
            np.stack(
                [rise(name, x[:, None], h.ravel(), s.ravel()) for name, (h, s) in zip(names, pairs, strict=True)],
                axis=1,
            )
            for x in (doses, at)
        )

    def refit(
        self, means: FloatArray, error: FloatArray, rng: np.random.Generator, *, at_doses: bool = False
    ) -> FloatArray:
        whiten = np.linalg.inv(np.linalg.cholesky(error))
        white = np.einsum("ij,jmg->img", whiten, self.basis)
        square = (white**2).sum(axis=0) + 1e-12
        out = []
        for target in means @ whiten.T:
            cross = np.tensordot(target, white, axes=1)
            plateau = np.clip(cross / square, LEAST_PLATEAU, GREATEST_PLATEAU)
            misfit = plateau * (plateau * square - 2 * cross)
            best = misfit.argmin(axis=1)
            family = np.arange(best.size)
            weight = np.exp(-0.5 * (misfit[family, best] - misfit.min()))
            chosen = rng.choice(best.size, p=weight / weight.sum())
            values = self.basis if at_doses else self.beyond
            out.append(plateau[chosen, best[chosen]] * values[:, chosen, best[chosen]])
        return np.array(out)
