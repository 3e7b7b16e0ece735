"""Criteria of a match other than the score itself: a tolerance, a share of joint draws, noisy scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from angelshare.core.delay import Benchmark
from angelshare.core.errors import RefusedError
from angelshare.stats.panel import FloatArray
from angelshare.stats.spells import BoolArray, Series, SpellTable, records, spell_table

POINTS = (1.0, 2.0, 3.0)
"""Tolerances, on scales that count points or percent."""

SHARE_PER_POINT = 0.015
"""On other scales a point is this share of the observed range (of its logarithm on log scales), as on ECI."""

QUANTILES = (0.05, 0.5, 0.95)
"""Shares of resamples in which open must do at least as well: lenient, even, strict."""


class Tolerance(NamedTuple):
    """How far an open score may fall short."""

    amount: float
    """In the unit in which `scaled` compares."""

    words: str
    """E.g. "2 points"."""


def scaled(series: Series, benchmark: Benchmark) -> Series:
    """Put scores on the scale on which shortfalls compare: logarithms for horizons, as they are otherwise.

    Raises RefusedError when a score on a log scale is not above 0.
    """
    if not benchmark.log_scale:
        return series
    if (series.score <= 0).any():
        worst = int(series.score.argmin())
        found = f"{series.name[worst]} has {series.score[worst]:g} {benchmark.unit}"
        raise RefusedError(f"{benchmark.name}: a log scale needs scores above 0, {found}; leave it out")
    return series._replace(score=np.log(series.score), sd=series.sd / series.score)


def tolerances(series: Series, benchmark: Benchmark) -> list[Tolerance]:
    """List the tolerances for a scale; `series` must be `scaled`."""
    if not benchmark.log_scale and benchmark.unit in ("points", "percent"):
        return [Tolerance(points, f"{points:g} point{'s' * (points > 1)}") for points in POINTS]
    span = float(np.ptp(series.score)) * SHARE_PER_POINT
    of = "log range" if benchmark.log_scale else "range"
    return [Tolerance(points * span, f"{100 * points * SHARE_PER_POINT:g} % of the {of}") for points in POINTS]


def has_errors(series: Series) -> bool:
    """Say whether most scores come with a standard error."""
    return bool(np.isfinite(series.sd).mean() > 0.5)  # noqa: PLR2004 - most


def errors_of(series: Series) -> FloatArray:
    """Give (models,) standard errors; `usual_error` stands in for one not given: no score is exact by omission."""
    return np.asarray(np.where(np.isfinite(series.sd), series.sd, usual_error(series)))


def usual_error(series: Series) -> float:
    """Give the median standard error above 0; 0 if there is none, as where all scores are exact."""
    given = series.sd[series.sd > 0]
    return float(np.median(given)) if given.size else 0.0


def at_least_as_good(series: Series, closed: Sequence[int], draws: FloatArray | None) -> FloatArray:
    """Give (closed, models) the share of resamples in which each model does at least as well as each closed one.

    Args:
        series: scores with standard errors.
        closed: places of the closed records.
        draws: (draws, models) joint draws; independent normal errors if None.
    """
    if draws is not None:
        return np.asarray([(draws >= draws[:, [place]]).mean(axis=0) for place in closed])
    sd = errors_of(series)
    lead = series.score[None, :] - series.score[list(closed)][:, None]
    spread = np.sqrt(sd[None, :] ** 2 + sd[list(closed)][:, None] ** 2)
    # with no error at all the better score wins
    return np.asarray(np.where(spread > 0, ndtr(lead / np.where(spread > 0, spread, 1.0)), lead >= 0))


def paired_table(series: Series, quantile: float, *, since_day: float, draws: FloatArray | None) -> SpellTable:
    """Find matches as the first open release at least as good in a share `quantile` of resamples."""
    closed = records(series.day, series.score, ~series.open)
    closed = closed[series.day[closed] >= since_day]
    enough: BoolArray = at_least_as_good(series, list(closed), draws) >= quantile
    return spell_table(series, since_day=since_day, good_enough=enough)


def noisy_tables(
    series: Series, *, since_day: float, draws: FloatArray | None, rows: int, rng: np.random.Generator
) -> list[SpellTable]:
    """Draw the scores again, `rows` times, and find records and matches in each draw.

    Args:
        series: scores with standard errors.
        since_day: as in `spell_table`.
        draws: (draws, models) joint draws to take in turn; independent normal errors if None.
        rows: draws wanted.
        rng: the caller owns the seed.
    """
    if draws is None:
        scores = series.score + rng.standard_normal((rows, series.score.size)) * errors_of(series)
    else:
        scores = draws[rng.integers(0, draws.shape[0], rows)]
    return [spell_table(series._replace(score=row), since_day=since_day) for row in scores]


def padded(tables: Sequence[SpellTable]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stack spells of several tables as (rows, most spells) low, high and weight; weight 0 fills up."""
    most = max(table.low.size for table in tables)
    low, high = np.zeros((len(tables), most)), np.full((len(tables), most), np.inf)
    weight = np.zeros((len(tables), most))
    for row, table in enumerate(tables):
        size = table.low.size
        low[row, :size], high[row, :size], weight[row, :size] = table.low, table.high, 1.0
    return low, high, weight
