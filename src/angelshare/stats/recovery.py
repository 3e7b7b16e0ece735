"""Share of the floor-to-teacher gap that students closed, raw and attributable (M1, M3, M4, M8).

Recovery of a domain is (S - S0) / (T - S0): performance gap recovered, Burns et al. 2023, arXiv 2312.09390, section 3.
It is averaged over domains and never clipped. How the intervals are made: `stats/sampling.py`; that they cover:
docs/calibration.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.gaps import Arm, Part, Shares, identified, no_gap, part_means, solve
from angelshare.stats.intervals import caution_of, estimate, percentile_ends
from angelshare.stats.panel import FloatArray, IntArray, Panel, rows
from angelshare.stats.sampling import domain_means, draw_excess, draw_means, draw_rows, row_effects

METHOD = "items, seeds and replies drawn jointly; t over seeds"
REPLIES = "items and replies drawn jointly"
MAY_BE_BEST = 0.01
"""A control that is the best in fewer of the draws than this is out of the race."""

ONE_SEED = "one seed: luck of training is not in the interval"


class _Solved(NamedTuple):
    shares: Shares
    caution: str
    n: int


def recovered(panel: Panel, *, level: float, rng: np.random.Generator) -> Number:
    """Estimate the share of the floor-to-teacher gap that the students closed (M1).

    Refused when no domain's gap is identified: the lower bound of teacher minus floor is at most max(3 SE, 5 points).
    Some domains unidentified: the mean is over the rest, with a caution.
    """
    solved = _solve([panel_part(panel)], level, rng)
    if isinstance(solved, Refusal):
        return solved
    shares = solved.shares
    return estimate(shares.value[0], shares.draws[:, 0], level=level, n=solved.n, method=METHOD, caution=solved.caution)


def seed_recoveries(panel: Panel) -> FloatArray:
    """Give (seeds,) recovery of each student, for the dots of a figure.

    Averages over the same domains as `recovered` at level 0.95; empty when no gap is identified.
    """
    part = panel_part(panel)
    means = part_means(part)
    keep = np.flatnonzero(identified(means, part.arms[0], 0.95))
    if keep.size == 0:
        return np.empty(0)
    lead = means.value[keep, 2] - means.value[keep, 1]
    each = np.stack([part.blocks[0][:, part.domain == d].mean(axis=1) for d in keep], axis=1)
    return np.asarray(((each - means.value[keep, 1]) / lead).mean(axis=1))


def accuracy(
    values: FloatArray,
    domain: IntArray,
    *,
    level: float,
    rng: np.random.Generator,
    cluster: IntArray | None = None,
    trained: bool = True,
) -> Number:
    """Estimate a score: the mean over domains of the mean over items.

    Args:
        values: (rows, items) scores.
        domain: (items,).
        level: of the interval.
        rng: the caller owns the seed.
        cluster: (items,) items that share a template, or None.
        trained: True when rows are students, whose luck of training is resampled; False when they are replies of one
            model (teacher, base) sampled independently.

    Refused when a domain has fewer than two independent items. Ends are kept inside [0, 1] when all scores are.
    """
    block = rows(values, domain.size, "values")
    bounded = bool(block.min() >= 0 and block.max() <= 1)
    means = domain_means(block.mean(axis=0)[None], domain, cluster, np.array([1.0 if bounded else np.ptp(block)]))
    if means.units.min() < 2:  # noqa: PLR2004 - a spread needs two
        return Refusal(refused="a domain has fewer than two independent items")
    effect = row_effects(block, np.full(means.units.size, 1.0 / means.units.size), domain, cluster)
    luck = draw_rows([effect], rng)[:, 0] if trained else draw_excess(effect, rng)
    draws = draw_means(means, rng)[:, :, 0].mean(axis=1) + luck
    caution = ONE_SEED if trained and block.shape[0] == 1 else ""
    return estimate(
        float(means.value.mean()), np.clip(draws, 0.0, 1.0) if bounded else draws,
        level=level, n=int(means.units.sum()), method=METHOD if trained else REPLIES, caution=caution,
    )  # fmt: skip


def attributable(panel: Panel, controls: Mapping[str, FloatArray], *, level: float, rng: np.random.Generator) -> Number:
    """Estimate recovery minus the best control's: what needed this teacher (M3).

    Args:
        panel: the arm that learned from the teacher.
        controls: name to (seeds, items) scores of its students on the same items.
        level: of the interval.
        rng: the caller owns the seed.

    The best of several noisy controls looks better than it is. The excess is estimated as the median of the drawn best
    minus the best as observed (bootstrap estimate of bias, Efron & Tibshirani 1993, section 10.6) and taken off the
    control. The interval needs no correction: recovery minus the best control is the least of the differences, so its
    lower end is the least of their lower ends (intersection-union, Berger 1982, Technometrics 24) and its upper end the
    least of upper ends that hold jointly (max-t) for all controls that may be the best. Refused when `controls` is
    empty.
    """
    if not controls:
        return Refusal(refused="raw, not attributable: no control arm ran")
    names = list(controls)
    part = panel_part(panel, [controls[name] for name in names])
    solved = _solve([part], level, rng)
    if isinstance(solved, Refusal):
        return solved
    value, draws = solved.shares.value, solved.shares.draws
    best = int(np.argmax(value[1:]))
    excess = max(0.0, float(np.median(draws[:, 1:].max(axis=1))) - float(value[1:][best]))
    wins = np.bincount(draws[:, 1:].argmax(axis=1), minlength=len(names)) / draws.shape[0]
    race = np.union1d(np.flatnonzero(wins >= MAY_BE_BEST), [best])
    low, high = _least_difference(value[0] - value[1:][race], draws[:, :1] - draws[:, 1:][:, race], level)
    middle = float(np.clip(value[0] - value[1:][best] + excess, low, high))
    method = METHOD + ("; bias of the best control corrected" if len(names) > 1 else "")
    caution = caution_of(f"best control: {names[best]}", solved.caution)
    return Estimate(value=middle, low=low, high=high, level=level, n=solved.n, method=method, caution=caution)


def uplift(panel: Panel, open_student: FloatArray, *, level: float, rng: np.random.Generator) -> Number:
    """Estimate recovery minus that of students of the best open teacher, (seeds, items) on the same items (M4)."""
    return attributable(panel, {"open": open_student}, level=level, rng=rng)


def difference(
    panel_a: Panel, panel_b: Panel, *, level: float, rng: np.random.Generator, same_items: bool = True
) -> Number:
    """Estimate recovery in `panel_a` minus recovery in `panel_b` of the same students, paired by seed (M8, M9).

    Args:
        panel_a: e.g. scores under the strict extractor, or on the far ring.
        panel_b: e.g. under the flexible extractor, or on the near ring.
        level: of the interval.
        rng: the caller owns the seed.
        same_items: False when the items differ (rings); they then vary independently.
    """
    solved = _solve(_two(panel_a, panel_b, same_items), level, rng)
    if isinstance(solved, Refusal):
        return solved
    value, draws = solved.shares.value, solved.shares.draws
    return estimate(
        value[0] - value[1], draws[:, 0] - draws[:, 1], level=level, n=solved.n, method=METHOD, caution=solved.caution
    )


def ratio(
    panel_a: Panel, panel_b: Panel, *, level: float, rng: np.random.Generator, same_items: bool = False
) -> Number:
    """Estimate recovery in `panel_a` over recovery in `panel_b`, e.g. far over near (M9); see `difference`.

    Refused when the interval of the second recovery holds 0.
    """
    solved = _solve(_two(panel_a, panel_b, same_items), level, rng)
    if isinstance(solved, Refusal):
        return solved
    value, draws = solved.shares.value, solved.shares.draws
    low, high = percentile_ends(draws[:, 1], level)
    if low <= 0 <= high:
        return Refusal(refused=f"ratio not identified: the recovery to divide by may be 0 ({low:.2f} to {high:.2f})")
    side = np.sign(value[1])
    below = np.maximum(draws[:, 1] * side, 1e-3 * abs(value[1])) * side
    return estimate(
        value[0] / value[1], draws[:, 0] / below, level=level, n=solved.n, method=METHOD, caution=solved.caution
    )


def _least_difference(value: FloatArray, draws: FloatArray, level: float) -> tuple[float, float]:
    """Give the ends of the least of several differences: (differences,) values and (draws, differences) draws."""
    tail = 0.5 - level / 2
    low = float(np.quantile(draws, tail, axis=0).min())
    error = draws - value
    spread = np.maximum(np.quantile(error, 1 - tail, axis=0), np.finfo(float).tiny)
    return low, float((value + spread * np.quantile((error / spread).max(axis=1), 1 - tail)).min())


def panel_part(panel: Panel, others: Sequence[FloatArray] = ()) -> Part:
    """Lay out a panel, and the students of control arms on the same items, for the engine: one share per arm."""
    items = panel.domain.size
    students = [rows(panel.student, items, "student"), *(rows(other, items, "control") for other in others)]
    blocks = [students[0], rows(panel.floor, items, "floor"), rows(panel.teacher, items, "teacher"), *students[1:]]
    arms = [Arm(0, 1, 2), *(Arm(3 + index, 1, 2) for index in range(len(others)))]
    return Part(blocks, arms, panel.domain, panel.cluster)


def _two(panel_a: Panel, panel_b: Panel, same_items: bool) -> list[Part]:  # noqa: FBT001 - passed on
    first, second = panel_part(panel_a), panel_part(panel_b)
    if not same_items:
        return [first, second]
    if not np.array_equal(panel_a.domain, panel_b.domain):
        raise ValueError("difference: panels on the same items must list the same domains; pass same_items=False")
    return [Part([*first.blocks, *second.blocks], [Arm(0, 1, 2), Arm(3, 4, 5)], panel_a.domain, panel_a.cluster)]


def _solve(parts: Sequence[Part], level: float, rng: np.random.Generator) -> _Solved | Refusal:
    keep, notes, n = [], [], 0
    for part in parts:
        means = part_means(part)
        good = np.all([identified(means, arm, level) for arm in part.arms], axis=0)
        if not good.any():
            return no_gap(part, level)
        if not good.all():
            notes.append(f"gap not identified in {int((~good).sum())} of {good.size} domains, which are left out")
        keep.append(np.flatnonzero(good))
        n += int(means.units[good].sum())
    if any(part.blocks[arm.student].shape[0] == 1 for part in parts for arm in part.arms):
        notes.append(ONE_SEED)
    return _Solved(solve(parts, keep, rng), caution_of(*notes), n)
