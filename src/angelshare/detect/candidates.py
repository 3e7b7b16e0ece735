"""Find groups of accounts that may be campaigns: what is new and shared, then who belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import Signal
from angelshare.detect.accounts import Accounts
from angelshare.detect.group import Candidate
from angelshare.detect.linkage import membership
from angelshare.detect.novelty import new_values, used_by, value_groups

SMALLEST = 5
"""Accounts that make a group; fewer cannot be told from chance."""
BELONGS = 0.5
"""Probability from which an account is a member."""
MOST = 60
"""Groups looked at, those with the most accounts first."""
SAME = 0.5
"""Share of the smaller of two groups in the larger from which they are one."""


def candidates(current: Accounts, history: Accounts) -> Sequence[Candidate]:
    """Find groups of linked accounts that history does not explain, the largest first; none is a sorry outcome.

    Never compares accounts two by two: work grows with links.
    """
    found = [*_by_templates(current, history)]
    return _merged(found, current)


def _by_templates(current: Accounts, history: Accounts) -> Sequence[Candidate]:
    """Find accounts that fill the same templates that are new in this period."""
    if not len(current.links["skeleton"].values):
        return []
    values = new_values(current, history, "skeleton")
    used = used_by(current, "skeleton", values)
    groups = [(group, np.asarray(used[:, group].sum(axis=1)).ravel()) for group in value_groups(used)]
    groups.sort(key=lambda pair: -int((pair[1] > 0).sum()))
    out: list[Candidate] = []
    for group, times in groups[:MOST]:
        seed = np.where(times > 0, 0.5 + 0.5 * np.minimum(times, 2) / 2, 0.0)
        weight = membership(current, history, seed, kind="skeleton", values=values[group])
        out += _made(weight, ["template-sharing"])
    return out


def _made(weight: NDArray[np.float64], found_by: Sequence[Signal]) -> Sequence[Candidate]:
    members = np.flatnonzero(weight >= BELONGS)
    if len(members) < SMALLEST:
        return []
    return [Candidate(members=members, weight=weight[members], found_by=tuple(found_by))]


def _merged(found: Sequence[Candidate], current: Accounts) -> Sequence[Candidate]:
    """Make one of groups that hold mostly the same accounts, each account with its highest probability."""
    kept: list[Candidate] = []
    for one in sorted(found, key=len, reverse=True):
        for place, other in enumerate(kept):
            if len(np.intersect1d(one.members, other.members, assume_unique=True)) >= SAME * len(one):
                kept[place] = _union(other, one, len(current))
                break
        else:
            kept.append(one)
    return sorted(kept, key=len, reverse=True)


def _union(first: Candidate, second: Candidate, n: int) -> Candidate:
    weight = np.zeros(n)
    for one in (first, second):
        weight[one.members] = np.maximum(weight[one.members], one.weight)
    members = np.flatnonzero(weight > 0)
    found_by = tuple(dict.fromkeys((*first.found_by, *second.found_by)))
    return Candidate(members=members, weight=weight[members], found_by=found_by)
