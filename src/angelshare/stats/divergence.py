"""How far a model's distribution over the next token is from the teacher's, in nats per token (M5).

Interfaces show the teacher's k likeliest tokens. The rest of the vocabulary is one bucket, so that both divergences are
of distributions that sum to one; merging tokens never raises a divergence (log-sum inequality, Cover & Thomas 2006,
theorem 2.7.1), so each number is a lower bound of what the whole vocabulary would give.
"""

from __future__ import annotations

import math

import numpy as np

from angelshare.core.records import Number, Refusal
from angelshare.stats.gaps import LEAST_GAP_ERRORS
from angelshare.stats.intervals import caution_of, estimate, two_sided
from angelshare.stats.panel import FloatArray, IntArray, rows
from angelshare.stats.recovery import METHOD, ONE_SEED, REPLIES
from angelshare.stats.sampling import DomainMeans, domain_means, draw_means, draw_rows, row_effects

LEAST_ITEMS = 30
"""Fewer items than this carry no mean divergence."""

LEAST_NATS = 0.01
"""A base this close to the teacher leaves nothing to close."""


def per_token(theirs: FloatArray, own: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give (positions,) KL(teacher || model) and Jensen-Shannon divergence, in nats.

    Args:
        theirs: (positions, buckets) probabilities the teacher gave; each row sums to one.
        own: (positions, buckets) natural logarithms of the model's probabilities of the same buckets.

    KL: Kullback & Leibler 1951, Annals of Mathematical Statistics 22, equation 2.4. Jensen-Shannon, from 0 to ln 2: Lin
    1991, IEEE Transactions on Information Theory 37, equation 4.1 with equal weights.
    """
    least = np.finfo(float).tiny
    # a bucket that a side does not use weighs 0 there, and 0 times any finite logarithm is 0
    own_share, own_log = np.exp(own), np.maximum(own, np.log(least))
    their_log = np.log(np.maximum(theirs, least))
    middle = np.log(np.maximum((theirs + own_share) / 2, least))
    kl = (theirs * (their_log - own_log)).sum(axis=1)
    js = (theirs * (their_log - middle) + own_share * (own_log - middle)).sum(axis=1) / 2
    return np.maximum(kl, 0.0), np.clip(js, 0.0, math.log(2))


def mean_divergence(
    values: FloatArray, domain: IntArray, *, level: float, rng: np.random.Generator, trained: bool = True,
    cluster: IntArray | None = None,
) -> Number:  # fmt: skip
    """Estimate a divergence: the mean over domains of the mean over items, each item its mean over tokens.

    Args:
        values: (rows, items) nats per token.
        domain: (items,).
        level: of the interval.
        rng: the caller owns the seed.
        trained: True when rows are students, whose luck of training is resampled; False for the base.
        cluster: (items,) items that share a template, or None.

    Refused below 30 items, or where a domain has fewer than two. The interval never falls below 0.
    """
    block = rows(values, domain.size, "values")
    means = _means(block[None], domain, cluster)
    few = _too_few(means, domain.size)
    if few is not None:
        return few
    count = means.units.size
    effect = row_effects(block, np.full(count, 1 / count), domain, cluster)
    draws = draw_means(means, rng)[:, :, 0].mean(axis=1)
    if trained:
        draws = draws + draw_rows([effect], rng)[:, 0]
    caution = ONE_SEED if trained and block.shape[0] == 1 else ""
    return estimate(
        float(means.value.mean()), np.maximum(draws, 0.0), level=level, n=int(means.units.sum()),
        method=METHOD if trained else REPLIES, caution=caution,
    )  # fmt: skip


def share_closed(
    student: FloatArray, base: FloatArray, domain: IntArray, *, level: float, rng: np.random.Generator,
    cluster: IntArray | None = None,
) -> Number:  # fmt: skip
    """Estimate 1 - D(student) / D(base): the share of the divergence from the teacher that training closed.

    Args:
        student: (seeds, items) nats per token.
        base: (items,) the untrained base on the same replies.
        domain: (items,).
        level: of the interval.
        rng: the caller owns the seed.
        cluster: (items,) items that share a template, or None.

    Never clipped: below 0, students moved away. Refused when the base's divergence is not clearly above 0, by the rule
    of a gap (3 standard errors) and 0.01 nats.
    """
    block, floor = rows(student, domain.size, "student"), rows(base, domain.size, "base")
    means = _means(np.stack([block.mean(axis=0), floor.mean(axis=0)])[:, None], domain, cluster)
    few = _too_few(means, domain.size)
    if few is not None:
        return few
    start, error = float(means.value[:, 1].mean()), _error(means, 1)
    if start - two_sided(level) * error <= max(LEAST_GAP_ERRORS * error, LEAST_NATS):
        return Refusal(refused=f"nothing to close: the base is {start:.3g} nats from the teacher (error {error:.2g})")
    drawn = draw_means(means, rng).mean(axis=1)
    count = means.units.size
    effect = row_effects(block, np.full(count, -1 / (count * start)), domain, cluster)
    luck = draw_rows([effect], rng)[:, 0]
    draws = 1 - drawn[:, 0] / np.maximum(drawn[:, 1], 1e-3 * start) + luck
    caution = caution_of(ONE_SEED if block.shape[0] == 1 else "")
    value = 1 - float(means.value[:, 0].mean()) / start
    return estimate(value, draws, level=level, n=int(means.units.sum()), method=METHOD, caution=caution)


def _means(blocks: FloatArray, domain: IntArray, cluster: IntArray | None) -> DomainMeans:
    """Average (columns, rows, items) over rows and within domains."""
    columns = blocks.mean(axis=1)
    return domain_means(columns, domain, cluster, np.ptp(columns, axis=1))


def _too_few(means: DomainMeans, items: int) -> Refusal | None:
    if items < LEAST_ITEMS:
        return Refusal(refused=f"too few items: {items} could be followed token by token, {LEAST_ITEMS} are needed")
    if means.units.min() < 2:  # noqa: PLR2004 - a spread needs two
        return Refusal(refused="a domain has fewer than two independent items")
    return None


def _error(means: DomainMeans, column: int) -> float:
    """Give the standard error, from items, of a column's mean over domains."""
    count, k = means.value.shape
    whole = means.covariance.reshape(count, k, count, k)[:, column, :, column].sum()
    return float(np.sqrt(whole) / count)
