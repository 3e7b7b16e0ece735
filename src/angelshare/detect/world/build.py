"""Build a simulated provider's logs day by day, with the truth beside them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from angelshare.core.strict import encode
from angelshare.detect.features import FEATURES, features
from angelshare.detect.schema import REQUESTS
from angelshare.detect.world import draw, prompts, rates, words
from angelshare.detect.world.names import mixed
from angelshare.detect.world.people import HONEST, Group, People, populate
from angelshare.detect.world.plan import WorldPlan, check, first_day
from angelshare.detect.world.presets import shape_of
from angelshare.detect.world.table import Scene, names, table
from angelshare.detect.world.tenants import TENANTS

OPENS = 4
"""Words that open a fresh wording, or an owner's wording of a form."""
CHUNK = 100_000
"""Requests drawn and written at a time: what bounds the memory."""
TRUTH = pa.schema([
    pa.field("account_id", pa.string(), nullable=False), pa.field("kind", pa.string(), nullable=False),
    pa.field("campaign", pa.string()), pa.field("tenant", pa.int32()),
])  # fmt: skip
"""`kind` is "honest", a look-alike or "campaign"; `tenant` numbers look-alike groups. For benchmarks and tests only."""


@dataclass(frozen=True)
class World:
    """What was built."""

    folder: Path
    """Where."""

    requests: Path
    """Folder of `day=YYYY-MM-DD/world.parquet`, one row per request, columns of `schema.REQUESTS`."""

    truth: Path
    """Parquet file of accounts, see `TRUTH`."""

    text: Path | None
    """JSON Lines with prompts, in time's order; None unless asked for."""

    accounts: int
    """Accounts that exist; some never ask."""

    rows: int
    """Requests written."""

    days: tuple[str, ...]
    """ISO dates."""


def build(plan: WorldPlan, folder: Path, *, seed: int, data: Path | None = None, raw: bool = False) -> World:
    """Build a world; the same plan, seed and data give the same bytes.

    Args:
        plan: what it holds.
        folder: where it goes.
        seed: seed of everything.
        data: folder with real prompts and rate series (docs/world.md); None uses the generated substitute.
        raw: also write `requests.jsonl` with prompts, as a gateway would log them; for small worlds.

    Raises PlanError for a plan or data folder that cannot be used.
    """
    check(plan, "world")
    groups = groups_of(plan)
    scene, weekly = _scene(plan, groups, seed=seed, data=data)
    folder.mkdir(parents=True, exist_ok=True)
    _write_truth(folder / "truth.parquet", scene)
    text = folder / "requests.jsonl" if raw else None
    if text is not None:
        text.write_text("", encoding="utf-8")
    rows, days = 0, []
    for on in range(plan.days):
        date = scene.start + dt.timedelta(days=on)
        days.append(date.isoformat())
        path = folder / "requests" / f"day={date.isoformat()}" / "world.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows += _write_day(path, _chunks(on, date.weekday(), scene=scene, weekly=weekly), text=text, scene=scene)
    return World(
        folder=folder, requests=folder / "requests", truth=folder / "truth.parquet", text=text,
        accounts=len(scene.people.group), rows=rows, days=tuple(days),
    )  # fmt: skip


def groups_of(plan: WorldPlan) -> list[Group]:
    """List the groups of a world: honest accounts, each tenant, each campaign."""
    honest = dataclasses.replace(HONEST, per_account_day=plan.per_account_day)
    groups = [Group(kind="honest", campaign=None, shape=honest, accounts=plan.honest, first_day=0, last_day=plan.days)]
    for tenant in plan.tenants:
        shape = TENANTS[tenant.kind]
        if tenant.per_account_day is not None:
            shape = dataclasses.replace(shape, per_account_day=tenant.per_account_day)
        one = Group(kind=tenant.kind, campaign=None, shape=shape, accounts=tenant.accounts,
                    first_day=tenant.first_day, last_day=plan.days)  # fmt: skip
        groups += [one] * tenant.tenants
    for campaign in plan.campaigns:
        last = min(campaign.first_day + campaign.days, plan.days)
        groups.append(Group(kind="campaign", campaign=campaign.name, shape=shape_of(campaign),
                            accounts=campaign.accounts, first_day=campaign.first_day, last_day=last))  # fmt: skip
    return groups


