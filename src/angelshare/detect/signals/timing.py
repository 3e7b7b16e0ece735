"""What happens at the same time, or right after one another, among the accounts of a group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, Measured, end_of, excess, measured, once, seen_before, start_of
from angelshare.detect.schema import BINS

LAGS = (3, 4, 5, 6, 7, 8, 9)
"""Bins by which accounts are shifted against each other for the null: half an hour to an hour and a half."""
SOME_BINS = 0.05
"""Shared bins per pair that are added to both sides of the ratio."""
HOUR_US, DAY_US = 3_600 * 1_000_000, 86_400 * 1_000_000
NEAR_US = HOUR_US // 2
"""Half an hour: how near a start must be to a stop, on either side, since a blocked client tries on for a while."""
QUIET_US = 6 * HOUR_US
"""Silence before the period's end after which an account counts as stopped, or four times its mean pause if longer;
as long after the period's beginning, a first request counts as a start."""
OPENING_US = 3 * DAY_US
"""Width of the window in which accounts count as opened together."""
SOME_OPENINGS = 0.02
"""Share of a group that is added to both sides of the ratio."""
FOLLOWERS = 5
"""Accounts that must have used a model before it counts as released."""


# --- at the same time -----------------------------------------------------------------------------


@once
def _slots(accounts: Accounts) -> tuple[NDArray[np.int64], int]:
    """Give the ten-minute slot of each column of the bins, counted from the first day, and how many slots there are."""
    names = accounts.links["bin"].values.to_pylist()
    parts = np.array([name.split("/") for name in names], dtype=np.int64).reshape(-1, 2)
    first = int(parts[:, 0].min()) if len(parts) else 0
    slots = (parts[:, 0] - first) * BINS + parts[:, 1]
    return slots, (int(slots.max()) + 1 if len(slots) else 0)


