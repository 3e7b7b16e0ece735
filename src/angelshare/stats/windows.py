"""How well windows of traffic are told apart: shares flagged and AUC, resampled over the cells windows come from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from angelshare.core.records import Estimate
from angelshare.stats.conformal import share
from angelshare.stats.intervals import estimate
from angelshare.stats.panel import FloatArray

DRAWS = 2000
CELLS = "bootstrap over cells"
"""Windows of one cell (a pair and a split of it) overlap, so cells are what is independent."""


def rank_auc(low: ArrayLike, high: ArrayLike) -> float:
    """Give the chance that a score of `high` lies above one of `low`, ties counted half (Mann-Whitney)."""
    from scipy.stats import rankdata  # noqa: PLC0415 - scipy is slow to import

    below, above = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    ranks = rankdata(np.concatenate([below, above]))[below.size :]
    return float((ranks.sum() - above.size * (above.size + 1) / 2) / (above.size * below.size))


def auc(benign: Sequence[ArrayLike], mixed: Sequence[ArrayLike], *, rng: Generator, level: float = 0.95) -> Estimate:
    """Estimate the mean AUC over cells.

    Args:
        benign: scores of benign windows, one array a cell.
        mixed: scores of windows with the attacker's queries, in the same order of cells.
        rng: the caller owns the seed.
        level: of the interval.
    """
    values = [rank_auc(low, high) for low, high in zip(benign, mixed, strict=True)]
    return _mean(values, rng=rng, level=level, what="AUC")


def flagged(cells: Sequence[ArrayLike], *, rng: Generator, level: float = 0.95) -> Estimate:
    """Estimate the mean share of windows flagged, from one array of yes and no a cell.

    With none or all flagged, resampling says nothing: the interval is then exact for as many trials as there are
    cells, the fewest that are surely independent.
    """
    values = [float(np.mean(np.asarray(cell, dtype=np.float64))) for cell in cells]
    if min(values) == max(values) and values[0] in (0.0, 1.0):
        return share(len(values) if values[0] else 0, len(values), level=level)
    return _mean(values, rng=rng, level=level, what="share")


def _mean(values: Sequence[float], *, rng: Generator, level: float, what: str) -> Estimate:
    held: FloatArray = np.asarray(values, dtype=np.float64)
    draws = held[rng.integers(0, held.size, (DRAWS, held.size))].mean(axis=1)
    return estimate(float(held.mean()), draws, level=level, n=held.size, method=f"mean {what}, {CELLS}")
