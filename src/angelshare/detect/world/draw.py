"""Who asks what and when on one day, as numbers: accounts, instants, places in the pool of prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.detect.world import rates
from angelshare.detect.world.names import mixed, uniform
from angelshare.detect.world.people import DAY, Group, People
from angelshare.detect.world.plan import Event
from angelshare.detect.world.prompts import FILLS, PRIVATE_FILLS, Pool
from angelshare.detect.world.shapes import Shape

ORDINARY: Mapping[str, float] = {
    "chat": 0.40, "chat-other": 0.12, "app": 0.12, "code": 0.12, "reasoning": 0.08, "instructions": 0.08,
    "tools": 0.03, "documents": 0.03, "support": 0.02,
}  # fmt: skip
"""How common each family is in ordinary use; ours."""
CIRCULATING = 0.3
"""Share of ordinary requests that fill a template which circulates among honest people."""
PROGRAMS = 0.85
"""Share of accounts some of whose ordinary requests are made by a program, through templates of its own; ours."""
UNSTEADY = 0.35
"""Share of a program's requests whose template begins with words that change."""
BORROWED = 0.55
"""Share of owners whose programs fill a template as a framework or a tutorial has it, which others fill too."""
FIRST = 0.7
"""Share of a program's requests that go through the first of its two templates."""
IN_SESSION = 0.6
"""Chance that an ordinary request goes on with the session before it."""
PAUSE = 90.0
"""Mean seconds between the requests of a session."""
HOLIDAY = 0.45
"""Traffic of honest accounts on a holiday against an ordinary day."""
RELEASE = 1.35
"""Traffic of honest accounts on a release day against an ordinary day."""
SHIFTED = 0.3
"""Ordinary requests in another language during a language shift, on top of the usual ones."""
LEFT = 0.3
"""Share of the rest of a day's requests that a blocked account still tries."""


@dataclass(frozen=True)
class Rows:
    """Requests of one day and chunk; one entry per request in every array."""

    account: NDArray[np.int64]
    """Which account."""

    second: NDArray[np.float64]
    """Seconds since midnight."""

    prompt: NDArray[np.int64]
    """Place in the pool."""

    fresh: NDArray[np.bool_]
    """Whether its wording is found nowhere else."""

    own: NDArray[np.bool_]
    """Whether it serves the group's purpose; ordinary use otherwise."""

    voice: NDArray[np.int64]
    """Whose wording a program's template has; -1 where the pool's wording stands."""

    session: NDArray[np.int64]
    """Session number in the chunk."""

    turn: NDArray[np.int64]
    """Place in the session, from 0."""

    after_block: NDArray[np.bool_]
    """Whether the account is blocked by then."""


@dataclass(frozen=True)
class Day:
    """What all chunks of a day share."""

    on: int
    """Day, from 0."""

    table: NDArray[np.float64]
    """(profiles, 144) cumulative shares of the day."""

    bursts: Sequence[NDArray[np.float64]]
    """Per group, the seconds at which its bursts start."""

    shifted: float
    """Share of ordinary requests moved to another language."""


def day_of(on: int, weekday: int, groups: Sequence[Group], *, weekly: NDArray[np.float64],
           events: Sequence[Event], rng: Generator) -> Day:  # fmt: skip
    """Give what all chunks of a day share, bursts among it."""
    bursts = [np.sort(rng.uniform(0, DAY, max(group.shape.bursts, 1))) for group in groups]
    for g, group in enumerate(groups):
        if group.shape.clock == "night":
            bursts[g] = rng.uniform(3600, 3 * 3600, max(group.shape.bursts, 1))
        elif group.shape.clock == "office":
            bursts[g] = rng.uniform(8 * 3600, 18 * 3600, max(group.shape.bursts, 1))
    shifted = SHIFTED if any(_on(event, on) for event in events if event.kind == "language-shift") else 0.0
    return Day(on=on, table=weekly[weekday], bursts=bursts, shifted=shifted)


def counts(
    people: People, groups: Sequence[Group], on: int, *, events: Sequence[Event], rng: Generator
) -> NDArray[np.int64]:
    """Draw the requests of each account on a day: Poisson around its rate, a gamma factor making days uneven."""
    factor = np.array([_factor(group, on, events) for group in groups])[people.group]
    awake = np.clip(np.minimum(people.end, (on + 1) * DAY) - np.maximum(people.start, on * DAY), 0, DAY) / DAY
    return np.asarray(rng.poisson(people.rate * factor * awake * rng.gamma(2.0, 0.5, len(awake))))


