"""Trials of tests: how often a true null is rejected."""

from __future__ import annotations

import numpy as np

from angelshare.core.records import Evidence
from angelshare.stats.calibration.trial import OURS, Trial
from angelshare.stats.conformal import conformal_p
from angelshare.stats.evalues import e_bh, rank_e
from angelshare.stats.evidence import paired_difference

ALPHA = 0.05
REFERENCE, CASES = 79, 6
"""Benign groups and honest cases of a simulated run."""


def study_tests(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try tests where the null is true; "covered" means not rejected at 0.05."""
    return [*_paired(index, rng), *_ranked(rng)]


def _ranked(rng: np.random.Generator) -> list[Trial]:
    """Hold honest cases against honest groups of heavy tails: one p-value, and discoveries among all cases by e-BH."""
    scores = rng.standard_t(3, size=REFERENCE + CASES)
    cases, held = scores[:CASES], scores[CASES:]
    p_value, found = float(conformal_p(cases[0], held)), e_bh(rank_e(cases, held, tilt=1.0), level=ALPHA)
    cell = f"{REFERENCE} benign groups"
    return [
        Trial("conformal p-value keeps its 5 %", cell, OURS, p_value > ALPHA, 0.0),
        Trial("e-BH keeps its 5 %", f"{cell}, {CASES} cases", OURS, not found.any(), 0.0),
    ]


def _paired(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try the paired sign-flip test on skewed pairs with no difference."""
    pairs = (5, 6, 8, 30)[index % 4]
    luck = rng.exponential(1.0, size=(2, pairs)) + rng.normal(0, 1.0, pairs)
    result = paired_difference(luck[0], luck[1], rng=rng, alternative="greater")
    if not isinstance(result, Evidence):
        return []
    return [Trial("paired test keeps its 5 %", f"{pairs} pairs", OURS, result.p_value > ALPHA, 0.0)]
