"""Shares of a floor-to-teacher gap, several at once, with every source of luck drawn jointly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Refusal
from angelshare.stats.intervals import two_sided
from angelshare.stats.panel import FloatArray, IntArray
from angelshare.stats.sampling import (
    DRAWS,
    DomainMeans,
    RowEffects,
    domain_means,
    draw_excess,
    draw_means,
    draw_rows,
    row_effects,
)

LEAST_GAP = 0.05
"""A teacher's lead whose lower bound is no more than 5 points identifies no gap (M1)."""

LEAST_GAP_ERRORS = 3.0
"""... nor one whose lower bound is no more than 3 standard errors (M1)."""


class Arm(NamedTuple):
    """Which blocks of a part make one share: (student - floor) / (teacher - floor)."""

    student: int
    floor: int
    teacher: int


class Part(NamedTuple):
    """Blocks of scores on one set of items, and the shares wanted of them."""

    blocks: Sequence[FloatArray]
    arms: Sequence[Arm]
    domain: IntArray
    cluster: IntArray | None
    pooled: bool = False
    """True: ratio of means over domains (style). False: mean over domains of ratios (recovery)."""


class Shares(NamedTuple):
    """Shares of the gap and draws of what they may truly be."""

    value: FloatArray
    """(arms,)."""

    draws: FloatArray
    """(draws, arms)."""

    rows: Sequence[FloatArray]
    """Per arm: (seeds,) share of each student."""


def part_means(part: Part) -> DomainMeans:
    """Average a part's blocks over rows and within domains; a pooled part then also over domains, into one."""
    columns = np.stack([block.mean(axis=0) for block in part.blocks])
    scale = np.ones(len(part.blocks))
    if part.pooled:
        for arm in part.arms:
            scale[list(arm)] = np.ptp(np.concatenate([part.blocks[index].ravel() for index in arm]))
    means = domain_means(columns, part.domain, part.cluster, scale)
    if not part.pooled:
        return means
    count, k = means.value.shape
    whole = means.covariance.reshape(count, k, count, k).sum(axis=(0, 2)) / count**2
    return DomainMeans(means.value.mean(axis=0, keepdims=True), whole, means.units.sum(keepdims=True) - count + 1)


def gaps(means: DomainMeans, arm: Arm) -> tuple[FloatArray, FloatArray]:
    """Give the teacher's lead over the floor by domain, (domains,), and its standard error from items."""
    count, k = means.value.shape
    lead = means.value[:, arm.teacher] - means.value[:, arm.floor]
    blocks = means.covariance.reshape(count, k, count, k)[np.arange(count), :, np.arange(count), :]
    variance = (
        blocks[:, arm.teacher, arm.teacher] + blocks[:, arm.floor, arm.floor] - 2 * blocks[:, arm.teacher, arm.floor]
    )
    return lead, np.where(means.units > 1, np.sqrt(np.maximum(variance, 0.0)), np.inf)


def identified(means: DomainMeans, arm: Arm, level: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say by domain whether the gap can be divided by: lower bound above 3 SE and above 5 points (M1)."""
    lead, error = gaps(means, arm)
    return np.asarray(lead - two_sided(level) * error > np.maximum(LEAST_GAP_ERRORS * error, LEAST_GAP))


def no_gap(part: Part, level: float) -> Refusal:
    """Refuse, saying how far the clearest domain is from an identified gap."""
    lead, error = gaps(part_means(part), part.arms[0])
    best = int(np.argmax(lead - two_sided(level) * error))
    return Refusal(
        refused=f"gap not identified: in no domain does the teacher lead the floor clearly "
        f"(at best {lead[best]:.3f}, standard error {error[best]:.3f}; "
        "the lower bound must exceed 3 standard errors and 0.05)"
    )


def solve(parts: Sequence[Part], keep: Sequence[IntArray], rng: np.random.Generator) -> Shares:
    """Estimate every share of every part jointly.

    Args:
        parts: each on its own items; students are paired by seed across all of them.
        keep: per part, indices of the domains whose gap is identified.
        rng: the caller owns the seed.

    Item and reply sampling moves numerator and denominator together, so that the quantiles of the drawn ratios are
    Fieller's limits (Fieller 1954, JRSS B 16, section 3); seed luck is then added on the scale of the share.
    """
    value: list[float] = []
    noise: list[FloatArray] = []
    effects: list[RowEffects] = []
    rows: list[FloatArray] = []
    for part, domains in zip(parts, keep, strict=True):
        means = part_means(part)
        drawn = draw_means(means, rng)
        for arm in part.arms:
            lead = means.value[domains, arm.teacher] - means.value[domains, arm.floor]
            share = float(_share(means.value[None], arm, domains, lead)[0])
            weights = _weights(part, domains, lead)
            effect = row_effects(part.blocks[arm.student], weights, part.domain, part.cluster)
            value.append(share)
            effects.append(effect)
            rows.append(share + effect.value - effect.value.mean())
            noise.append(_share(drawn, arm, domains, lead) + _reply_luck(part, arm, means, weights, rng))
    return Shares(np.array(value), np.stack(noise, axis=1) + draw_rows(effects, rng), rows)


def _weights(part: Part, domains: IntArray, lead: FloatArray) -> FloatArray:
    """Give by domain the derivative of the share by the student's mean."""
    count = int(part.domain.max()) + 1
    if part.pooled:
        return np.full(count, 1.0 / (count * lead[0]))
    weights = np.zeros(count)
    weights[domains] = 1.0 / (lead * domains.size)
    return weights


def _share(means: FloatArray, arm: Arm, domains: IntArray, lead: FloatArray) -> FloatArray:
    """Give (draws,) shares from (draws, domains, columns) means; `lead` is the observed gap by kept domain."""
    done = means[:, domains, arm.student] - means[:, domains, arm.floor]
    gap = means[:, domains, arm.teacher] - means[:, domains, arm.floor]
    # a drawn gap of the wrong sign lies beyond an infinite ratio, not on its other side
    side = np.sign(lead)
    return np.asarray((done * side / np.maximum(gap * side, 1e-3 * np.abs(lead))).mean(axis=1))


def _reply_luck(part: Part, arm: Arm, means: DomainMeans, weights: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw luck common to whole draws of the floor's and the teacher's replies, to first order."""
    luck = np.zeros(DRAWS)
    if part.blocks[arm.floor].shape[0] == part.blocks[arm.teacher].shape[0] == 1:
        return luck
    lead = means.value[:, arm.teacher] - means.value[:, arm.floor]
    done = means.value[:, arm.student] - means.value[:, arm.floor]
    share = np.divide(done, lead, out=np.zeros_like(done), where=lead != 0)
    for index, slope in ((arm.floor, weights * (share - 1.0)), (arm.teacher, -weights * share)):
        luck += draw_excess(row_effects(part.blocks[index], slope, part.domain, part.cluster), rng)
    return luck
