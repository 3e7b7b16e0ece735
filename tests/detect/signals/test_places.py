import numpy as np

from angelshare.detect.signals.pairs import excess_pairs
from angelshare.detect.signals.places import aggregated, many_places, shared_infrastructure, stripped
from traffic_groups import made, nobody, rows, shared

GROUP = np.arange(10)


def test_one_key_from_many_networks_stands_out():
    prefixes = np.ones(100)
    prefixes[:10] = 12
    accounts = made(100, columns={"distinct_ip_prefix": prefixes, "distinct_user_agent": np.ones(100)})

    assert many_places(GROUP, accounts, nobody()) > 5
    assert many_places(np.arange(40, 50), accounts, nobody()) < 0


def test_many_networks_over_as_many_keys_do_not():
    prefixes, keys = np.ones(100), np.ones(100)
    prefixes[:10], keys[:10] = 15, 8
    columns = {"distinct_ip_prefix": prefixes, "distinct_user_agent": np.ones(100), "distinct_api_key": keys}

    assert many_places(GROUP, made(100, columns=columns), nobody()) <= 0


def test_networks_that_many_accounts_share_are_crowded():
    links = {"ip_prefix": {"crowd": dict.fromkeys(range(50), 60)} | shared([[n, n + 1] for n in range(50, 99, 2)])}
    accounts = made(100, links=links, columns={"distinct_ip_prefix": np.ones(100)})

    assert aggregated(GROUP, accounts, nobody()) > aggregated(np.arange(60, 70), accounts, nobody()) + 2


def test_metadata_that_nobody_sends_says_nothing():
    accounts = made(100, columns={name: np.full(100, 60) for name in ("no_session", "no_end_user", "no_user_agent")})

    assert stripped(GROUP, accounts, nobody()) is None


def test_metadata_that_a_group_leaves_out_stands_out():
    without = np.zeros(100)
    without[:10] = 60
    columns = {"no_session": without, "no_end_user": np.full(100, 60), "no_user_agent": np.full(100, 60)}

    assert stripped(GROUP, made(100, columns=columns), nobody()) > 5


def test_seldom_payments_in_common_are_an_excess_over_what_chance_gives():
    links = {"payment": shared([range(10), *([n, n + 1] for n in range(10, 99, 2))])}
    accounts = made(100, links=links)

    assert shared_infrastructure(GROUP, accounts, nobody()) > 3
    assert abs(excess_pairs(np.arange(0, 100, 10), accounts, "payment")) < 0.8


def test_what_a_declared_organisation_shares_is_explained():
    links = {"payment": shared([range(10), *([n, n + 1] for n in range(10, 99, 2))])}
    whole = made(100, links=links | {"org": {"firm": dict.fromkeys(range(10), 60)}})
    halves = made(100, links=links | {"org": {"firm": dict.fromkeys(range(5), 60)}})
    domain = made(100, links=links | {"email_domain": {"firm.example": dict.fromkeys(range(10), 60)}})

    assert shared_infrastructure(GROUP, whole, nobody()) == 0
    assert shared_infrastructure(GROUP, domain, nobody()) == 0
    assert (
        1
        < shared_infrastructure(GROUP, halves, nobody())
        < shared_infrastructure(GROUP, made(100, links=links), nobody())
    )


def test_a_pair_in_one_organisation_and_one_domain_is_left_out_once():
    links = {"payment": shared([range(10)])}
    ties = {"org": {"firm": dict.fromkeys(range(4), 60)}, "email_domain": {"firm.example": dict.fromkeys(range(4), 60)}}
    one = {"org": ties["org"]}

    both, only = (shared_infrastructure(GROUP, made(100, links=links | some), nobody()) for some in (ties, one))

    assert both == only


def test_the_excess_of_pairs_is_a_rate_whatever_the_size():
    rng = np.random.default_rng(0)
    links = {"payment": {f"v{value}": dict.fromkeys(rng.choice(2000, 20, replace=False), 5) for value in range(200)}}
    accounts = made(2000, links=links)

    means = [
        np.mean([excess_pairs(rng.choice(2000, size, replace=False), accounts, "payment") for _ in range(60)])
        for size in (20, 100, 400)
    ]

    assert np.abs(means).max() < 0.15


def test_no_link_of_a_kind_and_no_pair_say_nothing():
    accounts = made(20, links={"payment": shared([[0, 1]])})

    assert excess_pairs(rows(0), accounts, "payment") is None
    assert excess_pairs(rows(0, 1), accounts, "asn") is None
    assert shared_infrastructure(rows(0, 1), made(20), nobody()) is None
