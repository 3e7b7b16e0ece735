"""Trials of recovery on the logit scale, ends close to 0 and 1 included."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from angelshare.stats.calibration.points_study import DOMAINS, ITEMS, LEVEL, LUCK, SEEDS, draw_panel
from angelshare.stats.calibration.trial import Trial, judge
from angelshare.stats.calibration.worlds import Gap, draw_gap, draw_items
from angelshare.stats.gaps import identified, part_means
from angelshare.stats.logit import recovered_logit
from angelshare.stats.recovery import panel_part


def study_logit(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try recovery on the logit: every other world has ends that often show 0 or 1; one in four has clusters."""
    seeds, luck, count = SEEDS[index % 3], LUCK[index // 3 % 4], ITEMS[index // 12 % 3]
    items = draw_items(count, DOMAINS, rng, per_cluster=5 if index // 36 % 4 == 3 else 1)  # noqa: PLR2004 - the fourth
    extreme = index // 144 % 2 == 1
    gap = _extreme_gap(rng) if extreme else draw_gap(DOMAINS, rng)
    share = np.clip(rng.uniform(0.05, 0.85) + rng.uniform(-0.1, 0.1, DOMAINS), 0.0, 0.95)
    panel = draw_panel(items, gap, share, rng.normal(0, luck, seeds), rng)
    number = recovered_logit(panel, level=LEVEL, rng=rng)
    cell = f"{'ends near 0 and 1' if extreme else 'ends inside'}, {seeds} seeds"
    part = panel_part(panel)
    keep = identified(part_means(part), part.arms[0], LEVEL)
    student = gap.floor + share * (gap.teacher - gap.floor)
    true = (logit(student) - logit(gap.floor)) / (logit(gap.teacher) - logit(gap.floor))
    return [judge("recovery on the logit", cell, number, float(true[keep].mean()) if keep.any() else 0.0)]


def _extreme_gap(rng: np.random.Generator) -> Gap:
    """Draw ends whose errors or successes are 1 in 50 to 1 in 1,000."""
    return Gap(10 ** rng.uniform(-3.0, -1.7, DOMAINS), 1 - 10 ** rng.uniform(-3.0, -1.7, DOMAINS))
