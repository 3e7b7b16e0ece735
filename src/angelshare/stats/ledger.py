"""The item ledger: recovered, lost, beyond the teacher (M2). Recovery alone hides forgetting."""

from __future__ import annotations

import numpy as np

from angelshare.core.records import Number, Refusal
from angelshare.stats.panel import FloatArray, Panel, rows
from angelshare.stats.proportion import proportion

RIGHT = 0.5
"""An item counts as right from this mean score on."""

LEAST_ITEMS = 10
"""Fewer qualifying items than this carry no share."""


def item_ledger(panel: Panel, *, level: float, rng: np.random.Generator) -> tuple[Number, Number, Number]:
    """Estimate the three shares of the ledger: (recovered, lost, beyond teacher).

    Recovered: of items the teacher gets right and the floor wrong, the share students get right. Lost: of items the
    floor gets right, the share students get wrong. Beyond teacher: of items both get wrong, the share students get
    right.
    Items are pooled over domains; each share is refused below 10 qualifying items.
    """
    items = panel.domain.size
    student = (rows(panel.student, items, "student") >= RIGHT).astype(np.float64)
    floor = rows(panel.floor, items, "floor").mean(axis=0) >= RIGHT
    teacher = rows(panel.teacher, items, "teacher").mean(axis=0) >= RIGHT
    return (
        _share(panel, student, teacher & ~floor, level=level, rng=rng),
        _share(panel, 1.0 - student, floor, level=level, rng=rng),
        _share(panel, student, ~teacher & ~floor, level=level, rng=rng),
    )


def _share(
    panel: Panel, values: FloatArray, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]], *, level: float,
    rng: np.random.Generator,
) -> Number:  # fmt: skip
    count = int(chosen.sum())
    if count < LEAST_ITEMS:
        return Refusal(refused=f"too few items: {count} qualify, {LEAST_ITEMS} are needed")
    cluster = None if panel.cluster is None else panel.cluster[chosen]
    return proportion(values[:, chosen], level=level, rng=rng, cluster=cluster)
