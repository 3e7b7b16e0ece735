"""Are the scores of one benchmark all on one scale? Shares beside percentages are the slip to look for."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import Benchmark
from angelshare.core.errors import PlanError
from angelshare.govern.areas import UPPER, scale_of
from angelshare.govern.layouts import Reading

APART = 10.0
"""A gap of this factor around 1, with nothing in it, divides shares from percentages."""

CROWDED = 3.0
"""So do scores up to 1 that outnumber those just above 1 by this factor: low percentages thin out towards 0."""

FEW = 5
"""Fewer scores up to 1 than this are judged by the gap alone; up to this, a score counts as just above 1."""


def agreed_scale(name: str, readings: Sequence[Reading]) -> Benchmark:
    """Describe the scale that all readings of one benchmark share.

    Raises PlanError if they name different units, areas or accesses, mix two scales, or leave the scale's range.
    """
    unit, area = _one(name, "unit", readings), _one(name, "area", readings)
    access = _one(name, "access", readings)
    benchmark = scale_of(name, unit=unit, area=area, access=access)  # type: ignore[arg-type]  # read as a literal
    _refuse_mixture(benchmark, readings)
    largest = max(reading.score.score for reading in readings)
    if benchmark.unit == "percent" and unit not in UPPER and 0 < largest <= 1:
        benchmark = scale_of(name, unit="share", area=area, access=access)  # type: ignore[arg-type]  # a literal
    _refuse_outside(benchmark, readings)
    return benchmark


def _one(name: str, column: str, readings: Sequence[Reading]) -> str:
    first: dict[str, Reading] = {}
    for reading in readings:
        if value := getattr(reading, column):
            first.setdefault(value, reading)
    if len(first) > 1:
        (a, one), (b, other), *_ = first.items()
        raise PlanError(
            f"benchmark '{name}': {column} is '{a}' in {one.where} and '{b}' in {other.where}; give it one {column}, "
            "or name the benchmarks apart"
        )
    return next(iter(first), "")


def _refuse_mixture(benchmark: Benchmark, readings: Sequence[Reading]) -> None:
    """Refuse shares beside larger scores.

    Low percentages are rare, and run on without a break from 1 to 5; shares stand in a crowd of their own, a factor
    of ten or more below the rest. Scores of 0 say nothing; scales with negative scores and horizons are left alone.
    """
    if benchmark.log_scale or min(reading.score.score for reading in readings) < 0:
        return
    low = sorted((r for r in readings if 0 < r.score.score <= 1), key=lambda r: r.score.score)
    high = sorted((r for r in readings if r.score.score > 1), key=lambda r: r.score.score)
    if not low or not high:
        return
    near = sum(reading.score.score <= FEW for reading in high)
    apart = high[0].score.score >= APART * low[-1].score.score
    if apart or (len(low) >= FEW and len(low) > CROWDED * max(near, 1)):
        raise PlanError(
            f"benchmark '{benchmark.name}' mixes two scales: {low[-1].score.score:g} ({low[-1].where}) beside "
            f"{high[-1].score.score:g} ({high[-1].where}), {len(low)} scores up to 1 and {len(high)} above; write all "
            "in percent or all as shares, or name the benchmarks apart"
        )


def _refuse_outside(benchmark: Benchmark, readings: Sequence[Reading]) -> None:
    for reading in readings:
        score = reading.score.score
        if benchmark.log_scale and score <= 0:
            raise PlanError(f"{reading.where}: score: {benchmark.unit} must be above 0, found {score:g}; correct it")
        if benchmark.upper is not None and not 0 <= score <= benchmark.upper:
            raise PlanError(
                f"{reading.where}: score: {score:g} is outside 0 to {benchmark.upper:g}, the range of "
                f"'{benchmark.name}' ({benchmark.unit}); correct it or its unit"
            )