def _factor(group: Group, on: int, events: Sequence[Event]) -> float:
    shape = group.shape
    factor = 1.0
    for event in events:
        if not _on(event, on) or group.kind == "campaign":
            continue
        if event.kind == "holiday" and shape.clock in ("people", "office"):
            factor *= HOLIDAY
        if event.kind == "release":
            factor *= RELEASE * (3 if shape.retarget else 1)
    return factor


def _on(event: Event, on: int) -> bool:
    return event.day <= on < event.day + event.days


def rows(who: NDArray[np.int64], n: NDArray[np.int64], day: Day, *, people: People, groups: Sequence[Group],
         pool: Pool, rng: Generator) -> Rows:  # fmt: skip
    """Draw the requests of some accounts on one day, in the order of time.

    Args:
        who: (accounts,) which accounts.
        n: (accounts,) requests of each.
        day: the day.
        people: all accounts.
        groups: all groups.
        pool: all prompts.
        rng: the caller owns the seed.
    """
    account = np.repeat(who, n)
    group = people.group[account]
    own = rng.random(len(account)) < people.purpose[account]
    shifted = ~own & (rng.random(len(account)) < day.shifted)
    program = ~own & ~shifted & (rng.random(len(account)) < programmed(account))
    session, turn = _sessions(account, own | program, rng)
    second = _seconds(account, session, turn, day=day, people=people, rng=rng)
    prompt = _ordinary(account, shifted, people=people, pool=pool, rng=rng)
    voice = np.where(program, owner(account, people), -1)
    prompt[program] = _programs(voice[program], pool, rng)
    voice = np.where(borrows(voice), -1, voice)
    fresh = np.where(program, rng.random(len(account)) < UNSTEADY, ~pool.fixed_wording[prompt])
    for g in np.unique(group[own]).tolist():
        mine = np.flatnonzero(own & (group == g))
        shape = groups[g].shape
        work = mixed(account[mine] * 1000 + day.on // 7, 7)
        prompt[mine], again = _purpose(pool.own[g], shape, work, rng)
        loose = rng.random(len(mine)) < (shape.paraphrased if shape.templates else 1.0)
        fresh[mine] = loose & ~again
        second[mine] = _own_seconds(groups[g], second[mine], day.bursts[g], day=day, rng=rng)
    second, after, kept = _within_life(account, second, day.on, people=people, rng=rng)
    order = kept[np.argsort(second[kept], kind="stable")]
    return Rows(
        account=account[order], second=second[order], prompt=prompt[order], fresh=fresh[order], own=own[order],
        voice=np.where(fresh, -1, voice)[order], session=session[order], turn=turn[order], after_block=after[order],
    )  # fmt: skip


def programmed(account: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the share of an account's ordinary requests that its programs make: none, some, or nearly all."""
    u = uniform(account, 21)
    return np.where(u < PROGRAMS, (u / PROGRAMS) ** 0.4, 0.0)


def owner(account: NDArray[np.int64], people: People) -> NDArray[np.int64]:
    """Say whose templates an account's programs fill: its organisation's, or its own."""
    org = people.org[account]
    return np.where(org >= 0, org, 10**14 + account)


def _programs(voice: NDArray[np.int64], pool: Pool, rng: Generator) -> NDArray[np.int64]:
    """Draw fillings of the two forms behind an owner's templates."""
    second = rng.random(len(voice)) >= FIRST
    which = uniform(voice * 2 + second, 22)
    known = pool.public[(len(pool.public) * which**2).astype(np.int64), rng.integers(0, FILLS, len(voice))]
    form = (len(pool.private) * which).astype(np.int64)
    return np.where(borrows(voice), known, pool.private[form, rng.integers(0, PRIVATE_FILLS, len(voice))])


def borrows(voice: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which owners fill templates in the wording that others fill too."""
    return uniform(voice, 24) < BORROWED


def _sessions(
    account: NDArray[np.int64], alone: NDArray[np.bool_], rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut each account's requests into sessions; a program's request, whatever its purpose, stands alone."""
    new = (rng.random(len(account)) >= IN_SESSION) | alone
    new[1:] |= (account[1:] != account[:-1]) | alone[:-1]
    new[:1] = True
    session = np.cumsum(new) - 1
    return session, np.arange(len(account)) - np.flatnonzero(new)[session]


def _seconds(account: NDArray[np.int64], session: NDArray[np.int64], turn: NDArray[np.int64], *,
             day: Day, people: People, rng: Generator) -> NDArray[np.float64]:  # fmt: skip
    """Draw each session's start from its client's shape, then the pauses within it."""
    if not len(account):
        return np.zeros(0)
    first = account[np.flatnonzero(turn == 0)]
    start = rates.bins(day.table, people.profile[first], people.shift[first], rng)
    pauses = np.where(turn > 0, rng.exponential(PAUSE, len(turn)), 0.0)
    since = np.cumsum(pauses)
    since -= since[np.flatnonzero(turn == 0)][session]
    return np.asarray((start[session] + since) % DAY)


def _ordinary(account: NDArray[np.int64], shifted: NDArray[np.bool_], *, people: People, pool: Pool,
              rng: Generator) -> NDArray[np.int64]:  # fmt: skip
    """Draw ordinary prompts: mostly of the families an account likes, some through templates that circulate."""
    names = list(ORDINARY)
    n = len(account)
    family = people.taste[account, rng.integers(0, 3, n)]
    family = np.where(rng.random(n) < 0.2, rng.choice(len(names), n, p=list(ORDINARY.values())), family)  # noqa: PLR2004 - now and then anything
    family = np.where(shifted, names.index("chat-other"), family)
    places = [pool.families[name] for name in names]
    first, sizes = np.array([p[0] for p in places]), np.array([len(p) for p in places])
    prompt = first[family] + (rng.random(n) * sizes[family]).astype(np.int64)
    return np.where(~shifted & (rng.random(n) < CIRCULATING), _lean(pool.public, n, 3.0, rng), prompt)


def _purpose(
    own: NDArray[np.int64], shape: Shape, work: NDArray[np.uint64], rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Draw prompts of the group's own, some of them from the short list that is the same every day.

    Args:
        own: (templates, fills) their places.
        shape: behaviour of the group.
        work: (rows,) a number that the requests of one account in one week have in common: its share of the work.
        rng: the caller owns the seed.
    """
    n = len(work)
    again = rng.random(n) < shape.repeats
    few = own[:, : max(own.shape[1] // 10, 1)]
    if not shape.jobs:
        return np.where(again, _lean(few, n, 1.0, rng), _lean(own, n, 2.0, rng)), again
    job = uniform(work.astype(np.int64) + rng.integers(0, shape.jobs, n), 23)
    row = (len(own) * job**1.2).astype(np.int64)
    return np.where(again, few[row, 0], own[row, rng.integers(0, own.shape[1], n)]), again


def _lean(places: NDArray[np.int64], n: int, power: float, rng: Generator) -> NDArray[np.int64]:
    """Draw places whose row leans to the first by templates * u ** power."""
    row = (len(places) * rng.random(n) ** power).astype(np.int64)
    return np.asarray(places[row, rng.integers(0, places.shape[1], n)])


def _own_seconds(group: Group, second: NDArray[np.float64], bursts: NDArray[np.float64], *,
                 day: Day, rng: Generator) -> NDArray[np.float64]:  # fmt: skip
    """Move a group's own requests to its clock, and those that are synchronised into its bursts."""
    shape, n = group.shape, len(second)
    if shape.clock != "people":
        clock = np.full(n, len(day.table) - len(rates.CLOCKS) + rates.CLOCKS.index(shape.clock))
        second = rates.bins(day.table, clock, np.full(n, int(-shape.hours * rates.HOUR)), rng)
    burst = bursts[rng.integers(0, len(bursts), n)] + rng.random(n) * shape.burst_minutes * 60
    return np.where(rng.random(n) < shape.synchronised, burst % DAY, second)


def _within_life(account: NDArray[np.int64], second: NDArray[np.float64], on: int, *, people: People,
                 rng: Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:  # fmt: skip
    """Squeeze a day's requests into the account's life; some follow a block, and are turned away."""
    start = np.clip(people.start[account] - on * DAY, 0, DAY)
    end = np.clip(people.end[account] - on * DAY, 0, DAY)
    outside = (second < start) | (second >= end)
    second = np.where(outside, start + rng.random(len(second)) * (end - start), second)
    after = outside & people.blocked[account] & (end < DAY) & (rng.random(len(second)) < LEFT)
    second = np.where(after, end + rng.exponential(1800.0, len(second)), second)
    return second, after, np.flatnonzero(second < DAY)
