"""The formulas: from a campaign's size to months, draw by draw.

    exchanges    = accounts x requests per account and day x days, or what the budget buys if that is less
    cost         = exchanges x (output tokens x output price + input tokens x input price)
    dose         = exchanges x usable share / skills x skills of the audit / exchanges per query
    months saved = 12 x attributable recovery at that dose x transfer x gap / slope
    delay left   = the lead without distillation - months saved (not below 0) + the days of campaign and training,
                   never more than the lead without: open models then match first by themselves
    days to S    = dose to S x exchanges per query x skills / skills of the audit / usable exchanges per day

The dose is the audit's: queries over all its skills. A campaign with as many queries per skill has the same dose.
Source of the bridge from recovery to time: points over the frontier's slope, as Epoch AI and IAPS turn gaps on the
capabilities index into months.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from angelshare.core.delay import DAYS_PER_MONTH
from angelshare.govern.attributable_curve import DoseCurve
from angelshare.stats.panel import FloatArray

MONTHS = 12.0
"""Months per year."""

MILLION = 1e6
"""Prices are per million tokens."""


class Volume(NamedTuple):
    """How much a campaign asks, (draws,) each."""

    exchanges: FloatArray
    """In all."""

    usable_per_day: FloatArray
    """Exchanges per day that can be trained on."""

    usable: FloatArray
    """The same in all."""

    cost_usd: FloatArray
    """Price of all tokens."""

    days: FloatArray
    """Days the campaign lasts; fewer where the budget ends first."""


class Months(NamedTuple):
    """What a campaign does to the lead, (draws,) each."""

    saved: FloatArray
    """Months that distillation saves."""

    without: FloatArray
    """The lead without it."""

    left: FloatArray
    """The lead with it."""

    calendar: FloatArray
    """The days of campaign and training, as months."""


def volume(values: Mapping[str, FloatArray]) -> Volume:
    """Compute how much the campaign asks and what that costs."""
    per_day = values["accounts"] * values["requests_per_account_day"]
    each = (
        values["output_tokens"] * values["usd_per_million_out"] + values["input_tokens"] * values["usd_per_million_in"]
    ) / MILLION
    exchanges = per_day * values["days"]
    if "budget_usd" in values:
        paid = each > 0
        affordable = np.where(paid, values["budget_usd"] / np.where(paid, each, 1.0), np.inf)
        exchanges = np.minimum(exchanges, affordable)
    usable_per_day = per_day * values["usable_share"]
    return Volume(exchanges, usable_per_day, exchanges * values["usable_share"], exchanges * each, exchanges / per_day)


def exchanges_per_dose(values: Mapping[str, FloatArray], curve: DoseCurve) -> FloatArray:
    """Give usable exchanges that make one query of the audit's dose."""
    return np.asarray(values["skills"] / curve.skills * values["exchanges_per_query"])


def dose(values: Mapping[str, FloatArray], asked: Volume, curve: DoseCurve) -> FloatArray:
    """Give the campaign's dose in queries of the audit."""
    return np.asarray(asked.usable / exchanges_per_dose(values, curve))


def months(values: Mapping[str, FloatArray], asked: Volume, recovery: FloatArray) -> Months:
    """Compute months saved and left from recovery at the campaign's dose."""
    per_point = MONTHS / values["slope_points_per_year"]
    saved = recovery * values["transfer"] * values["gap_points"] * per_point
    without = values.get("lag_months", values["gap_points"] * per_point)
    calendar = (asked.days + values["training_days"]) / DAYS_PER_MONTH
    left = np.minimum(without, np.maximum(without - saved, 0.0) + calendar)
    return Months(saved, np.asarray(without), left, calendar)


def days_to(values: Mapping[str, FloatArray], share: float, curve: DoseCurve) -> tuple[FloatArray, FloatArray]:
    """Give calendar days to a share of the gap, infinite where it is not reached, and a finite lower bound.

    The bound is the days to the end of what is claimed where the share is not reached before.
    """
    needed = curve.to(share, values["recovery_position"])
    per_day = volume(values).usable_per_day / exchanges_per_dose(values, curve)
    return np.asarray(needed / per_day), np.asarray(np.minimum(needed, curve.claim_limit) / per_day)
