"""A proportion over seeds and items, with a score interval widened for both sources of luck."""

from __future__ import annotations

import numpy as np

from angelshare.core.records import Estimate
from angelshare.stats.intervals import caution_of, wilson_ends
from angelshare.stats.panel import FloatArray, IntArray
from angelshare.stats.sampling import DRAWS, draw_rows, row_effects

METHOD = "Wilson score interval, design effect of items and seeds"
ONE_SEED = "one seed: luck of training is not in the interval"


def proportion(
    values: FloatArray,
    *,
    level: float,
    rng: np.random.Generator,
    cluster: IntArray | None = None,
    seeds: bool = True,
) -> Estimate:
    """Estimate the mean of scores in [0, 1].

    Args:
        values: (seeds, items).
        level: of the interval.
        rng: the caller owns the seed.
        cluster: (items,) items that share a template, or None.
        seeds: False when rows are replies sampled independently, not trained students.

    Wilson's interval takes the effective number of trials p(1 - p) / V, V the variance of the mean from items and seeds
    together, and as critical value the quantile of their drawn sum in units of sqrt(V).
    """
    share = float(values.mean())
    everything = np.zeros(values.shape[1], dtype=np.int64)
    units, variance = _item_variance(values.mean(axis=0), cluster)
    effect = row_effects(values, np.ones(1), everything, cluster)
    count = values.shape[0]
    luck = max(float(effect.value.var(ddof=1)) - effect.residual, 0.0) / count if seeds and count > 1 else 0.0
    freedom = max(units - 1, 1)
    noise = rng.standard_t(freedom, size=DRAWS) * np.sqrt(max(variance, np.finfo(float).tiny))
    if seeds:
        noise = noise + draw_rows([effect], rng)[:, 0]
    total = variance + luck
    spread = share * (1 - share)
    critical = np.quantile(np.abs(noise), level) / np.sqrt(max(total, np.finfo(float).tiny))
    trials = spread / total if total > 0 and spread > 0 else float(units)
    low, high = wilson_ends(share, float(min(trials, values.size)), float(critical))
    caution = caution_of(ONE_SEED if seeds and count == 1 else "")
    return Estimate(value=share, low=low, high=high, level=level, n=units, method=METHOD, caution=caution)


def _item_variance(column: FloatArray, cluster: IntArray | None) -> tuple[int, float]:
    """Give the number of clusters and the cluster-robust variance of the mean."""
    labels = np.arange(column.size) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(labels, weights=column - column.mean())
    units = sums.size
    return units, float((sums**2).sum() / column.size**2 * units / max(units - 1, 1))
