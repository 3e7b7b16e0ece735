"""Cut a group in two where the fewest ties hold it together: what a search joined may be two honest workloads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group

TIES = ("org", "email_domain", "payment", "ip_prefix", "user_agent", "skeleton")
"""Kinds of link that tie accounts together, each with the same weight."""
FEWEST = 8
"""Accounts of a part that is worth looking at."""
DENSE = 60
"""Accounts up to which all singular vectors are computed."""


def halves(group: Group, current: Accounts) -> tuple[Group, Group] | None:
    """Give the two sides of the normalised cut of a group's ties; None where no cut leaves `FEWEST` on each side.

    Accounts and the values they share form a bipartite graph, values weighed by rarity and each kind of link scaled to
    one per account; the sides are the signs of the second singular vector of the matrix scaled by its degrees, the
    relaxation of the normalised cut of that graph.
    """
    if len(group) < 2 * FEWEST:
        return None
    ties = _ties(group, current)
    by_account = np.asarray(ties.sum(axis=1)).ravel()
    tied = by_account > 0
    if tied.sum() < 2 * FEWEST or ties.shape[1] < 2:  # noqa: PLR2004 - two sides
        return None
    kept = ties[tied]
    side = np.zeros(len(group), dtype=bool)
    side[tied] = _second(kept, by_account[tied]) > 0
    if side.sum() > len(group) / 2:
        side = ~side
    return (group[~side], group[side]) if side.sum() >= FEWEST else None


def _ties(group: Group, current: Accounts) -> sparse.csr_matrix:
    """(group, values) weigh which values shared within the group each member has."""
    blocks = []
    for kind in TIES:
        links = current.links[kind]
        if not len(links.values):
            continue
        mine = links.counts[group].astype(np.float64)
        mine.data[:] = 1.0
        shared = np.flatnonzero(np.bincount(mine.indices, minlength=mine.shape[1]) > 1)
        some = mine[:, shared].multiply(links.rarity()[shared][None, :]).tocsr()
        scale = np.asarray(some.sum(axis=1)).ravel()
        blocks.append(sparse.diags(1 / np.where(scale > 0, scale, 1.0)) @ some)
    return sparse.hstack(blocks).tocsr() if blocks else sparse.csr_matrix((len(group), 0))


def _second(ties: sparse.csr_matrix, by_account: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each account's place along the second singular vector."""
    by_value = np.asarray(ties.sum(axis=0)).ravel()
    scaled = sparse.diags(by_account**-0.5) @ ties @ sparse.diags(np.where(by_value > 0, by_value, 1.0) ** -0.5)
    if min(scaled.shape) <= DENSE:
        left = np.linalg.svd(scaled.toarray(), full_matrices=False)[0][:, :2]
    else:
        left = svds(scaled, k=2, v0=np.random.default_rng(0).normal(size=min(scaled.shape)))[0]
    # the first is known, the root of the degrees; where nothing ties the sides, the two come in any mixture
    first = left.T @ np.sqrt(by_account)
    return np.asarray(left @ np.array([-first[1], first[0]]))
