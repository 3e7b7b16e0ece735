"""Independent random streams, each derived from what it is for, so order and parallelism change nothing."""

from __future__ import annotations

import hashlib

import numpy as np


def derived_seed(*parts: str | int) -> int:
    """Derive a 63-bit seed from the words that name a stream, e.g. `derived_seed("queries", 3)`."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def stream(*parts: str | int) -> np.random.Generator:
    """Open the random stream named by `parts`."""
    return np.random.default_rng(derived_seed(*parts))
