"""Trials of the numbers at one dose: recovery, what is attributable, differences and ratios of recoveries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.records import Estimate
from angelshare.stats.calibration.naive import bootstrap_items, bootstrap_seeds
from angelshare.stats.calibration.trial import Trial, judge, judge_ends
from angelshare.stats.calibration.worlds import Gap, Items, draw_gap, draw_items, reply, student_accuracy
from angelshare.stats.gaps import identified, part_means
from angelshare.stats.intervals import percentile_ends
from angelshare.stats.panel import FloatArray, Panel
from angelshare.stats.recovery import (
    accuracy,
    attributable,
    difference,
    panel_part,
    ratio,
    recovered,
    seed_recoveries,
    uplift,
)

LEVEL = 0.95
SEEDS = (2, 3, 5)
LUCK = (0.0, 0.02, 0.05, 0.08)
ITEMS = (100, 400, 800)
DOMAINS = 4


def study_recovery(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try recovery and accuracy beside bootstraps of one source of luck; one world in four has clusters."""
    seeds, luck, count = SEEDS[index % 3], LUCK[index // 3 % 4], ITEMS[index // 12 % 3]
    items = draw_items(count, DOMAINS, rng, per_cluster=5 if index // 36 % 4 == 3 else 1)  # noqa: PLR2004 - the fourth
    gap = draw_gap(DOMAINS, rng)
    share = rng.uniform(0.05, 0.85) + rng.uniform(-0.1, 0.1, DOMAINS)
    panel = draw_panel(items, gap, share, rng.normal(0, luck, seeds), rng)
    number = recovered(panel, level=LEVEL, rng=rng)
    truth, cell = _true_mean(panel, share), f"{seeds} seeds, sd {luck:g}"
    right = accuracy(panel.student, panel.domain, level=LEVEL, rng=rng, cluster=panel.cluster)
    trials = [
        judge("recovery", cell, number, truth),
        judge("accuracy", f"{seeds} seeds", right, float((gap.floor + share * (gap.teacher - gap.floor)).mean())),
    ]
    if isinstance(number, Estimate):
        ends = percentile_ends(bootstrap_items(panel, rng), LEVEL)
        trials.append(judge_ends("recovery", cell, ends, truth, method="bootstrap over items only"))
        ends = percentile_ends(bootstrap_seeds(seed_recoveries(panel), rng), LEVEL)
        trials.append(judge_ends("recovery", cell, ends, truth, method="bootstrap over seeds only"))
    return trials


def study_attribution(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try attributable recovery against three controls that tie, nearly tie, or are led by one; and uplift."""
    seeds, luck = SEEDS[index % 3], LUCK[index // 3 % 4]
    name, steps = (("tied", (0.0, 0.0, 0.0)), ("close", (0.0, 0.03, 0.06)), ("one leads", (0.0, 0.3, 0.4)))[
        index // 12 % 3
    ]
    items, gap = draw_items(400, DOMAINS, rng), draw_gap(DOMAINS, rng)
    best = rng.uniform(0.1, 0.5)
    lead = 0.0 if index // 36 % 2 else rng.uniform(0.05, 0.4)
    panel = draw_panel(items, gap, np.full(DOMAINS, best + lead), rng.normal(0, luck, seeds), rng)
    controls = {
        f"control {place}": _students(items, gap, best - step, rng.normal(0, luck, seeds), rng)
        for place, step in enumerate(steps)
    }
    number = attributable(panel, controls, level=LEVEL, rng=rng)
    above = uplift(panel, next(iter(controls.values())), level=LEVEL, rng=rng)
    trials = [judge("attributable recovery", f"controls {name}, {seeds} seeds", number, lead)]
    trials.append(judge("uplift over one control", f"{seeds} seeds", above, lead))
    if lead == 0.0 and isinstance(number, Estimate) and number.low is not None:
        trials.append(
            Trial(
                "false attribution of a true 0", f"controls {name}, {seeds} seeds", "angelshare", number.low <= 0, 0.0
            )
        )
    return trials


def study_contrasts(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try the extractor confound (same items) and far over near (other items, same students)."""
    seeds, luck = SEEDS[index % 3], LUCK[index // 3 % 4]
    gap, share, cell = draw_gap(DOMAINS, rng), rng.uniform(0.3, 0.8), f"{seeds} seeds"
    drawn = rng.normal(0, luck, seeds)
    near = draw_panel(draw_items(400, DOMAINS, rng), gap, np.full(DOMAINS, share), drawn, rng)
    formed = rng.uniform(0.4, 0.95)
    strict = _dress(near, formed, rng)
    floor, done = gap.floor * 0.9, (gap.floor + share * (gap.teacher - gap.floor)) * formed
    confound = float(((done - floor) / (gap.teacher - floor)).mean()) - share
    part = rng.uniform(0.1, 0.9)
    far = draw_panel(draw_items(200, DOMAINS, rng), gap, np.full(DOMAINS, share * part), drawn, rng)
    return [
        judge("extractor confound", cell, difference(strict, near, level=LEVEL, rng=rng), confound),
        judge(
            "far minus near", cell, difference(far, near, level=LEVEL, rng=rng, same_items=False), share * (part - 1)
        ),
        judge("far over near", cell, ratio(far, near, level=LEVEL, rng=rng), part),
    ]


def draw_panel(items: Items, gap: Gap, share: FloatArray, luck: FloatArray, rng: np.random.Generator) -> Panel:
    """Simulate students, one floor draw and one teacher draw on the same items."""
    return Panel(
        student=reply(items, student_accuracy(gap, share, luck), rng),
        floor=reply(items, gap.floor[None], rng),
        teacher=reply(items, gap.teacher[None], rng),
        domain=items.domain,
        cluster=items.cluster,
    )


def _students(items: Items, gap: Gap, share: float, luck: FloatArray, rng: np.random.Generator) -> FloatArray:
    return reply(items, student_accuracy(gap, np.full(DOMAINS, share), luck), rng)


def _dress(panel: Panel, formed: float, rng: np.random.Generator) -> Panel:
    """Spoil the form of right answers: 10 % of the floor's, 1 - `formed` of the students', none of the teacher's."""
    return Panel(
        student=panel.student * (rng.random(panel.student.shape) < formed),
        floor=panel.floor * (rng.random(panel.floor.shape) < 0.9),  # noqa: PLR2004 - as documented
        teacher=panel.teacher,
        domain=panel.domain,
        cluster=panel.cluster,
    )


def _true_mean(panel: Panel, share: Sequence[float] | FloatArray) -> float:
    """Give the mean truth over the domains that `recovered` kept."""
    part = panel_part(panel)
    keep = identified(part_means(part), part.arms[0], LEVEL)
    return float(np.asarray(share)[keep].mean()) if keep.any() else 0.0
