"""Axes: where a value lies on paper, and which ticks to print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number


@record
class Scale:
    """A straight or logarithmic axis."""

    low: float
    """Smallest value shown."""

    high: float
    """Largest value shown."""

    start: float
    """Where `low` lies, in SVG units."""

    end: float
    """Where `high` lies; below `start` for a y axis."""

    log: bool = False
    """Logarithmic; then `low` is above 0."""

    def at(self, value: float) -> float:
        """Place `value`, in SVG units; values outside the axis lie outside the plot."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        given = math.log(max(value, 1e-300)) if self.log else value
        return self.start + (given - low) / (high - low) * (self.end - self.start)

    def inside(self, value: float) -> float:
        """Place `value`, held at the edge of the plot if it lies beyond."""
        return self.at(min(max(value, self.low), self.high))

    def ticks(self) -> Sequence[float]:
        """Give round values inside the axis, ascending."""
        return _log_ticks(self.low, self.high) if self.log else _straight_ticks(self.low, self.high)


def ends(numbers: Iterable[Number]) -> list[float]:
    """Give every value and finite interval end among `numbers`, for the extent of an axis."""
    found: list[float] = []
    for number in numbers:
        if isinstance(number, Estimate):
            found += [end for end in (number.value, number.low, number.high) if end is not None]
    return found


def extent(values: Iterable[float], low: float, high: float) -> tuple[float, float]:
    """Stretch [low, high] to hold all `values`, with a margin of 4 % where it was stretched."""
    held = [value for value in values if math.isfinite(value)]
    least, most = min([low, *held]), max([high, *held])
    margin = 0.04 * (most - least)
    return (least - margin if least < low else low), (most + margin if most > high else high)


def _straight_ticks(low: float, high: float) -> Sequence[float]:
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 10) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> Sequence[float]:
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 1.5 else (1, 3) if decades < 4.5 else (1,)  # noqa: PLR2004 - as many as fit
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
