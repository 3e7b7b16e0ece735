"""Values that accounts share now and nobody shared before, and which accounts hang together by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.stats import poisson

from angelshare.detect.accounts import Accounts

FEWEST = 2
"""Accounts that make a shared value."""
SURPRISE = 1e-4
"""Probability under history below which a wider spread of a value that was shared before is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """Accounts that new values tie together."""

    rows: NDArray[np.intp]
    """Accounts, sorted."""

    times: NDArray[np.intp]
    """Their ties: new values they share with others."""

    values: NDArray[np.intp]
    """New templates among the ties, as columns of the skeleton links."""


def earlier(current: Accounts, history: Accounts, kind: str) -> NDArray[np.int64]:
    """(V,) count the accounts of `history` that had each value that `current` has of this kind."""
    import pyarrow.compute as pc  # noqa: PLC0415 - an optional package

    now, then = current.links[kind], history.links[kind]
    place = pc.index_in(now.values, then.values).fill_null(-1).to_numpy(zero_copy_only=False)
    before: NDArray[np.int64] = np.append(then.accounts(), 0)[place]
    return before


def new_values(current: Accounts, history: Accounts, kind: str) -> NDArray[np.intp]:
    """Find values that accounts share now and either nobody shared before, or far fewer.

    A value that h of H accounts shared is expected at (h + 1) N / H of the N accounts now; its spread is new where a
    Poisson count of that mean would reach its accounts with probability below `SURPRISE`.
    """
    had = current.links[kind].accounts()
    before = earlier(current, history, kind)
    chance = poisson.sf(had - 1, (before + 1.0) * len(current) / max(len(history), 1))
    return np.flatnonzero((had >= FEWEST) & ((before == 0) | (chance < SURPRISE)))


def tied(current: Accounts, history: Accounts, kinds: Sequence[str]) -> Sequence[Tied]:
    """Find accounts that new values of some kinds tie together, directly or through others; most accounts first.

    Connected components of the bipartite graph of accounts and new values. Work grows with links, and a value that
    thousands share is one node, not millions of pairs.
    """
    new = {kind: new_values(current, history, kind) for kind in kinds if len(current.links[kind].values)}
    parts = [current.links[kind].counts[:, values].astype(bool) for kind, values in new.items()]
    if not parts or not sum(part.nnz for part in parts):
        return []
    uses = sparse.csr_matrix(sparse.hstack(parts)).astype(np.int64)
    n = uses.shape[0]
    _, label = connected_components(sparse.bmat([[None, uses], [uses.T, None]]), directed=False)
    times = np.asarray(uses.sum(axis=1)).ravel()
    held = np.flatnonzero(times)
    order = held[np.argsort(label[held], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    templates = new.get("skeleton", np.empty(0, dtype=np.intp))
    # the templates are the first columns if there are any
    of_value = label[n : n + len(templates)] if next(iter(new)) == "skeleton" else np.empty(0, dtype=label.dtype)
    found = [
        Tied(rows=np.sort(rows), times=times[np.sort(rows)], values=templates[of_value == label[rows[0]]])
        for rows in groups
        if len(rows) >= FEWEST
    ]
    return sorted(found, key=lambda one: (-len(one.rows), int(one.rows[0])))
