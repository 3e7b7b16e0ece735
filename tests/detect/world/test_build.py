from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import PlanError
from angelshare.detect.features import FEATURES, features
from angelshare.detect.schema import REQUESTS
from angelshare.detect.world import CampaignPlan, Event, TenantPlan, WorldPlan, build, key_of

PLAN = WorldPlan(
    start="2026-03-02",
    days=2,
    honest=120,
    tenants=[TenantPlan(kind="nightly-evaluation", accounts=4), TenantPlan(kind="new-tenant", accounts=5, first_day=1)],
    campaigns=[
        CampaignPlan(name="pools", preset="failover-pools", accounts=80, first_day=1, days=1),
        CampaignPlan(name="cot", preset="fixed-prompt-cot", accounts=5, first_day=0, days=2),
    ],
    events=[Event(kind="release", day=1)],
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return build(PLAN, tmp_path_factory.mktemp("world"), seed=1, raw=True)


@pytest.fixture(scope="module")
def table(world):
    return pq.read_table(world.requests).drop_columns(["day"])


def digest(world) -> dict[str, str]:
    files = [path for path in sorted(world.folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(world.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def accounts_of(world, *, kind: str) -> set[str]:
    truth = pq.read_table(world.truth).to_pylist()
    return {row["account_id"] for row in truth if row["kind"] == kind}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(world, tmp_path):
    again, other = build(PLAN, tmp_path / "again", seed=1, raw=True), build(PLAN, tmp_path / "other", seed=2, raw=True)

    assert digest(again) == digest(world)
    assert digest(other) != digest(world)


def test_requests_have_the_canonical_columns_and_stay_within_their_day(world, table):
    assert table.schema.names == REQUESTS.names
    # Parquet calls the entries of a list "element", Arrow calls them "item"
    assert all(kept.type.equals(field.type) for kept, field in zip(table.schema, REQUESTS, strict=True))
    for day in world.days:
        ts = pq.read_table(world.requests / f"day={day}" / "world.parquet", partitioning=None)["ts"]
        assert {str(t.as_py().date()) for t in ts} == {day}
    assert table.num_rows == world.rows > 1000
    assert len(set(table["request_id"].to_pylist())) == world.rows


def test_every_account_that_asks_stands_in_the_truth_once(world, table):
    truth = pq.read_table(world.truth)["account_id"].to_pylist()

    assert len(set(truth)) == len(truth) == world.accounts
    assert set(table["account_id"].to_pylist()) <= set(truth)


def test_ingest_of_the_raw_lines_would_give_the_templates_the_table_has(world, table):
    lines = [json.loads(line) for line in world.text.read_text(encoding="utf-8").splitlines()]
    made = features([line["prompt_text"] for line in lines], key_of(1)).to_pydict()
    kept = dict(zip(table["request_id"].to_pylist(), table.select(list(FEATURES)).to_pylist(), strict=True))
    pairs = [(kept[line["request_id"]]["skeleton"], said) for line, said in zip(lines, made["skeleton"], strict=True)]
    often = {skeleton for skeleton, n in Counter(a for a, _ in pairs).items() if n > 5}
    written = {(a, b) for a, b in pairs if a in often}

    # an owner's wording has its own name in each, so it is who shares a template that must agree
    assert len(lines) == world.rows
    assert len(often) > 20
    assert len(written) == len(often) == len({b for _, b in written})


def test_a_blocked_account_is_turned_away_from_then_on_and_another_takes_over(world, table):
    members = accounts_of(world, kind="campaign")
    rows = [row for row in table.select(["account_id", "status", "ts"]).to_pylist() if row["account_id"] in members]

    assert len(members) > 85
    blocked = {row["account_id"] for row in rows if row["status"] == 403}
    assert blocked
    for account in blocked:
        last = max(row["ts"] for row in rows if row["account_id"] == account and row["status"] != 403)
        assert all(row["ts"] > last for row in rows if row["account_id"] == account and row["status"] == 403)


def test_a_nightly_evaluation_runs_at_night_with_fixed_sampling(world, table):
    members = accounts_of(world, kind="nightly-evaluation")
    rows = [row for row in table.to_pylist() if row["account_id"] in members]

    assert np.mean([row["ts"].hour in (1, 2, 3) for row in rows]) > 0.8
    assert np.mean([row["temperature"] == 0 for row in rows]) > 0.8


def test_a_released_model_is_asked_from_its_day_on_and_not_before(table):
    asked = {(row["ts"].day, row["model"]) for row in table.select(["ts", "model"]).to_pylist()}

    assert (3, "cask-2") in asked
    assert (2, "cask-2") not in asked


def test_without_text_no_feature_of_a_prompt_is_written(tmp_path):
    world = build(dataclasses.replace(PLAN, text=False), tmp_path, seed=1)
    table = pq.read_table(world.requests)

    assert all(table[name].null_count == table.num_rows for name in FEATURES)


def test_a_holiday_empties_the_offices_and_a_language_shift_changes_what_is_written(tmp_path):
    plain = WorldPlan(start="2026-03-02", days=1, honest=400)
    quiet = dataclasses.replace(plain, events=[Event(kind="holiday", day=0)])
    foreign = dataclasses.replace(plain, events=[Event(kind="language-shift", day=0)])
    usual, calm, other = (build(plan, tmp_path / str(k), seed=4) for k, plan in enumerate((plain, quiet, foreign)))

    def english(world) -> float:
        return float(np.mean([word == "en" for word in pq.read_table(world.requests)["language"].to_pylist()]))

    assert calm.rows < 0.7 * usual.rows
    assert english(other) < english(usual) - 0.1


def test_a_data_folder_without_its_files_is_refused_by_name(tmp_path):
    with pytest.raises(PlanError, match=r"servegen_client_rates\.parquet"):
        build(PLAN, tmp_path / "out", seed=1, data=tmp_path)
