"""Values that far more accounts share than history leads one to expect, and which of them go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import poisson

from angelshare.detect.accounts import Accounts

FEWEST = 3
"""Accounts that make a shared value."""
SURPRISE = 1e-4
"""Probability under history below which a value's spread is new."""
MOST = 1500
"""New values looked at, the most surprising first: what a square table of them still holds."""
LIFT = np.log(3.0)
"""Log of observed over expected common accounts (half an account added to both) at which values go together."""


def earlier(current: Accounts, history: Accounts, kind: str) -> NDArray[np.int64]:
    """(V,) count the accounts of `history` that had each value that `current` has of this kind."""
    now, then = current.links[kind], history.links[kind]
    place = pc.index_in(now.values, then.values).fill_null(-1).to_numpy(zero_copy_only=False)
    before: NDArray[np.int64] = np.append(then.accounts(), 0)[place]
    return before


def new_values(current: Accounts, history: Accounts, kind: str) -> NDArray[np.intp]:
    """Find values that more accounts have now than history explains, the most surprising first.

    A value that h of H accounts had is expected at (h + 1) N / H of the N accounts now; it is new where a Poisson
    count of that mean would reach its accounts with probability below `SURPRISE`.
    """
    had = current.links[kind].accounts()
    expected = (earlier(current, history, kind) + 1.0) * len(current) / max(len(history), 1)
    chance = poisson.sf(had - 1, expected)
    found = np.flatnonzero((had >= FEWEST) & (chance < SURPRISE))
    return found[np.lexsort((found, -had[found] / expected[found]))][:MOST]


def used_by(current: Accounts, kind: str, values: NDArray[np.intp]) -> sparse.csr_matrix:
    """(N, values) 1 where an account has a value."""
    some = current.links[kind].counts[:, values].astype(bool).astype(np.float64)
    return sparse.csr_matrix(some)


def value_groups(used: sparse.csr_matrix) -> Sequence[NDArray[np.intp]]:
    """Part values into groups that the same accounts use, by average linkage of the log lift of common accounts.

    Args:
        used: (N, values) from `used_by`.

    Two values with a and b of N accounts are expected to have a b / N in common; their lift is the logarithm of
    observed over expected, half an account added to both. A value on its own is a group too.
    """
    n = used.shape[1]
    if n <= 1:
        return [np.arange(n)] if n else []
    common = np.asarray((used.T @ used).todense())
    had = common.diagonal()
    lift = np.log((common + 0.5) / (np.outer(had, had) / used.shape[0] + 0.5))
    top = float(lift.max())
    distance = top - lift
    np.fill_diagonal(distance, 0.0)
    label = fcluster(linkage(squareform(distance, checks=False), "average"), top - LIFT, "distance")
    return [np.flatnonzero(label == one) for one in np.unique(label)]
