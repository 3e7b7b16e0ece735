"""Honest workloads that look like a campaign: what each shows, condition by condition, and how well it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from angelshare.core.traffic import LookAlike
from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group
from angelshare.detect.cut import halves
from angelshare.detect.traits import TRAITS

RECOGNISED = 0.5
"""Fit from which a workload is an explanation."""
MOST_CUTS = 2
"""Times a group is cut in two, and a part again."""
PART = 0.1
"""Share of a group in one organisation from which, and up to one less it, the group may have parts."""
STEEP = 4.0
"""Logits between the middle and the edge of a condition's width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing an honest workload of a kind shows."""

    trait: str
    """Which, see `traits.TRAITS`."""

    side: Literal["at least", "at most"]
    """Which side of `bound`."""

    bound: float
    """Value at which the condition is met by half."""

    width: float
    """Distance from `bound` at which it is met, or missed, by 98 in 100."""

    def met(self, value: float) -> float:
        """Say how far the condition is met, 0..1."""
        sign = 1.0 if self.side == "at least" else -1.0
        return float(1 / (1 + np.exp(-np.clip(sign * STEEP * (value - self.bound) / self.width, -30.0, 30.0))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A condition held against a group."""

    condition: Condition
    """Which."""

    observed: float | None
    """The group's value; None where the logs cannot say."""

    met: float | None
    """How far it is met, 0..1."""


def _least(trait: str, bound: float, width: float) -> Condition:
    return Condition(trait=trait, side="at least", bound=bound, width=width)


def _most(trait: str, bound: float, width: float) -> Condition:
    return Condition(trait=trait, side="at most", bound=bound, width=width)


PROFILES: Mapping[LookAlike, Sequence[Condition]] = {
    # one organisation, the same hours every night, deterministic, the same prompts again
    "nightly-evaluation": (
        _least("night", 0.7, 0.2), _least("declared", 0.6, 0.2), _least("greedy", 0.6, 0.25),
        _least("repeated", 0.3, 0.2),
    ),
    # one organisation writes texts of many kinds at all hours, sampled, through templates of its own
    "synthetic-data": (
        _least("declared", 0.65, 0.15), _least("networks", 0.5, 0.2), _least("any hour", 0.91, 0.05),
        _least("few templates", 0.55, 0.2), _most("repeated", 0.12, 0.08), _most("greedy", 0.5, 0.2),
    ),
    # one organisation, in office hours, starting together, about code
    "ci-agents": (
        _least("declared", 0.7, 0.2), _least("office", 0.8, 0.15), _most("night", 0.6, 0.2),
        _least("synchrony", 0.18, 0.1), _least("greedy", 0.4, 0.2),
    ),
    # one organisation, one network, few templates with short answers over long texts, at all hours
    "rag-backfill": (
        _least("declared", 0.75, 0.2), _least("networks", 0.75, 0.2), _least("few templates", 0.8, 0.12),
        _least("any hour", 0.88, 0.07), _most("repeated", 0.45, 0.1), _least("greedy", 0.4, 0.2),
        _most("greedy", 0.78, 0.08),
    ),
    # one organisation that meets the server's own faults and has end users
    "failover-router": (
        _least("declared", 0.5, 0.2), _least("faults", 0.008, 0.004), _least("limited", 0.017, 0.008),
    ),
    # the same prompts round the clock, all at once
    "drift-monitor": (
        _least("repeated", 0.4, 0.2), _least("any hour", 0.91, 0.05), _least("declared", 0.6, 0.2),
        _least("greedy", 0.5, 0.2),
    ),
    # one organisation, one key in many places, people's hours
    "shared-team-key": (
        _least("places per key", 0.95, 0.15), _least("declared", 0.6, 0.2), _most("few templates", 0.65, 0.15),
        _most("end users", 0.6, 0.3), _most("any hour", 0.92, 0.05), _most("synchrony", 0.16, 0.08),
    ),
    # many end users named, few networks, prompts of every kind
    "gateway": (
        _least("end users", 0.42, 0.2), _least("networks", 0.45, 0.2), _most("few templates", 0.5, 0.15),
        _least("undeclared infrastructure", 0.9, 0.4), _most("synchrony", 0.16, 0.08),
    ),
    # a new model, measured on the day it is there, and hardly anything else
    "release-day-benchmark": (
        _least("moved at once", 0.45, 0.1), _least("few templates", 0.4, 0.2), _least("greedy", 0.25, 0.15),
        _most("synchrony", 0.42, 0.1),
    ),
    # one organisation in office hours that asks for reasons, through few templates
    "reasoning-audit": (
        _least("reasoning asked", 0.38, 0.15), _least("declared", 0.65, 0.2), _least("office", 0.75, 0.15),
        _least("few templates", 0.7, 0.15), _most("synchrony", 0.22, 0.1), _most("end users", 0.9, 0.4),
    ),
    # one organisation's staff in office hours, each with customers
    "human-support": (
        _least("end users", 0.9, 0.4), _least("declared", 0.75, 0.2), _least("office", 0.75, 0.15),
        _most("synchrony", 0.25, 0.1),
    ),
    # opened together and at once in use, from one place
    "new-tenant": (
        _least("young", 0.75, 0.2), _least("opened together", 1.05, 0.4), _least("networks", 0.4, 0.2),
        _least("declared", 0.16, 0.1),
    ),
    # one team in office hours, many wordings of few ideas, no end users
    "red-team": (
        _least("declared", 0.35, 0.2), _least("office", 0.75, 0.15), _most("few templates", 0.75, 0.15),
        _most("end users", 0.6, 0.3), _least("no session", 0.4, 0.15), _most("synchrony", 0.22, 0.1),
    ),
    # one organisation, one prompt, deterministic, at all hours
    "batch-classifier": (
        _least("declared", 0.75, 0.2), _least("few templates", 0.8, 0.12), _least("greedy", 0.68, 0.1),
        _least("any hour", 0.85, 0.08), _most("repeated", 0.5, 0.1),
    ),
}  # fmt: skip
"""What each workload shows, after the eleven that an open self-check of AA26-251A lists, and three of ours. Bounds are
ours, chosen on simulated worlds of seeds below 100."""


def explain(group: Group, current: Accounts, history: Accounts) -> Sequence[tuple[LookAlike, float]]:
    """Say how well each honest workload's profile fits a group, 0..1, best first.

    The fit is that of the worst of its conditions that the logs can check, times the share of its "at least"
    conditions that they can: a profile is as good as its weakest point, and what is not seen speaks for nobody. The
    first condition of a profile is its mark; where that cannot be checked, the fit is 0.
    A search may join two workloads: where none is recognised, the group is cut in two, and twice at most. If every
    part is recognised, the largest part's workload has the fit of the worst of them.
    """
    return _explain(group, current, history, cuts=MOST_CUTS)


def _explain(group: Group, current: Accounts, history: Accounts, *, cuts: int) -> Sequence[tuple[LookAlike, float]]:
    found = values(group, current, history)
    whole = fits(found)
    tied = found["declared"]
    if not cuts or whole[0][1] >= RECOGNISED or tied is None or not PART <= tied <= 1 - PART:
        return whole
    parts = halves(group, current)
    if parts is None:
        return whole
    told = [_explain(part, current, history, cuts=cuts - 1) for part in parts]
    worst = min(part[0][1] for part in told)
    if worst < RECOGNISED:
        return whole
    joint = [(kind, worst if kind == told[0][0][0] else fit) for kind, fit in whole]
    return sorted(joint, key=lambda pair: -pair[1])


def values(group: Group, current: Accounts, history: Accounts) -> dict[str, float | None]:
    """Compute the traits that profiles ask for."""
    names = {condition.trait for profile in PROFILES.values() for condition in profile}
    return {name: TRAITS[name](group, current, history) for name in sorted(names)}


def fits(found: Mapping[str, float | None]) -> Sequence[tuple[LookAlike, float]]:
    """Say how well each profile fits the traits of a group, best first."""
    some: list[tuple[LookAlike, float]] = [(kind, _fit(check(found, profile))) for kind, profile in PROFILES.items()]
    return sorted(some, key=lambda pair: -pair[1])


def checked(kind: LookAlike, group: Group, current: Accounts, history: Accounts) -> Sequence[Checked]:
    """Hold each condition of one honest workload against a group, for a reviewer to read."""
    return check(values(group, current, history), PROFILES[kind])


def check(found: Mapping[str, float | None], profile: Sequence[Condition]) -> Sequence[Checked]:
    """Hold conditions against traits."""
    some = []
    for condition in profile:
        value = found[condition.trait]
        met = None if value is None else condition.met(value)
        some.append(Checked(condition=condition, observed=value, met=met))
    return some


def _fit(some: Sequence[Checked]) -> float:
    # the first condition is the profile's mark: a benchmark of a release that did not happen fits nothing
    if some[0].met is None:
        return 0.0
    met = [one.met for one in some if one.met is not None]
    shown = [one.met is not None for one in some if one.condition.side == "at least"]
    return min(met) * sum(shown) / len(shown)
