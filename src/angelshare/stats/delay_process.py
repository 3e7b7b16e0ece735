"""What else could have been seen: the same records and release dates, other lags.

The process bootstrap keeps the days on which closed records were set and open frontier releases came, and draws the
lags anew: log-normal around the fitted median, alike for records set close together (Ornstein-Uhlenbeck in log lag)
and monotone, since once a later record is within open reach the earlier ones are. A resampled reach is then seen only
through the open releases, as the real one was: interval-censored, many records by one matcher, none after the end of
the data. A bootstrap that resamples matchers instead takes their lags for independent, and its intervals hold the
truth in about 60 % of simulated worlds (docs/calibration.md).

How alike is hardly visible in 20 records, so it is an assumption, and a careful one: `PERSISTENCE`. The spread of the
lags is known from as many units as are then independent, and is drawn too (chi-square, as for a normal variance).
Source: parametric bootstrap, Efron & Tibshirani 1993, section 6.5; effective number of correlated units, Kish 1965,
section 8.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from angelshare.core.delay import DAYS_PER_MONTH
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import AT_ONCE, BoolArray, Series, SpellTable, records

PERSISTENCE = 4.5
"""Months over which a deviation of the log lag falls to 1/e."""

NARROW, WIDE = 0.15, 3.0
"""Bounds of the resampled spread of log lags: 15 % is as exact as release dates are; e^3 is any lag at all."""

LEAST_UNITS = 2.0
"""Fewest independent units a spread can be known from."""

BEYOND = 60
"""Open releases assumed after the end of the data, at the pace so far, for the truth of a resample."""

WIDEST = float(np.log(30.0))
"""An interval wider than from a thirtieth to thirty times its value says nothing."""

TOO_WIDE = "unidentified: the lags scatter so much that the median could be thirty times shorter or longer"

LEAST_MATCHED = 3
"""Matched records below which no lag is estimated."""


class Design(NamedTuple):
    """What a resample keeps, in months."""

    set_at: FloatArray
    """(spells,) when each closed record was set, in order."""

    look: FloatArray
    """(releases,) when open frontier releases came, in order."""

    end: float
    """End of the data."""


class Releases(NamedTuple):
    """Match dates of many resamples, with release days drawn anew."""

    time: FloatArray
    """(rows, spells) months to the match, or followed without one."""

    matched: BoolArray
    """(rows, spells)."""

    all_lags: FloatArray
    """Every true release lag, sorted, however long it took."""

    @property
    def log_median(self) -> float:
        """Log of the true median release lag."""
        return float(np.log(np.median(self.all_lags)))

    def share(self, months: FloatArray) -> FloatArray:
        """Give the true share of lags longer than each of (points,) months."""
        return np.asarray(1.0 - np.searchsorted(self.all_lags, months, side="right") / self.all_lags.size)


class Resamples(NamedTuple):
    """Spells of many resamples."""

    low: FloatArray
    """(rows, spells)."""

    high: FloatArray
    """(rows, spells) infinite while unmatched."""

    log_median: float
    """Log of the true median capability lag."""

    releases: Releases
    """The same reach seen through other releases."""


LagEstimator: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
"""From (rows, spells) low and high to (rows,) log median months; infinite where not bounded above."""


def design_of(series: Series, table: SpellTable) -> Design:
    """Read off what a resample keeps."""
    look = np.sort(series.day[records(series.day, series.score, series.open)])
    return Design(
        series.day[table.closed] / DAYS_PER_MONTH, np.unique(look) / DAYS_PER_MONTH, series.end_day / DAYS_PER_MONTH
    )


def independent_units(set_at: FloatArray, matchers: int) -> float:
    """Count the independent units among records whose lags are alike when close in time; at most the matchers."""
    alike = np.exp(-np.abs(set_at[:, None] - set_at[None, :]) / PERSISTENCE)
    return float(max(min(set_at.size**2 / alike.sum(), matchers), LEAST_UNITS))


def resample(
    design: Design, log_median: float, spread: float, *, units: float, rows: int, rng: np.random.Generator
) -> Resamples:
    """Draw spells that might have been seen.

    Args:
        design: dates that are kept.
        log_median: log months, of the fitted lognormal.
        spread: fitted standard deviation of log lags.
        units: independent units behind `spread`.
        rows: resamples wanted; those with fewer than three matches are left out.
        rng: the caller owns the seed.
    """
    scale = np.clip(spread * np.sqrt(units / rng.chisquare(units - 1, rows)), NARROW, WIDE)
    lag = np.exp(log_median + scale[:, None] * _persistent(design.set_at, rows, rng))
    reach = np.minimum.accumulate((design.set_at + lag)[:, ::-1], axis=1)[:, ::-1]
    seen = design.look[design.look <= design.end]
    place = np.searchsorted(seen, reach)
    found = place < seen.size
    before = np.append(-np.inf, seen)[place]
    low = np.maximum(np.where(found, before, design.end) - design.set_at, 0.0)
    high = np.where(found, np.maximum(np.append(seen, np.inf)[place] - design.set_at, AT_ONCE), np.inf)
    enough = found.sum(axis=1) >= LEAST_MATCHED
    could = float(np.log(max(np.median(reach - design.set_at), AT_ONCE)))
    return Resamples(low[enough], high[enough], could, _released(design, reach, rng))


def _released(design: Design, reach: FloatArray, rng: np.random.Generator) -> Releases:
    """Draw release days anew too, at the pace so far: a release lag is luck in them as much as in the reach."""
    pace, start = _pace(design), design.set_at[0]
    span = design.end - start + BEYOND * pace
    lag = np.empty(reach.shape)
    for place, row in enumerate(reach):
        look = start + np.sort(rng.uniform(0.0, span, rng.poisson(span / pace)))
        lag[place] = np.append(look, np.inf)[np.searchsorted(look, row)] - design.set_at
    lag = np.maximum(lag, AT_ONCE)
    followed = design.end - design.set_at
    matched = lag <= followed
    enough = matched.sum(axis=1) >= LEAST_MATCHED
    return Releases(np.where(matched, lag, followed)[enough], matched[enough], np.sort(lag, axis=None))


def lag_number(value: float, errors: FloatArray, *, level: float, n: int, method: str, caution: str = "") -> Number:
    """Make a number from a log median and its resampled errors; the interval is symmetric in log months.

    Args:
        value: log months; infinite if the data do not bound it.
        errors: (rows,) resampled log median minus its truth; infinite where a resample was not bounded.
        level: of the interval.
        n: distinct matchers.
        method: how the interval was made.
        caution: what to bear in mind.
    """
    if not np.isfinite(value):
        return Refusal(refused="not bounded above")
    if errors.size == 0:
        return Refusal(refused="unidentified: resampled records are hardly ever matched")
    bounded = errors[np.isfinite(errors)]
    above = float(np.quantile(np.abs(errors), level, method="higher"))
    below = float(np.quantile(np.abs(bounded), level)) if bounded.size else np.inf
    if below > WIDEST:
        return Refusal(refused=TOO_WIDE)
    return Estimate(
        value=float(np.exp(value)), low=float(np.exp(value - below)),
        high=float(np.exp(value + above)) if np.isfinite(above) else None,
        level=level, n=n, method=method, caution=caution,
    )  # fmt: skip


def _pace(design: Design) -> float:
    """Give the mean months between open frontier releases since the first record."""
    since = design.look[design.look >= design.set_at[0]]
    return float(max(design.end - design.set_at[0], 1.0) / max(since.size, 1))


def _persistent(at: FloatArray, rows: int, rng: np.random.Generator) -> FloatArray:
    """Draw (rows, spells) of a stationary Ornstein-Uhlenbeck process of variance 1."""
    keep = np.exp(-np.diff(at, prepend=-np.inf) / PERSISTENCE)
    shock = rng.standard_normal((rows, at.size)) * np.sqrt(1.0 - keep**2)
    for place in range(1, at.size):
        shock[:, place] += keep[place] * shock[:, place - 1]
    return shock
