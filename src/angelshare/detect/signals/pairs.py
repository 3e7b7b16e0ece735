"""Pairs of a group's accounts that have a seldom value in common, against what chance would give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, main_value, once, private_domain

SOME = 0.01
"""Rate of pairs, weighed by rarity, that is added to both sides of a ratio, so that a pair by chance is no mountain."""


@once
def _weights(accounts: Accounts, kind: str) -> tuple[NDArray[np.float64], float]:
    """Give (V,) rarity of each value in 0..1, and the weighed chance that two draws from all links meet in one."""
    links = accounts.links[kind]
    had = links.accounts()
    weight = links.rarity() / max(float(np.log(max(len(accounts), 2))), 1e-9)
    total = max(float(had.sum()), 1.0)
    return weight, float(weight @ (had * np.maximum(had - 1, 0))) / total**2


def excess_pairs(
    group: Group, accounts: Accounts, kind: str, *, apart: Sequence[NDArray[np.int64]] = ()
) -> float | None:
    """Give the logarithm of how many more pairs share a value than a configuration model expects.

    Observed: pairs of members with a value in common, each value weighed by its rarity log(N / accounts) / log N.
    Expected: the same if each member drew as many values as it has from all links, which is the configuration model
    of a bipartite graph: the sum over values of weight * (accounts / links) ** 2 times the product of both degrees.
    Both over the number of all pairs, plus `SOME`: a rate, whatever the group's size.

    Args:
        group: rows of `accounts`.
        accounts: with `links[kind]`.
        kind: of link.
        apart: no or two labels of all accounts, -1 for none; pairs with the same one of either are left out on both
            sides.

    Returns None where the logs have no value of the kind or the group no pair.
    """
    links = accounts.links[kind]
    n = len(group)
    if not len(links.values) or n < 2:  # noqa: PLR2004 - a pair
        return None
    weight, chance = _weights(accounts, kind)
    mine = links.counts[group]
    degree = np.diff(mine.indptr).astype(np.float64)
    meeting = float(weight @ _pairs(np.bincount(mine.indices, minlength=len(weight)))) * 2
    among = float(degree.sum() ** 2 - (degree @ degree))
    for sign, side in _signed([label[group] for label in apart]):
        met, products = _within(side, mine.indptr, mine.indices, weight=weight)
        meeting, among = meeting - sign * met, among - sign * products
    possible = float(n) * (n - 1)
    return float(np.log((max(meeting, 0.0) / possible + SOME) / (chance * max(among, 0.0) / possible + SOME)))


def _signed(sides: Sequence[NDArray[np.int64]]) -> list[tuple[int, NDArray[np.int64]]]:
    """Count pairs on the same side of either of two labels: those of each, less those of both."""
    some = [(1, side) for side in sides]
    if len(sides) == 2:  # noqa: PLR2004 - of either
        first, second = sides
        both = np.where((first >= 0) & (second >= 0), first * (second.max(initial=0) + 1) + second, -1)
        some.append((-1, both))
    return some


def _pairs(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(counts * (counts - 1) / 2.0)


def _within(
    side: NDArray[np.int64], ends: NDArray[np.int32], values: NDArray[np.int32], *, weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Give, for ordered pairs on one side: those that meet, weighed, and the sum of their products of degrees."""
    sides, place = np.unique(side, return_inverse=True)
    place = np.where(side >= 0, place, -1)
    degree = np.diff(ends)
    of = np.repeat(place, degree)
    declared = of >= 0
    key, times = np.unique(values[declared].astype(np.int64) * len(sides) + of[declared], return_counts=True)
    here = place >= 0
    whole = np.bincount(place[here], weights=degree[here], minlength=len(sides))
    products = float(whole @ whole - (degree[here].astype(np.float64) ** 2).sum())
    return float(weight[key // len(sides)] @ _pairs(times)) * 2, products


def undeclared_pairs(group: Group, accounts: Accounts, kinds: Sequence[str]) -> float | None:
    """Average `excess_pairs` over the kinds that the logs have, of pairs that no organisation or domain explains.

    None if they have none.
    """
    apart = (main_value(accounts, "org"), private_domain(accounts))
    some = [value for kind in kinds if (value := excess_pairs(group, accounts, kind, apart=apart)) is not None]
    return float(np.mean(some)) if some else None
