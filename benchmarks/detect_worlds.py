"""Worlds for the goals of `detect`: built, searched and held against their truth; nothing is tuned on their seeds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from angelshare.core.traffic import CaseFile
from angelshare.detect.budget import parse_budget
from angelshare.detect.find import Found, find
from angelshare.detect.state import State
from angelshare.detect.world import CampaignPlan, TenantPlan, WorldPlan, build
from angelshare.detect.world.plan import Event
from angelshare.detect.world.tenants import TENANTS

FIRST = 5_000
"""First seed of the goals; worlds that anything was chosen on have seeds below."""
BUDGET = parse_budget("1 false campaign / 30d")
HISTORY, NOW = 10, 4
"""Days of benign history and of the period looked at."""
DRIFT = (Event(kind="release", day=10), Event(kind="holiday", day=11), Event(kind="language-shift", day=12, days=2))
"""A new model, a day of closed offices and a wave of another language, all in the period looked at."""


class Run(NamedTuple):
    """A world that was searched."""

    found: Found
    kind: dict[str, str]
    """Kind of every account, from the truth."""
    campaign: dict[str, str | None]
    tenant: dict[str, int | None]
    seen: set[str]
    """Accounts that asked anything in the period."""

    def accused(self) -> list[CaseFile]:
        """Give the cases decided as campaigns."""
        return [case for case in self.found.cases if case.verdict == "campaign"]

    def false(self) -> list[CaseFile]:
        """Give the campaigns most of whose members work for none."""
        return [case for case in self.accused() if self.purity(case) < 0.5]

    def purity(self, case: CaseFile) -> float:
        """Give the share of a case's members that work for a campaign."""
        return float(np.mean([self.kind[member.account] == "campaign" for member in case.members]))

    def reached(self, name: str, *, active: set[str] | None = None) -> float:
        """Give the share of a campaign's accounts in its largest case decided as a campaign, of purity at least 0.5."""
        mine = {account for account, campaign in self.campaign.items() if campaign == name}
        mine = mine if active is None else mine & active
        cases = [{member.account for member in case.members} for case in self.accused() if self.purity(case) >= 0.5]
        return max((len(mine & case) / len(mine) for case in cases), default=0.0)


def searched(plan: WorldPlan, seed: int, *, history: int = HISTORY, text: bool = True) -> Run:
    """Build a world in a folder that goes, search its last days, and give what was found beside the truth."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = build(plan, folder, seed=seed)
        found = find(
            State(folder), "duckdb", budget=BUDGET, allow={}, text=text,
            history=(world.days[0], world.days[history - 1]), period=(world.days[history], world.days[-1]),
        )  # fmt: skip
        truth = pq.read_table(world.truth).to_pydict()
        seen = {
            account
            for day in world.days[history:]
            for account in pq.read_table(folder / "days" / f"{day}.parquet", columns=["account_id"])[
                "account_id"
            ].to_pylist()
        }
    ids = truth["account_id"]
    return Run(found, dict(zip(ids, truth["kind"], strict=True)), dict(zip(ids, truth["campaign"], strict=True)),
               dict(zip(ids, truth["tenant"], strict=True)), seen)  # fmt: skip


def plan_of(*, honest: int, campaigns: Sequence[CampaignPlan] = (), arrivals: bool = False,
            events: Sequence[Event] = (), days: int = HISTORY + NOW) -> WorldPlan:  # fmt: skip
    """Plan a world with one tenant of every look-alike from the start, and one more of each that arrives, if asked."""
    tenants = [TenantPlan(kind=kind) for kind in TENANTS]
    if arrivals:
        tenants += [TenantPlan(kind=kind, first_day=HISTORY + at % 3) for at, kind in enumerate(TENANTS)]
    return WorldPlan(
        start="2026-03-02", days=days, honest=honest, tenants=tenants, campaigns=list(campaigns), events=list(events)
    )  # fmt: skip


def cpu() -> float:
    """Give seconds of CPU this process took."""
    return sum(os.times()[:2])
