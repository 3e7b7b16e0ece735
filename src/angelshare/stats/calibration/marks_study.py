"""False alarms of watermark tests on text without a mark: counted by level, key and rule, and judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from angelshare.core.marks import Law
from angelshare.core.records import Estimate
from angelshare.stats.panel import FloatArray, IntArray
from angelshare.stats.tails import LN10, log10_binomial_sf, log10_gamma_sf

LEVELS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""Nominal false-alarm rates."""

JUDGED_BY_RATE = 1e-4
"""Down to this level the rate itself is judged; below, its confidence limit, since alarms are few."""

SLACK = 1.2
"""Our rules may raise at most this many times the nominal rate ..."""

FAMILY = 0.05
"""Chance that any row at all is called wrong when every rule holds what it says."""

WRONG = 10.0
"""... and a peer's rule is called miscalibrated at 1e-4 from this many times on."""

BINS = 1_000
"""Steps of [0, 1] in which the whole distribution of p is kept."""

Test: TypeAlias = Literal["exact", "z"]


class Alarms(NamedTuple):
    """What many tests of one rule on one corpus came to; those of several workers add up by `joined`."""

    tests: int
    least: float
    """Smallest log10 p-value."""

    counts: IntArray
    """(BINS,) p-values in each thousandth of [0, 1]."""

    by_key: IntArray
    """(keys, levels) the same under each key."""

    draws: int
    """Scored draws in all tests together."""


class Case(NamedTuple):
    """One row of the table."""

    scheme: str
    rule: str
    """What is counted once, and how the p-value is had."""

    corpus: str
    ours: bool
    alarms: Alarms


def log10_p(statistic: ArrayLike, n: ArrayLike, rate: float, *, law: Law, test: Test) -> FloatArray:
    """Give log10 p-values of (keys, texts) statistics, exactly or by the normal approximation that detectors use.

    `z` is (k - np) / sqrt(n p (1 - p)), Kirchenbauer et al. 2023, arXiv 2301.10226, equation 2. No draws give 0.
    """
    statistic, n = np.broadcast_arrays(np.asarray(statistic, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if test == "z":
        from scipy.special import log_ndtr  # noqa: PLC0415 - the studies are imported where scipy is not needed

        z = (statistic - n * rate) / np.sqrt(np.maximum(n, 1) * rate * (1 - rate))
        return np.asarray(log_ndtr(-z) / LN10)
    if law == "gamma":
        return log10_gamma_sf(statistic, n)
    pairs = (n * (n.max(initial=0) + 1) + statistic).ravel().astype(np.int64)
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    distinct = log10_binomial_sf(statistic.ravel()[first], n.ravel()[first], rate)
    return distinct[inverse].reshape(n.shape)


def counted(log10_p_values: FloatArray, draws: int) -> Alarms:
    """Count the alarms of (keys, texts) p-values."""
    bars = [math.log10(level) + 1e-12 for level in LEVELS]
    p = 10.0 ** np.maximum(log10_p_values, -300.0)
    bins = np.minimum(np.ceil(p * BINS).astype(np.int64) - 1, BINS - 1).clip(min=0)
    return Alarms(
        tests=p.size,
        least=float(log10_p_values.min(initial=0.0)),
        counts=np.bincount(bins.ravel(), minlength=BINS),
        by_key=np.stack([(log10_p_values <= bar).sum(axis=1) for bar in bars], axis=1),
        draws=draws,
    )


def joined(parts: Sequence[Alarms]) -> Alarms:
    """Add up the counts of several workers."""
    return Alarms(
        tests=sum(part.tests for part in parts),
        least=min(part.least for part in parts),
        counts=np.sum([part.counts for part in parts], axis=0),
        by_key=np.concatenate([part.by_key for part in parts]),
        draws=sum(part.draws for part in parts),
    )


def rate(alarms: Alarms, level: float, *, confidence: float = 0.95) -> Estimate:
    """Estimate the false-alarm rate at a nominal level, with an interval that knows which tests share a key.

    Texts under one key share draws, templated ones nearly all of them, so keys are the clusters. The design effect of
    keys divides both counts, and Clopper and Pearson's interval is taken for what is left: Korn & Graubard 1998, Survey
    Methodology 24, 193-201.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - the studies are imported where scipy is not needed

    hits = int(alarms.by_key[:, LEVELS.index(level)].sum())
    effect, side = design_effect(alarms, level), (1 - confidence) / 2
    found, tests = hits / effect, alarms.tests / effect
    return Estimate(
        value=hits / alarms.tests,
        low=float(betaincinv(found, tests - found + 1, side)) if hits else 0.0,
        high=float(betaincinv(found + 1, tests - found, 1 - side)) if hits < alarms.tests else 1.0,
        level=confidence,
        n=round(tests),
        method="Clopper-Pearson interval, design effect of keys",
    )


def design_effect(alarms: Alarms, level: float) -> float:
    """Give how many times the variance of the share of alarms is that of independent tests; at least 1.

    Where no test alarms, that of the next larger level.
    """
    effect = 1.0
    for place, larger in enumerate(LEVELS):
        hits, keys = alarms.by_key[:, place].astype(np.float64), len(alarms.by_key)
        share = float(hits.sum()) / alarms.tests
        if 0 < share < 1 and keys > 1:
            texts = alarms.tests / keys
            effect = max(float(hits.var(ddof=1)) / (texts * share * (1 - share)), 1.0)
        if larger == level:
            break
    return effect


def excess(alarms: Alarms) -> float:
    """Give the largest amount by which p-values are more often small than they should be: one-sided Kolmogorov-Smirnov.

    0 or less when p-values are uniform or conservative; read at thousandths of [0, 1].
    """
    share = np.cumsum(alarms.counts) / max(alarms.tests, 1)
    return float((share - np.arange(1, BINS + 1) / BINS).max())


def wrongs(cases: Sequence[Case]) -> list[str]:
    """List where rows of ours raise more alarms than the claim allows, beyond the chance of all rows together.

    So many rows and levels are judged that a few 95 % intervals miss by chance; each is held to 5 % divided by their
    number (Bonferroni). Down to 1e-4 the rate itself must also pass SLACK times the nominal one.
    """
    ours = [case for case in cases if case.ours]
    confidence = 1 - 2 * FAMILY / max(len(ours) * len(LEVELS), 1)
    found = []
    for case in ours:
        for level in LEVELS:
            hit = rate(case.alarms, level, confidence=confidence)
            allowed = SLACK if level >= JUDGED_BY_RATE else 1.0
            if hit.value > allowed * level and hit.low is not None and hit.low > level:
                found.append(f"{case.scheme}, {case.corpus}: {hit.value:.2g} at {level:g} (at least {hit.low:.2g})")
    return found


def harm(alarms: Alarms) -> float:
    """Give how many times the nominal rate is raised at 1e-4: from WRONG on a rule is called miscalibrated."""
    return rate(alarms, JUDGED_BY_RATE).value / JUDGED_BY_RATE
