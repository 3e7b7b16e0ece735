import itertools
import time
from typing import get_args

import numpy as np
import pytest

from angelshare.core.traffic import LookAlike
from angelshare.detect.traits import TRAITS
from angelshare.detect.twins import PROFILES, RECOGNISED, Condition, checked, explain, fits, values
from traffic_groups import made, nobody

GROUP = np.arange(12)


def night(n=100, members=12):
    week = np.zeros((n, 168), dtype=np.int32)
    for day in range(7):
        week[members:, day * 24 + 8 : day * 24 + 20] = 3
        week[:members, day * 24 + 2] = 9
    return week


def evaluation(*, org=True, greedy=60):
    """Make twelve accounts that send the same prompts every night at temperature 0, among ordinary ones."""
    links = {"simhash": {f"p{n}": dict.fromkeys(range(12), 12) for n in range(5)}, "org": {"other": {90: 1, 91: 1}}}
    links["skeleton"] = {f"t{n}": dict.fromkeys(range(12), 12) for n in range(5)}
    if org:
        links["org"]["lab"] = dict.fromkeys(range(12), 60)
    columns = {"greedy": np.where(np.arange(100) < 12, greedy, 3)}
    return made(100, links=links, columns=columns, week=night())


def test_a_nightly_evaluation_is_recognised_and_its_conditions_can_be_read():
    accounts = evaluation()

    assert explain(GROUP, accounts, nobody())[0][0] == "nightly-evaluation"
    assert explain(GROUP, accounts, nobody())[0][1] > RECOGNISED
    for one in checked("nightly-evaluation", GROUP, accounts, nobody()):
        assert one.met > 0.9
        assert one.observed == pytest.approx(1.0)


def test_the_same_without_one_organisation_is_not():
    found = dict(explain(GROUP, evaluation(org=False), nobody()))

    assert found["nightly-evaluation"] < 0.1


def test_a_profile_is_as_good_as_its_weakest_condition():
    accounts = evaluation(greedy=36)
    by_trait = {one.condition.trait: one.met for one in checked("nightly-evaluation", GROUP, accounts, nobody())}

    assert by_trait["greedy"] == pytest.approx(0.5)
    assert dict(explain(GROUP, accounts, nobody()))["nightly-evaluation"] == pytest.approx(0.5)


def test_what_cannot_be_checked_makes_a_profile_fit_less():
    found = values(GROUP, evaluation(), nobody())
    whole, half = dict(fits(found)), dict(fits(found | {"repeated": None, "greedy": None}))

    assert half["nightly-evaluation"] == pytest.approx(whole["nightly-evaluation"] / 2, rel=0.05)
    assert {fit for _, fit in fits(dict.fromkeys(found))} == {0.0}


def test_without_a_release_nobody_is_a_release_day_benchmark():
    found = dict.fromkeys(values(GROUP, evaluation(), nobody()), 1.0) | {"synchrony": 0.0}

    assert dict(fits(found))["release-day-benchmark"] > 0.9
    assert dict(fits(found | {"moved at once": None}))["release-day-benchmark"] == 0.0


def test_conditions_that_only_rule_out_make_no_fit():
    ruling_out = {one.trait for profile in PROFILES.values() for one in profile if one.side == "at most"}
    needed = {one.trait for profile in PROFILES.values() for one in profile if one.side == "at least"}

    assert max(fit for _, fit in fits(dict.fromkeys(needed) | dict.fromkeys(ruling_out - needed, 0.0))) == 0.0


def test_ordinary_accounts_fit_no_profile():
    rng = np.random.default_rng(0)
    accounts = evaluation()

    for _ in range(20):
        group = rng.choice(np.arange(20, 90), 12, replace=False)
        assert explain(group, accounts, nobody())[0][1] < RECOGNISED


def test_every_honest_workload_has_a_profile_of_conditions_that_can_be_met_together():
    assert set(PROFILES) == set(get_args(LookAlike))
    for kind, profile in PROFILES.items():
        assert len(profile) >= 3, kind
        assert {condition.trait for condition in profile} <= set(TRAITS), kind
        for one, other in itertools.combinations(profile, 2):
            if one.trait == other.trait:
                low, high = sorted((one, other), key=lambda condition: condition.side)
                assert low.bound < high.bound
                assert (low.side, high.side) == ("at least", "at most")


def test_a_profile_without_an_organisation_asks_for_something_a_campaign_would_have_to_give_up():
    alone = {kind for kind, profile in PROFILES.items() if "declared" not in {one.trait for one in profile}}

    assert alone == {"gateway", "release-day-benchmark"}


def test_a_condition_is_half_met_at_its_bound_and_met_beyond_its_width():
    least = Condition(trait="night", side="at least", bound=0.6, width=0.2)
    most = Condition(trait="night", side="at most", bound=0.6, width=0.2)

    assert least.met(0.6) == most.met(0.6) == 0.5
    assert least.met(0.8) > 0.98
    assert most.met(0.8) < 0.02
    assert least.met(1e9) == pytest.approx(1.0)


def test_five_thousand_accounts_are_explained_in_a_fraction_of_a_second():
    rng = np.random.default_rng(0)
    accounts = made(6_000, week=rng.multinomial(20, [1 / 168] * 168, size=6_000))
    group = np.sort(rng.choice(6_000, 5_000, replace=False))
    explain(group, accounts, nobody())

    begun = time.process_time()
    explain(group, accounts, accounts)

    assert time.process_time() - begun < 0.5


def two_jobs(*, greedy=60):
    """Make a nightly evaluation of twelve accounts, and a second one of twelve, of another organisation by day."""
    accounts = evaluation()
    week = np.array(accounts.week)
    week[12:24] = 0
    week[12:24, [day * 24 + 14 for day in range(7)]] = 9
    links = {
        "org": {"lab": dict.fromkeys(range(12), 60), "other": dict.fromkeys(range(12, 24), 60)},
        "simhash": {f"p{n}": dict.fromkeys(range(12 * (n % 2), 12 * (n % 2) + 12), 12) for n in range(10)},
        "skeleton": {f"t{n}": dict.fromkeys(range(12 * (n % 2), 12 * (n % 2) + 12), 12) for n in range(10)},
    }
    columns = {"greedy": np.where(np.arange(100) < 12, 60, np.where(np.arange(100) < 24, greedy, 3))}
    return made(100, links=links, columns=columns, week=week)


def test_two_workloads_that_a_search_joined_are_recognised_by_their_parts():
    group, accounts = np.arange(24), two_jobs()

    assert fits(values(group, accounts, nobody()))[0][1] < RECOGNISED
    assert explain(group, accounts, nobody())[0][0] == "nightly-evaluation"
    assert explain(group, accounts, nobody())[0][1] > RECOGNISED


def test_a_group_is_not_explained_by_the_honest_half_of_it():
    assert explain(np.arange(24), two_jobs(greedy=0), nobody())[0][1] < RECOGNISED
