"""How strongly each model's replies speak for each teacher, learnt with whole projects left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from angelshare.lineage.families import Cast
from angelshare.stats.projects import kernel_ridge

RIDGE = 0.1
"""Penalty of the fits; results are flat from .01 to 1 (docs/lineage.md)."""
OWN = 0.5
"""Weight of the teachers themselves in their class; documented students of other projects have the rest."""


@dataclass(slots=True)
class Scorer:
    """Scores from one matrix of likeness between models; fits are kept, since many tests share them."""

    cast: Cast
    gram: NDArray[np.float64]
    """(M, M) likeness of models."""

    _kept: dict[frozenset[str], NDArray[np.float64]] = field(default_factory=dict)

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
        dual[seen] = kernel_ridge(self.gram[np.ix_(seen, seen)], shares, weight[seen], ridge=RIDGE)
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
