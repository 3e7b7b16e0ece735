import numpy as np
import pytest

from angelshare.detect.signals.timing import (
    day_one,
    failover,
    hand_over,
    opened_together,
    synchrony,
    taken_over,
)
from traffic_groups import HOUR, START, made, nobody, rows

DAY = 20717
"""2026-09-21 in days since 1970."""


def bins(accounts):
    """Give links of ten-minute bins: for each account its slots, counted from the first day."""
    found = {}
    for row, slots in enumerate(accounts):
        for slot in slots:
            found.setdefault(f"{DAY + slot // 144}/{slot % 144}", {})[row] = 1
    return {"bin": found}


def test_bursts_in_common_are_synchronous_and_a_common_day_is_not():
    rng = np.random.default_rng(0)
    common = rng.choice(432, 30, replace=False)
    office = np.concatenate([np.arange(day * 144 + 54, day * 144 + 108) for day in range(3)])
    accounts = made(
        100, links=bins([common if row < 20 else rng.choice(office, 30, replace=False) for row in range(100)])
    )

    assert synchrony(np.arange(20), accounts, nobody()) > 1.5
    assert abs(synchrony(np.arange(20, 60), accounts, nobody())) < 0.2
    assert synchrony(rows(3), accounts, nobody()) is None


def test_an_account_is_not_synchronous_with_itself():
    rng = np.random.default_rng(1)
    runs = [np.arange(start, start + 12) for start in rng.integers(0, 400, size=100)]
    accounts = made(100, links=bins(runs))

    assert abs(synchrony(np.arange(100), accounts, nobody())) < 0.1


def test_synchrony_of_random_accounts_is_none_whatever_their_number():
    rng = np.random.default_rng(2)
    accounts = made(600, links=bins([rng.choice(432, 20, replace=False) for _ in range(600)]))

    for size in (5, 50, 500):
        found = [synchrony(rng.choice(600, size, replace=False), accounts, nobody()) for _ in range(40)]
        assert abs(np.mean(found)) < 0.1


def lives(pairs, *, n=60, **columns):
    """Make accounts active all period, but for pairs of which the first stops and the second starts later."""
    first, last = np.full(n, START + HOUR), np.full(n, START + 71 * HOUR)
    for index, (stop, start) in enumerate(pairs):
        last[2 * index], first[2 * index + 1] = START + stop * HOUR, START + start * HOUR
    return made(n, columns={"first_at": first, "last_at": last} | columns)


def test_accounts_that_start_as_others_stop_hand_over():
    stops = [20, 25, 31, 38, 44]
    exact = lives([(stop, stop + 0.2) for stop in stops])
    later = lives([(stop, stop + 3.5) for stop in stops])
    group = np.arange(10)

    assert hand_over(group, exact, nobody()) > 0.8
    assert hand_over(group, later, nobody()) < 0.3
    assert hand_over(np.arange(20, 40), exact, nobody()) is None
    assert hand_over(group, exact, exact) is None


def test_the_expected_takings_over_are_those_of_random_stops():
    rng = np.random.default_rng(3)
    length = 72 * HOUR
    found = [taken_over(np.sort(rng.integers(0, length, 8)), rng.integers(0, length, 20), length) for _ in range(2000)]

    met, expected = np.array(found).mean(axis=0)
    assert met == pytest.approx(expected, rel=0.05)


def test_getting_round_a_block_counts_and_getting_round_a_fault_does_not():
    blocked = np.full(60, 4)
    group = np.arange(10)
    moved = np.where(np.arange(60) < 10, 4, 0)

    assert failover(group, made(60, columns={"blocked": blocked, "moved_after_block": moved}), nobody()) > 1.5
    assert failover(group, made(60, columns={"blocked": blocked, "moved_after_fault": moved}), nobody()) < 0
    assert failover(group, made(60, columns={"blocked": np.where(np.arange(60) < 10, 0, 4)}), nobody()) is None


def test_a_member_that_starts_as_a_denied_one_stops_gets_round_its_block():
    pairs = [(stop, stop + 0.2) for stop in (20, 25, 31, 38, 44)]
    denied = np.zeros(60)
    denied[:10:2] = 3
    group = np.arange(10)

    refused = failover(group, lives(pairs, denied=denied, blocked=denied), nobody())
    limited = failover(group, lives(pairs, blocked=denied), nobody())

    assert refused > limited + 0.5


def test_accounts_opened_within_days_are_opened_together():
    rng = np.random.default_rng(4)
    created = START - rng.integers(0, 700 * 24, 500) * HOUR
    created[:20] = START - rng.integers(0, 48, 20) * HOUR
    accounts = made(500, columns={"created_at": created})

    assert opened_together(np.arange(20), accounts, nobody()) > 2.5
    assert opened_together(np.arange(100, 160), accounts, nobody()) < 1.2
    assert opened_together(rows(1, 2), accounts, nobody()) is None


def test_moving_to_a_new_model_on_its_first_day_stands_out():
    links = {"model": {"old": dict.fromkeys(range(100), 40), "new": dict.fromkeys(range(40), 20)}}
    links["model"]["new"] |= dict.fromkeys(range(10), 55)
    late = {"model": {"new": dict.fromkeys(range(20, 40), START + 50 * HOUR)}}
    accounts = made(100, links=links, first=late)
    before = made(100, links={"model": {"old": dict.fromkeys(range(100), 40)}})

    assert day_one(np.arange(10), accounts, before) > 3
    assert day_one(np.arange(20, 30), accounts, before) < 0
    assert day_one(np.arange(10), accounts, accounts) is None
    assert day_one(np.arange(10), accounts, made(100)) is None
