"""How a group of accounts behaves: one set of parameters for honest tenants and for campaigns alike.

Both go through the same generator, so nothing but these numbers tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record

Clock: TypeAlias = Literal["people", "office", "night", "round-the-clock"]
"""When requests come: as real clients' rate series have it, in working hours, in one nightly hour, all day."""


@record
class Shape:
    """The behaviour of a group of accounts."""

    why: str
    """The honest cause, or the public report."""

    per_account_day: float = 6.0
    """Mean requests per account and day."""

    spread: float = 0.9
    """Standard deviation of the logarithm of that mean between accounts, before `ceiling` cuts it."""

    ceiling: float = 300.0
    """Largest rate of an account against the median: a rate limit, or how a group shares its load out."""

    cover: float = 0.2
    """Share of requests that are the ordinary use of the population."""

    families: Sequence[str] = ("app",)
    """Prompt families the group's own requests come from."""

    templates: int = 0
    """Templates the group's own requests fill; 0 sends the families' prompts as they are."""

    jobs: int = 0
    """Templates that one account fills in a week, its share of the work; 0 gives it any of them."""

    paraphrased: float = 0.0
    """Share of filled templates whose wording is changed afresh."""

    repeats: float = 0.0
    """Share of own requests that come from a fixed list, the same every day."""

    clock: Clock = "people"
    """When requests come."""

    synchronised: float = 0.0
    """Share of own requests that come in bursts shared by the accounts."""

    bursts: int = 6
    """Bursts per day."""

    burst_minutes: float = 12.0
    """Length of a burst."""

    one_org: float = 0.0
    """Share of accounts in one organisation."""

    one_network: float = 0.0
    """Share of accounts on the group's address prefixes."""

    networks: int = 6
    """Address prefixes of the group; honest accounts sit on them too."""

    cloud: float = 0.35
    """Share of accounts that call from a cloud or hosting network."""

    payees: int = 1
    """Accounts that pay by one means of payment, where they share one."""

    one_payer: float = 0.0
    """Share of accounts that pay so; the others pay as the population does."""

    one_domain: float = 0.0
    """Share of accounts with the group's e-mail domain."""

    one_agent: float = 0.0
    """Share of accounts with the group's client software."""

    agents: int = 1
    """Client programs of the group."""

    fresh: float = 0.15
    """Share of accounts opened in the days before they start."""

    paid: float = 0.3
    """Share of accounts on a plan above the free one."""

    fixed_sampling: float = 0.25
    """Share of accounts whose programs ask at temperature 0."""

    end_users: int = 0
    """End users behind an account; 0 names none."""

    strips: float = 0.45
    """Share of accounts that send no session or end-user id."""

    retarget: float = 0.0
    """Share of own requests that go to a new model within a day of its release."""

    blocked: float = 0.0
    """Share of accounts blocked per day; another takes over within minutes."""

    rotate_days: int = 0
    """Days after which an account hands over to a fresh one; 0 keeps it."""

    ramp_days: int = 0
    """Days over which its accounts start, one after another; 0 starts all at once."""

    errors: float = 0.01
    """Share of requests turned away for rate (429) or capacity (503)."""

    hours: float = 0.0
    """Shift of the group's day against UTC, hours; accounts elsewhere keep their own."""
