"""Least squares on a kernel where records come in groups: every group weighs the same, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def even_weights(side: Sequence[int], group: Sequence[str]) -> FloatArray:
    """Weigh records so that every side weighs half and every group of a side the same.

    Args:
        side: which side each of n records is on, such as 1 and -1.
        group: which group each belongs to.

    Gives (n,) weights with mean 1.
    """
    sides, groups = np.asarray(side), np.asarray(group, dtype=str)
    weight = np.zeros(len(sides))
    for one in np.unique(sides):
        here = sides == one
        names, index, size = np.unique(groups[here], return_inverse=True, return_counts=True)
        weight[here] = 1.0 / (size[index] * len(names))
    mean_one: FloatArray = weight * len(weight) / weight.sum()
    return mean_one


def kernel_ridge(gram: FloatArray, target: FloatArray, weight: FloatArray, *, ridge: float) -> FloatArray:
    """Fit weighted ridge regression in its dual form (Saunders et al. 1998, equation 9, with weights).

    Args:
        gram: (n, n) inner products of the records.
        target: (n,) or (n, k).
        weight: (n,) positive weights, mean about 1.
        ridge: penalty on the squared length of the coefficients, above 0.

    Gives the dual coefficients, shaped like `target`: a new record scores its (n,) inner products times them.
    """
    dual: FloatArray = np.linalg.solve(gram + ridge * np.diag(1.0 / weight), target).astype(np.float64)
    return dual
