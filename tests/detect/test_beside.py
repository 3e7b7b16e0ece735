"""What stands beside the cases: per-account rules, shared values, the truth file, the routes no traffic shows."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import PlanError
from angelshare.core.traffic import Member
from angelshare.detect.accounts import load
from angelshare.detect.coverage import HARVEST, LINEAGE, coverage
from angelshare.detect.engine import close, connect
from angelshare.detect.naive import AN_HOUR, busiest_hour, naive_rules
from angelshare.detect.sketch import update
from angelshare.detect.ties import tied
from angelshare.detect.truth import held_against, read_truth
from report.detect_sample import case
from traffic_requests import at, state, table


def asked(account, template, minute, *, hour=3, day=0, card="own"):
    return {"account_id": account, "ts": at(hour, minute % 60, minute // 60, day=day), "skeleton": template,
            "payment_hash": card if card != "own" else f"card-{account}"}  # fmt: skip


def grouped(*accounts, verdict="campaign"):
    members = [Member(account=name, probability=0.9, requests=3, first_at="", last_at="") for name in accounts]
    return dataclasses.replace(case(verdict=verdict), members=members)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A nightly evaluation that asks much in one hour, and a campaign of four that ask little."""
    nightly = [asked("nightly", 7, minute) for minute in range(AN_HOUR + 20)]
    quiet = [asked(f"quiet-{n}", 100 + m % 9, 5 * m, hour=9 + n, card="one") for n in range(4) for m in range(9)]
    half = [asked("steady", n, n, hour=4, day=day) for day in (0, 1) for n in range(AN_HOUR - 20)]
    folder = tmp_path_factory.mktemp("state")
    days = [table(*(row for row in [*nightly, *quiet, *half] if row["ts"].day == on)) for on in (21, 22)]
    where = state(folder, d21=days[0], d22=days[1])
    backend = connect("duckdb")
    update(where, backend)
    close(backend)
    return folder, load(where, "2026-09-21", "2026-09-22")


def test_an_hour_is_an_hour_of_one_day_and_not_of_two(seen):
    folder, accounts = seen
    most = dict(zip(accounts.ids, busiest_hour(folder / "days", accounts), strict=True))

    assert most["nightly"] == AN_HOUR + 20
    assert most["steady"] == AN_HOUR - 20


def test_a_rule_per_account_bans_the_nightly_evaluation_and_misses_the_campaign(seen):
    folder, accounts = seen
    campaign = grouped(*(f"quiet-{n}" for n in range(4)))
    hourly, template = naive_rules(
        folder / "days", accounts, [campaign], known={"nightly": "nightly-evaluation", "steady": "ci-agents"}
    )

    assert (hourly.banned, hourly.banned_honest, hourly.missed) == (1, ["nightly-evaluation"], 4)
    assert (template.banned, template.banned_honest, template.missed) == (1, ["nightly-evaluation"], 4)


def test_what_members_share_is_counted_and_never_named(seen):
    _, accounts = seen
    made = tied(grouped("quiet-0", "quiet-1", "quiet-2", "quiet-3", "gone"), accounts)
    payment = [tie for tie in made.ties if tie.kind == "payment"]

    assert [(tie.members, tie.outside) for tie in payment] == [([0, 1, 2, 3], 0)]
    assert all(tie.members == [0, 1, 2, 3] for tie in made.ties if tie.kind == "skeleton")
    assert "one" not in [str(value) for tie in made.ties for value in (tie.kind, tie.members, tie.outside)]


def test_a_value_others_have_too_comes_after_one_that_is_the_members_own(seen):
    _, accounts = seen
    made = tied(grouped("quiet-0", "quiet-1"), accounts)

    assert {tie.outside for tie in made.ties} == {2}


@pytest.mark.parametrize("write", [pq.write_table, pa_csv.write_csv])
def test_a_truth_file_says_how_much_of_each_group_was_found(tmp_path, write):
    rows = [("a", "campaign", "hydra"), ("b", "campaign", "hydra"), ("c", "campaign", "hydra"),
            ("d", "ci-agents", None), ("e", "honest", None)]  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)]
    write(pa.table(columns, names=["account_id", "kind", "campaign"]), tmp_path / "truth")
    found = held_against(read_truth(tmp_path / "truth"), ["a", "b", "d", "e"], [grouped("a", "d"), grouped("e")])

    assert [(one.name, one.honest, one.accounts, one.in_campaigns, one.largest_share) for one in found] == [
        ("hydra", False, 2, 1, 0.5),
        ("ci-agents", True, 1, 1, 1.0),
    ]


def test_a_file_that_is_no_truth_file_is_refused(tmp_path):
    (tmp_path / "odd.csv").write_text("name,kind\nx,honest\n")

    with pytest.raises(PlanError, match="not a truth file"):
        read_truth(tmp_path / "odd.csv")


def test_no_detector_in_traffic_claims_to_see_bought_transcripts():
    rows = [row for row in coverage(text=True) if row.route == "bought transcripts"]

    assert {row.sees for row in rows if row.detector != LINEAGE} == {"no"}
    assert [row.sees for row in rows if row.detector == LINEAGE] == ["yes"]
    assert len({(row.route, row.detector) for row in coverage(text=True)}) == len(coverage(text=True)) == 18


def test_without_text_what_needs_prompts_sees_less_and_says_so():
    (with_text,) = [row for row in coverage(text=True) if (row.route, row.detector) == ("fake accounts", HARVEST)]
    (without,) = [row for row in coverage(text=False) if (row.route, row.detector) == ("fake accounts", HARVEST)]

    assert (with_text.sees, without.sees) == ("yes", "in part")
    assert "Without features of prompts" in without.why
