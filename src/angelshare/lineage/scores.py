"""How strongly each model's replies speak for each teacher, learnt with whole projects left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from angelshare.lineage.families import Cast
from angelshare.stats.projects import even_weights, kernel_ridge

RIDGE = 0.01
"""Penalty of the fit that tells taught from untaught; detection is alike from .01 to .1 and poor at 1."""
FAMILY_RIDGE = 0.1
"""Penalty of the fit that tells families apart."""
OWN = 0.5
"""Weight of the teachers themselves in their class; documented students of other projects have the rest."""


@dataclass(slots=True)
class Scorer:
    """Scores from one matrix of likeness between models; fits are kept, since many tests share them."""

    cast: Cast
    gram: NDArray[np.float64]
    """(M, M) likeness of models."""

    _found: dict[frozenset[str], NDArray[np.float64]] = field(default_factory=dict)
    _kept: dict[frozenset[str], NDArray[np.float64]] = field(default_factory=dict)

    def detection(self, left_out: frozenset[str]) -> NDArray[np.float64]:
        """Give (M,) scores of being taught at all, 1 for students and -1 for the untaught, without `left_out`.

        Learnt from documented students of the other projects, every project alike, since teachers themselves do not
        look like their students; where there is no such student, from the teachers.
        """
        if left_out not in self._found:
            seen = np.array([project not in left_out for project in self.cast.projects])
            side = np.zeros(len(seen))
            for row, taught in enumerate(self.cast.taught):
                if taught is not None and (not taught or taught & set(self.cast.families)):
                    side[row] = 1.0 if taught else -1.0
            if not ((side < 0) & seen).any():
                side[np.concatenate([*self.cast.nulls().values(), np.array([], dtype=np.intp)])] = -1.0
            if not ((side > 0) & seen).any():
                side[[bool(family) for family in self.cast.teaches]] = 1.0
            rows = np.flatnonzero(seen & (side != 0))
            weight = even_weights(side[rows].astype(int).tolist(), [self.cast.projects[row] for row in rows.tolist()])
            dual = kernel_ridge(self.gram[np.ix_(rows, rows)], side[rows], weight, ridge=RIDGE)
            self._found[left_out] = self.gram[:, rows] @ dual
        return self._found[left_out]

    def scores(self, left_out: frozenset[str]) -> NDArray[np.float64]:
        """Give (M, F) scores for each family against `none`, from a fit that saw no model of `left_out`."""
        if left_out not in self._kept:
            dual = self.dual(left_out)
            found = self.gram @ dual
            self._kept[left_out] = found[:, :-1] - found[:, -1:]
        return self._kept[left_out]

    def dual(self, left_out: frozenset[str]) -> NDArray[np.float64]:
        """Give (M, F + 1) dual coefficients, zero for models that were not seen."""
        target = self.cast.targets()
        out = np.array([project in left_out for project in self.cast.projects])
        weight = np.where(out, 0.0, _weights(self.cast, target, out))
        seen = weight > 0
        dual = np.zeros_like(target)
        shares = target[seen] - (weight[seen, None] * target[seen]).sum(axis=0) / weight[seen].sum()
        dual[seen] = kernel_ridge(self.gram[np.ix_(seen, seen)], shares, weight[seen], ridge=FAMILY_RIDGE)
        return dual


def _weights(cast: Cast, target: NDArray[np.float64], out: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weigh models: `none` half, families alike; inside a family teachers `OWN`, and each project alike."""
    weight = np.zeros(len(target))
    present = [place for place in range(target.shape[1]) if (target[~out, place] > 0).any()]
    for place in present:
        share = 0.5 if place == target.shape[1] - 1 else 0.5 / max(len(present) - 1, 1)
        groups: dict[str, list[int]] = {}
        for row in np.flatnonzero((target[:, place] > 0) & ~out).tolist():
            groups.setdefault(cast.projects[row], []).append(row)
        teachers = [project for project, rows in groups.items() if cast.teaches[rows[0]]]
        others = len(groups) - len(teachers)
        for project, rows in groups.items():
            if others == 0 or not teachers:
                part = 1 / len(groups)
            else:
                part = OWN if project in teachers else (1 - OWN) / others
            for row in rows:
                weight[row] += share * part / len(rows) * target[row, place]
    scaled: NDArray[np.float64] = weight * (weight > 0).sum() / weight.sum()
    return scaled
