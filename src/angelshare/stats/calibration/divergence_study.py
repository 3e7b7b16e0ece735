"""Trials of divergence from the teacher's distribution: skewed over items, shared difficulty, luck of training."""

from __future__ import annotations

import numpy as np

from angelshare.stats.calibration.points_study import DOMAINS, ITEMS, LEVEL, SEEDS
from angelshare.stats.calibration.trial import Trial, judge
from angelshare.stats.calibration.worlds import Items, draw_items
from angelshare.stats.divergence import mean_divergence, share_closed
from angelshare.stats.panel import FloatArray

LUCK = (0.0, 0.05, 0.15, 0.3)
"""Standard deviation of a student's own divergence, as a share of the mean."""

SKEW = 0.8
"""Standard deviation of the logarithm of an item's nats: the mean is then 1.4 times the median."""


def study_divergence(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try students' divergence, the base's, and the share closed; one world in four has clusters."""
    seeds, luck, count = SEEDS[index % 3], LUCK[index // 3 % 4], ITEMS[index // 12 % 3]
    items = draw_items(count, DOMAINS, rng, per_cluster=5 if index // 36 % 4 == 3 else 1)  # noqa: PLR2004 - the fourth
    start = 10 ** rng.uniform(-0.5, 0.3, DOMAINS)
    left = start * rng.uniform(0.05, 1.1, DOMAINS)
    drawn = np.clip(rng.normal(0, luck, seeds), -0.9, 0.9)
    own = _nats(items, left * (1 + drawn[:, None]), rng)
    base = _nats(items, start[None], rng)
    cell, domain, cluster = f"{seeds} seeds", items.domain, items.cluster
    students = mean_divergence(own, domain, level=LEVEL, rng=rng, cluster=cluster)
    untrained = mean_divergence(base, domain, level=LEVEL, rng=rng, cluster=cluster, trained=False)
    closed = share_closed(own, base[0], domain, level=LEVEL, rng=rng, cluster=cluster)
    return [
        judge("divergence", cell, students, float(left.mean())),
        judge("divergence of the base", cell, untrained, float(start.mean())),
        judge("share of divergence closed", cell, closed, 1 - float(left.mean() / start.mean())),
    ]


def _nats(items: Items, mean: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw (rows, items) lognormal nats with (rows, domains) means; half of an item's luck is its difficulty."""
    own = rng.standard_normal((mean.shape[0], items.domain.size))
    return np.asarray(mean[:, items.domain] * np.exp(SKEW * (items.difficulty + own) / np.sqrt(2) - SKEW**2 / 2))
