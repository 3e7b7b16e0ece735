"""A fitted dose-response curve and what may be read off it (M10-M12); nothing is claimed past 10 x the largest dose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.audit import Band, Family
from angelshare.core.errors import RefusedError
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.families import FAMILIES, scale_of
from angelshare.stats.fitting import (
    CurveData,
    CurveDraws,
    aicc_weights,
    best_fits,
    curve_data,
    draw_curves,
    grid_points,
    roughen,
)
from angelshare.stats.intervals import caution_of, estimate
from angelshare.stats.panel import FloatArray

CLAIM = 10.0
"""Nothing is claimed beyond this many times the largest dose."""

LEAST_DOSES = 4
"""Distinct doses below which no curve is fitted (M10)."""

LEAST_DOSES_HELD_OUT = 5
"""Distinct doses below which none can be left out."""

PER_DECADE = 24
"""Points per decade on which curves are drawn; read-outs interpolate in log dose."""

METHOD = "three families, AICc-weighted, with model discrepancy; draws over parameters, seeds and items"
ONE_SEED = "one seed per dose: luck of training is not in the interval"


class CurveFit:
    """One arm's curve on one axis: draws of what it may be, on a fixed grid of doses."""

    def __init__(self, data: CurveData, draws: CurveDraws, grid: FloatArray, *, level: float) -> None:
        self.data = data
        self.level = level
        self._draws = draws
        self._grid = grid
        self._caution = "" if data.freedom else ONE_SEED

    @property
    def largest_dose(self) -> float:
        """Give the largest dose measured."""
        return float(self.data.dose[-1])

    @property
    def claim_limit(self) -> float:
        """Give the dose beyond which nothing is claimed."""
        return CLAIM * self.largest_dose

    @property
    def families(self) -> Sequence[Family]:
        """List the best fit of every family with its AICc weight."""
        half, shape, _ = grid_points(self.data)
        best, plateau, _ = best_fits(self.data)
        return tuple(
            Family(
                name=name,
                weight=float(weight),
                ceiling=float(plateau[index]),
                scale=scale_of(name, float(half[best[index]]), float(shape[best[index]])),
                shape=float(shape[best[index]]),
            )
            for index, (name, weight) in enumerate(zip(FAMILIES, aicc_weights(self.data), strict=True))
        )

    def at(self, dose: float) -> Number:
        """Estimate recovery at one dose; refused past the claim limit."""
        if dose > self.claim_limit * (1 + 1e-9):
            return Refusal(refused=f"no claim beyond 10 x the largest dose ({self.claim_limit:g})")
        return self._number(self._values(np.array([dose]))[:, 0])

    def band(self, grid: FloatArray | None = None) -> Band:
        """Give the curve with its pointwise interval on `grid`, doses ascending, or on the default grid.

        Raises RefusedError when `grid` goes beyond 10 x the largest dose.
        """
        dose = self._grid if grid is None else np.asarray(grid, dtype=np.float64)
        if dose.max() > self.claim_limit * (1 + 1e-9):
            raise RefusedError(
                f"no claim beyond 10 x the largest dose: asked {dose.max():g}, limit {self.claim_limit:g}"
            )
        ends = [0.5 - self.level / 2, 0.5, 0.5 + self.level / 2]
        low, centre, high = np.quantile(self._values(dose), ends, axis=0)
        return Band(dose=dose.tolist(), centre=centre.tolist(), low=low.tolist(), high=high.tolist())

    def dose_to(self, share: float) -> Number:
        """Estimate the smallest dose that recovers `share` of the gap (M11); one-sided where only one side is bounded.

        `high` None: the share may not be reached within 10 x the largest dose; `value` is then the lower bound unless
        more than half of the draws reach the share. `low` None: it may be reached below a tenth of the smallest dose.
        """
        log_dose = self._crossings(share)
        ends = [0.5 - self.level / 2, 0.5, 0.5 + self.level / 2]
        low, centre, high = (float(end) for end in np.quantile(log_dose, ends, method="inverted_cdf"))
        notes = [self._caution]
        if not np.isfinite(high):
            notes.append("not bounded above")
        if not np.isfinite(low):
            notes.append(f">{CLAIM:g}x beyond the largest dose")
            low = float(np.log10(self.claim_limit))
        if low <= np.log10(self._grid[0]):
            notes.append("not bounded below: reached before the doses measured")
        value = centre if np.isfinite(centre) else low
        return Estimate(
            value=10.0**value,
            low=None if low <= np.log10(self._grid[0]) else 10.0**low,
            high=10.0**high if np.isfinite(high) else None,
            level=self.level, n=int(self.data.seeds.sum()), method=METHOD, caution=caution_of(*notes),
        )  # fmt: skip

    def ceiling(self) -> Number:
        """Estimate the plateau R_max (M12); refused when the largest dose is below the fitted half-dose."""
        return self._no_plateau() or self._number(self._draws.plateau)

    def ceiling_above(self, share: float) -> Number:
        """Give the part of the draws whose plateau is at least `share`; its interval is its Monte Carlo error (M12)."""
        refused = self._no_plateau()
        if refused:
            return refused
        above = self._draws.plateau >= share
        part, n = float(above.mean()), int(above.size)
        error = 2.0 * float(np.sqrt(max(part * (1 - part), 1.0 / n) / n))
        return Estimate(
            value=part, low=max(0.0, part - error), high=min(1.0, part + error), level=0.95, n=n,
            method=f"share of {n} draws with a plateau of at least {share:g}; interval is Monte Carlo error only",
            caution=self._caution,
        )  # fmt: skip

    def per_decade(self) -> Number:
        """Estimate the gain in recovery per tenfold dose over the measured range (M10)."""
        ends = self._values(self.data.dose[[0, -1]])
        return self._number((ends[:, 1] - ends[:, 0]) / np.log10(self.data.dose[-1] / self.data.dose[0]))

    def area(self) -> Number:
        """Estimate mean recovery over log dose in the measured range (M10)."""
        inside = np.geomspace(self.data.dose[0], self.data.dose[-1], 101)
        values = self._values(inside)
        return self._number((values[:, 1:] + values[:, :-1]).mean(axis=1) / 2)

    def held_out_error(self, rng: np.random.Generator) -> Number:
        """Estimate observed minus predicted recovery at the largest dose, that dose left out of the fit.

        The interval is for the difference of one more observation: it holds 0 when the curve predicted well.
        Refused with fewer than 5 doses, or when the largest is beyond 10 x the next.
        """
        data = self.data
        if data.dose.size < LEAST_DOSES_HELD_OUT:
            return Refusal(refused=f"{data.dose.size} doses; leaving one out needs {LEAST_DOSES_HELD_OUT}")
        if data.dose[-1] > CLAIM * data.dose[-2]:
            return Refusal(refused="the largest dose is beyond 10 x the next: nothing is claimed there")
        # what all doses share (the same items, the same gap) moves prediction and observation alike
        covariance = data.item_covariance - max(0.0, float(data.item_covariance.min()))
        covariance = covariance + np.diag(np.full(data.dose.size, 1e-2 * float(np.diag(data.item_covariance).mean())))
        rest = data._replace(
            dose=data.dose[:-1], mean=data.mean[:-1], seeds=data.seeds[:-1],
            item_covariance=covariance[:-1, :-1],
        )  # fmt: skip
        predicted = draw_curves(rest, data.dose[-1:], rng, draws=self._draws.plateau.size).on_grid[:, 0]
        variance = data.seed_variance / data.seeds[-1] + covariance[-1, -1]
        stretch = np.sqrt(data.freedom / rng.chisquare(data.freedom, predicted.size)) if data.freedom else 1.0
        noise = rng.standard_normal(predicted.size) * np.sqrt(variance) * stretch
        return self._number(data.mean[-1] - predicted - noise)

    def _number(self, draws: FloatArray) -> Number:
        return estimate(
            float(np.median(draws)), draws,
            level=self.level, n=int(self.data.seeds.sum()), method=METHOD, caution=self._caution,
        )  # fmt: skip

    def _no_plateau(self) -> Refusal | None:
        half = float(np.median(self._draws.half))
        if half <= self.largest_dose:
            return None
        return Refusal(refused=f"largest dose {self.largest_dose:g} is below the fitted half-dose {half:.3g}")

    def _values(self, dose: FloatArray) -> FloatArray:
        """Interpolate (draws, doses) in log dose."""
        grid = np.log10(self._grid)
        at = np.clip(np.log10(dose), grid[0], grid[-1])
        right = np.clip(np.searchsorted(grid, at), 1, grid.size - 1)
        part = (at - grid[right - 1]) / (grid[right] - grid[right - 1])
        values = self._draws.on_grid
        return np.asarray(values[:, right - 1] * (1 - part) + values[:, right] * part)

    def _crossings(self, share: float) -> FloatArray:
        """Give (draws,) log10 dose at which each draw reaches `share`, infinite where it does not.

        Draws wiggle, truths hardly: a draw is put in ascending order first (rearrangement; Chernozhukov,
        Fernandez-Val & Galichon 2009, Biometrika 96), else its first wiggle across the line would count.
        """
        grid, values = np.log10(self._grid), np.sort(self._draws.on_grid, axis=1)
        right = (values < share).sum(axis=1)
        inside = np.clip(right, 1, grid.size - 1)
        every = np.arange(values.shape[0])
        below, above = values[every, inside - 1], values[every, inside]
        part = np.divide(share - below, above - below, out=np.ones_like(above), where=above > below)
        log_dose = grid[inside - 1] + np.clip(part, 0.0, 1.0) * (grid[inside] - grid[inside - 1])
        return np.asarray(np.where(right >= grid.size, np.inf, np.where(right == 0, grid[0], log_dose)))


