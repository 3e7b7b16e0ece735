"""Two providers, one operator behind accounts at both: what each shares, and what they see together."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.traffic import Member
from angelshare.detect.accounts import load
from angelshare.detect.engine import close, connect
from angelshare.detect.match import matched, read_bundle, similarity
from angelshare.detect.share import HASHES, KINDS, Signature, members_class, sketched
from angelshare.detect.sketch import update
from angelshare.detect.stix import Terms, bundle
from report.detect_sample import case
from traffic_requests import at, state, table

SECRET = bytes(range(32))
TODAY = dt.date(2026, 9, 22)
EACH = 6


def request(account: str, template: int, minute: int, network: str):
    return {
        "account_id": account, "ts": at(8, minute), "skeleton": template, "ip_prefix": network,
        "payment_hash": f"card-of-{account}", "user_agent_hash": "browser",
    }  # fmt: skip


def group(name, templates, network):
    """Six accounts that each use every template of the group."""
    return [
        request(f"{name}-{index}", template, template % 60, network) for index in range(EACH) for template in templates
    ]


def provider(folder, groups):
    """Take in the groups of one provider among a crowd of others."""
    crowd = [request(f"crowd-{index}", 90_000 + index, index % 60, f"203.0.{index % 99}.0/24") for index in range(300)]
    rows = [row for name, (templates, network) in groups.items() for row in group(name, templates, network)]
    where = state(folder, d21=table(*crowd, *rows))
    backend = connect("duckdb")
    update(where, backend)
    close(backend)
    return load(where, "2026-09-21", "2026-09-21", kinds=KINDS)


def found(name: str):
    """The case that a provider made of a group; alone too small to decide."""
    members = [
        Member(account=f"{name}-{index}", probability=0.9, requests=20, first_at="2026-09-21T08:00:00+00:00",
               last_at="2026-09-21T09:00:00+00:00")
        for index in range(EACH)
    ]  # fmt: skip
    return dataclasses.replace(
        case(name, verdict="insufficient evidence"), members=members, first_at="2026-09-21T08:00:00+00:00",
        last_at="2026-09-21T09:00:00+00:00",
    )  # fmt: skip


def shared(name, accounts, groups, *, key=SECRET, expires="2026-12-31"):
    entries = [sketched(found(group), accounts, key=key, run_sha256=f"run of {name}") for group in groups]
    terms = Terms(marking="TLP:AMBER+STRICT", expires_on=expires, provider=name, made_at="2026-09-22T00:00:00+00:00")
    return bundle(entries, terms)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Provider A holds two groups without a template in common; the group at B has templates of both."""
    ours = {"alpha": (range(1000, 1008), "192.0.2.0/24"), "beta": (range(2000, 2008), "198.51.100.0/24"),
            "gamma": (range(5000, 5008), "192.88.99.0/24")}  # fmt: skip
    theirs = {
        "delta": ([*range(1002, 1008), *range(2002, 2008)], "203.0.113.0/24"),
        "other": (range(7000, 7008), "100.64.0.0/24"),
    }
    first = provider(tmp_path_factory.mktemp("a"), ours)
    second = provider(tmp_path_factory.mktemp("b"), theirs)
    return shared("A", first, ours), shared("B", second, theirs)


def joined(one: bytes, other: bytes):
    return matched(read_bundle(one, "a", on=TODAY)[0], read_bundle(other, "b", on=TODAY)[0])


def test_two_providers_see_together_a_cluster_that_neither_sees_alone(both):
    result = joined(*both)

    (whole,) = result.joint
    assert len(whole.clusters) == 3
    assert [name.partition(":")[0] for name in whole.clusters] == ["A", "A", "B"]
    assert whole.seen_apart_by == ["A"]
    assert {tie.kind for tie in result.ties} == {"skeleton"}
    assert all(tie.similarity.low <= 6 / 14 <= tie.similarity.high for tie in result.ties)


def test_neither_provider_alone_joins_anything(both):
    for one in both:
        clusters, _ = read_bundle(one, "a", on=TODAY)
        halves = [matched([mine], [theirs]) for at, mine in enumerate(clusters) for theirs in clusters[at + 1 :]]
        assert all(half.joint == [] for half in halves)


