"""What a simulated provider is asked to hold: days, honest accounts, look-alike tenants, campaigns, events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import decode_toml
from angelshare.core.traffic import LookAlike

TenantKind: TypeAlias = LookAlike | Literal["shared-app", "viral-template"]
"""Honest workloads that look like a campaign; the last two are of the world alone."""

Preset: TypeAlias = Literal[
    "hydra-100", "hydra-50", "hydra-25", "low-rate-relay", "fixed-prompt-cot", "slow-drip", "silent-relay",
    "day-one-retarget", "failover-pools", "grader",
]  # fmt: skip
"""Campaigns shaped after public reports."""

Adaptation: TypeAlias = Literal["jitter", "paraphrase", "blend", "rotate", "separate"]
"""What a simulated campaign does to be harder to find; each has its price in `presets.COST`."""


@record
class TenantPlan:
    """Honest tenants of one kind."""

    kind: TenantKind
    """Which honest workload."""

    tenants: int = 1
    """Independent tenants of this kind."""

    accounts: int = 12
    """Accounts of each."""

    first_day: int = 0
    """Day the tenants arrive, counted from 0; they stay to the end."""

    per_account_day: float | None = None
    """Mean requests per account and day; the kind's own when absent."""


@record
class CampaignPlan:
    """One simulated campaign."""

    name: str
    """Its name in the truth file."""

    preset: Preset
    """Which public report it is shaped after."""

    accounts: int
    """Accounts at work at one time."""

    first_day: int
    """Its first day, counted from 0."""

    days: int
    """Days it lasts."""

    per_account_day: float | None = None
    """Mean requests per account and day; the report's when absent."""

    mix: float | None = None
    """Share of its requests made for the campaign, the rest being ordinary use; the preset's when absent."""

    spread: float | None = None
    """Standard deviation of the logarithm of the rate between its accounts; that of honest accounts when absent."""

    adaptive: Sequence[Adaptation] = ()
    """What it does to be harder to find."""


@record
class Event:
    """Something that changes honest traffic."""

    kind: Literal["release", "holiday", "language-shift"]
    """A new model; a day on which offices are closed; a wave of users who write another language."""

    day: int
    """First day of it, counted from 0."""

    days: int = 1
    """Days it lasts; a released model stays."""


@record
class WorldPlan:
    """A provider's traffic to be simulated."""

    start: str
    """First day, ISO date."""

    days: int
    """Days of traffic."""

    honest: int
    """Honest accounts that belong to no look-alike tenant."""

    per_account_day: float = 5.6
    """Mean requests of an honest account per day; single accounts range over orders of magnitude."""

    tenants: Sequence[TenantPlan] = ()
    """Look-alikes."""

    campaigns: Sequence[CampaignPlan] = ()
    """Campaigns."""

    events: Sequence[Event] = ()
    """Drift."""

    text: bool = True
    """Whether features of prompts are written; without, they are null as in an operator's `--no-text` logs."""


@record
class DetectPlan:
    """A world and what the detector is run with on it: `plans/detect.toml`."""

    name: str
    """Short name."""

    seed: int
    """Seed of the world."""

    calibration_days: int
    """First days, free of campaigns, that serve as benign history."""

    budget: str
    """False campaigns allowed, such as `1 false campaign / 30d`."""

    world: WorldPlan
    """The world."""


def read_plan(text: str, where: str) -> DetectPlan:
    """Read a detect plan and check it.

    Raises UnknownKeyError or PlanError with the place of what is wrong.
    """
    plan = decode_toml(text, DetectPlan, where)
    check(plan.world, where)
    early = [campaign.name for campaign in plan.world.campaigns if campaign.first_day < plan.calibration_days]
    if early:
        raise PlanError(
            f"{where}: campaign '{early[0]}' starts within the {plan.calibration_days} calibration days; "
            "start it later, or calibrate on fewer days"
        )
    return plan


def check(plan: WorldPlan, where: str) -> None:
    """Refuse a world that cannot be: no days, a campaign after its end, two campaigns of one name.

    Raises PlanError.
    """
    first_day(plan, where)
    names = [campaign.name for campaign in plan.campaigns]
    if len(set(names)) < len(names):
        raise PlanError(f"{where}: two campaigns have one name, found {sorted(names)}; rename one")
    counts = {"days": plan.days, "honest": plan.honest}
    counts |= {f"tenants: {t.kind}": min(t.tenants, t.accounts) for t in plan.tenants}
    counts |= {f"campaigns: {c.name}": min(c.accounts, c.days) for c in plan.campaigns}
    for what, n in counts.items():
        if n < 1:
            raise PlanError(f"{where}: {what}: expected at least 1, found {n}")
    starts = {f"campaigns: {c.name}": c.first_day for c in plan.campaigns}
    starts |= {f"tenants: {t.kind}": t.first_day for t in plan.tenants}
    starts |= {f"events: {e.kind}": e.day for e in plan.events}
    for what, day in starts.items():
        if not 0 <= day < plan.days:
            raise PlanError(f"{where}: {what}: day {day} lies outside the {plan.days} days of this world")
    for campaign in plan.campaigns:
        if campaign.mix is not None and not 0 < campaign.mix <= 1:
            raise PlanError(f"{where}: campaigns: {campaign.name}: mix is a share in (0, 1], found {campaign.mix}")


def first_day(plan: WorldPlan, where: str) -> dt.date:
    """Give the date of day 0; raises PlanError when `start` is no date."""
    try:
        return dt.date.fromisoformat(plan.start)
    except ValueError:
        raise PlanError(f"{where}: start: expected an ISO date such as 2026-03-02, found '{plan.start}'") from None