def fit_curve(
    doses: FloatArray,
    recoveries: Sequence[FloatArray],
    item_sd: FloatArray,
    *,
    level: float,
    rng: np.random.Generator,
    draws: int = 1000,
) -> CurveFit | Refusal:
    """Fit a dose-response curve.

    Args:
        doses: (n,) positive, distinct; in queries, tokens, dollars or FLOP.
        recoveries: per dose, (seeds,) recovery of each student.
        item_sd: (n,) standard error of each mean recovery from items, or their (n, n) covariance (better: all doses
            are scored on the same items; `points.dose_points` computes it).
        level: of every interval.
        rng: the caller owns the seed.
        draws: of the curve.

    Refused with fewer than 4 distinct doses.
    """
    dose = np.asarray(doses, dtype=np.float64)
    if dose.size != len(recoveries) or dose.size != np.shape(item_sd)[0]:
        raise ValueError(f"{dose.size} doses, {len(recoveries)} sets of recoveries, {np.shape(item_sd)[0]} item errors")
    if np.unique(dose).size < dose.size or (dose <= 0).any():
        raise ValueError("doses must be positive and distinct")
    if dose.size < LEAST_DOSES:
        return Refusal(refused=f"{dose.size} distinct doses; a curve needs {LEAST_DOSES}")
    data = curve_data(dose, recoveries, item_sd)
    decades = np.log10(CLAIM * data.dose[-1]) - np.log10(data.dose[0] / CLAIM)
    grid = np.geomspace(data.dose[0] / CLAIM, CLAIM * data.dose[-1], int(np.ceil(decades * PER_DECADE)) + 1)
    drawn = draw_curves(data, grid, rng, draws=draws)
    drawn = drawn._replace(on_grid=roughen(drawn.on_grid, grid, data.dose, rng))
    return CurveFit(data, drawn, grid, level=level)
