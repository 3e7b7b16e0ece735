"""Links as sparse matrices: which account used which value, how often, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from angelshare.detect.engine import Limits, batches, close, connect, read
from angelshare.detect.links import KEPT

if TYPE_CHECKING:
    import ibis

DESCRIBING = ("bin", "model", "capability", "language", "country", "org", "sampling")
"""Kinds of which every value is loaded; of the others, only values that more than one account has: no other links."""
ROWS = 500_000
"""Rows taken from the engine at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """One kind of link between N accounts and V values."""

    kind: str
    """Which, see `links.KEPT`."""

    values: pa.StringArray
    """(V,) the values, sorted; keyed hashes where the log's own value would name somebody."""

    counts: sparse.csr_matrix
    """(N, V) requests; of each account's values, those most used each day."""

    first_at: NDArray[np.int64]
    """First use in microseconds since 1970, in the order of `counts.data`."""

    def accounts(self) -> NDArray[np.int64]:
        """(V,) count the accounts that have each value."""
        return np.bincount(self.counts.indices, minlength=self.counts.shape[1])

    def rarity(self) -> NDArray[np.float64]:
        """(V,) weigh values by how few accounts have them: inverse document frequency, log(N / accounts)."""
        weights: NDArray[np.float64] = np.log(self.counts.shape[0] / np.maximum(self.accounts(), 1))
        return weights


def load_links(
    files: Sequence[Path], ids: pa.StringArray, kinds: Sequence[str] | None = None, *, spill: Path | None = None
) -> Mapping[str, Links]:
    """Add up the links of some days, as `update` wrote them.

    Bins are told apart by day: value `DAY/BIN`, the day since 1970, so that a column is ten minutes of one day.

    Args:
        files: one a day.
        ids: the accounts that rows stand for, sorted.
        kinds: those wanted; all when None.
        spill: folder for what does not fit in memory.
    """
    backend = connect("duckdb", Limits(spill=spill))
    try:
        return {kind: _load(backend, files, ids, kind) for kind in (KEPT if kinds is None else kinds)}
    finally:
        close(backend)


def _load(backend: ibis.BaseBackend, files: Sequence[Path], ids: pa.StringArray, kind: str) -> Links:
    rows, names, n, first = [], [], [], []
    for batch in batches(backend, _added_up(read(backend, files), kind), ROWS):
        # text is turned into row numbers as it comes: the numbers take a tenth of its memory
        rows.append(pc.index_in(batch["account_id"], ids).to_numpy(zero_copy_only=False).astype(np.int32))
        names.append(batch["value"].cast(pa.string()))
        # a sum of whole numbers is wider than they are in DuckDB
        n.append(batch["n"].cast(pa.int64()).to_numpy())
        first.append(batch["first_at"].to_numpy())
    text = pa.chunked_array(names, pa.string())
    values = pc.unique(text)
    values = values.take(pc.sort_indices(values))
    place = pc.index_in(text, values).to_numpy().astype(np.int32)
    row = np.concatenate([*rows, np.empty(0, np.int32)])
    order = np.lexsort((place, row))
    ends = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(ids)))])
    count = np.concatenate([*n, np.empty(0, np.int64)])[order]
    counts = sparse.csr_matrix((count, place[order], ends), shape=(len(ids), len(values)))
    return Links(
        kind=kind, values=values, counts=counts, first_at=np.concatenate([*first, np.empty(0, np.int64)])[order]
    )


def _added_up(table: ibis.Table, kind: str) -> ibis.Table:
    """Sum the days of one kind by account and value; drop what a single account has, unless it describes."""
    mine = table.filter(table.kind == kind)
    if kind == "bin":
        mine = mine.mutate(value=mine.day.cast("string") + "/" + mine.value)
    summed = mine.group_by("account_id", "value").aggregate(n=mine.n.sum().cast("int64"), first_at=mine.first_at.min())
    if kind in DESCRIBING:
        return summed
    had = summed.group_by("value").aggregate(accounts=summed.count())
    return summed.semi_join(had.filter(had.accounts > 1), "value")
