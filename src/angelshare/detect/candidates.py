"""Find groups of accounts that may be campaigns: what is new and shared, then who belongs to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from angelshare.core.traffic import Signal
from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import seen_before
from angelshare.detect.group import Candidate
from angelshare.detect.linkage import membership
from angelshare.detect.novelty import new_values, used_by, value_groups
from angelshare.detect.synchrony import IN_STEP, in_step

SMALLEST = 5
"""Accounts that make a group; fewer cannot be told from chance."""
BELONGS = 0.5
"""Probability from which an account is a member."""
MOST = 60
"""Groups looked at, those with the most accounts first."""
UNUSUAL = 1e-4
"""Probability, if members were drawn from everybody, of as many accounts that history does not know."""
SAME = 0.5
"""Share of the smaller of two groups in the larger from which they are one."""


def candidates(current: Accounts, history: Accounts) -> Sequence[Candidate]:
    """Find groups of linked accounts that history does not explain, the largest first; none is a sorry outcome.

    Never compares accounts two by two: work grows with links.
    """
    found = [*_by_templates(current, history), *_by_rhythm(current, history)]
    return _merged(found)


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


def _by_rhythm(current: Accounts, history: Accounts) -> Sequence[Candidate]:
    """Find accounts that keep time with each other and are new to these logs more often than others are."""
    fresh = ~seen_before(current, history)
    out: list[Candidate] = []
    for score in in_step(current, fresh):
        seed = np.where(score >= IN_STEP, 0.9, 0.0) * np.where(fresh, 1.0, 0.3)
        for one in _made(membership(current, history, seed), ["synchrony"]):
            new = int(fresh[one.members].sum())
            if binom.sf(new - 1, len(one), float(fresh.mean())) < UNUSUAL:
                out.append(one)
    return out


def _made(weight: NDArray[np.float64], found_by: Sequence[Signal]) -> Sequence[Candidate]:
    members = np.flatnonzero(weight >= BELONGS)
    if len(members) < SMALLEST:
        return []
    return [Candidate(members=members, weight=weight[members], found_by=tuple(found_by))]


def _merged(found: Sequence[Candidate]) -> Sequence[Candidate]:
    """Make one of groups that hold mostly the same accounts; the largest come first.

    What was found earlier in `found` is drawn more sharply (a template is nobody else's, a rhythm may be): it keeps its
    members, and the other only adds how it was found.
    """
    kept: list[Candidate] = []
    for one in found:
        for place, other in enumerate(kept):
            common = len(np.intersect1d(one.members, other.members, assume_unique=True))
            if common >= SAME * min(len(one), len(other)):
                how = tuple(dict.fromkeys((*other.found_by, *one.found_by)))
                kept[place] = dataclasses.replace(other, found_by=how)
                break
        else:
            kept.append(one)
    return sorted(kept, key=len, reverse=True)
