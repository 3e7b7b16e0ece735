"""Tests that hold their false-positive rate at two or three seeds, because they count what could have happened."""

from __future__ import annotations

from itertools import product
from typing import Literal, TypeAlias

import numpy as np

from angelshare.core.records import Evidence, Refusal
from angelshare.stats.panel import FloatArray

Alternative: TypeAlias = Literal["greater", "less", "two-sided"]
EXACT_PAIRS = 14
"""Up to this many pairs all 2^n sign patterns are counted; beyond, patterns are drawn."""

PATTERNS = 9_999
"""Sign patterns drawn where counting all is too many."""


def paired_difference(
    first: FloatArray, second: FloatArray, *, rng: np.random.Generator, alternative: Alternative = "two-sided"
) -> Evidence | Refusal:
    """Test whether paired scores differ, by flipping signs of the differences.

    Args:
        first: (pairs,) e.g. one score per seed under one arm.
        second: (pairs,) the same seeds under another.
        rng: used beyond 14 pairs only.
        alternative: side of the difference first - second that counts as evidence.

    The p-value counts the observed pattern, so that it is never 0 and never too small (Phipson & Smyth 2010,
    Statistical Applications in Genetics and Molecular Biology 9, article 39). Refused with fewer than 2 pairs.
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = difference.size
    if n < 2:  # noqa: PLR2004 - one pair has no pattern to compare with
        return Refusal(refused=f"{n} pairs; a paired test needs 2")
    exact = n <= EXACT_PAIRS
    signs = np.array(list(product((1.0, -1.0), repeat=n))) if exact else rng.choice([1.0, -1.0], size=(PATTERNS, n))
    observed, flipped = float(difference.mean()), signs @ difference / n
    slack = 1e-12 * np.abs(difference).max()
    if alternative == "two-sided":
        extreme = np.abs(flipped) >= abs(observed) - slack
    elif alternative == "greater":
        extreme = flipped >= observed - slack
    else:
        extreme = flipped <= observed + slack
    p_value = float(extreme.mean()) if exact else float((extreme.sum() + 1) / (PATTERNS + 1))
    least = (2 if alternative == "two-sided" else 1) / 2**n
    return Evidence(
        test=f"paired sign-flip test, {'all' if exact else PATTERNS} patterns, {alternative}",
        statistic=observed, p_value=p_value, n=n,
        null="within a pair, which score belongs to which arm is a coin toss",
        caution=f"with {n} pairs no p-value can be below {least:.3g}" if least > 0.05 else "",  # noqa: PLR2004 - convention
    )  # fmt: skip
