"""Attributable recovery against dose, from an audit's record, with the doubt of the curve as one position in its band.

An audit gives its fitted curve as a band: pointwise quantiles of what recovery may be at each dose. One number, the
position p, picks a curve from the band: R_p(d) = centre + p (high - centre) above the centre and
centre + p (centre - low) below it, so that p = -1 and p = 1 are the ends. Drawing p from a normal whose quantiles at
the band's level are -1 and 1 gives back the band at every dose; between and beyond its three quantiles the draws are a
two-piece normal, and a draw high at one dose is high at all. A result that hangs on one dose, as here, needs only the
pointwise distribution.

More queries never hurt a distiller, who may leave replies out, and none are needed for a recovery of 0. So R_p is made
to never fall with dose and never lie below 0. Where recovery truly never falls, neither do its quantiles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from angelshare.core.audit import Audit, Band
from angelshare.core.records import ArmKind, Estimate, Refusal
from angelshare.core.seeds import stream
from angelshare.stats.curve import fit_curve
from angelshare.stats.intervals import two_sided
from angelshare.stats.panel import FloatArray


class DoseCurve(NamedTuple):
    """Attributable recovery of one arm against its dose in queries."""

    arm: ArmKind
    """What the students learned from."""

    dose: FloatArray
    """(grid,) queries, ascending, the last at 10 x the largest dose measured."""

    low: FloatArray
    """(grid,) lower end of the band."""

    centre: FloatArray
    """(grid,) its median."""

    high: FloatArray
    """(grid,) upper end."""

    level: float
    """Level of the band."""

    skills: int
    """Skills (domains) over which the audit spread its queries evenly."""

    n: int
    """Test items behind it."""

    def drawn(self, position: FloatArray) -> FloatArray:
        """Give (draws, grid) curves for (draws,) positions in the band; never falling, never below 0."""
        above, below = np.maximum(position, 0.0)[:, None], np.minimum(position, 0.0)[:, None]
        values = self.centre + above * (self.high - self.centre) + below * (self.centre - self.low)
        return np.asarray(np.maximum.accumulate(np.maximum(values, 0.0), axis=1))

    def at(self, dose: FloatArray, position: FloatArray) -> FloatArray:
        """Give (draws,) recovery at (draws,) doses; held beyond the last grid dose, in proportion below the first."""
        values, log_grid = self.drawn(position), np.log(self.dose)
        held = np.clip(dose, self.dose[0], self.dose[-1])
        right = np.clip(np.searchsorted(log_grid, np.log(held)), 1, self.dose.size - 1)
        part = (np.log(held) - log_grid[right - 1]) / (log_grid[right] - log_grid[right - 1])
        row = np.arange(position.size)
        inside = values[row, right - 1] * (1.0 - part) + values[row, right] * part
        return np.asarray(inside * np.minimum(dose / self.dose[0], 1.0))

    def to(self, share: float, position: FloatArray) -> FloatArray:
        """Give (draws,) the smallest dose with this recovery, infinite where the grid ends before it."""
        values, log_grid = self.drawn(position), np.log(self.dose)
        reached = values >= share
        right = np.argmax(reached, axis=1)
        row, left = np.arange(position.size), np.maximum(right - 1, 0)
        rise = values[row, right] - values[row, left]
        part = np.where(rise > 0, (share - values[row, left]) / np.where(rise > 0, rise, 1.0), 1.0)
        dose = np.exp(log_grid[left] + np.clip(part, 0.0, 1.0) * (log_grid[right] - log_grid[left]))
        return np.asarray(np.where(reached.any(axis=1), dose, np.inf))

    @property
    def claim_limit(self) -> float:
        """Give the dose beyond which nothing is claimed: 10 x the largest measured."""
        return float(self.dose[-1])


def read_curve(audit: Audit, arm: ArmKind) -> DoseCurve | Refusal:
    """Read the attributable recovery of `arm` against queries.

    The audit fits it for its headline arm; for another arm it is fitted here from the record, see `_refitted`. Refused
    when a control was left out ("raw, not attributable"), when there are too few doses, or when the arm did not run.
    """
    skills = len({row.domain for row in audit.rings if row.ring == "near" and row.domain != "all"})
    if skills == 0:
        return Refusal(refused=f"the audit '{audit.run}' lists no domain, so its dose per skill is not known")
    for curve in audit.curves:
        if (curve.arm, curve.axis, curve.measure) == (arm, "queries", "attributable"):
            if curve.band is None:
                return Refusal(refused=curve.refused)
            return _from_band(curve.band, arm, level=audit.header.level, skills=skills, n=_items(audit, arm))
    band = _refitted(audit, arm)
    if isinstance(band, Refusal):
        return band
    return _from_band(band, arm, level=audit.header.level, skills=skills, n=_items(audit, arm))


def _refitted(audit: Audit, arm: ArmKind) -> Band | Refusal:
    """Fit the arm's attributable recovery from what the audit printed.

    Students' own recoveries, less at each dose what the best control took off, carry the luck of training; what is left
    of the interval's half-width beside it is the error from items and controls. Families are those of `stats.curve`.
    """
    rows = sorted((row for row in audit.arms if row.arm == arm), key=lambda row: row.budget)
    if not rows:
        return Refusal(refused=f"the arm '{arm}' did not run in '{audit.run}'")
    level, students, errors = audit.header.level, [], []
    for row in rows:
        number = row.attributable
        if isinstance(number, Refusal):
            return number
        if number.low is None or number.high is None:
            return Refusal(refused=f"attributable recovery of '{arm}' at {row.budget:,} queries is not bounded")
        own = np.array([dot.recovery for dot in audit.dots if (dot.arm, dot.budget) == (arm, row.budget)])
        spread = own.var(ddof=1) / own.size if own.size > 1 else 0.0
        students.append(own - own.mean() + number.value)
        errors.append(np.sqrt(max(((number.high - number.low) / 2 / two_sided(level)) ** 2 - spread, 0.0)))
    doses = np.array([row.budget for row in rows], dtype=np.float64)
    rng = stream("attributable curve", audit.plan, arm)
    fit = fit_curve(doses, students, np.array(errors), level=level, rng=rng)
    return fit if isinstance(fit, Refusal) else fit.band(np.geomspace(doses[0] / 2, 10 * doses[-1], 80))


def _items(audit: Audit, arm: ArmKind) -> int:
    sizes = [row.attributable.n for row in audit.arms if row.arm == arm and isinstance(row.attributable, Estimate)]
    return min(sizes, default=0)


def _from_band(band: Band, arm: ArmKind, *, level: float, skills: int, n: int) -> DoseCurve:
    return DoseCurve(
        arm=arm, dose=np.array(band.dose), low=np.array(band.low), centre=np.array(band.centre),
        high=np.array(band.high), level=level, skills=skills, n=n,
    )  # fmt: skip
