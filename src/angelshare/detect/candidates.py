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
from angelshare.detect.novelty import tied
from angelshare.detect.synchrony import IN_STEP, in_step

SMALLEST = 8
"""Accounts that make a group; what fewer have in common is too often chance to be decided at any small budget."""
SEED = 3
"""Accounts tied together from which others are looked for."""
KINDS = ("skeleton", "payment")
"""Kinds of link of which a new shared value ties: two strangers seldom come to share one by chance."""
BELONGS = 0.5
"""Probability from which an account is a member."""
UNTIED = 0.75
"""The same for an account that nothing new ties to the others."""
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
    found = [*_by_ties(current, history), *_by_rhythm(current, history)]
    return _merged(found)


def _by_ties(current: Accounts, history: Accounts) -> Sequence[Candidate]:
    """Find accounts that share templates, or means of payment, that nobody shared before."""
    out: list[Candidate] = []
    for tie in tied(current, history, KINDS)[:MOST]:
        if len(tie.rows) < SEED:
            break
        seed = np.zeros(len(current))
        seed[tie.rows] = np.where(tie.times > 1, 0.95, 0.8)
        weight = membership(current, history, seed, kind="skeleton", values=tie.values)
        weight = np.where((seed > 0) | (weight >= UNTIED), weight, 0.0)
        out += _made(weight, ["template-sharing"] if len(tie.values) else ["shared-infrastructure"])
    return _together(out, len(current))


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


def _together(found: Sequence[Candidate], n: int) -> Sequence[Candidate]:
    """Make one of groups that hold mostly the same accounts, each account with its highest probability."""
    kept: list[Candidate] = []
    for one in sorted(found, key=len, reverse=True):
        place = next((at for at, other in enumerate(kept) if _same(one, other)), None)
        if place is None:
            kept.append(one)
            continue
        weight = np.zeros(n)
        for part in (kept[place], one):
            weight[part.members] = np.maximum(weight[part.members], part.weight)
        how = tuple(dict.fromkeys((*kept[place].found_by, *one.found_by)))
        members = np.flatnonzero(weight)
        kept[place] = Candidate(members=members, weight=weight[members], found_by=how)
    return kept


def _same(one: Candidate, other: Candidate) -> bool:
    common = len(np.intersect1d(one.members, other.members, assume_unique=True))
    return common >= SAME * min(len(one), len(other))


def _merged(found: Sequence[Candidate]) -> Sequence[Candidate]:
    """Make one of groups that hold mostly the same accounts; the largest come first.

    What was found earlier in `found` is drawn more sharply (a template is nobody else's, a rhythm may be): it keeps its
    members, and the other only adds how it was found.
    """
    kept: list[Candidate] = []
    for one in found:
        for place, other in enumerate(kept):
            if _same(one, other):
                how = tuple(dict.fromkeys((*other.found_by, *one.found_by)))
                kept[place] = dataclasses.replace(other, found_by=how)
                break
        else:
            kept.append(one)
    return sorted(kept, key=len, reverse=True)
