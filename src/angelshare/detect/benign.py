"""Groups of the operator's own benign history that belong together for honest reasons: what a case is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.candidates import SMALLEST
from angelshare.detect.cohort import Group, main_value

LINKED: Mapping[str, int] = {"org": 400, "payment": 100, "email_domain": 150, "ip_prefix": 150, "skeleton": 250}
"""Kinds of link whose values make benign groups, with the most groups taken of each, at random."""
LARGEST = 400
"""Accounts of a benign group at most; of a larger one so many are drawn."""
ALIKE = 0.8
"""Jaccard index from which two groups are one, so that a firm is not counted once per kind of link."""


def benign_groups(history: Accounts, *, rng: Generator) -> list[Group]:
    """Give groups of accounts that share something in a period held to be benign, each about once.

    Organisations, accounts on one means of payment, e-mail domain or network, and accounts that fill one template.
    """
    kept: list[Group] = []
    for kind, most in LINKED.items():
        groups = [_drawn(group, rng) for group in _sharing(history, kind)]
        chosen = rng.permutation(len(groups))[:most]
        kept += _different([groups[place] for place in np.sort(chosen)], kept)
    return kept


def random_groups(history: Accounts, sizes: NDArray[np.intp], *, rng: Generator) -> list[Group]:
    """Draw groups of given sizes at random: what chance alone gathers."""
    n = len(history)
    return [np.sort(rng.choice(n, size=min(int(size), n), replace=False)).astype(np.intp) for size in sizes]


def _drawn(group: Group, rng: Generator) -> Group:
    if len(group) <= LARGEST:
        return group
    return np.sort(rng.choice(group, size=LARGEST, replace=False))


def _sharing(accounts: Accounts, kind: str) -> Iterator[Group]:
    """Give, by value, the accounts that have it: all of those for a template, by their main value otherwise."""
    links = accounts.links.get(kind)
    if links is None or not len(links.values):
        return
    if kind == "skeleton":
        columns = links.counts.tocsc()
        ends, rows = columns.indptr, columns.indices
    else:
        value = main_value(accounts, kind)
        known = np.flatnonzero(value >= 0)
        rows = known[np.argsort(value[known], kind="stable")]
        ends = np.concatenate([[0], np.cumsum(np.bincount(value[known], minlength=len(links.values)))])
    for start, end in pairwise(ends.tolist()):
        if end - start >= SMALLEST:
            yield np.sort(rows[start:end]).astype(np.intp)


def _different(groups: list[Group], before: list[Group]) -> list[Group]:
    """Leave out groups that are about the same as another."""
    out: list[Group] = []
    held: dict[int, list[Group]] = {}
    for group in before:
        for account in group.tolist():
            held.setdefault(account, []).append(group)
    for group in groups:
        if any(_jaccard(group, other) >= ALIKE for account in group[:3].tolist() for other in held.get(account, ())):
            continue
        out.append(group)
        for account in group.tolist():
            held.setdefault(account, []).append(group)
    return out


def _jaccard(first: Group, second: Group) -> float:
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)
