"""Several keys, one family of tests: Holm's correction on logarithms, which does not underflow."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from angelshare.core.marks import MarkEvidence
from angelshare.stats.intervals import caution_of
from angelshare.stats.marks import probability
from angelshare.stats.panel import FloatArray


def holm(log10_p: ArrayLike) -> FloatArray:
    """Adjust log10 p-values for their number; the family's false-alarm rate is then held at any level.

    Args:
        log10_p: (tests,) in any order.

    Returns (tests,) in the same order: the running maximum of (m - i + 1) p_(i), at most 1.
    Source: Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
    """
    values = np.asarray(log10_p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = values[order] + np.log10(np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 0.0)
    return adjusted


def corrected(results: Sequence[MarkEvidence]) -> Sequence[MarkEvidence]:
    """Repeat each result after Holm's correction over all of them; decoys are left out: they know one key only."""
    if not results:
        return ()
    adjusted = holm([result.log10_p_value for result in results])
    return tuple(
        dataclasses.replace(
            result,
            test=f"{result.test}, Holm over {len(results)} keys",
            p_value=probability(float(log10_p)),
            log10_p_value=float(log10_p),
            decoy_p_value=None,
            decoys=0,
            caution=caution_of(_beside(result)),
        )
        for result, log10_p in zip(results, adjusted, strict=True)
    )


def _beside(result: MarkEvidence) -> str:
    return "its decoys stand with the uncorrected result" if result.decoys else ""
