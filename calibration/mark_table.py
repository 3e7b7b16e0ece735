"""transformers' SynthID table: how few g-vectors there are, and what the mean of g does over a whole corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from angelshare.core.marks import WatermarkKey
from angelshare.core.seeds import stream
from angelshare.defences.watermark.compat_transformers import SYNTHID_TABLE, TransformersTable

LAYERS = 30
WINDOW = 4
SEEDS = 6
"""Table seeds tried on random windows."""

DRAWS = 40
"""Random keys and table seeds tried on the corpus."""

Ids = NDArray[np.int64]


class TableRow(NamedTuple):
    """One line about the table."""

    what: str
    value: str


def table_rows(texts: Sequence[Ids], vocabulary: int, *, windows: int) -> Sequence[TableRow]:
    """Count g-vectors among `windows` random windows, and test the mean of g under table after table."""
    rng = stream("marks", "table")
    ids = rng.integers(vocabulary, size=windows + WINDOW)
    states = _states(ids)
    seen = np.unique(TransformersTable(_key(vocabulary, rng, table=0)).values(np.unique(states)), axis=0)
    zs = [_z(_key(vocabulary, rng, table=seed), states) for seed in range(SEEDS)]
    rows = [
        TableRow(f"distinct g-vectors among {windows:,} random windows of {WINDOW + 1}", f"{len(seen):,}"),
        TableRow(
            f"z of the mean of g over them, no mark, table seeds 0 to {SEEDS - 1}", ", ".join(f"{z:+.1f}" for z in zs)
        ),
    ]
    for size in (10_000, 100_000, 1_000_000):
        found = _distinct(texts)[:size]
        if len(found) < size // 2:
            break
        tables = [_key(vocabulary, rng, table=int(rng.integers(2**31))) for _ in range(DRAWS)]
        p = _upper(np.array([_z(key, found) for key in tables]))
        rows.append(
            TableRow(
                f"{len(found):,} distinct windows of the corpus, {DRAWS} keys: false alarms at 0.05, 1e-3, 1e-5",
                ", ".join(f"{(p <= level).mean():.3f}" for level in (0.05, 1e-3, 1e-5)),
            )
        )
    return rows


def _key(vocabulary: int, rng: np.random.Generator, *, table: int) -> WatermarkKey:
    secret = "".join(f"{int(word):016x}" for word in rng.integers(1, 1_000, size=LAYERS))
    return WatermarkKey(
        scheme="synthid", secret=secret, schedule="transformers-synthid", second_secret=f"{table:016x}",
        layers=LAYERS, window=WINDOW, vocabulary_size=vocabulary,
    )  # fmt: skip


def _states(ids: Ids) -> NDArray[np.uint64]:
    """Give the table's 16-bit state of each window with its target; no key enters it."""
    key = _key(int(ids.max()) + 1, stream("marks", "states"), table=0)
    return TransformersTable(key).seeds(np.ascontiguousarray(ids), np.arange(WINDOW, len(ids)))


def _distinct(texts: Sequence[Ids]) -> NDArray[np.uint64]:
    """Give the states of the corpus's distinct windows, in order of first appearance."""
    windows = np.concatenate([np.lib.stride_tricks.sliding_window_view(text, WINDOW + 1) for text in texts])
    first = np.sort(np.unique(windows, axis=0, return_index=True)[1])
    flat = np.ascontiguousarray(windows[first]).ravel()
    scorer = TransformersTable(_key(int(flat.max()) + 1, stream("marks", "states"), table=0))
    return scorer.seeds(flat, np.arange(WINDOW, flat.size, WINDOW + 1))


def _z(key: WatermarkKey, states: NDArray[np.uint64]) -> float:
    """Test the plain mean of g of all windows as if every bit were an independent coin."""
    times = np.bincount(states.astype(np.int64), minlength=SYNTHID_TABLE)
    ones = TransformersTable(key).values(np.arange(SYNTHID_TABLE, dtype=np.uint64)).sum(axis=1)
    n = len(states) * LAYERS
    return float((times @ ones.astype(np.int64) - n / 2) / np.sqrt(n / 4))


def _upper(z: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr  # noqa: PLC0415 - loaded where a study runs

    return np.asarray(ndtr(-z))
