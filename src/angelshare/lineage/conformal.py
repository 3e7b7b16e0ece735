"""Ranks of a suspect among null projects, each pair judged by a fit that saw neither of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.lineage.scores import Scorer

SHRINK = 0.5
"""Share of a family's spread taken from the spread over all families: few projects know little of their own."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """One suspect against the null projects."""

    families: tuple[str, ...]
    """Families, the strongest first."""

    standardised: NDArray[np.float64]
    """(F,) scores in standard deviations of the panel, in the order of `families`."""

    p_unadjusted: NDArray[np.float64]
    """(F,) conformal p-values."""

    p_value: NDArray[np.float64]
    """(F,) the same adjusted over families by the step-down of the largest score."""

    null_scores: dict[str, NDArray[np.float64]]
    """By null project: its (F,) mean standardised scores, in the order of `families`."""


def attainable(nulls: int) -> float:
    """Give the smallest conformal p-value that so many null projects allow."""
    return 1 / (nulls + 1)


def ranks(scorer: Scorer, row: int) -> Ranks:
    """Rank one model's scores among the null projects.

    For each null project j the suspect and j's models are scored by the same fit, which saw neither project, so that
    under the null they can be exchanged (the leave-one-out pairs of Barber et al. 2021, jackknife+, with projects for
    records). A project with several models counts with the share of them that reach the suspect (pooled ranks of Dunn,
    Wasserman & Ramdas 2023). Over families the p-value is that of the largest score, stepping down (Westfall & Young
    1993, algorithm 2.8): never above Holm's, and its smallest value does not grow with the number of families.
    """
    cast = scorer.cast
    own = cast.projects[row]
    out = frozenset({own}) - {""}
    nulls = {project: rows for project, rows in cast.nulls().items() if project != own}
    centre, spread = _yardstick(scorer, nulls, out)
    mine = (scorer.scores(out)[row] - centre) / spread
    order = np.argsort(-mine)
    reached = np.ones(len(order))
    reached_most = np.ones(len(order))
    seen: dict[str, NDArray[np.float64]] = {}
    for project, rows in nulls.items():
        fit = scorer.scores(out | {project})
        middle, width = _yardstick(scorer, {name: some for name, some in nulls.items() if name != project}, out)
        suspect = ((fit[row] - middle) / width)[order]
        theirs = ((fit[rows] - middle) / width)[:, order]
        barred = np.array([cast.barred(int(one)) for one in rows])[:, order]
        theirs = np.where(barred, -np.inf, theirs)
        reached += (theirs >= suspect).mean(axis=0)
        most = np.maximum.accumulate(theirs[:, ::-1], axis=1)[:, ::-1]
        reached_most += (most >= suspect).mean(axis=0)
        seen[project] = np.where(barred, 0.0, theirs).mean(axis=0)
    p_most = np.maximum.accumulate(reached_most / (len(nulls) + 1))
    families = tuple(cast.families[place] for place in order)
    return Ranks(families, mine[order], reached / (len(nulls) + 1), p_most, seen)


def _yardstick(
    scorer: Scorer, nulls: dict[str, NDArray[np.intp]], out: frozenset[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give (F,) mean and spread of the null projects, each scored without itself; every project weighs the same."""
    if not nulls:
        width = len(scorer.cast.families)
        return np.zeros(width), np.ones(width)
    scored = {project: scorer.scores(out | {project})[rows] for project, rows in nulls.items()}
    centre = np.mean([one.mean(axis=0) for one in scored.values()], axis=0)
    variance = np.mean([((one - centre) ** 2).mean(axis=0) for one in scored.values()], axis=0)
    shrunk = (1 - SHRINK) * variance + SHRINK * variance.mean()
    return centre, np.sqrt(np.maximum(shrunk, np.finfo(np.float64).eps))