def test_no_template_address_or_account_is_in_what_is_shared(both):
    text = b"".join(both).decode()
    known = [
        *(f"{name}-{index}" for name in ("alpha", "beta", "gamma", "delta", "other") for index in range(EACH)),
        *("alpha", "beta", "gamma", "delta", "crowd", "card-of"),
        *("192.0.2", "198.51.100", "192.88.99", "203.0.113", "100.64.0", "browser"),
    ]
    numbers = set(re.findall(r"(?<![\w-])\d+(?![\w-])", text))

    assert [value for value in known if value in text] == []
    assert numbers & {str(template) for template in (*range(1000, 1008), *range(2000, 2008))} == set()


def test_without_the_secret_a_guess_cannot_be_tested(tmp_path):
    groups = {"alpha": (range(1000, 1020), "192.0.2.0/24")}
    accounts = provider(tmp_path, groups)
    theirs, guess = (
        read_bundle(shared("A", accounts, groups, key=key), "a", on=TODAY)[0][0].sketch.kinds["skeleton"]
        for key in (SECRET, bytes(32))
    )

    assert similarity(theirs, guess, level=0.95).value == 0
    with pytest.raises(PlanError, match="two secrets"):
        joined(shared("A", accounts, groups), shared("B", accounts, groups, key=bytes(32)))


def test_what_fewer_than_five_members_share_stays_at_home(tmp_path):
    rows = [request(f"few-{index}", 1000 + index // 2, index, "192.0.2.0/24") for index in range(EACH)]
    where = state(tmp_path, d21=table(*rows))
    backend = connect("duckdb")
    update(where, backend)
    close(backend)
    accounts = load(where, "2026-09-21", "2026-09-21", kinds=KINDS)
    sketch = json.loads(sketched(found("few"), accounts, key=SECRET, run_sha256="r").sketch)

    assert set(sketch["kinds"]) == {"ip_prefix", "user_agent"}
    small = dataclasses.replace(found("few"), members=found("few").members[:4])
    with pytest.raises(PlanError, match="fewer than 5"):
        sketched(small, accounts, key=SECRET, run_sha256="r")


def test_a_value_that_others_use_too_is_no_tie(both):
    first, _ = read_bundle(both[0], "a", on=TODAY)

    assert all("user_agent" not in cluster.sketch.kinds for cluster in first)


def test_a_look_alike_is_never_shared(tmp_path):
    innocent = dataclasses.replace(found("alpha"), verdict="look-alike", look_alike="ci-agents")

    with pytest.raises(PlanError, match="not shared"):
        sketched(innocent, None, key=SECRET, run_sha256="r")


def test_a_sketch_whose_time_has_run_out_is_not_compared(both):
    clusters, expired = read_bundle(both[0], "a", on=dt.date(2027, 1, 1))

    assert (list(clusters), expired) == ([], 3)


def test_a_file_that_is_no_bundle_of_sketches_is_refused():
    for data in (b"{}", b"[]", b"not json", b'{"objects": [{"type": "indicator"}]}'):
        with pytest.raises(PlanError, match="not a bundle"):
            read_bundle(data, "odd.json", on=TODAY)


@pytest.mark.parametrize(("equal", "of"), [(0, 40), (10, 40), (40, 40)])
def test_the_interval_of_a_similarity_covers_the_truth(equal, of, tmp_path):
    from angelshare.detect.share import _words  # noqa: PLC0415 - the one hash of a value

    def signed(values, key):
        import numpy as np  # noqa: PLC0415 - here alone

        least = np.stack([_words(str(value), "skeleton", key) for value in values]).min(axis=0)
        return Signature(values=len(values), hashes=[f"{word:016x}" for word in least.tolist()])

    true = equal / (2 * of - equal)
    hits = 0
    for draw in range(200):
        key = draw.to_bytes(32)
        found = similarity(signed(range(of), key), signed(range(of - equal, 2 * of - equal), key), level=0.95)
        hits += found.low <= true <= found.high
    assert hits >= 184
    assert HASHES == 128


def test_members_are_told_by_class():
    assert [members_class(n) for n in (5, 49, 50, 9_000)] == ["5 to 9", "10 to 49", "50 to 199", "5,000 or more"]
