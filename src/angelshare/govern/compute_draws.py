"""Carry stated ranges through products and sums by seeded draws, and turn the draws into numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.core.seeds import stream
from angelshare.govern.compute_units import Range
from angelshare.stats.intervals import caution_of, percentile_ends

FloatArray: TypeAlias = npt.NDArray[np.float64]


@record
class Drawn:
    """An amount with its doubt: every factor at its low end, its centre and its high end, and jointly drawn."""

    low: float
    """Every factor low."""

    central: float
    """Every factor at its centre."""

    high: float
    """Every factor high."""

    draws: FloatArray
    """(draws,) values; amounts that share a quantity share its draws."""


@record
class Span:
    """An amount between two readings of a text."""

    least: Drawn
    """Without what the text does not settle."""

    most: Drawn
    """With it."""

    open_above: bool = False
    """Part of it is unknown, so that it has no upper end."""


@record
class Settings:
    """What every interval is made with."""

    level: float
    """Level, in (0, 1)."""

    draws: int
    """How many draws."""

    seed: int
    """Seed."""


def draw(range_: Range, name: str, settings: Settings) -> Drawn:
    """Draw a quantity: half of the draws on either side of its centre, evenly on a log axis (straight if it ends in 0).

    The stream is named by the quantity, so that neither order nor other quantities change its draws.
    """
    share = stream("ledger", settings.seed, name).uniform(size=settings.draws)
    knots = np.array([range_.low, range_.central, range_.high])
    places = [0.0, 0.5, 1.0]
    log = range_.low > 0
    values = np.exp(np.interp(share, places, np.log(knots))) if log else np.interp(share, places, knots)
    held = np.clip(values, range_.low, range_.high)  # exp(log(x)) may miss an end by a rounding
    return Drawn(low=range_.low, central=range_.central, high=range_.high, draws=held)


def times(factors: Sequence[Drawn], coefficient: float, count: int) -> Drawn:
    """Multiply amounts; a product beyond every number is infinite, and the line it belongs to is then refused."""
    with np.errstate(over="ignore"):
        product = np.prod([factor.draws for factor in factors], axis=0, initial=coefficient)
    return Drawn(
        low=coefficient * math.prod(factor.low for factor in factors),
        central=coefficient * math.prod(factor.central for factor in factors),
        high=coefficient * math.prod(factor.high for factor in factors),
        draws=product * np.ones(count),
    )


def plus(parts: Iterable[Drawn], count: int) -> Drawn:
    """Add amounts, the draws in a fixed order so that the order of the parts changes no digit."""
    held = sorted(parts, key=lambda part: (part.central, part.low, part.high))
    return Drawn(
        low=math.fsum(part.low for part in held),
        central=math.fsum(part.central for part in held),
        high=math.fsum(part.high for part in held),
        draws=np.sum([part.draws for part in held], axis=0) if held else np.zeros(count),
    )


def number(span: Span, settings: Settings, *, refused: str, caution: str = "") -> Number:
    """State an amount between two readings; where nothing is counted for certain, refuse with the reason given.

    Its value is the reading without what is unsettled. The lower end comes from that reading, the upper end from the
    other; an amount that is open above has none.
    """
    if span.least.central == 0:
        return Refusal(refused=refused)
    low, high = _ends(span.least.draws, span.most.draws, settings.level)
    unsettled = span.most.central > span.least.central
    doubt = "the upper end counts what the text does not settle, the value does not" if unsettled else ""
    unknown = "a part is unknown: a lower bound only" if span.open_above else ""
    value = low if low == high else span.least.central
    return Estimate(
        value=value, low=min(low, value), high=None if span.open_above else max(high, value), level=settings.level,
        n=settings.draws, method=METHOD, caution=caution_of(unknown, doubt, caution),
    )  # fmt: skip


def quotient(above: Span, below: Span, settings: Settings, *, refused: str) -> Number:
    """State one amount over another, draw by draw; an amount that is open above leaves that end open.

    Refuses with the reason given where the lower amount can be nothing in every reading.
    """
    if below.least.central == 0 or above.most.central == 0:
        return Refusal(refused=refused)
    value = above.least.central / below.least.central
    low, high = _ratio_ends(above, below, settings.level)
    return Estimate(
        value=value, low=None if below.open_above else min(low, value),
        high=None if above.open_above or math.isinf(high) else max(high, value), level=settings.level,
        n=settings.draws, method=METHOD, caution="an amount is unknown" if below.open_above or above.open_above else "",
    )  # fmt: skip


def _ends(least: FloatArray, most: FloatArray, level: float) -> tuple[float, float]:
    """Give both ends; those of an amount without a range are equal, whatever its factors' order rounds to."""
    low, _ = percentile_ends(least, level)
    _, high = percentile_ends(most, level)
    return (low, low) if math.isclose(low, high, rel_tol=1e-12) else (low, high)


def _ratio_ends(above: Span, below: Span, level: float) -> tuple[float, float]:
    with np.errstate(divide="ignore"):  # a range that starts at 0 makes the other end infinite, which is said
        lows, highs = above.least.draws / below.most.draws, above.most.draws / below.least.draws
    if np.isfinite(highs).all():
        return _ends(lows, highs, level)
    return percentile_ends(lows, level)[0], math.inf


METHOD = "percentiles of seeded draws over the stated ranges (n draws, no sample of data)"
"""What every interval of the ledger is: doubt about inputs as stated, not sampling error."""
