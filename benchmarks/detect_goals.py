"""The goals of `detect` on simulated worlds: T3 to T6, T8 and T9 of its issue, each figure with its interval.

`--quick` takes two seeds of everything and small worlds. Seeds are 5,000 and up; nothing was chosen on them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from angelshare.core.records import Estimate
from angelshare.detect.find import find
from angelshare.detect.state import State
from angelshare.detect.world import CampaignPlan, build
from angelshare.detect.world.presets import cost
from angelshare.detect.world.tenants import TENANTS
from angelshare.stats.conformal import rate, share
from benchmarks.detect_worlds import BUDGET, DRIFT, FIRST, HISTORY, NOW, Run, plan_of, searched

Line = tuple[str, float, str]
QUICK = "--quick" in sys.argv
BENIGN_SEEDS, HONEST = (2, 800) if QUICK else (20, 1_500)
SEEDS, ACCOUNTS = (1, 1_500) if QUICK else (3, 4_000)
SCALED = 10_000 if QUICK else 50_000
"""Accounts of T4, whose goal is 500,000: scaled to what two cores build in minutes."""
FALSE_RATE = 0.001


def measure() -> list[Line]:
    """Measure every goal; T7, which is about speed, is with the other speeds."""
    return [*mixes(), *light(), *look_alikes(), *adaptive(), *textless()]


def mixes() -> Iterator[Line]:
    """T3: 26 requests per account and day, one day, 1 % of accounts per campaign."""
    size = ACCOUNTS // 100
    wanted = {1.0: "at least 0.95", 0.5: "at least 0.85", 0.25: "at least 0.50"}
    campaigns = [CampaignPlan(name=f"{mix:g}", preset="hydra-50", accounts=size, first_day=HISTORY, days=1,
                              per_account_day=26.0, mix=mix) for mix in wanted]  # fmt: skip
    found = {mix: [0, 0] for mix in wanted}
    benign: list[float] = []
    scores: dict[float, list[float]] = {mix: [] for mix in wanted}
    for seed in range(FIRST, FIRST + SEEDS):
        run = searched(plan_of(honest=ACCOUNTS, campaigns=campaigns, days=HISTORY + 1), seed)
        scored = {member.account: member.probability for case in run.accused() for member in case.members}
        for account in run.seen:
            name = run.campaign[account]
            (benign if name is None else scores[float(name)]).append(scored.get(account, 0.0))
    threshold = float(np.quantile(benign, 1 - FALSE_RATE, method="higher"))
    false = share(int((np.array(benign) > threshold).sum()), len(benign))
    for mix, goal in wanted.items():
        found[mix] = [int((np.array(scores[mix]) > threshold).sum()), len(scores[mix])]
        yield from said(f"detect T3, accounts of a campaign found, {mix:.0%} mix, one day", share(*found[mix]), goal)
    yield from said(f"detect T3, honest accounts flagged at that threshold, {len(benign):,} accounts", false,
               f"at most {FALSE_RATE}")  # fmt: skip


def light() -> Iterator[Line]:
    """T4: 5.6 requests per account and day at 50 %, 1 % of accounts, searched after each of three days."""
    members = SCALED // 100
    relay = CampaignPlan(name="relay", preset="low-rate-relay", accounts=members, first_day=4, days=3)
    plan = plan_of(honest=SCALED - members, campaigns=[relay], days=7)
    with tempfile.TemporaryDirectory() as name:
        world = build(plan, Path(name), seed=FIRST)
        state, rows = State(Path(name)), pq.read_table(world.truth).to_pydict()
        truth = dict(zip(rows["account_id"], rows["campaign"], strict=True))
        harvested = 0.0
        for days in (1, 2, 3):
            result = find(state, "duckdb", budget=BUDGET, allow={}, text=True, history=(world.days[0], world.days[3]),
                          period=(world.days[4], world.days[3 + days]))  # fmt: skip
            harvested = _harvested(Path(name), truth, world.days[4 : 4 + days])
            best, size = _largest([[m.account for m in c.members] for c in result.cases if c.verdict == "campaign"],
                                    truth)  # fmt: skip
            if best >= 0.8 * members and best >= 0.9 * size:
                break
    what = f"detect T4, {members:,} of {SCALED:,} accounts (goal's world scaled down)"
    yield from said(f"{what}, members in one case", share(best, members), "at least 0.8")
    if not size:  # no case has no purity, and was not found within any number of days
        yield f"{what}, harvested in {days} days and not found", harvested, "requests of its members"
        return
    yield from said(f"{what}, purity of it", share(best, size), "at least 0.9")
    yield f"{what}, days searched", float(days), "days, at most 3"
    yield f"{what}, harvested by then", harvested, "requests of its members"


def _largest(cases: Sequence[Sequence[str]], truth: Mapping[str, str | None]) -> tuple[int, int]:
    """Give, of the case with the most accounts of campaigns, those and all its accounts."""
    counted = [(sum(truth[account] is not None for account in accounts), len(accounts)) for accounts in cases]
    return max(counted, default=(0, 0))


def _harvested(folder: Path, truth: Mapping[str, str | None], days: Sequence[str]) -> float:
    asked = [pq.read_table(folder / "days" / f"{day}.parquet", columns=["account_id", "requests"]) for day in days]
    return float(sum(
        n for table in asked
        for account, n in zip(table["account_id"].to_pylist(), table["requests"].to_pylist(), strict=True)
        if truth[account] is not None
    ))  # fmt: skip


def look_alikes() -> Iterator[Line]:
    """T5 and T9: no campaign at all; one tenant of every look-alike settled, one arriving; half the worlds drift."""
    runs = {seed: searched(plan_of(honest=HONEST, arrivals=True, events=DRIFT if seed % 2 else ()), seed)
            for seed in range(FIRST + 100, FIRST + 100 + BENIGN_SEEDS)}  # fmt: skip
    for kind in TENANTS:
        hit, n = _flagged(list(runs.values()), kind)
        yield from said(f"detect T5, tenants of {kind} decided as a campaign", share(hit, n), "at most 0.01")
    hit = sum(run.kind[account] == "honest" for run in runs.values() for account in _accused(run))
    n = sum(run.kind[account] == "honest" for run in runs.values() for account in run.seen)
    yield from said("detect T5, honest accounts in a campaign", share(hit, n), "at most 0.01")
    for drift, what in (
        (0, "T5, false campaigns per 30 days, calm"),
        (1, "T9, the same with release, holiday, language shift"),
    ):
        some = [run for seed, run in runs.items() if seed % 2 == drift]
        false = sum(len(run.false()) for run in some)
        yield from said(
            f"detect {what}, {len(some)} worlds", rate(false, float(NOW * len(some)), per=30.0), "at most 1"
        )
    false = sum(len(run.false()) for run in runs.values())
    yield from said(f"detect T5 and T9, false campaigns per 30 days, {len(runs)} worlds",
               rate(false, float(NOW * len(runs)), per=30.0), "at most 1")  # fmt: skip


def _accused(run: Run) -> set[str]:
    return {member.account for case in run.accused() for member in case.members}


def _flagged(runs: Sequence[Run], kind: str) -> tuple[int, int]:
    """Count tenants of a kind with at least half of their accounts in a campaign, and all."""
    hit = n = 0
    for run in runs:
        accused = _accused(run)
        for tenant in sorted({run.tenant[a] for a, k in run.kind.items() if k == kind}, key=str):
            mine = [account for account, number in run.tenant.items() if number == tenant]
            n += 1
            hit += sum(account in accused for account in mine) * 2 >= len(mine)
    return hit, n


def adaptive() -> Iterator[Line]:
    """T6: what simulated campaigns do to be harder to find, against what it multiplies their price by."""
    size = ACCOUNTS // 100
    kinds: list[tuple[str, ...]] = [(), ("jitter",), ("paraphrase",), ("blend",), ("rotate",), ("separate",)]
    plans = [CampaignPlan(name="+".join(kind) or "none", preset="hydra-50", accounts=size, first_day=HISTORY, days=NOW,
                          adaptive=kind) for kind in kinds]  # type: ignore[arg-type] # fmt: skip
    found: dict[str, list[int]] = {one.name: [0, 0] for one in plans}
    for seed in range(FIRST + 200, FIRST + 200 + SEEDS):
        for some in (plans[0::2], plans[1::2]):
            run = searched(plan_of(honest=ACCOUNTS, campaigns=some), seed)
            for one in some:
                n = sum(run.campaign[account] == one.name for account in run.seen)
                found[one.name][0] += round(run.reached(one.name, active=run.seen) * n)
                found[one.name][1] += n
    for one in plans:
        yield from said(f"detect T6, members in one campaign, adapted by {one.name}, price x {cost(one):.2f}",
                   share(*found[one.name]), "")  # fmt: skip


def textless() -> Iterator[Line]:
    """T8: synchronised campaigns, with features of prompts and without."""
    size = ACCOUNTS // 80
    plans = [
        CampaignPlan(name="cot", preset="fixed-prompt-cot", accounts=size, first_day=HISTORY, days=NOW),
        CampaignPlan(name="hydra", preset="hydra-100", accounts=size, first_day=HISTORY, days=NOW),
    ]
    found = {True: [0, 0], False: [0, 0]}
    for seed in range(FIRST + 300, FIRST + 300 + SEEDS):
        for text, counts in found.items():
            run = searched(plan_of(honest=ACCOUNTS, campaigns=plans), seed, text=text)
            mine = {account for account in run.seen if run.campaign[account] is not None}
            counts[0] += len(mine & {m.account for case in run.accused() for m in case.members})
            counts[1] += len(mine)
    full, bare = share(*found[True]), share(*found[False])
    yield from said("detect T8, members of synchronised campaigns found, with text", full, "")
    yield from said("detect T8, the same without text", bare, f"at least {full.value - 0.2:.2f}")


def said(what: str, number: Estimate, goal: str) -> list[Line]:
    """Write a figure with its interval as a row, and the worse end, which the goal is held against, as another."""
    low, high = number.low or 0.0, number.high if number.high is not None else float("inf")
    rows: list[Line] = [(what, number.value, f"[{low:.3f} to {high:.3f}; n = {number.n:,}]")]
    if goal:
        bound = low if goal.startswith("at least") else high
        rows.append((f"{what}: the worse end of its interval", bound, f"at 95 %, {goal}"))
    return rows


if __name__ == "__main__":
    for line in measure():
        print(*line)
