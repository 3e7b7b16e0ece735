"""What a group is held against: accounts of like volume outside it, and what of it is declared to belong together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar, TypeVarTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts

Given = TypeVarTuple("Given")
Made = TypeVar("Made")
Group = NDArray[np.intp]
"""Rows of `Accounts`, each once."""

KEPT_ACCOUNTS = 4
"""Sets of accounts for which results are remembered: a period, its history, and the two of the comparison before."""
STRATA = 8
"""Classes of volume, by requests per active day, of as equal size as ties allow."""
LEAST = 3
"""Accounts of a group that must be measurable for their mean to say something."""
FEWEST_OTHERS = 20
"""Accounts outside the group that must be measurable for a cohort."""
LIKENESS = 0.05
"""Intra-class correlation assumed of accounts that belong to one honest organisation."""
PRIOR = 2.0
"""Requests that the population's share counts for in an account's own."""
OPEN_DOMAIN = 0.01
"""Share of all accounts above which an e-mail domain is one that anybody can have."""
SMALLEST_SD = 0.02
"""Standard deviation below which a cohort counts as alike: a share that nobody varies is no yardstick."""


def once(make: Callable[[Accounts, *Given], Made]) -> Callable[[Accounts, *Given], Made]:
    """Remember what `make` gave for the last `KEPT_ACCOUNTS` sets of accounts, told apart by identity: none changes."""
    held: OrderedDict[tuple[int | str, ...], tuple[tuple[object, ...], Made]] = OrderedDict()

    @wraps(make)
    def remembered(accounts: Accounts, /, *args: *Given) -> Made:
        key = (id(accounts), *(arg if isinstance(arg, str) else id(arg) for arg in args))
        if key not in held:
            # the arguments are held with the result, so that no other object can come to have their id
            held[key] = ((accounts, *args), make(accounts, *args))
            while len({first for first, *_ in held}) > KEPT_ACCOUNTS:
                held.popitem(last=False)
        held.move_to_end(key)
        return held[key][1]

    return remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One value for each of N accounts, with the sums that let a group be taken out of its cohort."""

    value: NDArray[np.float64]
    """(N,) finite; 0 where not known."""

    known: NDArray[np.bool_]
    """(N,) whether the account has a value."""

    stratum: NDArray[np.intp]
    """(N,) class of volume."""

    sums: NDArray[np.float64]
    """(3, STRATA) known accounts, sum of their values, and of the squares."""


def measured(
    accounts: Accounts, value: NDArray[np.float64], known: NDArray[np.bool_], *, flat: bool = False
) -> Measured:
    """Put values of all accounts into classes of volume, or into one class if `flat`."""
    stratum = np.zeros(len(accounts), dtype=np.intp) if flat else strata(accounts)
    kept = np.where(known, value, 0.0)
    return Measured(value=kept, known=known, stratum=stratum, sums=_sums(stratum[known], kept[known]))


def _sums(stratum: NDArray[np.intp], value: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = (np.ones(len(value)), value, value * value)
    return np.stack([np.bincount(stratum, weights=some, minlength=STRATA) for some in weights])


@once
def strata(accounts: Accounts) -> NDArray[np.intp]:
    """(N,) class each account by its requests per active day."""
    rate = volume(accounts)
    bounds = np.unique(np.quantile(rate, np.arange(1, STRATA) / STRATA)) if len(rate) else np.empty(0)
    return np.searchsorted(bounds, rate, side="right").astype(np.intp)


@once
def volume(accounts: Accounts) -> NDArray[np.float64]:
    """(N,) requests per active day."""
    return np.asarray(accounts.columns["requests"] / np.maximum((accounts.active > 0).sum(axis=1), 1))


def share(accounts: Accounts, count: str, of: str = "requests") -> Measured:
    """Give the share of `count` in `of`, drawn to the population's by `PRIOR` requests of it."""
    part, whole = accounts.columns[count], accounts.columns[of]
    known = whole > 0
    overall = float(part.sum()) / max(float(whole.sum()), 1.0)
    return measured(accounts, (part + PRIOR * overall) / (whole + PRIOR), known)


def excess(group: Group, over: Measured) -> float | None:
    """Say by how much a group's mean value exceeds that of accounts of like volume outside it.

    In standard deviations of the mean of a group of this size: sd * sqrt(r + (1 - r) / n) with r = `LIKENESS`, the
    design effect of cluster sampling. Honest groups are alike within, so their means do not come as close to the
    population's as those of random accounts would; with r they are on one scale whatever their size. None with fewer
    than `LEAST` measurable members, or fewer than `FEWEST_OTHERS` others.
    """
    mine = group[over.known[group]]
    if len(mine) < LEAST:
        return None
    value, stratum = over.value[mine], over.stratum[mine]
    own = _sums(stratum, value)
    rest = over.sums - own
    total = rest.sum(axis=1)
    if total[0] < FEWEST_OTHERS:
        return None
    few = rest[0] < FEWEST_OTHERS
    n, added, squares = np.where(few, total[:, None], rest)
    mean = added / n
    variance = np.maximum(squares / n - mean * mean, 0.0)
    weight = own[0] / len(mine)
    sd = max(float(np.sqrt(weight @ variance)), SMALLEST_SD)
    return float(value.mean() - weight @ mean) / (sd * float(np.sqrt(LIKENESS + (1 - LIKENESS) / len(mine))))


@once
def seen_before(current: Accounts, history: Accounts) -> NDArray[np.bool_]:
    """(N,) whether each account of `current` is in `history`."""
    found = pc.is_in(pa.array(current.ids, pa.string()), value_set=pa.array(history.ids, pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


@once
def main_value(accounts: Accounts, kind: str) -> NDArray[np.int64]:
    """(N,) the value of a kind of link each account used most, as its column; -1 for none."""
    counts = accounts.links[kind].counts
    ends = counts.indptr
    top = np.full(len(accounts), -1, dtype=np.int64)
    some = np.flatnonzero(np.diff(ends))
    if len(some):
        row = np.repeat(np.arange(len(accounts)), np.diff(ends))
        # the last of each row in the order of its counts; of equals the first value
        order = np.lexsort((-counts.indices, counts.data, row))
        top[some] = counts.indices[order][ends[some + 1] - 1]
    return top


@once
def private_domain(accounts: Accounts) -> NDArray[np.int64]:
    """(N,) the e-mail domain of each account, as its column; -1 for none and for those open to everybody."""
    links = accounts.links["email_domain"]
    mine = main_value(accounts, "email_domain")
    had = np.append(links.accounts(), 0)
    return np.where(had[mine] <= max(OPEN_DOMAIN * len(accounts), FEWEST_OTHERS), mine, -1)


def together(group: Group, accounts: Accounts, kind: str) -> float | None:
    """Give the share of a group's members whose main value of a kind of link is the group's commonest.

    None where the logs have no value of that kind at all; a member without one shares nothing.
    """
    if not len(accounts.links[kind].values) or not len(group):
        return None
    mine = main_value(accounts, kind)[group]
    known = mine[mine >= 0]
    return float(np.unique(known, return_counts=True)[1].max() / len(group)) if len(known) else 0.0


def start_of(accounts: Accounts) -> int:
    """Give the first instant of the period, in microseconds since 1970."""
    return int(np.datetime64(accounts.days[0], "us").astype(np.int64))


def end_of(accounts: Accounts) -> int:
    """Give the instant after the period's last day, in microseconds since 1970."""
    return int((np.datetime64(accounts.days[-1], "D") + 1).astype("datetime64[us]").astype(np.int64))
