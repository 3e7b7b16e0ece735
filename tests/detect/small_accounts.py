"""Small real accounts for tests: links and days as `load` gives them, made from plain lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from scipy import sparse

from angelshare.detect.accounts import COLUMNS, Accounts
from angelshare.detect.columns import OPTIONAL
from angelshare.detect.link_tables import Links
from angelshare.detect.links import KEPT
from angelshare.detect.schema import RFF


def accounts_of(
    links: Mapping[str, Sequence[Sequence[str]]], *, n: int, days: Sequence[str] = ("2026-03-02",), prefix: str = "a",
    requests: int = 10,
) -> Accounts:  # fmt: skip
    """Make n accounts that each used the values listed for it, once each."""
    columns = {name: np.zeros(n, dtype=np.int64) for name in COLUMNS}
    columns |= {"requests": np.full(n, requests), "text_known": np.full(n, requests)}
    return Accounts(
        ids=np.array([f"{prefix}{row:04d}" for row in range(n)], dtype=np.object_), days=days, columns=columns,
        known={name: np.zeros(n, dtype=bool) for name in OPTIONAL},
        active=np.full((n, len(days)), requests, dtype=np.int32), week=np.zeros((n, 168), dtype=np.int32),
        rff=np.zeros((n, RFF), dtype=np.float32), plan=np.full(n, None, dtype=np.object_),
        links={kind: _links(kind, links.get(kind, [[]] * n), n) for kind in KEPT},
    )  # fmt: skip


def _links(kind: str, used: Sequence[Sequence[str]], n: int) -> Links:
    values = sorted({value for row in used for value in row})
    place = {value: at for at, value in enumerate(values)}
    rows = [row for row, some in enumerate(used) for _ in some]
    columns = [place[value] for some in used for value in sorted(some)]
    counts = sparse.csr_matrix((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(n, len(values)))
    return Links(
        kind=kind, values=pa.array(values, pa.string()), counts=counts, first_at=np.zeros(counts.nnz, dtype=np.int64)
    )
