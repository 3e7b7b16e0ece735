"""Names without order or meaning: 64-bit numbers mixed from a seed, written in hex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HEX = np.array([f"{i:02x}".encode() for i in range(256)], dtype="S2")
_MASK = (1 << 64) - 1


def mixed(codes: NDArray[np.int64], salt: int) -> NDArray[np.uint64]:
    """Mix each code with a salt: SplitMix64's finaliser, a bijection, so that two codes never give one name."""
    with np.errstate(over="ignore"):
        z = codes.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 & _MASK)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def uniform(codes: NDArray[np.int64], salt: int) -> NDArray[np.float64]:
    """Give each code a number in [0, 1) that is always the same: what is settled once for an account."""
    return np.asarray((mixed(codes, salt) >> np.uint64(11)).astype(np.float64) / 2**53)


def hexes(codes: NDArray[np.int64], salt: int, *, absent: NDArray[np.bool_] | None = None) -> Any:  # noqa: ANN401 - a pyarrow array
    """Write mixed codes as sixteen hex digits; null where `absent`."""
    raw = mixed(codes, salt).byteswap().view(np.uint8).reshape(-1, 8)
    written = np.ascontiguousarray(_HEX[raw]).view("S16").ravel()
    return pa.array(written, mask=absent).cast(pa.string())