def _scene(plan: WorldPlan, groups: list[Group], *, seed: int, data: Path | None) -> tuple[Scene, NDArray[np.float64]]:
    """Draw what all days share: accounts, prompts with their features, and the clients' weekly shapes."""
    weekly = rates.weekly(data, np.random.default_rng([seed, 0]))
    likes = np.array(list(draw.ORDINARY.values()))
    clients = weekly.shape[1] - len(rates.CLOCKS)
    people = populate(groups, clients, likes, np.random.default_rng([seed, 1]))
    pool = prompts.fill([group.shape for group in groups], data, np.random.default_rng([seed, 2]))
    computed = features(pool.texts, key_of(seed)).combine_chunks() if plan.text else None
    scene = Scene(seed=seed, start=first_day(plan, "world"), people=people, groups=groups, pool=pool,
                  features=computed, events=plan.events)  # fmt: skip
    return scene, weekly


def key_of(seed: int) -> bytes:
    """Give the operator's key of a world: ingest of its raw logs under this key gives the features it wrote."""
    return hashlib.sha256(f"world {seed}".encode()).digest()


def _chunks(on: int, weekday: int, *, scene: Scene, weekly: NDArray[np.float64]) -> Iterator[tuple[draw.Rows, Any]]:
    """Draw a day's requests, `CHUNK` at a time, each from its own stream."""
    start = np.random.default_rng([scene.seed, 3, on])
    day = draw.day_of(on, weekday, scene.groups, weekly=weekly, events=scene.events, rng=start)
    n = draw.counts(scene.people, scene.groups, on, events=scene.events, rng=start)
    part = np.cumsum(n) // CHUNK
    for chunk in np.unique(part[n > 0]).tolist():
        who = np.flatnonzero((part == chunk) & (n > 0))
        rng = np.random.default_rng([scene.seed, 4, on, chunk])
        rows = draw.rows(who, n[who], day, people=scene.people, groups=scene.groups, pool=scene.pool, rng=rng)
        yield rows, table(rows, on, chunk, scene=scene, rng=rng)


def _write_day(path: Path, chunks: Iterator[tuple[draw.Rows, Any]], *, text: Path | None, scene: Scene) -> int:
    """Write one day's file under a temporary name, then rename it; gives its rows."""
    written = 0
    unfinished = path.with_suffix(".unfinished")
    with pq.ParquetWriter(unfinished, REQUESTS, compression="zstd", use_dictionary=True) as writer:
        for rows, made in chunks:
            writer.write_table(made)
            written += made.num_rows
            if text is not None:
                _write_text(text, rows, made, scene)
    unfinished.replace(path)
    return written


def _write_text(path: Path, rows: draw.Rows, made: Any, scene: Scene) -> None:  # noqa: ANN401 - a pyarrow table
    """Append requests with their prompts; a fresh wording, and an owner's, begin with words of their own."""
    plain = made.drop_columns(list(FEATURES))
    plain = plain.set_column(0, "ts", plain["ts"].cast(pa.string()))
    place = plain.column_names.index("account_created_at")
    plain = plain.set_column(place, "account_created_at", plain["account_created_at"].cast(pa.string()))
    said = [scene.pool.texts[i] for i in rows.prompt.tolist()]
    rng = np.random.default_rng([scene.seed, 5, int(rows.prompt.sum())])
    other = words.reworded(said, OPENS, rng)
    voices = np.stack([mixed(rows.voice, 31 + k) % np.uint64(2**31) for k in range(OPENS)], axis=1).astype(np.int64)
    spoken = words.opened(said, voices)
    wording = np.where(rows.fresh, 1, np.where(rows.voice >= 0, 2, 0)).tolist()
    with path.open("a", encoding="utf-8") as lines:
        for row, which, *forms in zip(plain.to_pylist(), wording, said, other, spoken, strict=True):
            kept = {name: value for name, value in row.items() if value is not None}
            lines.write(json.dumps(kept | {"prompt_text": forms[which]}, ensure_ascii=False) + "\n")


def _write_truth(path: Path, scene: Scene) -> None:
    people: People = scene.people
    groups = scene.groups
    code = people.group.tolist()
    pq.write_table(
        pa.table(
            [
                names(np.arange(len(code)), "account", scene.seed),
                pa.array([groups[g].kind for g in code]),
                pa.array([groups[g].campaign for g in code], pa.string()),
                pa.array([None if groups[g].kind in ("honest", "campaign") else g for g in code], pa.int32()),
            ],
            schema=TRUTH,
        ),
        path,
    )


def fingerprint(plan: WorldPlan, seed: int) -> str:
    """Name a world by its plan and seed: twelve hex digits, the same for the same bytes of both."""
    return hashlib.sha256(encode(plan) + str(seed).encode()).hexdigest()[:12]
