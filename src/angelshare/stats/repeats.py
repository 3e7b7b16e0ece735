"""A mean over independent repeats of a whole experiment, such as seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student_t

from angelshare.core.records import Estimate, Number, Refusal

FEW = 4
"""Fewer repeats than this get a caution: a t interval then rests on their normality."""


def mean_over_repeats(values: Sequence[float], *, what: str = "seeds", level: float = 0.95) -> Number:
    """Estimate a mean with Student's t interval (Student 1908, Biometrika 6); refused below two repeats.

    Args:
        values: one number per repeat, each from its own randomness throughout.
        what: the repeats, in the plural.
        level: of the interval.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.size < 2:  # noqa: PLR2004 - one number has no spread
        return Refusal(refused=f"{sample.size} {what}: a mean without its spread says nothing of its doubt")
    half = float(student_t.ppf(0.5 + level / 2, sample.size - 1) * sample.std(ddof=1) / np.sqrt(sample.size))
    mean = float(sample.mean())
    return Estimate(
        value=mean, low=mean - half, high=mean + half, level=level, n=sample.size, method=f"Student's t over {what}",
        caution=f"only {sample.size} {what}" if sample.size < FEW else "",
    )  # fmt: skip