@once
def _own_pairs(accounts: Accounts) -> NDArray[np.int64]:
    """(LAGS, N) count the pairs of an account's own active slots that lie each lag apart."""
    counts = accounts.links["bin"].counts
    slots, width = _slots(accounts)
    width += max(LAGS)
    row = np.repeat(np.arange(len(accounts)), np.diff(counts.indptr))
    key = np.sort(row * width + slots[counts.indices])
    found = []
    for lag in LAGS:
        place = np.searchsorted(key, key + lag)
        met = key[np.minimum(place, len(key) - 1)] == key + lag if len(key) else np.empty(0, dtype=bool)
        found.append(np.bincount(key[met] // width, minlength=len(accounts)))
    return np.stack(found)


def synchrony(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log of how many more ten-minute slots pairs of members share than when shifted against each other.

    The null shifts one of each pair by `LAGS`, which keeps every account's day and breaks common instants: the
    shuffle of a cross-correlogram. Both sides per pair, so a rate whatever the size. None for a group without a pair.
    """
    del history
    n = len(group)
    if n < 2:  # noqa: PLR2004 - a pair
        return None
    slots, width = _slots(current)
    mine = current.links["bin"].counts[group]
    busy = np.bincount(slots[mine.indices], minlength=width).astype(np.float64)
    together = float(busy @ busy - busy.sum())
    own = _own_pairs(current)[:, group].sum(axis=1)
    shifted = [float(busy[:-lag] @ busy[lag:]) - alone for lag, alone in zip(LAGS, own, strict=True)]
    pairs = n * (n - 1)
    return float(np.log((together / pairs + SOME_BINS) / (max(float(np.mean(shifted)), 0.0) / pairs + SOME_BINS)))


@once
def _openings(accounts: Accounts) -> NDArray[np.int64]:
    """Give the instants at which accounts were opened, sorted."""
    return np.sort(accounts.columns["created_at"][accounts.known["created_at"]])


def opened_together(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log of the share of members opened within three days of each other, against all accounts' in that window."""
    del history
    at = np.sort(current.columns["created_at"][group[current.known["created_at"][group]]])
    everyone = _openings(current)
    if len(at) < 3 or len(everyone) <= len(at):  # noqa: PLR2004 - fewer say nothing of togetherness
        return None
    inside = np.searchsorted(at, at + OPENING_US, side="right") - np.arange(len(at))
    best = int(inside.argmax())
    window = np.searchsorted(everyone, [at[best], at[best] + OPENING_US], side="left")
    usual = (window[1] - window[0] - inside[best]) / (len(everyone) - len(at))
    # the window begins at a member, which therefore says nothing
    own = (inside[best] - 1) / (len(at) - 1)
    return float(np.log((own + SOME_OPENINGS) / (max(usual, 0.0) + SOME_OPENINGS)))


# --- one after another ----------------------------------------------------------------------------


@once
def _silence(accounts: Accounts) -> NDArray[np.float64]:
    """(N,) microseconds of silence that mean something: four of its mean pauses, at least `QUIET_US`."""
    span = accounts.columns["last_at"] - accounts.columns["first_at"]
    return np.asarray(np.maximum(4 * span / np.maximum(accounts.columns["requests"] - 1, 1), QUIET_US))


@once
def _stopped(accounts: Accounts) -> NDArray[np.bool_]:
    """(N,) whether an account fell silent within the period."""
    return np.asarray(end_of(accounts) - accounts.columns["last_at"] > _silence(accounts))


@once
def _started(accounts: Accounts, history: Accounts) -> NDArray[np.bool_]:
    """(N,) whether an account began within the period."""
    late = accounts.columns["first_at"] - start_of(accounts) > _silence(accounts)
    return np.asarray(late & ~seen_before(accounts, history))


def taken_over(stops: NDArray[np.int64], starts: NDArray[np.int64], length: int) -> tuple[int, float]:
    """Count the starts within `NEAR_US` of a stop, and those expected if stops fell anywhere in `length`.

    Args:
        stops: sorted instants in microseconds.
        starts: instants in microseconds.
        length: of the period, in microseconds.
    """
    after = np.searchsorted(stops, starts - NEAR_US)
    until = np.searchsorted(stops, starts + NEAR_US, side="right")
    return int((until > after).sum()), len(starts) * (1 - float(np.exp(-2 * len(stops) * NEAR_US / length)))


def hand_over(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log (1 + starts as another member stops) over (1 + those expected).

    The ones draw a group with few stops and starts to 0. None for fewer than two of either.
    """
    stops = np.sort(current.columns["last_at"][group[_stopped(current)[group]]])
    starts = current.columns["first_at"][group[_started(current, history)[group]]]
    if min(len(stops), len(starts)) < 2:  # noqa: PLR2004 - one of each says nothing
        return None
    met, expected = taken_over(stops, starts, end_of(current) - start_of(current))
    return float(np.log((1 + met) / (1 + expected)))


def failover(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log (1 + times a block was got round) over (1 + those expected).

    Got round: a request by another key, network or provider within a minute of a 403 or 429; or the start of another
    member within half an hour of the last request of a member that got a 403. Expected: moves at the rate of all
    blocked requests outside the group, and starts at any time. Moves after the server's own faults count for
    nothing: honest routers fail over on those. None for a group that was never turned away.
    """
    blocked, moved = current.columns["blocked"], current.columns["moved_after_block"]
    tried = int(blocked[group].sum())
    if not tried:
        return None
    outside = int(blocked.sum()) - tried
    usual = (int(moved.sum()) - int(moved[group].sum()) + 1) / (outside + 2)
    denied = group[current.columns["denied"][group] > 0]
    stops = np.sort(current.columns["last_at"][denied])
    starts = current.columns["first_at"][group[_started(current, history)[group]]]
    met, expected = taken_over(stops, starts, end_of(current) - start_of(current))
    return float(np.log((1 + int(moved[group].sum()) + met) / (1 + usual * tried + expected)))


# --- a release ------------------------------------------------------------------------------------


@once
def releases(accounts: Accounts, history: Accounts) -> dict[int, int]:
    """Find the models that nobody used in the history: column of the link to instant of release."""
    before = set(history.links["model"].values.to_pylist())
    if not before:
        return {}
    links = accounts.links["model"]
    found = {}
    for column, name in enumerate(links.values.to_pylist()):
        at = np.sort(links.first_at[links.counts.indices == column])
        if name not in before and len(at) >= FOLLOWERS:
            found[column] = int(at[FOLLOWERS - 1])
    return found


@once
def moved_at_once(accounts: Accounts, history: Accounts) -> Measured | None:
    """Measure the share of requests since a release that go to a new model first used within a day of it."""
    new = releases(accounts, history)
    if not new:
        return None
    links, share = accounts.links["model"], np.zeros(len(accounts))
    row = np.repeat(np.arange(len(accounts)), np.diff(links.counts.indptr))
    for column, at in new.items():
        at_once = (links.counts.indices == column) & (links.first_at <= at + DAY_US)
        share += np.bincount(row[at_once], weights=links.counts.data[at_once], minlength=len(accounts))
    days = np.array(accounts.days, dtype="datetime64[us]").astype(np.int64)
    since = accounts.active[:, days + DAY_US > min(new.values())].sum(axis=1)
    return measured(accounts, share / np.maximum(since, 1), since > 0)


def day_one(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much more members moved to a new model within a day of its release, in standard deviations."""
    moved = moved_at_once(current, history)
    return None if moved is None else excess(group, moved)
