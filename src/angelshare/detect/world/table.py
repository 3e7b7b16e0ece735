"""Requests of a chunk as a table of `schema.REQUESTS`: every column from the same draws, whoever asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import norm as normal

from angelshare.detect.schema import REQUESTS, RFF
from angelshare.detect.world.draw import Rows
from angelshare.detect.world.names import hexes, mixed, uniform
from angelshare.detect.world.people import DAY, Group, People
from angelshare.detect.world.plan import Event
from angelshare.detect.world.prompts import Pool
from angelshare.detect.world.ties import NETWORKS, PLACES, PREFIXES

MODELS = ("cask-mini", "cask-small", "cask-large", "cask-reserve")
"""Models there are from the start; a release adds `cask-2`, `cask-3` and so on."""
ADOPTED = 0.3
"""Share of all requests that have moved to a new model in the end."""
ADOPTION_DAYS = 4.0
"""Days in which two thirds of those have moved."""
COUNTRIES = ("US", "DE", "IN", "BR", "GB", "FR", "JP", "NG", "SG", "NL", "CN", "ES", "PL", "KR", "MX", "CA", "ID", "VN")
FINISHED = ("stop", "length", "tool_calls", "content_filter")
SAMPLING = ((None, None), (0.7, None), (1.0, 0.95), (0.2, 1.0))
"""Temperature and top_p of requests that do not fix them, by account."""
USUAL = 0.95
"""Share of an account's requests that have its client's usual settings."""
HABITS = {"streams": 0.6, "tools": 0.2, "caps": 0.4, "many": 0.03, "logprobs": 0.02, "thinks": 0.3, "caches": 0.5}
"""Share of accounts whose client does so: settings stand in a program's code, so they go with the account; ours."""
_SALT = {"account": 1, "key": 2, "user": 3, "session": 4, "request": 5, "prefix": 6, "agent": 7, "payer": 8,
         "domain": 9, "org": 10, "skeleton": 11, "asn": 12, "country": 13, "length": 14}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What every chunk of a world needs."""

    seed: int
    """Seed of the world."""

    start: dt.date
    """Day 0."""

    people: People
    """All accounts."""

    groups: Sequence[Group]
    """All groups."""

    pool: Pool
    """All prompts."""

    features: Any
    """pyarrow table, one row per text of the pool, with the features that ingest gives; None without text."""

    events: Sequence[Event]
    """Drift."""


def names(codes: NDArray[np.int64], what: str, seed: int, *, absent: NDArray[np.bool_] | None = None) -> Any:  # noqa: ANN401 - a pyarrow array
    """Write the names of some accounts, keys, prefixes and so on; the seed makes two worlds' names differ."""
    return hexes(codes, _SALT[what] + 1000 * (seed + 1), absent=absent)


def table(rows: Rows, on: int, chunk: int, *, scene: Scene, rng: Generator) -> Any:  # noqa: ANN401 - a pyarrow table
    """Build the table of a chunk of a day's requests, in the order of its rows."""
    columns = _who(rows, on, chunk, scene=scene, rng=rng)
    status = _status(rows, scene, rng)
    columns |= _asked(rows, on, scene=scene, rng=rng)
    columns |= _answered(rows, status, columns["tools_n"], scene=scene, rng=rng)
    columns |= _network(rows, scene, rng)
    columns |= _features(rows, scene, rng)
    n = len(rows.account)
    made = [columns.get(field.name, pa.nulls(n, field.type)) for field in REQUESTS]
    return pa.table([column.cast(field.type) for column, field in zip(made, REQUESTS, strict=True)], schema=REQUESTS)


def _instants(seconds: NDArray[np.float64], start: dt.date) -> Any:  # noqa: ANN401 - a pyarrow array
    """Turn seconds since day 0 into instants in UTC."""
    zero = (start - dt.date(1970, 1, 1)).days * 86_400_000_000
    return pa.array(zero + (seconds * 1e6).astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))


def _who(rows: Rows, on: int, chunk: int, *, scene: Scene, rng: Generator) -> dict[str, Any]:
    people, seed, account = scene.people, scene.seed, rows.account
    n = len(account)
    place = (on * 10**4 + chunk) * 10**8
    users = people.end_users[account]
    user = account * 10**4 + (users * rng.random(n) ** 2).astype(np.int64)
    quiet = people.strips[account]
    session = place + rows.session
    key = account * 8 + (people.keys[account] * rng.random(n)).astype(np.int64)
    org = people.org[account]
    return {
        "ts": _instants(on * DAY + rows.second, scene.start),
        "request_id": names(place + np.arange(n), "request", seed),
        "account_id": names(account, "account", seed),
        "org_id": names(org, "org", seed, absent=org < 0),
        "api_key_id": names(key, "key", seed),
        "end_user_id": names(user, "user", seed, absent=quiet | (users == 0)),
        "session_id": names(session, "session", seed, absent=quiet),
        "plan": _words(("free", "paid", "business"), people.paid[account]),
        "account_created_at": _instants(people.created[account], scene.start),
    }


