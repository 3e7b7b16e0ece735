"""From draws to numbers with their doubt, or to the reason why there are none."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.govern.attributable_curve import DoseCurve
from angelshare.govern.attributable_model import days_to, dose, months, volume
from angelshare.stats.intervals import caution_of, estimate
from angelshare.stats.panel import FloatArray

METHOD = "median and equal tails of Monte Carlo draws over stated ranges, the recovery curve's band, gap and slope"
RANGES = "the ends rest on stated ranges, most of them assumed: not a sampling interval"
HELD = "more than half of the draws lie beyond 10 x the largest dose and are held there: at least this"
HELD_LEFT = "more than half of the draws lie beyond 10 x the largest dose and are held there: at most this"
NOT_REACHED = "in some draws not reached within 10 x the largest dose"
HARDLY_REACHED = "in more than half of the draws not reached within 10 x the largest dose: at least this"
RATE = "at the campaign's daily rate, whether or not it lasts that long"


TARGETS = (0.5, 0.8)
"""Shares of the gap whose days are given."""


class Drawn(NamedTuple):
    """Everything but the curve: the same draws serve the campaign and every defence against it."""

    values: Mapping[str, FloatArray]
    """(draws,) per input."""

    missing: str
    """Why gap or slope cannot be had; empty if they can."""

    level: float
    """Level of every interval."""


class Result(NamedTuple):
    """What one campaign does against one curve."""

    saved: Number
    """Months that distillation saves."""

    left: Number
    """Months of delay left."""

    without: Number
    """Months of lead without it."""

    calendar: Number
    """Months that campaign and training take."""

    days_to_50: Number
    """Calendar days to half of the gap."""

    days_to_80: Number
    """Calendar days to four fifths."""

    recovery: Number
    """Attributable recovery at the campaign's dose."""

    beyond: float
    """Share of draws beyond 10 x the largest dose measured."""

    left_draws: FloatArray
    """(draws,) delay left, for the verdict; empty where it is refused."""

    @property
    def held(self) -> bool:
        """Say whether more than half of the draws are held at the end of what is claimed."""
        return self.beyond > 0.5  # noqa: PLR2004 - more than half


def evaluate(drawn: Drawn, curve: DoseCurve | Refusal) -> Result:
    """Turn draws of the inputs into numbers; `curve` may be the reason why there is none."""
    values, missing, level = drawn
    none = np.zeros(0)
    if isinstance(curve, Refusal):
        return Result(curve, curve, curve, curve, curve, curve, curve, 0.0, none)
    asked = volume(values)
    doses = dose(values, asked, curve)
    recovery = curve.at(doses, values["recovery_position"])
    beyond = float((doses > curve.claim_limit * (1 + 1e-9)).mean())
    share = _number(recovery, curve.n, level)
    no = Refusal(refused=missing)
    half, most = (_days(values, target, curve, level=level) for target in TARGETS)
    part = Result(
        saved=no, left=no, without=no, calendar=no, days_to_50=half, days_to_80=most, recovery=share, beyond=beyond,
        left_draws=none,
    )  # fmt: skip
    if part.held:
        part = part._replace(recovery=_open_above(share))
    if missing:
        return part
    lead = months(values, asked, recovery)
    saved, left = _number(lead.saved, curve.n, level), _number(lead.left, curve.n, level)
    if part.held:
        saved = _open_above(saved)
        left = dataclasses.replace(left, low=None, caution=caution_of(HELD_LEFT, RANGES))
    return part._replace(
        saved=saved,
        left=left,
        without=_number(lead.without, curve.n, level),
        calendar=_number(lead.calendar, curve.n, level),
        left_draws=lead.left,
    )


def cost(drawn: Drawn) -> Estimate:
    """Estimate the price of the campaign's tokens."""
    draws = volume(drawn.values).cost_usd
    return estimate(
        float(np.median(draws)), draws, level=drawn.level, n=draws.size,
        method="median and equal tails of Monte Carlo draws over stated ranges; n is draws", caution=RANGES,
    )  # fmt: skip


def _number(draws: FloatArray, n: int, level: float) -> Estimate:
    return estimate(float(np.median(draws)), draws, level=level, n=n, method=METHOD, caution=RANGES)


def _open_above(number: Estimate) -> Estimate:
    return dataclasses.replace(number, high=None, caution=caution_of(HELD, RANGES))


def _days(values: Mapping[str, FloatArray], share: float, curve: DoseCurve, *, level: float) -> Estimate:
    """Estimate days to a share of the gap; `high` None, and `value` the lower end, where draws do not reach it."""
    days, bound = days_to(values, share, curve)
    ends = [0.5 - level / 2, 0.5, 0.5 + level / 2]
    # inverted_cdf never interpolates between a finite draw and an infinite one
    low = float(np.quantile(bound, ends[0], method="inverted_cdf"))
    centre, high = (float(end) for end in np.quantile(days, ends[1:], method="inverted_cdf"))
    reach = HARDLY_REACHED if not np.isfinite(centre) else "" if np.isfinite(days).all() else NOT_REACHED
    return Estimate(
        value=centre if np.isfinite(centre) else low, low=low, high=high if np.isfinite(high) else None,
        level=level, n=curve.n, method=METHOD, caution=caution_of(reach, RATE, RANGES),
    )  # fmt: skip
