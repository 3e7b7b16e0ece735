"""Ranks of a suspect among comparison projects, each pair judged by a fit that saw neither of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.lineage.scores import Scorer

SHRINK = 0.5
"""Share of a family's spread taken from the spread over all families: few projects know little of their own."""
PULL = 0.25
"""What one standard deviation behind the best family takes off a family's score of being taught."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """One suspect against the null projects."""

    families: tuple[str, ...]
    """Families, the strongest first."""

    standardised: NDArray[np.float64]
    """(F,) fit to each family, in standard deviations of the null projects' fit, in the order of `families`."""

    scores: NDArray[np.float64]
    """(F,) scores of being taught, fitted to be 1 for students and -1 for untaught, less `PULL` for each
    standard deviation of fit by which a family stays behind the first."""

    p_unadjusted: NDArray[np.float64]
    """(F,) ranks among the same family's scores of the nulls."""

    p_value: NDArray[np.float64]
    """(F,) ranks among the nulls' largest scores over families."""

    nulls: NDArray[np.int64]
    """(F,) comparison projects that each rank counts: null projects, teachers of other houses, `elsewhere`."""

    null_scores: Mapping[str, float]
    """Score of being taught of each comparison project, mean over its models, without it in the fit."""


Elsewhere: TypeAlias = Mapping[str, NDArray[np.float64]]
"""Null projects that answered other prompts: standardised scores of being taught, each judged in its own set."""


NOWHERE: Elsewhere = MappingProxyType({})
"""No null projects but those of the panel."""


def attainable(nulls: int) -> float:
    """Give the smallest conformal p-value that so many comparison projects allow."""
    return 1 / (nulls + 1)


def ranks(scorer: Scorer, row: int, elsewhere: Elsewhere = NOWHERE) -> Ranks:
    """Rank one model's scores among the comparison projects: null projects, and teachers of other houses.

    The score for family f is the score of being taught, less `PULL` for each standard deviation by which f stays behind
    the family that fits best. For each null project j the suspect and j's models are scored by the same fit, which saw
    neither project, so that under the null they can be exchanged (the leave-one-out pairs of Barber et al. 2021,
    jackknife+, with projects for records). A project with several models counts with the share of them that reach the
    suspect (pooled ranks of Dunn, Wasserman & Ramdas 2023). Null projects of other prompts (`elsewhere`) are ranked by
    their score in standard deviations of the null projects of their own set. A null's largest score over families is
    its score of being taught; ranking every family among these holds the rate of naming any teacher wrongly
    (single-step max-type adjustment of Westfall & Young 1993, section 2.5; no p-value is below that of a family that
    fits better). The smallest possible p-value so stays the same for any number of candidates, which Holm's correction
    would multiply by it.
    """
    cast = scorer.cast
    own = cast.projects[row]
    out = frozenset({own}) - {""}
    standardised = _family_scores(scorer, row, out)
    order = np.argsort(-standardised)
    behind = PULL * (standardised - standardised.max())
    size = len(cast.families)
    reached, reached_most, counted = np.ones(size), np.ones(size), np.ones(size, dtype=np.int64)
    seen: dict[str, float] = {}
    for project, rows in cast.ranked().items():
        if project == own:
            continue
        fit = scorer.detection(out | {project})
        free = ~cast.barred(int(rows[0])) & ~cast.barred(row)
        mine = fit[row] + behind
        theirs = _behind(scorer, rows, frozenset({project})) + fit[rows, None]
        reached += free * (theirs >= mine).mean(axis=0)
        reached_most += free * (fit[rows, None] >= mine).mean(axis=0)
        counted += free
        seen[project] = float(fit[rows].mean())
    score = float(scorer.detection(out)[row])
    centre, spread = _yardstick(scorer, out)
    foreign = {project: some for project, some in elsewhere.items() if project != own and project not in seen}
    for scores in foreign.values():
        share = (scores[:, None] >= (score + behind - centre) / spread).mean(axis=0)
        reached, reached_most, counted = reached + share, reached_most + share, counted + 1
    shown = seen | {project: centre + spread * float(scores.mean()) for project, scores in foreign.items()}
    families = tuple(cast.families[place] for place in order)
    return Ranks(
        families=families, standardised=standardised[order], scores=(score + behind)[order],
        p_unadjusted=(reached / counted)[order], p_value=np.maximum.accumulate((reached_most / counted)[order]),
        nulls=(counted - 1)[order], null_scores=shown,
    )  # fmt: skip


def scores_elsewhere(scorer: Scorer) -> dict[str, NDArray[np.float64]]:
    """Give what the null projects of another set of prompts score there, standardised, each left out of its own fit.

    Pooling these with other sets takes it that null projects differ among themselves alike in every set.
    """
    centre, spread = _yardstick(scorer, frozenset())
    return {
        project: (scorer.detection(frozenset({project}))[rows] - centre) / spread
        for project, rows in scorer.cast.nulls().items()
    }


def _yardstick(scorer: Scorer, out: frozenset[str]) -> tuple[float, float]:
    """Give mean and spread of the null projects' scores of being taught, each without itself, every project alike."""
    nulls = {project: rows for project, rows in scorer.cast.nulls().items() if project not in out}
    scored = [scorer.detection(out | {project})[rows] for project, rows in nulls.items()]
    if not scored:
        return 0.0, 1.0
    centre = float(np.mean([one.mean() for one in scored]))
    variance = float(np.mean([((one - centre) ** 2).mean() for one in scored]))
    return centre, float(np.sqrt(max(variance, np.finfo(np.float64).eps)))


def _behind(scorer: Scorer, rows: NDArray[np.intp], out: frozenset[str]) -> NDArray[np.float64]:
    scored = np.stack([_family_scores(scorer, int(row), out) for row in rows])
    behind: NDArray[np.float64] = PULL * (scored - scored.max(axis=1, keepdims=True))
    return behind


def _family_scores(scorer: Scorer, row: int, out: frozenset[str]) -> NDArray[np.float64]:
    """Give (F,) scores of a model in standard deviations of the null projects, each scored without itself."""
    nulls = {project: rows for project, rows in scorer.cast.nulls().items() if project not in out}
    mine: NDArray[np.float64] = scorer.scores(out)[row]
    if not nulls:
        return mine
    scored = {project: scorer.scores(out | {project})[rows] for project, rows in nulls.items()}
    centre = np.mean([one.mean(axis=0) for one in scored.values()], axis=0)
    variance = np.mean([((one - centre) ** 2).mean(axis=0) for one in scored.values()], axis=0)
    shrunk = (1 - SHRINK) * variance + SHRINK * variance.mean()
    found: NDArray[np.float64] = (mine - centre) / np.sqrt(np.maximum(shrunk, np.finfo(np.float64).eps))
    return found
