"""Where requests come from and what they say of themselves."""

from __future__ import annotations

import numpy as np

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, Measured, excess, measured, once, share
from angelshare.detect.signals.pairs import undeclared_pairs

INFRASTRUCTURE = ("ip_prefix", "payment", "user_agent", "api_key")
"""Kinds of link that are infrastructure."""
TOLD = ("no_session", "no_end_user", "no_user_agent")
"""Counts of requests without a field that clients may send."""
RARELY_TOLD = 0.95
"""Share of requests without a field above which it is not the account that leaves it out, but everybody."""


@once
def spread(accounts: Accounts) -> Measured:
    """Measure log of networks and client programs per key, the most of any day."""
    columns = accounts.columns
    places = columns["distinct_ip_prefix"] + columns["distinct_user_agent"]
    keys = np.maximum(columns["distinct_api_key"], 1)
    return measured(accounts, np.log(np.maximum(places, 1) / keys), (places > 0) & (columns["distinct_api_key"] > 0))


def many_places(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members use more networks and programs per key than accounts of like volume, in sd."""
    del history
    return excess(group, spread(current))


@once
def crowding(accounts: Accounts) -> Measured:
    """Measure the mean log of how many accounts share the network of a request."""
    links = accounts.links["ip_prefix"]
    requests = accounts.columns["requests"]
    value = links.counts @ np.log(np.maximum(links.accounts(), 1)) / np.maximum(requests, 1)
    return measured(accounts, np.asarray(value), accounts.columns["distinct_ip_prefix"] > 0)


def aggregated(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members' networks are more crowded than those of accounts of like volume, in sd."""
    del history
    return excess(group, crowding(current))


@once
def untold(accounts: Accounts) -> list[Measured]:
    """Measure the share of requests without each field of `TOLD` that somebody sends."""
    total = max(int(accounts.columns["requests"].sum()), 1)
    return [share(accounts, name) for name in TOLD if accounts.columns[name].sum() < RARELY_TOLD * total]


def stripped(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members leave out more of what clients say of themselves, in sd, averaged over fields.

    None where nobody sends any.
    """
    del history
    some = [value for over in untold(current) if (value := excess(group, over)) is not None]
    return float(np.mean(some)) if some else None


def shared_infrastructure(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log of how many more pairs share a seldom network, payment, program or key than expected.

    Pairs of one organisation, or of one private e-mail domain, are left out: they are declared to belong together.
    """
    del history
    return undeclared_pairs(group, current, INFRASTRUCTURE)
