import numpy as np
import pytest

from angelshare.detect.cohort import (
    excess,
    main_value,
    measured,
    once,
    private_domain,
    seen_before,
    share,
    strata,
    together,
)
from traffic_groups import made, rows


def drawn(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    return made(n), rng.normal(size=n), rng


def test_random_groups_of_every_size_stay_within_a_standard_deviation():
    accounts, value, rng = drawn()
    over = measured(accounts, value, np.ones(len(value), dtype=bool))

    for size in (5, 40, 300):
        found = [excess(rng.choice(len(value), size, replace=False), over) for _ in range(300)]
        assert abs(np.mean(found)) < 0.2
        # the design effect allows for likeness within honest groups, which random ones do not have
        assert np.std(found) < 1.05


def test_groups_whose_members_are_as_alike_as_assumed_have_one_spread_whatever_their_size():
    accounts, value, rng = drawn()
    spread = []
    for size in (5, 40, 300):
        found = []
        for _ in range(300):
            group = rng.choice(len(value), size, replace=False)
            alike = value.copy()
            alike[group] = np.sqrt(0.05) * rng.normal() + np.sqrt(0.95) * rng.normal(size=size)
            found.append(excess(group, measured(accounts, alike, np.ones(len(value), dtype=bool))))
        spread.append(np.std(found))

    assert max(spread) < 1.15
    assert min(spread) > 0.85


def test_a_group_is_held_against_accounts_of_like_volume():
    active = np.full((400, 3), 2)
    active[200:] = 200
    value = np.where(np.arange(400) < 200, 0.0, 10.0) + np.tile([-1.0, 1.0], 200)
    accounts = made(400, active=active)

    busy = excess(np.arange(200, 240), measured(accounts, value, np.ones(400, dtype=bool)))
    flat = excess(np.arange(200, 240), measured(accounts, value, np.ones(400, dtype=bool), flat=True))

    assert len(np.unique(strata(accounts))) == 2
    assert busy == pytest.approx(0.0, abs=1e-9)
    assert flat > 3


def test_a_group_is_not_part_of_its_own_cohort():
    value = np.zeros(100)
    value[:60] = 1.0
    accounts = made(100)

    assert excess(np.arange(60), measured(accounts, value, np.ones(100, dtype=bool))) == pytest.approx(
        1.0 / (0.02 * np.sqrt(0.05 + 0.95 / 60))
    )


def test_too_few_members_or_too_few_others_say_nothing():
    accounts, value, _ = drawn(60)
    known = np.ones(60, dtype=bool)

    assert excess(rows(1, 2), measured(accounts, value, known)) is None
    assert excess(np.arange(50), measured(accounts, value, known)) is None
    known[:10] = False
    assert excess(rows(0, 1, 2, 3, 11, 12), measured(accounts, value, known)) is None


def test_a_share_of_few_requests_is_drawn_to_everybodys():
    active = np.ones((50, 3))
    active[0] = 100
    accounts = made(50, active=active, columns={"cot": [300, 3, *[0] * 48]})

    asked = share(accounts, "cot", "text_known").value

    assert asked[0] > 0.99
    assert 0.6 < asked[1] < asked[0]
    assert 0 < asked[2] < 0.4


def test_results_are_remembered_by_identity_and_let_go():
    calls = []

    @once
    def count(accounts, kind):
        calls.append(kind)
        return len(accounts)

    some = [made(n) for n in range(1, 7)]
    assert [count(some[0], "a"), count(some[0], "b"), count(some[0], "a")] == [1, 1, 1]
    assert calls == ["a", "b"]
    assert [count(accounts, "a") for accounts in some] == [1, 2, 3, 4, 5, 6]
    count(some[0], "a")
    assert len(calls) == 8


def test_accounts_of_the_history_are_known_again():
    current = made(3, ids=["a", "b", "c"])

    assert seen_before(current, made(2, ids=["b", "x"])).tolist() == [False, True, False]


def test_the_value_used_most_is_an_accounts_main_value():
    links = {"asn": {"1": {0: 5, 1: 2}, "2": {0: 1, 1: 2, 2: 9}}}
    accounts = made(4, links=links)

    assert main_value(accounts, "asn").tolist() == [0, 0, 1, -1]
    assert together(rows(0, 1, 2, 3), accounts, "asn") == 0.5
    assert together(rows(3), accounts, "asn") == 0.0
    assert together(rows(0, 1), accounts, "payment") is None


def test_a_domain_that_anybody_can_have_declares_nothing():
    links = {"email_domain": {"open": dict.fromkeys(range(50), 1), "firm": dict.fromkeys(range(50, 60), 1)}}
    accounts = made(70, links=links)

    assert private_domain(accounts)[[0, 55, 65]].tolist() == [-1, 0, -1]
