"""Text that carries a mark and text that does not, made by choosing tokens by hand, without any network."""

from __future__ import annotations

import numpy as np
import pytest

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.schedule import green_mask, uniforms


@pytest.fixture(scope="session")
def kgw_key():
    return WatermarkKey(scheme="kgw", secret="00112233445566778899aabbccddeeff", gamma=0.25, delta=2.0, window=2,
                        vocabulary_size=500)  # fmt: skip


@pytest.fixture(scope="session")
def gumbel_key():
    return WatermarkKey(scheme="gumbel", secret="ffeeddccbbaa99887766554433221100", window=3, vocabulary_size=500)


def _written(key, texts, length, seed, choose):
    rng = np.random.default_rng(seed)
    rows = rng.integers(3, key.vocabulary_size, size=(texts, length))
    for place in range(key.window, length):
        rows[:, place] = choose(rows[:, place - key.window : place], rng)
    return list(rows)


@pytest.fixture(scope="session")
def marked():
    """Write (texts) rows of tokens under a kgw or gumbel key: one of eight candidates is taken by the key."""

    def write(key, texts=20, length=60, seed=1):
        def choose(contexts, rng):
            candidates = rng.integers(3, key.vocabulary_size, size=(len(contexts), 8))
            score = uniforms(key, contexts) if key.scheme == "gumbel" else green_mask(key, contexts)
            best = np.take_along_axis(score, candidates, 1).argmax(1)
            return candidates[np.arange(len(candidates)), best]

        return _written(key, texts, length, seed, choose)

    return write


@pytest.fixture(scope="session")
def plain():
    """Write rows of tokens at random."""

    def write(texts=20, length=60, vocabulary=500, seed=1):
        return list(np.random.default_rng(seed).integers(3, vocabulary, size=(texts, length)))

    return write
