from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.core.traffic import LookAlike
from angelshare.detect.world import COST, PRESETS, TENANTS, CampaignPlan, WorldPlan, cost, groups_of, read_plan
from angelshare.detect.world.plan import Adaptation, Preset, check
from angelshare.detect.world.presets import shape_of

SHIPPED = Path(__file__).resolve().parents[3] / "plans" / "detect.toml"
PAGE = (SHIPPED.parents[1] / "docs" / "world.md").read_text(encoding="utf-8")


def campaign(**changes) -> CampaignPlan:
    return dataclasses.replace(CampaignPlan(name="a", preset="hydra-50", accounts=9, first_day=0, days=1), **changes)


def test_the_shipped_plan_holds_four_campaigns_and_every_look_alike():
    plan = read_plan(SHIPPED.read_text(encoding="utf-8"), "detect.toml")

    assert len(plan.world.campaigns) == 4
    assert {tenant.kind for tenant in plan.world.tenants} >= set(get_args(LookAlike))
    assert len(groups_of(plan.world)) > 30


def test_every_look_alike_preset_and_adaptation_is_described_in_code_and_on_the_page():
    assert set(TENANTS) >= set(get_args(LookAlike))
    assert set(PRESETS) == set(get_args(Preset))
    assert set(COST) == set(get_args(Adaptation))
    assert all(shape.why for shape in (*TENANTS.values(), *PRESETS.values()))
    for word in (*TENANTS, *PRESETS, *COST):
        assert f"| `{word}` |" in PAGE, word


def test_what_a_campaign_does_to_hide_multiplies_its_price():
    assert cost(campaign()) == 1.0
    assert cost(campaign(adaptive=("jitter", "blend"))) == pytest.approx(COST["jitter"][0] * COST["blend"][0])


def test_each_adaptation_changes_the_behaviour_it_names():
    usual = shape_of(campaign())

    assert shape_of(campaign(adaptive=("paraphrase",))).paraphrased > usual.paraphrased
    assert shape_of(campaign(adaptive=("blend",))).cover > usual.cover
    assert shape_of(campaign(adaptive=("jitter",))).synchronised < usual.synchronised
    assert shape_of(campaign(adaptive=("rotate",))).rotate_days == 3
    assert shape_of(campaign(adaptive=("separate",))).one_network == 0
    assert shape_of(campaign(mix=0.1)).cover == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": "spring"}, "ISO date"),
        ({"days": 0}, "at least 1"),
        ({"campaigns": (campaign(), campaign())}, "one name"),
        ({"campaigns": (campaign(first_day=5),)}, "outside the 2 days"),
        ({"campaigns": (campaign(mix=0.0),)}, "share in"),
    ],
)
def test_a_world_that_cannot_be_is_refused_with_its_place(change, message):
    plan = dataclasses.replace(WorldPlan(start="2026-03-02", days=2, honest=5), **change)

    with pytest.raises(PlanError, match=message):
        check(plan, "here")


def test_an_unknown_key_names_the_nearest():
    text = SHIPPED.read_text(encoding="utf-8").replace("honest =", "honset =")

    with pytest.raises(UnknownKeyError, match="honest"):
        read_plan(text, "detect.toml")


def test_a_campaign_within_the_calibration_days_is_refused():
    text = SHIPPED.read_text(encoding="utf-8").replace("calibration_days = 10", "calibration_days = 12")

    with pytest.raises(PlanError, match="calibration"):
        read_plan(text, "detect.toml")
