"""Scores of students, floor and teacher on the same items: what every recovery is computed from."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.core.record import record

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


@record
class Panel:
    """Scores on one set of items."""

    student: FloatArray
    """(seeds, items) scores in [0, 1], one row per trained student."""

    floor: FloatArray
    """(draws, items) scores of the elicited base; draws are replies sampled independently."""

    teacher: FloatArray
    """(draws, items) scores of the teacher."""

    domain: IntArray
    """(items,) domain of each item, 0 to D - 1; recovery is averaged over domains."""

    cluster: IntArray | None = None
    """(items,) items that share a template or passage; None if each stands alone."""


@record
class StylePanel:
    """One style feature of students, floor and teacher on one set of items."""

    name: str
    """Feature."""

    student: FloatArray
    """(seeds, items) values, in any unit."""

    floor: FloatArray
    """(draws, items) values of the base."""

    teacher: FloatArray
    """(draws, items) values of the teacher."""

    domain: IntArray
    """(items,) domain of each item."""

    cluster: IntArray | None = None
    """(items,) items that share a template or passage."""


def rows(values: FloatArray, items: int, what: str) -> FloatArray:
    """Check one block of a panel and give it as (rows, items) floats.

    Raises ValueError when the shape does not fit or a value is not finite: a fault of the caller, not of the data.
    """
    if items < 1:
        raise ValueError(f"{what}: no items")
    block = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if block.ndim != 2 or block.shape[0] < 1 or block.shape[1] != items:  # noqa: PLR2004 - rows and items
        raise ValueError(f"{what}: expected (rows, {items}), found {np.shape(values)}")
    if not np.isfinite(block).all():
        raise ValueError(f"{what}: holds a value that is not finite")
    return block
