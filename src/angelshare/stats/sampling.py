"""The engine of every interval: chance in items, in training seeds and in sampled replies, drawn jointly.

Items and seeds are crossed, so the variance of a mean has two parts that add up (two-way random effects; Owen 2007,
"The pigeonhole bootstrap", Annals of Applied Statistics 1, section 3). Items are many: their part is normal with a
cluster-robust covariance. Seeds are 2 to 5: their part is what makes or breaks the interval. It is drawn from the
fiducial distribution of a normal mean with unknown variance, a t with seeds - 1 degrees of freedom, and the two parts
are convolved (Behrens-Fisher; Hannig, Iyer & Patterson 2006, "Fiducial generalized confidence intervals", JASA 101,
section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from angelshare.stats.panel import FloatArray, IntArray

DRAWS = 10_000
"""Joint draws behind an interval; its ends then carry about 2 % Monte Carlo error of its width."""

PSEUDO_EVENTS = 2.0
"""Scores all alike still leave doubt: no variance falls below that of this many odd items (Agresti & Coull 1998)."""


class DomainMeans(NamedTuple):
    """Means by domain and column, with the joint covariance that item sampling gives them."""

    value: FloatArray
    """(domains, columns)."""

    covariance: FloatArray
    """(domains * columns, domains * columns), domain-major."""

    units: IntArray
    """(domains,) independent clusters of items."""


class RowEffects(NamedTuple):
    """How the rows (seeds, draws) of a block move a linear functional of its domain means."""

    value: FloatArray
    """(rows,) functional of each row."""

    residual: float
    """Variance of one row's value that row-by-item noise alone explains; item sampling already counts it."""


def domain_means(columns: FloatArray, domain: IntArray, cluster: IntArray | None, scale: FloatArray) -> DomainMeans:
    """Average columns within domains, with cluster-robust covariance.

    Args:
        columns: (columns, items) values, already averaged over rows.
        domain: (items,) 0 to D - 1.
        cluster: (items,) labels or None.
        scale: (columns,) range of each column's values, for the variance floor.

    Raises ValueError when a domain number is skipped.
    """
    count = int(domain.max()) + 1
    if np.unique(domain).size < count:
        raise ValueError(f"domain: expected every number from 0 to {count - 1}, found {np.unique(domain).tolist()}")
    k = columns.shape[0]
    groups = _groups(domain, cluster)
    sums = np.zeros((int(groups.max()) + 1, count * k))
    value = np.zeros((count, k))
    units = np.zeros(count, dtype=np.int64)
    for d in range(count):
        inside = domain == d
        value[d] = columns[:, inside].mean(axis=1)
        units[d] = np.unique(groups[inside]).size
        stretch = np.sqrt(units[d] / max(units[d] - 1, 1)) / inside.sum()
        np.add.at(sums[:, d * k : (d + 1) * k], groups[inside], (columns[:, inside] - value[d][:, None]).T * stretch)
    covariance = sums.T @ sums
    least = (scale**2 * (PSEUDO_EVENTS / (units[:, None] + 2 * PSEUDO_EVENTS) ** 2)).ravel()
    short = np.maximum(least - np.diag(covariance), 0.0)
    return DomainMeans(value, covariance + np.diag(short), units)


def draw_means(means: DomainMeans, rng: np.random.Generator, draws: int = DRAWS) -> FloatArray:
    """Draw (draws, domains, columns) of what the true means may be, items being the source of luck."""
    size, (count, k) = means.covariance.shape[0], means.value.shape
    spectrum, vectors = np.linalg.eigh(means.covariance)
    # the symmetric root: eigenvectors alone have no fixed sign or basis, and would differ between machines
    factor = (vectors * np.sqrt(np.maximum(spectrum, 0.0))) @ vectors.T
    noise = (rng.standard_normal((draws, size)) @ factor.T).reshape(draws, count, k)
    freedom = np.maximum(means.units - 1, 1)
    noise *= np.sqrt(freedom / rng.chisquare(freedom, size=(draws, count)))[:, :, None]
    return np.asarray(means.value + noise)


def row_effects(block: FloatArray, weights: FloatArray, domain: IntArray, cluster: IntArray | None) -> RowEffects:
    """Compute each row's functional sum_d weights[d] * mean_d(row) and the part of its variance that is item noise.

    Args:
        block: (rows, items).
        weights: (domains,) of the linear functional; 0 leaves a domain out.
        domain: (items,).
        cluster: (items,) or None.
    """
    groups = _groups(domain, cluster)
    value = np.zeros(block.shape[0])
    residual = 0.0
    for d in np.flatnonzero(weights):
        inside = block[:, domain == d]
        means = inside.mean(axis=1)
        value += weights[d] * means
        if block.shape[0] == 1:
            continue
        rest = inside - inside.mean(axis=0) - (means - means.mean())[:, None]
        labels, where = np.unique(groups[domain == d], return_inverse=True)
        sums = np.zeros((labels.size, block.shape[0]))
        np.add.at(sums, where, rest.T)
        c = labels.size
        spread = (sums**2).sum() / ((block.shape[0] - 1) * max(c - 1, 1)) * c / inside.shape[1] ** 2
        residual += float(weights[d] ** 2 * spread)
    return RowEffects(value, residual)


def draw_rows(effects: Sequence[RowEffects], rng: np.random.Generator, draws: int = DRAWS) -> FloatArray:
    """Draw (draws, blocks) of what luck in the rows may have added to each block's mean.

    Blocks with the same number of rows are paired row by row; any contrast of them then has its own t interval,
    whatever their correlation. Blocks of one row get no luck: the caller must say so.
    """
    noise = np.zeros((draws, len(effects)))
    sizes = sorted({effect.value.size for effect in effects} - {1})
    for size in sizes:
        chosen = [index for index, effect in enumerate(effects) if effect.value.size == size]
        values = np.stack([effects[index].value for index in chosen], axis=1)
        residual = np.array([effects[index].residual for index in chosen])
        noise[:, chosen] = _paired(values, residual, rng, draws)
    return noise


def draw_excess(effect: RowEffects, rng: np.random.Generator, draws: int = DRAWS) -> FloatArray:
    """Draw (draws,) of luck common to a whole draw of sampled replies, where more than independent sampling shows."""
    size = effect.value.size
    if size == 1:
        return np.zeros(draws)
    spread = max(float(effect.value.var(ddof=1)) - effect.residual, 0.0)
    return np.asarray(rng.standard_t(size - 1, size=draws) * np.sqrt(spread / size))


def _paired(values: FloatArray, residual: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Draw a multivariate t around zero with the rows' covariance, less what item noise already counts."""
    size = values.shape[0]
    centred = values - values.mean(axis=0)
    spread = np.maximum(centred.var(axis=0, ddof=1), np.finfo(float).tiny)
    normal = rng.standard_normal((draws, size)) @ centred / np.sqrt(size * (size - 1))
    stretch = ((size - 1) / rng.chisquare(size - 1, size=draws))[:, None]
    return np.asarray(normal * np.sqrt(np.maximum(stretch * spread - residual, 0.0) / spread))


def _groups(domain: IntArray, cluster: IntArray | None) -> IntArray:
    if cluster is None:
        return np.arange(domain.size)
    _, groups = np.unique(cluster, return_inverse=True)
    return np.asarray(groups, dtype=np.int64)
