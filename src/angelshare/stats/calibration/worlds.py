"""Simulated audits: items of unequal difficulty, binomial replies, students with luck of their own, and the truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from angelshare.stats.panel import FloatArray, IntArray

DIFFICULTY = 0.6
"""Correlation of an item's latent difficulty with every reply to it."""

CLUSTER_SHARE = 0.5
"""Share of the difficulty's variance that items of one cluster have in common."""


class Items(NamedTuple):
    """A test set drawn from a population of items."""

    domain: IntArray
    """(items,)."""

    difficulty: FloatArray
    """(items,) standard normal."""

    cluster: IntArray | None
    """(items,) or None."""


def draw_items(count: int, domains: int, rng: np.random.Generator, *, per_cluster: int = 1) -> Items:
    """Draw a test set of `count` items, equally many per domain, in clusters of `per_cluster`."""
    domain = np.repeat(np.arange(domains), count // domains)
    own = rng.standard_normal(domain.size)
    if per_cluster == 1:
        return Items(domain, own, None)
    cluster = np.arange(domain.size) // per_cluster
    shared = rng.standard_normal(int(cluster.max()) + 1)[cluster]
    return Items(domain, np.sqrt(CLUSTER_SHARE) * shared + np.sqrt(1 - CLUSTER_SHARE) * own, cluster)


def reply(items: Items, accuracy: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw right or wrong replies.

    Args:
        items: the test set.
        accuracy: (rows, domains) accuracy in the population of items; the mean over difficulty is exactly this.
        rng: the caller owns the seed.

    Returns (rows, items) zeros and ones.
    """
    level = ndtri(np.clip(accuracy, 1e-6, 1 - 1e-6))[:, items.domain]
    chance = ndtr((level - DIFFICULTY * items.difficulty) / np.sqrt(1 - DIFFICULTY**2))
    return np.asarray(rng.random(chance.shape) < chance, dtype=np.float64)


class Gap(NamedTuple):
    """True accuracies by domain."""

    floor: FloatArray
    teacher: FloatArray


def draw_gap(domains: int, rng: np.random.Generator) -> Gap:
    """Draw a floor of 0.02 to 0.3 and a teacher of 0.85 to 0.99 per domain."""
    return Gap(rng.uniform(0.02, 0.3, domains), rng.uniform(0.85, 0.99, domains))


def student_accuracy(gap: Gap, recovery: FloatArray, luck: FloatArray) -> FloatArray:
    """Give (rows, domains) accuracy of students.

    Args:
        gap: floor and teacher.
        recovery: (domains,) true mean recovery.
        luck: (rows,) luck of training in accuracy; cut symmetrically where accuracy would leave (0, 1), so that the
            mean stays the truth.
    """
    mean = gap.floor + recovery * (gap.teacher - gap.floor)
    room = np.minimum(mean, 1 - mean) - 1e-3
    return np.asarray(mean + np.clip(luck[:, None], -room, room))
