"""Shapes of what goes through a detector: token ids, 64-bit words, floats and flags."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""Token ids of one text, or places in it."""

Word: TypeAlias = np.uint64
"""A seed, draw or fingerprint."""

WordArray: TypeAlias = NDArray[np.uint64]
"""Many of them."""

FloatArray: TypeAlias = NDArray[np.float64]
"""Uniform numbers."""

BoolArray: TypeAlias = NDArray[np.bool_]
"""Green or not, kept or not."""