def _network(rows: Rows, scene: Scene, rng: Generator) -> dict[str, Any]:
    people, seed, account = scene.people, scene.seed, rows.account
    n = len(account)
    prefix = people.prefixes[account, (PLACES * rng.random(n) ** 2).astype(np.int64)]
    network = prefix * NETWORKS // PREFIXES
    agent = people.agents[account, (rng.random(n) < 0.2).astype(np.int64)]  # noqa: PLR2004 - mostly one program
    payer = people.payer[account]
    return {
        "ip_prefix": names(prefix, "prefix", seed),
        "asn": pa.array((1000 + mixed(network, _SALT["asn"] + seed) % np.uint64(60_000)).astype(np.int64)),
        "country": _words(COUNTRIES, (mixed(network, _SALT["country"]) % np.uint64(len(COUNTRIES))).astype(np.int64)),
        "user_agent_hash": names(agent, "agent", seed),
        "payment_hash": names(payer, "payer", seed, absent=payer < 0),
        "email_domain_hash": names(people.domain[account], "domain", seed),
    }


def _words(words: Sequence[str | None], codes: NDArray[np.int64]) -> Any:  # noqa: ANN401 - a pyarrow array
    return pa.array(words, type=pa.string()).take(pa.array(codes))


def _status(rows: Rows, scene: Scene, rng: Generator) -> NDArray[np.int64]:
    """Draw status codes: 403 after a block, 429 and 503 at the group's rate, 200 otherwise."""
    rate = np.array([group.shape.errors for group in scene.groups])[scene.people.group[rows.account]]
    u = rng.random(len(rate))
    status = np.where(u < rate, np.where(u < 0.7 * rate, 429, 503), 200)  # two of three are rate limits
    return np.where(rows.after_block, 403, status)


