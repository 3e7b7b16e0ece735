"""From panels to the points of a dose-response curve, with the errors that all doses share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Refusal
from angelshare.stats.gaps import Arm, Part, identified, no_gap, part_means
from angelshare.stats.panel import FloatArray, Panel, rows
from angelshare.stats.sampling import row_effects


class DosePoints(NamedTuple):
    """What `fit_curve` needs of every dose."""

    recoveries: Sequence[FloatArray]
    """Per dose, (seeds,) recovery, or recovery minus the control's mean."""

    item_covariance: FloatArray
    """(doses, doses) covariance of the mean recoveries from items and replies, and from the controls' seeds."""


def dose_points(
    panels: Sequence[Panel], *, level: float, controls: Sequence[FloatArray] | None = None
) -> DosePoints | Refusal:
    """Compute every dose's recoveries and their joint item error.

    Args:
        panels: one per dose, all with the same floor, teacher and items.
        level: at which gaps are identified, as in `recovered`.
        controls: per dose, (seeds, items) scores of the best control's students; their mean recovery is taken off, for
            a curve of attributable recovery. The same scores at several doses are one control used again.

    Refused when no domain's gap is identified. First-order (delta method) errors; the gap's are shared by all doses.
    """
    part, uses = _stack(panels, controls or ())
    means = part_means(part)
    domains = np.flatnonzero(identified(means, part.arms[0], level))
    if domains.size == 0:
        return no_gap(part, level)
    lead = means.value[domains, 1] - means.value[domains, 0]
    weights = np.zeros(means.value.shape[0])
    weights[domains] = 1.0 / (lead * domains.size)
    slopes = np.stack([_slope(means.value, arm.student, weights, domains) for arm in part.arms])
    contrast = np.eye(len(panels), len(part.arms)) - _uses(uses, len(panels), len(part.arms))
    effects = [row_effects(part.blocks[arm.student], weights, part.domain, part.cluster) for arm in part.arms]
    floor = float((weights * means.value[:, 0]).sum())
    centres = np.array([effect.value.mean() - floor for effect in effects])
    luck = np.array([_seed_luck(effect.value, effect.residual) for effect in effects])
    luck[: len(panels)] = 0.0  # the arms' own seeds are fit_curve's business
    covariance = contrast @ (slopes @ means.covariance @ slopes.T + np.diag(luck)) @ contrast.T
    recoveries = [
        effects[index].value - floor - (centres[uses[index]] if uses else 0.0) for index in range(len(panels))
    ]
    return DosePoints(recoveries, np.asarray(covariance))


def _stack(panels: Sequence[Panel], controls: Sequence[FloatArray]) -> tuple[Part, list[int]]:
    """Lay out floor, teacher, students, then each different control; say which arm is each dose's control."""
    first = panels[0]
    items = first.domain.size
    blocks = [rows(first.floor, items, "floor"), rows(first.teacher, items, "teacher")]
    blocks += [rows(panel.student, items, "student") for panel in panels]
    different: list[FloatArray] = []
    uses = []
    for control in controls:
        block = rows(control, items, "control")
        known = [place for place, other in enumerate(different) if np.array_equal(block, other)]
        if not known:
            different.append(block)
        uses.append(len(panels) + (known[0] if known else len(different) - 1))
    blocks += different
    arms = [Arm(index, 0, 1) for index in range(2, len(blocks))]
    return Part(blocks, arms, first.domain, first.cluster), uses


def _slope(
    value: FloatArray, student: int, weights: FloatArray, domains: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> FloatArray:
    """Give the derivative of one arm's recovery by every (domain, column) mean, flat."""
    slope = np.zeros_like(value)
    share = (value[domains, student] - value[domains, 0]) / (value[domains, 1] - value[domains, 0])
    slope[:, student] += weights
    slope[domains, 0] += weights[domains] * (share - 1.0)
    slope[domains, 1] -= weights[domains] * share
    return slope.ravel()


def _uses(uses: Sequence[int], doses: int, arms: int) -> FloatArray:
    matrix = np.zeros((doses, arms))
    for dose, arm in enumerate(uses):
        matrix[dose, arm] = 1.0
    return matrix


def _seed_luck(values: FloatArray, residual: float) -> float:
    return max(float(values.var(ddof=1)) - residual, 0.0) / values.size if values.size > 1 else 0.0
