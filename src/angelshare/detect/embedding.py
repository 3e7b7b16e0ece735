"""What a text is about, as numbers that mean nothing without the operator's key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.keyed import keyed_bits, keyed_normal
from angelshare.detect.schema import RFF
from angelshare.detect.tokens import Tokens

BUCKETS = 1024
"""Buckets that words and pieces of words are counted in."""
DIMENSIONS = 64
GRAM = 4
"""Bytes of a piece."""
WIDTH = 0.8
"""Width of the Gaussian kernel that the Fourier features stand for, as a distance between unit vectors."""
GRID = 1024.0
"""Fourier features are kept to a 1,024th: below their noise, and the same on every run."""


def embed(found: Tokens, key: bytes) -> NDArray[np.float32]:
    """Embed texts as (texts, 64) unit vectors: hashed counts, projected at random under the key.

    Words and pieces of four bytes are counted with signs in 1,024 buckets (feature hashing, Weinberger et al. 2009,
    section 2), roots of counts are taken so that no piece rules, and a keyed Gaussian matrix brings them to 64 numbers
    (Johnson-Lindenstrauss). A text without a word gets the zero vector.
    """
    counts = _counts(found.text, found.hash, found.n) * np.float32(1.5)
    counts += _counts(found.text_of_byte[: len(found.bytes) - GRAM + 1], _pieces(found.bytes, key), found.n)
    counts = np.sign(counts) * np.sqrt(np.abs(counts))
    vectors = counts @ (keyed_normal(key, "projection", (BUCKETS, DIMENSIONS)) / np.float32(np.sqrt(DIMENSIONS)))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        unit: NDArray[np.float32] = np.where(lengths > 0, vectors / np.where(lengths > 0, lengths, 1), 0)
    return unit.astype(np.float32)


def simhash(vectors: NDArray[np.float32], key: bytes) -> NDArray[np.int64]:
    """Hash vectors to 64 bits whose Hamming distance grows with the angle (Charikar 2002, section 3)."""
    bits = (vectors @ keyed_normal(key, "planes", (DIMENSIONS, 64))) > 0
    return np.packbits(bits, axis=1, bitorder="little").view("<i8").reshape(len(vectors)).astype(np.int64)


def fourier(vectors: NDArray[np.float32], key: bytes) -> NDArray[np.float32]:
    """Give (texts, 64) random Fourier features: inner products are near a Gaussian kernel (Rahimi and Recht 2007).

    cos(w.x + b) times the root of 2/64, with w and b drawn under the key.
    """
    waves = keyed_normal(key, "waves", (DIMENSIONS, RFF)) / np.float32(WIDTH)
    shift = (keyed_bits(key, "shifts", RFF) >> np.uint64(11)).astype(np.float64) / 2.0**53 * 2.0 * np.pi
    values = np.sqrt(2.0 / RFF) * np.cos(vectors @ waves + shift.astype(np.float32))
    cosines: NDArray[np.float32] = (np.round(values * GRID) / GRID).astype(np.float32)
    return cosines


def _pieces(raw: NDArray[np.uint8], key: bytes) -> NDArray[np.uint64]:
    """Hash every four bytes in a row, letters in lower case, under the key."""
    low = np.where((raw >= 65) & (raw < 91), raw + 32, raw)  # noqa: PLR2004 - capitals of ASCII
    table = keyed_bits(key, "pieces", GRAM * 256).reshape(GRAM, 256)
    n = max(0, len(low) - GRAM + 1)
    total = np.zeros(n, dtype=np.uint64)
    for place in range(GRAM):
        total += table[place][low[place : place + n]]
    return total


def _counts(text: NDArray[np.int32], hashes: NDArray[np.uint64], n: int) -> NDArray[np.float32]:
    """Add up signs of hashes by text and bucket: (n, BUCKETS)."""
    bucket = (hashes >> np.uint64(50)).astype(np.int64) % BUCKETS
    sign = 1.0 - 2.0 * ((hashes >> np.uint64(40)) & np.uint64(1)).astype(np.float32)
    cells = text.astype(np.int64)[: len(hashes)] * BUCKETS + bucket
    return np.bincount(cells, weights=sign, minlength=n * BUCKETS).reshape(n, BUCKETS).astype(np.float32)