def _asked(rows: Rows, on: int, *, scene: Scene, rng: Generator) -> dict[str, Any]:
    people, account = scene.people, rows.account
    n, fixes = len(account), np.array([group.shape.fixed_sampling for group in scene.groups])
    usual = rng.random(n) < USUAL
    fixed = usual & (uniform(account, 41) < fixes[people.group[account]])
    setting = (uniform(account, 42) * 2 * len(SAMPLING)).astype(np.int64) // 2
    temperature = np.array([np.nan if t is None else t for t, _ in SAMPLING])[setting]
    top_p = np.array([np.nan if p is None else p for _, p in SAMPLING])[setting]
    temperature, top_p = np.where(fixed, 0.0, temperature), np.where(fixed & (setting > 1), 1.0, top_p)
    tooled, many = _does("tools", rows, usual), _does("many", rows, usual)
    return {
        "provider": pa.array(["cask"]).take(pa.array(np.zeros(n, np.int64))),
        "operation": pa.array(["chat"]).take(pa.array(np.zeros(n, np.int64))),
        "model": pa.array([*MODELS, *released(scene.events)]).take(pa.array(_models(rows, on, scene=scene, rng=rng))),
        "temperature": pa.array(temperature, mask=np.isnan(temperature)),
        "top_p": pa.array(top_p, mask=np.isnan(top_p)),
        "seed": pa.array(np.array((0, 1, 42, 1234))[account % 4], mask=~(fixed & (uniform(account, 43) < 0.7))),  # noqa: PLR2004 - most who fix one fix the other
        "n_choices": pa.array(np.where(many, 4, 1), mask=~many & (setting < 2)),  # noqa: PLR2004 - two of the four settings say so
        "max_tokens": pa.array(np.array((256, 512, 1024, 4096))[(account // 4) % 4], mask=~_does("caps", rows, usual)),
        "logprobs": pa.array(_does("logprobs", rows, usual)),
        "stream": pa.array(_does("streams", rows, usual)),
        "tools_n": pa.array(np.where(tooled, 1 + rng.geometric(0.5, n).clip(1, 8), 0)),
    }


def _does(habit: str, rows: Rows, usual: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of each request whether its client has a habit, and follows it this time."""
    return usual & (uniform(rows.account, 50 + list(HABITS).index(habit)) < HABITS[habit])


def released(events: Sequence[Event]) -> list[str]:
    """Name the models that events release, in the order of the plan."""
    return [f"cask-{k + 2}" for k, _ in enumerate(event for event in events if event.kind == "release")]


def _models(rows: Rows, on: int, *, scene: Scene, rng: Generator) -> NDArray[np.int64]:
    """Choose models: an account's own two, then the new ones as people move over; some groups at once."""
    people, account = scene.people, rows.account
    n = len(account)
    model = people.models[account, (rng.random(n) < 0.25).astype(np.int64)]  # noqa: PLR2004 - mostly the first
    eager = np.array([group.shape.retarget for group in scene.groups])[people.group[account]]
    for k, event in enumerate(event for event in scene.events if event.kind == "release"):
        age = on - event.day + 1
        if age > 0:
            share = np.maximum(ADOPTED * (1 - np.exp(-age / ADOPTION_DAYS)), np.where(rows.own, eager, 0.0))
            model = np.where(rng.random(n) < share, len(MODELS) + k, model)
    return model


def _answered(rows: Rows, status: NDArray[np.int64], tools: Any, *, scene: Scene, rng: Generator) -> dict[str, Any]:  # noqa: ANN401 - a pyarrow array
    n, pool, account = len(rows.account), scene.pool, rows.account
    often = rng.random(n) < USUAL
    lengths = np.array([len(text) for text in pool.texts])[rows.prompt]
    usual = uniform(rows.prompt, _SALT["length"])
    talks = 0.8 * normal.ppf(uniform(account, 44))
    out = np.exp(4.2 + 2.4 * usual + talks + rng.normal(0, 0.5, n)).clip(0, 8000).astype(np.int64) + 1
    asked = (lengths / 4).astype(np.int64) + rng.integers(4, 40, n)
    before = rows.turn * rng.integers(80, 700, n)
    thinks = _does("thinks", rows, often)
    failed = status != 200  # noqa: PLR2004 - HTTP OK
    known = pool.fixed_wording[rows.prompt] & _does("caches", rows, often)
    cached = (before + known * asked) // 64 * 64
    latency = 150 + 11.0 * out * np.exp(rng.normal(0, 0.25, n))
    finish = np.where(rng.random(n) < 0.045, 1, 0)  # noqa: PLR2004 - cut at the limit
    finish = np.where((tools.to_numpy(zero_copy_only=False) > 0) & (rng.random(n) < 0.5), 2, finish)  # noqa: PLR2004 - half the offers are taken
    finish = np.where(rng.random(n) < 0.004, 3, finish)  # noqa: PLR2004 - rare
    return {
        "status": pa.array(status),
        "input_tokens": pa.array(asked + before),
        "output_tokens": pa.array(np.where(failed, 0, out)),
        "reasoning_tokens": pa.array((out * rng.uniform(0.3, 4, n)).astype(np.int64), mask=~thinks | failed),
        "cached_tokens": pa.array(np.where(failed, 0, cached)),
        "latency_ms": pa.array(np.where(failed, 40.0, latency)),
        "ttft_ms": pa.array(np.exp(5.4 + uniform(account, 45) + rng.normal(0, 0.4, n)), mask=failed),
        "finish_reason": pc.if_else(
            pa.array(failed), pa.scalar(None, pa.string()), _words(FINISHED, finish)
        ),
    }  # fmt: skip


def _features(rows: Rows, scene: Scene, rng: Generator) -> dict[str, Any]:
    """Look the features of prompts up; a fresh wording has its own skeleton and a few bits of its own."""
    if scene.features is None:
        return {}
    n = len(rows.prompt)
    taken = scene.features.drop_columns(["rff"]).take(pa.array(rows.prompt))
    own = rng.integers(-(2**63), 2**63 - 1, n)
    spoken = rows.voice >= 0
    said = taken["skeleton"].to_numpy()
    skeleton = np.where(spoken, mixed(said ^ mixed(rows.voice, 46).astype(np.int64), 47).astype(np.int64), said)
    skeleton = np.where(rows.fresh, own, skeleton)
    flips = np.int64(1) << rng.integers(0, 62, (n, 2))
    simhash = taken["simhash"].to_numpy() ^ np.where(rows.fresh, flips[:, 0] | flips[:, 1], 0)
    simhash ^= np.where(spoken, np.int64(1) << (mixed(rows.voice, 48) % np.uint64(62)).astype(np.int64), 0)
    columns = {name: taken[name].combine_chunks() for name in ("cot", "rubric", "language", "capability")}
    longer = np.where(rows.fresh, rng.integers(20, 60, n), 0)
    chars = (
        taken["prompt_chars"].to_numpy() + longer + np.where(spoken, 20 + 40 * uniform(rows.voice, 49), 0).astype(int)
    )
    values = scene.features["rff"].combine_chunks().flatten().to_numpy().reshape(-1, RFF)[rows.prompt]
    rff = pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * RFF), pa.array(values.ravel()))
    return columns | {
        "skeleton": pa.array(skeleton), "simhash": pa.array(simhash), "prompt_chars": pa.array(chars), "rff": rff,
    }  # fmt: skip
