"""Membership follows what members have in common, and the honest keep out."""

import numpy as np
from tests.detect.small_accounts import accounts_of

from angelshare.detect import linkage
from angelshare.detect.linkage import membership


def world(n: int = 300, core: int = 10, hidden: int = 5):
    """Give accounts of which `core` share template, network and client; `hidden` share the last two alone."""
    rng = np.random.default_rng(7)
    group = core + hidden
    nets = [["net-x"] if row < group else [f"net-{rng.integers(60)}"] for row in range(n)]
    agents = [["agent-x"] if row < group else [f"agent-{rng.integers(20)}"] for row in range(n)]
    skeletons = [["template"] if row < core else [f"own-{row}"] for row in range(n)]
    now = accounts_of({"ip_prefix": nets, "user_agent": agents, "skeleton": skeletons}, n=n, requests=1)
    known = accounts_of({}, n=n - group, prefix="z")
    return now, known


def seed_of(n: int, core: int):
    seed = np.zeros(n)
    seed[:core] = 0.9
    return seed


def test_those_who_share_everything_belong_and_strangers_do_not():
    now, before = world()
    template = np.flatnonzero(np.array(now.links["skeleton"].values.to_pylist()) == "template")
    weight = membership(now, before, seed_of(300, 10), kind="skeleton", values=template)
    assert weight[:10].min() > 0.9
    assert weight[15:].max() < 0.1
    assert np.all((weight >= 0) & (weight <= 1))


def test_rare_infrastructure_alone_raises_the_probability_of_those_nobody_named():
    now, before = world()
    weight = membership(now, before, seed_of(300, 10))
    assert weight[10:15].min() > 10 * np.median(weight[15:])


def test_no_seed_means_no_group():
    now, before = world()
    assert membership(now, before, np.zeros(300)).max() == 0.0


def test_an_account_without_a_value_weighs_nothing_where_nobody_uses_the_first():
    found = linkage._valued(np.array([-1, 1, 1, 2]), np.array([0.0, 0.5, 0.5, 0.0]))

    assert found[0] == 0.0
    assert found[1] > 0.0 > found[3]
