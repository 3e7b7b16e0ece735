"""The blind window: how long a silent downgrade goes unnoticed by a customer who runs a regression suite every day."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.betting import log_wealth
from angelshare.stats.panel import FloatArray, IntArray
from angelshare.stats.tails import log10_binomial_cdf, log10_binomial_sf, log_binomial_mass

HORIZON = 365
"""Days after which a downgrade counts as never noticed, unless told otherwise."""

STRATA = (0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96, 0.98, 0.99, 0.999, 0.9999)
"""Where the range of what the customer may have counted before is cut; each part is taken at its most cautious end."""

NOTHING = 1e-15
"""Counts less likely than this are dropped: all together they cannot move a probability in its eleventh digit."""


class _Suite(NamedTuple):
    """One customer: `items` asked each day, `before` and `after` as shares of wrong answers."""

    items: int
    before: float
    after: float


def days_to_notice(
    items: int,
    before: float,
    after: float,
    *,
    level: float = 0.05,
    power: float = 0.8,
    baseline_days: int | None = None,
    horizon: int = HORIZON,
) -> Number:
    """Count the days until a customer has noticed a fall in accuracy with probability `power`.

    Args:
        items: asked every day; each reply is right or wrong by a chance of its own.
        before: accuracy the customer paid for, in (0, 1).
        after: accuracy since the change, in [0, 1).
        level: probability of any false alarm, ever, without a change.
        power: probability of having noticed by the day given.
        baseline_days: days of the suite from which `before` is estimated; None if it is known.
        horizon: days after which it counts as never.

    The customer looks every day: wrong answers are bet on (`stats/betting.py`), an alarm sounds when wealth passes
    1/level, and the day of the alarm has an exact distribution, carried forward over all possible counts. With a
    baseline half of `level` goes to the upper confidence limit of the old error rate (Clopper & Pearson 1934,
    Biometrika 26) and the bet is against that limit. The interval holds the day for the middle 90 % of such customers.
    Refused where nothing has fallen, and where `power` is not reached within `horizon`.
    """
    _check(items, before, after, level=level, power=power)
    if after >= before:
        return Refusal(refused=f"accuracy does not fall ({before:g} to {after:g}): there is nothing to notice")
    suite = _Suite(items, 1 - before, 1 - after)
    if baseline_days is None:
        alarmed = _alarmed(suite, suite.before, level, horizon)
    else:
        alarmed = _with_baseline(suite, baseline_days * items, level, horizon)
    day = _first(alarmed, power)
    if day is None:
        return Refusal(
            refused=f"never within {horizon} days: a fall from {before:g} to {after:g} in {items} items a day is "
            f"noticed by {alarmed[-1]:.0%} of customers"
        )
    source = "known" if baseline_days is None else f"estimated in {baseline_days} days"
    late = _first(alarmed, 0.95)
    return Estimate(
        value=float(day),
        low=float(_first(alarmed, 0.05) or day),
        high=None if late is None else float(max(late, day)),
        level=0.9,
        n=items,
        method=f"exact binomial, daily looks, false alarm at most {level:g}, power {power:g}, old accuracy {source}",
        caution="replies to the same item are taken as independent from day to day: greedy replies tell nothing new",
    )


def noticed_once(items: int, before: float, after: float, *, level: float = 0.05, baseline: int | None = None) -> float:
    """Give the probability that one comparison of `items` replies notices the fall: a power, in [0, 1].

    Without a `baseline` the count of wrong replies is tested against the known old rate, exactly. With a baseline of so
    many replies the two counts are compared by Fisher's exact test, one-sided, and averaged over both.
    Source: Fisher 1935, The design of experiments, conditional on the sum of wrong replies.
    """
    _check(items, before, after, level=level, power=level)
    wrong = np.arange(items + 1, dtype=np.float64)
    chance = np.exp(log_binomial_mass(wrong, items, min(1 - after, 1 - 1e-15)))
    if baseline is None:
        alarm = log10_binomial_sf(wrong, items, 1 - before) <= math.log10(level)
        return float(chance[alarm].sum())
    old = np.arange(baseline + 1, dtype=np.float64)
    weight = np.exp(log_binomial_mass(old, baseline, 1 - before))
    kept = weight > 1e-12  # noqa: PLR2004 - what is left out cannot move the power in its eleventh digit
    return float(
        sum(
            w * chance[wrong >= _fisher(int(x), baseline, items, level)].sum()
            for x, w in zip(old[kept], weight[kept], strict=True)
        )
    )


def _check(items: int, before: float, after: float, *, level: float, power: float) -> None:
    if items < 1:
        raise ValueError(f"items: expected at least 1, found {items}")
    if not (0 < before < 1 and 0 <= after < 1):
        raise ValueError(f"accuracies: expected shares inside (0, 1), found {before} and {after}")
    if not (0 < level < 1 and 0 < power < 1):
        raise ValueError(f"level and power: expected shares inside (0, 1), found {level} and {power}")


def _first(alarmed: FloatArray, share: float) -> int | None:
    reached = np.flatnonzero(alarmed >= share)
    return int(reached[0]) + 1 if reached.size else None


def _alarmed(suite: _Suite, against: float, level: float, horizon: int) -> FloatArray:
    """Give the (horizon,) probability of an alarm by the end of each day, betting against an error rate.

    The chance of every count not yet alarmed is carried from day to day; each day adds a binomial draw.
    """
    bars = _bars(suite.items, against, level, horizon)
    daily = np.exp(log_binomial_mass(np.arange(suite.items + 1.0), suite.items, min(suite.after, 1 - 1e-15)))
    first, daily = _trimmed(0, daily)
    start, quiet, result = 0, np.ones(1), np.ones(horizon)
    for day in range(horizon):
        start, quiet = start + first, np.convolve(quiet, daily)
        start, quiet = _trimmed(start, quiet[: max(int(bars[day]) - start, 0)])
        left = float(quiet.sum())
        result[day] = 1 - left
        if left < 1e-9:  # noqa: PLR2004 - everyone has noticed
            break
    return np.maximum.accumulate(result)


def _trimmed(start: int, chances: FloatArray) -> tuple[int, FloatArray]:
    """Drop counts at both ends that hardly ever happen; `start` is the count of the first."""
    likely = np.flatnonzero(chances > NOTHING)
    if not likely.size:
        return start, np.zeros(1)
    return start + int(likely[0]), chances[likely[0] : likely[-1] + 1]


def _bars(items: int, against: float, level: float, horizon: int) -> IntArray:
    """Give for each day the least total of wrong answers at which wealth reaches 1/level, by halving."""
    n = np.arange(1, horizon + 1, dtype=np.float64) * items
    # wealth rises with the count above n * against, and is below 1 there
    low, high = np.floor(n * against), n + 1
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        alarm = log_wealth(middle, n, law="binomial", rate=against) >= -math.log(level)
        low, high = np.where(alarm, low, middle), np.where(alarm, middle, high)
    return np.asarray(high, dtype=np.int64)


def _with_baseline(suite: _Suite, replies: int, level: float, horizon: int) -> FloatArray:
    """Average over what the customer may have counted before the change, in strata taken at their highest count."""
    counts = np.arange(replies + 1, dtype=np.float64)
    total = np.cumsum(np.exp(log_binomial_mass(counts, replies, suite.before)))
    # whoever counted more than the last cut is taken as blind
    edges = np.searchsorted(total, STRATA).clip(max=replies)
    result, before = np.zeros(horizon), 0.0
    for edge in np.unique(edges):
        limit = _upper_limit(int(edge), replies, level / 2)
        share, before = float(total[edge]) - before, float(total[edge])
        if limit < suite.after:
            result += share * _alarmed(suite, limit, level / 2, horizon)
    return result


def _upper_limit(wrong: int, replies: int, level: float) -> float:
    """Give the upper confidence limit of an error rate: where so few wrong answers have probability `level`."""
    if wrong >= replies:
        return 1 - 1e-12
    low, high = wrong / replies, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        likely = float(log10_binomial_cdf(wrong, replies, max(middle, 1e-12)))
        low, high = (middle, high) if likely > math.log10(level) else (low, middle)
    return high


def _fisher(old: int, baseline: int, items: int, level: float) -> int:
    """Give the least count of wrong replies that Fisher's test at `level` calls more than `old` of `baseline`."""
    low, high = -1, items + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fisher_p(middle, items, old, baseline) <= level else (middle, high)
    return high


def _fisher_p(wrong: int, items: int, old: int, baseline: int) -> float:
    """Give P(hypergeometric >= wrong) given the sum of both counts."""
    both = wrong + old
    k = np.arange(max(0, both - baseline), min(items, both) + 1, dtype=np.float64)
    # given the sum, the shares of a binomial of any rate cancel: a half is as good as another
    log_mass = log_binomial_mass(k, items, 0.5) + log_binomial_mass(both - k, baseline, 0.5)
    mass = np.exp(log_mass - log_mass.max())
    return float(mass[k >= wrong].sum() / mass.sum())
