"""Trials of tests: how often a true null is rejected."""

from __future__ import annotations

import numpy as np

from angelshare.core.records import Evidence
from angelshare.stats.calibration.trial import OURS, Trial
from angelshare.stats.evidence import paired_difference

ALPHA = 0.05


def study_tests(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try the paired sign-flip test on skewed pairs with no difference; "covered" means not rejected at 0.05."""
    pairs = (5, 6, 8, 30)[index % 4]
    luck = rng.exponential(1.0, size=(2, pairs)) + rng.normal(0, 1.0, pairs)
    result = paired_difference(luck[0], luck[1], rng=rng, alternative="greater")
    if not isinstance(result, Evidence):
        return []
    return [Trial("paired test keeps its 5 %", f"{pairs} pairs", OURS, result.p_value > ALPHA, 0.0)]
