"""The accounts of a world: who they are, how often they ask, from where, and who pays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import norm as normal

from angelshare.detect.world.shapes import Clock, Shape
from angelshare.detect.world.ties import ties

SPREAD = 2.2
"""Standard deviation of the logarithm of rates between honest accounts: in the production series of ServeGen
(arXiv 2505.09999) it is 1.6 to 2.7 between the clients of one model."""
FRESH_DAYS = 10
"""An account counts as fresh when opened so many days before it starts."""
OLDEST_DAYS = 700
"""Age of the oldest accounts."""
DAY = 86400.0
AT_ONCE = 0.2
"""Share of a growing group's accounts that are there on its first day."""
EVEN = 5.0
"""Sum of the beta's two parameters: how alike the accounts of a group are in what share they give to its purpose."""
HONEST = Shape(why="people and small programs", cover=1.0, spread=SPREAD)


@dataclass(frozen=True)
class Group:
    """Accounts that behave alike."""

    kind: str
    """"honest", a look-alike or "campaign"."""

    campaign: str | None
    """Name of the campaign."""

    shape: Shape
    """How they behave."""

    accounts: int
    """How many at one time."""

    first_day: int
    """Day they start."""

    last_day: int
    """Day they stop; not included."""


@dataclass(frozen=True)
class People:
    """One entry per account in every array; codes stand for names."""

    group: NDArray[np.int64]
    """Which group."""

    rate: NDArray[np.float64]
    """Mean requests per day."""

    start: NDArray[np.float64]
    """Seconds since day 0 at which it starts."""

    end: NDArray[np.float64]
    """Seconds at which it stops, or is blocked."""

    blocked: NDArray[np.bool_]
    """Whether it stops because it is blocked."""

    created: NDArray[np.float64]
    """Seconds since day 0 at which it was opened; mostly negative."""

    profile: NDArray[np.int64]
    """Its client's weekly shape."""

    shift: NDArray[np.int64]
    """Ten-minute bins by which its day lags UTC."""

    prefixes: NDArray[np.int64]
    """(accounts, PLACES) address prefixes."""

    agents: NDArray[np.int64]
    """(accounts, 2) client programs."""

    payer: NDArray[np.int64]
    """Means of payment; -1 for none."""

    domain: NDArray[np.int64]
    """E-mail domain."""

    org: NDArray[np.int64]
    """Organisation; -1 for none."""

    paid: NDArray[np.int64]
    """Plan: 0 free, 1 paid, 2 business."""

    taste: NDArray[np.int64]
    """(accounts, 3) families its ordinary use turns to."""

    keys: NDArray[np.int64]
    """API keys it has."""

    purpose: NDArray[np.float64]
    """Share of its requests made for the group; the rest is ordinary use."""

    end_users: NDArray[np.int64]
    """End users it names; 0 for none."""

    strips: NDArray[np.bool_]
    """Whether it sends no session or end-user id."""

    models: NDArray[np.int64]
    """(accounts, 2) models it prefers."""


def populate(groups: Sequence[Group], profiles: int, families: NDArray[np.float64], rng: Generator) -> People:
    """Draw every account of every group, in an order that says nothing.

    Args:
        groups: the honest first.
        profiles: weekly shapes to choose from.
        families: how common each family is in ordinary use; sums to 1.
        rng: the caller owns the seed.
    """
    parts = [_members(g, group, profiles, families, rng) for g, group in enumerate(groups)]
    joined = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(People)}
    order = rng.permutation(len(joined["group"]))
    return People(**{name: values[order] for name, values in joined.items()})


def _members(g: int, group: Group, profiles: int, families: NDArray[np.float64], rng: Generator) -> People:
    shape = group.shape
    start, end, blocked = _lives(group, rng)
    n = len(start)
    paid = np.where(rng.random(n) < shape.paid, rng.integers(1, 3, n), 0)
    shared = ties(g, shape, paid, rng)
    return People(
        group=np.full(n, g), rate=_rates(shape, n, rng),
        start=start, end=end, blocked=blocked, created=_opened(shape, start, rng),
        profile=rng.integers(0, profiles, n), shift=_shifts(n, rng), prefixes=shared.prefixes, agents=shared.agents,
        payer=shared.payer, domain=shared.domain, org=shared.org, paid=paid,
        taste=rng.choice(len(families), size=(n, 3), p=families), keys=rng.geometric(0.7, n).clip(1, 5),
        purpose=_purpose(shape, n, rng), end_users=_end_users(shape, n, rng), strips=rng.random(n) < shape.strips,
        models=_skewed(4, 1.6, (n, 2), rng),
    )  # fmt: skip


