"""Accounts that are active in the same ten minutes more than their own hours explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds
from scipy.stats import norm, poisson

from angelshare.detect.accounts import Accounts

BINS_AN_HOUR, BINS_A_DAY, HOURS_A_DAY = 6, 144, 24
FEWEST_BINS = 4
"""Different ten minutes in which an account must be active to keep time with others."""
BUSY = 2.0
PATTERNS = 8
"""Shared rhythms looked for, the strongest first."""
IN_STEP = 3.5
"""Standard deviations, under the account's own hours, from which it keeps a rhythm."""
RARE = 1e-6
"""Probability, if nobody kept time, of as many accounts in step."""


def in_step(current: Accounts, fresh: NDArray[np.bool_]) -> Sequence[NDArray[np.float64]]:
    """Find shared rhythms of fresh accounts; give for each (N,) how far all accounts keep it, where enough do.

    The null moves an account's active bins about within their hours, so that time zones, office hours and nightly jobs
    explain themselves: a bin of an hour in which the account is active in a of 6 bins is active with probability a / 6.
    Residuals from that, scaled to variance 1 by account, are taken apart into singular vectors, over fresh accounts
    and over the bins in which they are busier together than their hours explain: among all accounts and bins a small
    group's rhythm drowns. A score is an account's residual along a vector over its own standard deviation.

    Args:
        current: N accounts.
        fresh: (N,) accounts that history does not know.
    """
    table = _table(current)
    if table is None:
        return []
    active, rows = table
    mine = np.flatnonzero(fresh[rows])
    hours = _hours(active.shape[1])
    by_hour = np.asarray((active @ hours).todense(), dtype=np.float64)
    busy = _busy(active[mine], by_hour[mine], hours)
    if min(len(mine), len(busy)) <= PATTERNS:
        return []
    found = []
    for pattern in _patterns(active[mine], by_hour[mine], hours, busy=busy):
        score = _scores(active, by_hour, hours, pattern=pattern)
        if poisson.sf((score >= IN_STEP).sum() - 1, len(score) * norm.sf(IN_STEP)) < RARE:
            whole = np.zeros(len(current))
            whole[rows] = score
            found.append(whole)
    return found


def _busy(active: sparse.csr_matrix, by_hour: NDArray[np.float64], hours: sparse.csr_matrix) -> NDArray[np.intp]:
    """Find bins in which accounts are active more than their hours explain, by `BUSY` standard deviations."""
    share = by_hour / BINS_AN_HOUR
    expected, variance = hours @ share.sum(axis=0), hours @ (share * (1 - share)).sum(axis=0)
    count = np.asarray(active.sum(axis=0)).ravel()
    return np.flatnonzero(count - expected >= BUSY * np.sqrt(np.maximum(variance, 1.0)))


def _table(current: Accounts) -> tuple[sparse.csr_matrix, NDArray[np.intp]] | None:
    """Give (accounts with enough bins, bins of all days) 1 where active, and which accounts those are."""
    links = current.links["bin"]
    if not links.counts.nnz:
        return None
    day = {(np.datetime64(name, "D") - np.datetime64(0, "D")).astype(int): at for at, name in enumerate(current.days)}
    split = [value.split("/") for value in links.values.to_pylist()]
    place = np.array([day[int(first)] * BINS_A_DAY + int(last) for first, last in split])
    counts = links.counts.tocoo()
    shape = (len(current), len(current.days) * BINS_A_DAY)
    active = sparse.csr_matrix((np.ones(counts.nnz), (counts.row, place[counts.col])), shape=shape)
    rows = np.flatnonzero(np.diff(active.indptr) >= FEWEST_BINS)
    return (active[rows], rows) if len(rows) else None


def _hours(bins: int) -> sparse.csr_matrix:
    """Give (bins, hours) 1 where a bin is of an hour."""
    return sparse.csr_matrix((np.ones(bins), (np.arange(bins), np.arange(bins) // BINS_AN_HOUR)))


def _patterns(active: sparse.csr_matrix, by_hour: NDArray[np.float64], hours: sparse.csr_matrix, *,
              busy: NDArray[np.intp]) -> Sequence[NDArray[np.float64]]:  # fmt: skip
    """Give the right singular vectors of the scaled residuals in busy bins, both ways round, the strongest first."""
    share = by_hour / BINS_AN_HOUR
    # hypergeometric variance of a of 6, shared by the 6 bins
    scale = 1.0 / np.sqrt(np.maximum((by_hour * (1 - share)).sum(axis=1), 1e-9))
    held = sparse.csr_matrix(active[:, busy])
    among = sparse.csr_matrix(hours[busy])

    def forth(bins: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = scale * (held @ bins.ravel() - share @ (among.T @ bins.ravel()))
        return result

    def back(accounts: NDArray[np.float64]) -> NDArray[np.float64]:
        mine = scale * accounts.ravel()
        result: NDArray[np.float64] = held.T @ mine - among @ (share.T @ mine)
        return result

    residual = LinearOperator(held.shape, matvec=forth, rmatvec=back, dtype=np.float64)
    start = np.ones(min(held.shape)) + np.arange(min(held.shape)) % 7
    _, size, right = svds(residual, k=PATTERNS, v0=start)
    out = []
    for at in np.argsort(-size):
        whole = np.zeros(active.shape[1])
        whole[busy] = right[at]
        out += [whole, -whole]
    return out


def _scores(active: sparse.csr_matrix, by_hour: NDArray[np.float64], hours: sparse.csr_matrix, *,
            pattern: NDArray[np.float64]) -> NDArray[np.float64]:  # fmt: skip
    """Give each account's residual along a pattern over its standard deviation under the null.

    Drawing a of 6 bins without replacement, the sum of the drawn values has variance a (1 - a / 6) 6/5 times their
    variance within the hour (Cochran 1977, Sampling Techniques, theorem 2.2).
    """
    mean = (hours.T @ pattern) / BINS_AN_HOUR
    variance = np.maximum((hours.T @ pattern**2) / BINS_AN_HOUR - mean**2, 0.0) * BINS_AN_HOUR / (BINS_AN_HOUR - 1)
    sd = np.sqrt((by_hour * (1 - by_hour / BINS_AN_HOUR)) @ variance)
    total = active @ pattern - by_hour @ mean
    scores: NDArray[np.float64] = np.where(sd > 0, total / np.maximum(sd, 1e-12), 0.0)
    return scores
