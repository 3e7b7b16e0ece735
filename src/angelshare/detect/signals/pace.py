"""When and how much: day and night, the first day, and what the plan would lead one to expect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, Measured, excess, measured, once, seen_before, volume

HOURS_A_DAY = 24
FEWEST = 4
"""Requests an account needs for its rhythm to be seen."""
YOUNG_US = 30 * 86_400 * 1_000_000
"""Microseconds after its opening during which an account counts as new."""


@once
def rhythm(accounts: Accounts) -> Measured:
    """Measure how little an account keeps to hours: 1 less its squared mean direction on the clock, in -0.. 2.

    The squared length of the mean of unit vectors at the requests' hours, without its bias:
    (|sum|^2 - n) / (n (n - 1)): 0 for requests at any hour, 1 for all at one (Rayleigh's statistic).
    """
    by_hour = accounts.week.reshape(len(accounts), -1, HOURS_A_DAY).sum(axis=1)
    n = by_hour.sum(axis=1)
    angle = 2 * np.pi * np.arange(HOURS_A_DAY) / HOURS_A_DAY
    length = (by_hour @ np.cos(angle)) ** 2 + (by_hour @ np.sin(angle)) ** 2
    return measured(accounts, 1 - (length - n) / np.maximum(n * (n - 1), 1), n >= FEWEST)


def sustained(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members keep less to hours of the day than accounts of like volume, in standard deviations."""
    del history
    return excess(group, rhythm(current))


@once
def first_day_rate(accounts: Accounts, history: Accounts) -> Measured:
    """Measure log first day over the mean day after it, of accounts that are new: not in the history, opened lately."""
    active = accounts.active
    n, days = active.shape
    first = (active > 0).argmax(axis=1)
    later = days - 1 - first
    opening = active[np.arange(n), first]
    mean = (active.sum(axis=1) - opening) / np.maximum(later, 1)
    young = accounts.columns["first_at"] - accounts.columns["created_at"] <= YOUNG_US
    new = ~seen_before(accounts, history) & (young | ~accounts.known["created_at"])
    return measured(accounts, np.log((opening + 0.5) / (mean + 0.5)), new & (later >= 1))


def no_ramp(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much new members start higher against their later days than other new accounts do."""
    return excess(group, first_day_rate(current, history))


@once
def over_plan(accounts: Accounts) -> Measured:
    """Measure log tokens per active day less the mean of accounts on the same plan, in their standard deviations."""
    known = (accounts.columns["tokens_known"] > 0) & (accounts.plan != None)  # noqa: E711 - element by element
    tokens = accounts.columns["input_tokens"] + accounts.columns["output_tokens"]
    days = np.maximum((accounts.active > 0).sum(axis=1), 1)
    value = np.log1p(tokens / days)
    result = np.zeros(len(accounts))
    for plan in sorted(set(accounts.plan[known].tolist())):
        of = known & (accounts.plan == plan)
        result[of] = (value[of] - value[of].mean()) / max(float(value[of].std()), 0.1)
    return measured(accounts, result, known, flat=True)


def over_subscription(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members draw more tokens a day than others on their plans, in standard deviations."""
    del history
    return excess(group, over_plan(current))


def requests_a_day(group: Group, current: Accounts) -> NDArray[np.float64]:
    """(group,) requests per active day of each member."""
    return volume(current)[group]
