"""Share of the floor-to-teacher gap on the logit scale, beside the linear one (M1).

Between 0.98 and 0.99 half of the errors go; on accuracy that is a point, on the logit as much as from 0.50 to 0.67. The
logit scale says what is left to learn near the ends, and pays for it with noise there.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtr

from angelshare.core.records import Number
from angelshare.stats.gaps import Part, identified, no_gap, part_means
from angelshare.stats.intervals import caution_of, estimate
from angelshare.stats.panel import FloatArray, IntArray, Panel
from angelshare.stats.recovery import ONE_SEED, panel_part
from angelshare.stats.sampling import DRAWS, DomainMeans, draw_excess, draw_means, draw_rows, row_effects

METHOD = "items and seeds drawn jointly, ends by Jeffreys' posterior; t over seeds"
HALF = 0.5
"""The half item added to right and to wrong, so that 0 and 1 have a logit."""

GRID = np.linspace(-8.0, 8.0, 321)
"""Normal scores at which a posterior is inverted; between them its logit is interpolated."""


def recovered_logit(panel: Panel, *, level: float, rng: np.random.Generator) -> Number:
    """Estimate (logit S - logit S0) / (logit T - logit S0), mean over the domains that `recovered` keeps (M1).

    A logit is log((k + 1/2) / (n - k + 1/2)) of k right of n items (Haldane 1956, Annals of Human Genetics 20; Anscombe
    1956, Biometrika 43). The half item is the prior of Jeffreys' interval (Brown, Cai & DasGupta 2001, Statistical
    Science 16, section 3.1.3), whose posterior carries the interval: an accuracy of 0 or 1 then has a logit that is
    open towards the boundary, as it must. Columns are joined by the covariance of their means (a normal copula), so
    items stay paired; seed luck is added to first order.

    Refused when `recovered` is. A caution says where an end stands within half an item of 0 or 1.
    """
    part = panel_part(panel)
    means = part_means(part)
    keep = np.flatnonzero(identified(means, part.arms[0], level))
    if keep.size == 0:
        return no_gap(part, level)
    items = np.bincount(part.domain)[:, None].astype(np.float64)
    odds = np.log((items * means.value + HALF) / (items * (1 - means.value) + HALF))
    lead = odds[keep, 2] - odds[keep, 1]
    share = (odds[keep, 0] - odds[keep, 1]) / lead
    drawn = _drawn_logits(means, items, rng)[:, keep]
    gap = np.maximum(drawn[:, :, 2] - drawn[:, :, 1], 1e-3 * lead)
    draws = ((drawn[:, :, 0] - drawn[:, :, 1]) / gap).mean(axis=1)
    draws = draws + _row_luck(part, means, items, keep=keep, share=share, lead=lead, rng=rng)
    left_out = means.value.shape[0] - keep.size
    notes = [
        f"gap not identified in {left_out} of {means.value.shape[0]} domains, which are left out" if left_out else "",
        _boundary(means.value[keep] * items[keep], items[keep]),
        ONE_SEED if part.blocks[0].shape[0] == 1 else "",
    ]
    n = int(means.units[keep].sum())
    return estimate(float(share.mean()), draws, level=level, n=n, method=METHOD, caution=caution_of(*notes))


def _drawn_logits(means: DomainMeans, items: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw (draws, domains, columns) logits: the joint noise of the means, each carried to its own posterior.

    A posterior is Beta(m p + 1/2, m (1 - p) + 1/2) with m the number of independent items that has the variance of the
    mean, and no fewer than the clusters there are.
    """
    shape = means.value.shape
    spread = np.sqrt(np.diag(means.covariance)).reshape(shape)
    scores = (draw_means(means, rng) - means.value) / np.maximum(spread, np.finfo(float).tiny)
    inner = (items * means.value + HALF) / (items + 1)
    trials = np.maximum(inner * (1 - inner) / np.maximum(spread**2, np.finfo(float).tiny), means.units[:, None])
    right, wrong = trials * means.value + HALF, trials * (1 - means.value) + HALF
    logits = np.empty_like(scores)
    for place in np.ndindex(*shape):
        logits[:, place[0], place[1]] = np.interp(
            scores[:, place[0], place[1]], GRID, _table(right[place], wrong[place])
        )
    return logits


def _table(right: float, wrong: float) -> FloatArray:
    """Give the posterior's logit at each normal score of the grid; both tails are inverted for themselves."""
    share = betaincinv(right, wrong, ndtr(GRID))
    rest = betaincinv(wrong, right, ndtr(-GRID))
    least = np.finfo(float).tiny
    return np.asarray(np.log(np.maximum(share, least)) - np.log(np.maximum(rest, least)))


def _row_luck(
    part: Part, means: DomainMeans, items: FloatArray, *, keep: IntArray, share: FloatArray, lead: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:  # fmt: skip
    """Draw luck of training, and of whole draws of floor and teacher, to first order of the logit."""
    steep = items / (items * means.value + HALF) + items / (items * (1 - means.value) + HALF)
    slopes = np.zeros(means.value.shape)
    slopes[keep] = (
        steep[keep] * np.stack([np.ones_like(share), share - 1, -share], axis=1) / (lead * keep.size)[:, None]
    )
    effects = [
        row_effects(block, slopes[:, column], part.domain, part.cluster) for column, block in enumerate(part.blocks)
    ]
    luck = draw_rows(effects[:1], rng)[:, 0]
    for effect in effects[1:]:
        luck = luck + (draw_excess(effect, rng) if effect.value.size > 1 else np.zeros(DRAWS))
    return np.asarray(luck)


def _boundary(right: FloatArray, items: FloatArray) -> str:
    """Say in how many domains an accuracy, as (domains, columns) items right, hardly has a logit of its own."""
    near = np.minimum(right, items - right) <= HALF
    if not near.any():
        return ""
    who = [name for name, column in (("students", 0), ("base", 1), ("teacher", 2)) if near[:, column].any()]
    count = int(near.any(axis=1).sum())
    return (
        f"within half an item of 0 or 1 in {count} of {near.shape[0]} domains ({', '.join(who)}): the "
        "logit there is that of the half-item correction"
    )
