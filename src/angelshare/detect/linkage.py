"""Who belongs to a group: weights of evidence for membership, learnt from this traffic, value by value.

Fellegi & Sunter 1969 (JASA 64, section 2.4): what two records have in common
weighs log P(agreement | same) / P(agreement | different). Here both are learnt: the first from those who are held to
belong, without the account that is weighed; the second from everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import main_value, once, seen_before

KINDS: Mapping[str, tuple[float, float]] = {
    "ip_prefix": (-0.7, 4.0), "asn": (-0.7, 2.0), "user_agent": (-0.7, 3.0), "payment": (0.0, 5.0),
    "email_domain": (-0.3, 2.0), "sampling": (-0.7, 2.0), "country": (-0.3, 1.0),
}  # fmt: skip
"""Kinds weighed by the value an account uses most, with the least and most that each may weigh, in nats: what is easy
to have in common, and easy to keep apart, may not decide alone."""
SHRINK = 6.0
"""Accounts that the population counts for among the members."""
ROUNDS = 4
OVERDISPERSED = 0.5
"""Share of a count's weight that is believed, as requests of one account come in runs."""
MOST_OF_COUNTS = 12.0
BINS_AT_MOST, BINS_BELIEVED, SHRINK_BINS = 4.0, 0.7, 6.0
BINS_AN_HOUR, HOURS_A_DAY = 6, 24
NEW_AT_MOST = 1.5


def membership(current: Accounts, history: Accounts, seed: NDArray[np.float64], *, kind: str | None = None,
               values: NDArray[np.intp] | None = None) -> NDArray[np.float64]:  # fmt: skip
    """Estimate for each account the probability of belonging to the group that `seed` begins.

    Args:
        current: N accounts.
        history: their past, to know who is new.
        seed: (N,) first guess of the probabilities.
        kind: kind of link the group's own values are of, if it was found by such.
        values: the group's values of that kind.

    Returns (N,) in [0, 1]: a two-class mixture fitted by a few rounds of expectation and maximisation, its prior the
    seed's size over N, so that a large honest population keeps its weight.
    """
    weight = seed.copy()
    uses = None if kind is None or values is None else _uses(current, kind, values)
    # the prior stays with the seed: were it to grow with the group, a group could talk itself into any size
    size = float(seed.sum())
    if size < 1.0:
        return np.zeros(len(current))
    for _ in range(ROUNDS):
        total = np.full(len(current), np.log(size / max(len(current) - size, 1.0)))
        if uses is not None:
            total += _counted(*uses, weight)
        for name, bounds in KINDS.items():
            total += np.clip(_valued(main_value(current, name), weight), *bounds)
        total += _newness(seen_before(current, history), weight)
        total += _timed(current, weight)
        weight = 1.0 / (1.0 + np.exp(-np.clip(total, -50, 50)))
    return weight


def _uses(current: Accounts, kind: str, values: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give (N,) requests with the group's values, and (N,) requests in all that could have had them."""
    counts = current.links[kind].counts
    own = np.asarray(counts[:, values].sum(axis=1)).ravel().astype(np.float64)
    name = "text_known" if kind in ("skeleton", "simhash") else "requests"
    return own, np.maximum(current.columns[name].astype(np.float64), own)


def _counted(own: NDArray[np.float64], n: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh the share of an account's requests that have the group's values, binomially, without its own part."""
    inside_own, inside_n = (weight @ own) - weight * own, (weight @ n) - weight * n
    outside = max(float((1 - weight) @ own), 0.0)
    background = (outside + 0.5) / (float((1 - weight) @ n) + 1000.0)
    rate = np.clip((inside_own + 20 * background) / (inside_n + 20), background, 0.999)
    background = min(background, 0.5)
    found = own * np.log(rate / background) + (n - own) * np.log((1 - rate) / (1 - background))
    return np.clip(OVERDISPERSED * found, -MOST_OF_COUNTS, MOST_OF_COUNTS)


def _valued(value: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh the value each account uses most: its share among members, without the account, over its share of all."""
    known = value >= 0
    if not known.any():
        return np.zeros(len(value))
    size = int(value.max()) + 1
    everyone = np.bincount(value[known], minlength=size) / known.sum()
    members = np.bincount(value[known], weights=weight[known], minlength=size)
    place = np.where(known, value, 0)
    own = np.where(known, weight, 0.0)
    share = (members[place] - own + SHRINK * everyone[place]) / (members.sum() - own + SHRINK)
    common = np.where(known, everyone[place], 1.0)  # an account without a value stands at one that nobody may use
    found: NDArray[np.float64] = np.where(known, np.log(np.maximum(share, 1e-12) / common), 0.0)
    return found


def _newness(seen: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(_valued(seen.astype(np.int64), weight), -NEW_AT_MOST, NEW_AT_MOST)


def _timed(current: Accounts, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh in which ten minutes of an hour an account is active, by where in that hour the members are.

    Given the hour, six bins are alike under the null; the members' share of a bin, with `SHRINK_BINS` of everybody's
    added and the account's own part taken out, over a sixth.
    """
    counts: sparse.csr_matrix = current.links["bin"].counts
    if not counts.nnz:
        return np.zeros(len(current))
    hour = _hour_of(current)
    members = np.bincount(counts.indices, weights=np.repeat(weight, np.diff(counts.indptr)), minlength=len(hour))
    within = np.bincount(hour, weights=members)
    row = np.repeat(np.arange(len(current)), np.diff(counts.indptr))
    place = hour[counts.indices]
    # the account's own bins of that hour leave the hour's sum, its own bin the bin's
    mine = sparse.csr_matrix((np.ones(counts.nnz), place, counts.indptr.copy()), shape=(len(current), len(within)))
    mine.sum_duplicates()
    own = weight[row] * np.asarray(mine[row, place]).ravel()
    inside = members[counts.indices] - weight[row] + SHRINK_BINS / BINS_AN_HOUR
    share = np.maximum(inside, 1e-9) / np.maximum(within[place] - own + SHRINK_BINS, 1e-9)
    total = np.bincount(row, weights=np.log(np.maximum(share * BINS_AN_HOUR, 0.1)), minlength=len(current))
    return np.clip(BINS_BELIEVED * total, -BINS_AT_MOST, BINS_AT_MOST)


@once
def _hour_of(current: Accounts) -> NDArray[np.int64]:
    """(bins,) number the hour of each bin of the links."""
    split = [value.split("/") for value in current.links["bin"].values.to_pylist()]
    named = np.array([int(day) * HOURS_A_DAY + int(at) // BINS_AN_HOUR for day, at in split], dtype=np.int64)
    return np.unique(named, return_inverse=True)[1].astype(np.int64)
