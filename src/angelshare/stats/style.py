"""Movement of capability-blind style from the base to the teacher, and the false promise (M6, M7).

The gap between the two recoveries is what crowd and model judges mistook for capability in Gudibande et al. 2023,
arXiv 2305.15717, sections 4.1-4.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.records import Number, Refusal
from angelshare.stats.gaps import Arm, Part, gaps, identified, part_means, solve
from angelshare.stats.intervals import caution_of, estimate, two_sided
from angelshare.stats.panel import FloatArray, IntArray, Panel, StylePanel, rows
from angelshare.stats.recovery import METHOD, ONE_SEED, panel_part, recovered

LEAST_STYLE_ERRORS = 2.0
"""A style distance below 2 standard errors identifies nothing (M6)."""


def style_recovered(
    student: FloatArray,
    floor: FloatArray,
    teacher: FloatArray,
    domain: IntArray,
    *,
    level: float,
    rng: np.random.Generator,
    name: str = "style",
) -> Number:
    """Estimate the share of the base-to-teacher style distance that the students moved, for one feature (M6).

    Args:
        student: (seeds, items) values, any unit.
        floor: (draws, items) values of the base.
        teacher: (draws, items) values of the teacher.
        domain: (items,); values are averaged within domains, then over them, before the ratio is taken.
        level: of the interval.
        rng: the caller owns the seed.
        name: of the feature, for the refusal.

    Refused when |teacher - base| is below 2 SE.
    """
    panel = StylePanel(name=name, student=student, floor=floor, teacher=teacher, domain=domain)
    return median_style([panel], level=level, rng=rng)


def median_style(features: Sequence[StylePanel], *, level: float, rng: np.random.Generator) -> Number:
    """Estimate the median style recovery over the features whose distance is identified (M6).

    Args:
        features: on the same items, students in the same order.
        level: of the interval.
        rng: the caller owns the seed.

    Refused when no feature's distance is identified.
    """
    part, dropped = _style_part(features, level)
    if not part.arms:
        return Refusal(
            refused=f"style distance not identified: teacher and base are within 2 SE in {', '.join(dropped)}"
        )
    shares = solve([part], [np.zeros(1, dtype=np.int64)], rng)
    notes = [_dropped(dropped), ONE_SEED if part.blocks[0].shape[0] == 1 else ""]
    method = METHOD if len(features) == 1 else f"median of {len(part.arms)} features; {METHOD}"
    return estimate(
        np.median(shares.value), np.median(shares.draws, axis=1),
        level=level, n=part.domain.size, method=method, caution=caution_of(*notes),
    )  # fmt: skip


def false_promise(panel: Panel, features: Sequence[StylePanel], *, level: float, rng: np.random.Generator) -> Number:
    """Estimate style recovery minus recovery, the false-promise index (M7).

    Args:
        panel: capability scores.
        features: style of the same students, in the same order. On the same items as `panel` when the domains agree
            item by item: then items are drawn jointly; otherwise independently.
        level: of the interval.
        rng: the caller owns the seed.

    Refused when either part is.
    """
    capability = panel_part(panel)
    domains = np.flatnonzero(identified(part_means(capability), capability.arms[0], level))
    if domains.size == 0:
        return recovered(panel, level=level, rng=rng)
    style, dropped = _style_part(features, level)
    if not style.arms:
        return median_style(features, level=level, rng=rng)
    shares = solve([capability, style], [domains, np.zeros(1, dtype=np.int64)], rng)
    missing = int(capability.domain.max()) + 1 - domains.size
    notes = [
        f"gap not identified in {missing} domains, which are left out" if missing else "",
        _dropped(dropped),
        ONE_SEED if capability.blocks[0].shape[0] == 1 else "",
    ]
    return estimate(
        np.median(shares.value[1:]) - shares.value[0], np.median(shares.draws[:, 1:], axis=1) - shares.draws[:, 0],
        level=level, n=capability.domain.size, method=f"median of {len(style.arms)} features minus recovery; {METHOD}",
        caution=caution_of(*notes),
    )  # fmt: skip


def _style_part(features: Sequence[StylePanel], level: float) -> tuple[Part, list[str]]:
    """Stack the features into one part that keeps those identified; name the others."""
    if not features:
        raise ValueError("median_style: no features given")
    first = features[0]
    blocks: list[FloatArray] = []
    for feature in features:
        blocks += [
            rows(getattr(feature, what), first.domain.size, f"{feature.name}, {what}")
            for what in ("student", "floor", "teacher")
        ]
    arms = [Arm(3 * index, 3 * index + 1, 3 * index + 2) for index in range(len(features))]
    part = Part(blocks, arms, first.domain, first.cluster, pooled=True)
    means = part_means(part)
    kept, dropped = [], []
    for feature, arm in zip(features, arms, strict=True):
        lead, error = gaps(means, arm)
        if abs(lead[0]) > max(LEAST_STYLE_ERRORS, two_sided(level)) * error[0]:
            kept.append(arm)
        else:
            dropped.append(feature.name)
    return part._replace(arms=kept), dropped


def _dropped(names: Sequence[str]) -> str:
    return f"style distance not identified for {', '.join(names)}" if names else ""