def _rates(shape: Shape, n: int, rng: Generator) -> NDArray[np.float64]:
    """Draw requests per day around the group's mean: log-normal, cut at `ceiling` medians."""
    s, top = shape.spread, math.log(shape.ceiling)
    # E min(e^(sZ), c) of a standard normal Z
    mean = math.exp(s * s / 2) * normal.cdf(top / s - s) + shape.ceiling * normal.sf(top / s) if s else 1.0
    return np.asarray(shape.per_account_day / mean * np.exp(rng.normal(0.0, s, n).clip(max=top)))


def _purpose(shape: Shape, n: int, rng: Generator) -> NDArray[np.float64]:
    """Draw the share of each account's requests made for the group, a beta around the group's own."""
    if shape.cover in (0.0, 1.0):
        return np.full(n, 1.0 - shape.cover)
    return np.asarray(rng.beta(EVEN * (1 - shape.cover), EVEN * shape.cover, n))


def _lives(group: Group, rng: Generator) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Give start, end and whether blocked of each account; those that take over start minutes after the end before."""
    shape = group.shape
    first, last = group.first_day * DAY, group.last_day * DAY
    daily = 1 - (1 - shape.blocked) * (1 - (1 / shape.rotate_days if shape.rotate_days else 0.0))
    late = np.where(rng.random(group.accounts) < AT_ONCE, 0.0, rng.random(group.accounts))
    start = first + late * min(shape.ramp_days * DAY, last - first)
    if group.kind == "honest":
        late = rng.random(group.accounts) < 0.1  # noqa: PLR2004 - a tenth of the customers are new in the period
        start = np.where(late, rng.uniform(first, last, group.accounts), first)
        daily = 0.001
    starts, ends, blocks = [], [], []
    while len(start):
        length = rng.exponential(DAY / daily, len(start)) if daily else np.full(len(start), np.inf)
        end = np.minimum(start + length, last)
        gone = end < last
        starts.append(start)
        ends.append(end)
        blocks.append(gone & (rng.random(len(start)) < max(shape.blocked, 0.001) / max(daily, 1e-9)))
        start = end[gone] + rng.exponential(600.0, int(gone.sum())) if group.kind != "honest" else end[:0]
    return np.concatenate(starts), np.concatenate(ends), np.concatenate(blocks)


def _opened(shape: Shape, start: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Draw when accounts were opened: some just before they start, the others at any age, younger ones more often."""
    age = rng.exponential(OLDEST_DAYS / 4, len(start)).clip(0, OLDEST_DAYS) * DAY
    fresh = rng.random(len(start)) < shape.fresh
    return np.asarray(start - np.where(fresh, rng.uniform(0, FRESH_DAYS * DAY, len(start)), age))


def _end_users(shape: Shape, n: int, rng: Generator) -> NDArray[np.int64]:
    """Give the end users behind each account: the group's, or those of the small apps that anybody may run."""
    apps = np.where(rng.random(n) < 0.15, 1 + _skewed(200, 3.0, (n,), rng), 0)  # noqa: PLR2004 - one account in seven
    return np.asarray(np.maximum(apps, rng.integers(0, 2 * shape.end_users + 1, n)))


def _shifts(n: int, rng: Generator) -> NDArray[np.int64]:
    """Spread people over the zones where most of them live: the Americas, Europe and Africa, Asia."""
    zones = rng.choice([-48, -30, 6, 12, 33, 48, 54], size=n, p=(0.12, 0.22, 0.14, 0.16, 0.12, 0.16, 0.08))
    return np.asarray(-zones)


def _skewed(n: int, power: float, size: tuple[int, ...], rng: Generator) -> NDArray[np.int64]:
    """Draw from `n` things of which the first are the most common."""
    return np.asarray((n * rng.random(size) ** power).astype(np.int64))


def clock_profile(clock: Clock, clocks: Sequence[Clock], profiles: int) -> int:
    """Give the place of a group's clock in the table of profiles; -1 keeps the client's own."""
    return -1 if clock == "people" else profiles + clocks.index(clock)
