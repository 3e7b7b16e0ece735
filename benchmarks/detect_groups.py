"""Small worlds with many tenants of every kind and every campaign, for signals, intent and twins to be measured on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from angelshare.core.traffic import LookAlike
from angelshare.detect.accounts import Accounts, load
from angelshare.detect.engine import close, connect
from angelshare.detect.sketch import update
from angelshare.detect.world import CampaignPlan, TenantPlan, WorldPlan, build
from angelshare.detect.world.plan import Adaptation, Event, Preset, TenantKind

HISTORY, CURRENT = 4, 3
"""Days of benign history, and days in which campaigns run."""
START = "2026-03-02"
ADAPTATIONS: tuple[Adaptation, ...] = get_args(Adaptation)
KINDS: tuple[TenantKind, ...] = (*get_args(LookAlike), "shared-app", "viral-template")


@dataclass(frozen=True)
class Labelled:
    """A group of a world, with its truth."""

    kind: str
    """A look-alike of the world, "campaign" or "random"."""

    name: str
    """Preset of a campaign, with its adaptation if any; else the kind."""

    members: NDArray[np.intp]
    """Rows of the current accounts."""


@dataclass(frozen=True)
class Measurable:
    """One world as the detector sees it, and its groups."""

    current: Accounts
    history: Accounts
    groups: list[Labelled]


def plan(seed: int, *, honest: int = 2500, text: bool = True) -> WorldPlan:
    """Plan a world: of each look-alike one tenant from the start and one that arrives; each preset, and adapted."""
    rng = np.random.default_rng([seed, 77])
    tenants = [
        TenantPlan(kind=kind, accounts=int(rng.integers(8, 40)), first_day=first)
        for kind in KINDS for first in (0, HISTORY)
    ]  # fmt: skip
    campaigns = [
        CampaignPlan(name=preset, preset=preset, accounts=int(rng.choice([20, 40, 80])), first_day=HISTORY,
                     days=CURRENT)
        for preset in get_args(Preset)
    ]  # fmt: skip
    campaigns += [
        CampaignPlan(name=f"hydra-100+{adaptation}", preset="hydra-100", accounts=40, first_day=HISTORY, days=CURRENT,
                     adaptive=(adaptation,))
        for adaptation in ADAPTATIONS
    ]  # fmt: skip
    events = [Event(kind="release", day=HISTORY)]
    if seed % 3 == 0:
        events.append(Event(kind="holiday", day=HISTORY + 1))
    return WorldPlan(start=START, days=HISTORY + CURRENT, honest=honest, tenants=tenants, campaigns=campaigns,
                     events=events, text=text)  # fmt: skip


def measurable(folder: Path, seed: int, *, data: Path | None = None, text: bool = True) -> Measurable:
    """Build a world into `folder`, sketch it, and read back what the detector would see, with its groups."""

    class Here:
        """A state folder."""

        def __init__(self) -> None:
            self.folder = folder

    world = build(plan(seed, text=text), folder, seed=seed, data=data)
    backend = connect("duckdb")
    try:
        update(Here(), backend)
    finally:
        close(backend)
    history = load(Here(), world.days[0], world.days[HISTORY - 1])
    current = load(Here(), world.days[HISTORY], world.days[-1])
    rng = np.random.default_rng([seed, 78])
    return Measurable(current=current, history=history, groups=list(_groups(current, world.truth, rng)))


def _groups(current: Accounts, truth: Path, rng: np.random.Generator) -> Iterator[Labelled]:
    row = {account: place for place, account in enumerate(current.ids.tolist())}
    found: dict[tuple[str, str, int], list[int]] = {}
    for one in pq.read_table(truth).to_pylist():
        if one["account_id"] in row:
            key = (one["kind"], one["campaign"] or one["kind"], -1 if one["tenant"] is None else one["tenant"])
            found.setdefault(key, []).append(row[one["account_id"]])
    ordinary = np.array(found.pop(("honest", "honest", -1)))
    for (kind, name, _), rows in sorted(found.items()):
        yield Labelled(kind=kind, name=name, members=np.sort(np.array(rows, dtype=np.intp)))
    for size in (10, 20, 40, 80):
        some = rng.choice(ordinary, size, replace=False)
        yield Labelled(kind="random", name="random", members=np.sort(some).astype(np.intp))


def blurred(group: NDArray[np.intp], n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Give a group as a search would find it: three quarters of its members, and a sixth of strangers among `n`."""
    kept = rng.permutation(group)[: max(int(0.75 * len(group)), 4)]
    strangers = rng.choice(n, max(len(kept) // 5, 1), replace=False)
    return np.unique(np.concatenate([kept, strangers])).astype(np.intp)
