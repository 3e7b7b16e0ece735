"""One simulated provider, as the detector sees it: every workload that has a profile, and three campaigns."""

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pyarrow.parquet as pq
import pytest

from angelshare.core.traffic import LookAlike
from angelshare.detect.accounts import load
from angelshare.detect.engine import close, connect
from angelshare.detect.intent import intent
from angelshare.detect.sketch import update
from angelshare.detect.twins import RECOGNISED, explain
from angelshare.detect.world import CampaignPlan, TenantPlan, WorldPlan, build
from angelshare.detect.world.plan import Event

pytestmark = pytest.mark.slow  # builds a world


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    plan = WorldPlan(
        start="2026-03-02", days=4, honest=900, events=[Event(kind="release", day=2)],
        tenants=[TenantPlan(kind=kind, accounts=16, first_day=2) for kind in get_args(LookAlike)],
        campaigns=[
            CampaignPlan(name=preset, preset=preset, accounts=40, first_day=2, days=2)
            for preset in ("hydra-100", "hydra-50", "fixed-prompt-cot")
        ],
    )  # fmt: skip
    world = build(plan, folder, seed=7)
    state, backend = SimpleNamespace(folder=folder), connect("duckdb")
    update(state, backend)
    close(backend)
    current, history = load(state, *world.days[2:]), load(state, *world.days[:2])
    groups = {}
    for row in pq.read_table(world.truth).to_pylist():
        at = np.searchsorted(current.ids, row["account_id"])
        if at < len(current) and current.ids[at] == row["account_id"]:
            groups.setdefault(row["campaign"] or row["kind"], []).append(int(at))
    return current, history, {name: np.sort(np.array(rows)) for name, rows in groups.items()}


def test_most_honest_workloads_are_recognised_and_no_campaign_is(seen):
    current, history, groups = seen
    found = {name: explain(rows, current, history)[0] for name, rows in groups.items()}

    recognised = [kind for kind in get_args(LookAlike) if found[kind][0] == kind and found[kind][1] >= RECOGNISED]
    assert len(recognised) >= 11
    for campaign in ("hydra-100", "hydra-50", "fixed-prompt-cot"):
        assert found[campaign][1] < RECOGNISED


def test_campaigns_score_higher_in_intent_than_most_honest_workloads(seen):
    current, history, groups = seen
    score = {name: intent(rows, current, history) for name, rows in groups.items()}
    honest = np.array([score[kind] for kind in get_args(LookAlike)])

    for campaign in ("hydra-100", "hydra-50", "fixed-prompt-cot"):
        assert (score[campaign] > honest).mean() > 0.7
