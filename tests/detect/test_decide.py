"""From a simulated state folder to verdicts: a planted campaign, honest arrivals, an allow-list, and the budget."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate
from angelshare.detect.accounts import Accounts
from angelshare.detect.budget import parse_budget
from angelshare.detect.calibrate import Calibration, Window, calibrate, weighed
from angelshare.detect.candidates import SMALLEST, candidates
from angelshare.detect.decide import attainable, decide
from angelshare.detect.find import _loaded, find, spans, usable
from angelshare.detect.state import State
from angelshare.detect.textless import without_text
from angelshare.detect.world import CampaignPlan, TenantPlan, WorldPlan, build
from angelshare.detect.world.tenants import TENANTS

BUDGET = parse_budget("5 false campaigns / 30d")
"""What a week of a thousand accounts can hold; a month of an operator's holds less."""
DAYS, BENIGN = 7, 5


class Scene(NamedTuple):
    """A searched world."""

    state: State
    days: tuple[str, ...]
    current: Accounts
    history: Accounts
    calibration: Calibration
    kind: dict[str, str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Build a small provider with one blatant campaign and one honest tenant that arrives with it, and calibrate."""
    folder: Path = tmp_path_factory.mktemp("world")
    tenants = [TenantPlan(kind=kind) for kind in TENANTS]
    plan = WorldPlan(
        start="2026-03-02", days=DAYS, honest=1_000,
        tenants=[*tenants, TenantPlan(kind="new-tenant", accounts=20, first_day=BENIGN)],
        campaigns=[CampaignPlan(name="cot", preset="fixed-prompt-cot", accounts=30, first_day=BENIGN, days=2)],
    )  # fmt: skip
    world = build(plan, folder, seed=1_201)
    state = State(folder)
    find(state, "duckdb", budget=BUDGET, allow={}, period=(world.days[BENIGN], world.days[-1]),
         history=(world.days[0], world.days[BENIGN - 1]), text=True)  # fmt: skip
    current = _loaded(state, world.days[BENIGN], world.days[-1], text=True)
    history = _loaded(state, world.days[0], world.days[BENIGN - 1], text=True)
    windows = [
        Window(current=_loaded(state, first, last, text=True), history=_loaded(state, world.days[0], end, text=True))
        for first, last, end in spans(history.days, len(current.days))
    ]
    specs = usable(current, text=True)
    calibration = calibrate(windows, budget=BUDGET, rng=np.random.default_rng(0), specs=specs)
    truth = pq.read_table(world.truth).to_pydict()
    return Scene(state, world.days, current, history, calibration,
                 dict(zip(truth["account_id"], truth["kind"], strict=True)))  # fmt: skip


def test_a_planted_campaign_is_found_with_its_members_and_honest_arrivals_are_not(scene: Scene):
    cases = decide(candidates(scene.current, scene.history), scene.current, scene.history,
                   calibration=scene.calibration, allow={}, text=True)  # fmt: skip
    campaigns = [case for case in cases if case.verdict == "campaign"]
    assert campaigns
    for case in campaigns:
        assert np.mean([scene.kind[member.account] == "campaign" for member in case.members]) >= 0.8
    assert sum(scene.kind[member.account] == "campaign" for member in campaigns[0].members) >= 12
    assert cases[0].verdict == "campaign"
    assert [case.id for case in cases] == [f"case-{number:03d}" for number in range(1, len(cases) + 1)]


def test_a_case_says_its_error_rate_and_that_a_match_is_not_an_accusation(scene: Scene):
    cases = decide(candidates(scene.current, scene.history), scene.current, scene.history,
                   calibration=scene.calibration, allow={}, text=True)  # fmt: skip
    case = cases[0]
    assert isinstance(case.expected_false, Estimate)
    assert 0 < case.expected_false.value <= BUDGET.campaigns
    assert case.expected_false.high >= case.expected_false.value
    assert "false campaigns expected" in case.sentence
    for one in cases:
        assert one.sentence.endswith("A match is not an accusation.")
        assert all(0 <= member.probability <= 1 for member in one.members)
        assert all(0 < item.p_value <= 1 for item in one.evidence)
    assert case.harvested_tokens > 0
    assert sum(day.requests for day in case.timeline) == sum(member.requests for member in case.members)
    assert {one.without for one in case.sensitivity} <= {spec.name for spec in scene.calibration.standards.specs}
    assert len(case.statute) == 5


def test_declared_accounts_are_in_no_campaign_and_the_programme_is_named(scene: Scene):
    allow = {account: "Evaluators' circle" for account, kind in scene.kind.items() if kind == "campaign"}
    cases = decide(candidates(scene.current, scene.history), scene.current, scene.history,
                   calibration=scene.calibration, allow=allow, text=True)  # fmt: skip
    assert all(
        member.account not in allow for case in cases if case.verdict == "campaign" for member in case.members
    )  # fmt: skip
    assert any("Evaluators' circle" in case.sentence and case.verdict == "look-alike" for case in cases)


def test_a_benign_period_gets_no_campaign_and_its_rate_has_an_upper_bound(scene: Scene):
    realised = scene.calibration.realised
    assert isinstance(realised, Estimate)
    assert realised.value == 0.0
    assert realised.high > 0
    assert "benign days" in attainable(scene.calibration)


def test_a_smaller_budget_is_harder_to_meet_and_says_what_it_would_need(scene: Scene):
    tight = dataclasses.replace(scene.calibration, budget=parse_budget("0.0001 false campaigns / 30d"))
    cases = decide(candidates(scene.current, scene.history), scene.current, scene.history,
                   calibration=tight, allow={}, text=True)  # fmt: skip
    assert not any(case.verdict == "campaign" for case in cases)
    assert "would need about" in attainable(tight)


def test_more_cases_a_day_make_every_case_expect_more_false_campaigns(scene: Scene):
    standards, reference = scene.calibration.standards, scene.calibration.reference
    one = weighed(reference, reference, standards, per_day=1.0, budget=BUDGET)
    two = weighed(reference, reference, standards, per_day=2.0, budget=BUDGET)
    assert np.allclose(two.expected_false, 2 * one.expected_false)
    assert np.mean(one.p_value <= 0.1) <= 0.11


def test_without_text_nothing_that_came_from_a_prompt_is_left(scene: Scene):
    bare = without_text(scene.current)
    assert not bare.columns["cot"].any()
    assert not len(bare.links["skeleton"].values)
    assert not bare.rff.any()
    assert not any(spec.needs_text for spec in usable(bare, text=False))
    for group in candidates(bare, without_text(scene.history)):
        assert "template-sharing" not in group.found_by


def test_candidates_are_sorted_groups_with_probabilities(scene: Scene):
    for group in candidates(scene.current, scene.history):
        assert len(group) >= SMALLEST
        assert np.all(np.diff(group.members) > 0)
        assert np.all((group.weight > 0) & (group.weight <= 1))
        assert group.found_by


def test_a_history_that_reaches_into_the_period_is_refused(scene: Scene):
    with pytest.raises(PlanError, match="overlap"):
        find(scene.state, "duckdb", budget=BUDGET, allow={}, period=(scene.days[3], scene.days[6]),
             history=(scene.days[0], scene.days[3]), text=True)  # fmt: skip


def test_one_day_of_history_is_too_little(scene: Scene):
    with pytest.raises(PlanError, match="at least 2"):
        find(scene.state, "duckdb", budget=BUDGET, allow={}, period=(scene.days[3], scene.days[6]),
             history=(scene.days[0], scene.days[0]), text=True)  # fmt: skip


def test_benign_windows_are_as_long_as_the_period_and_end_with_the_history():
    days = [f"2026-03-{day:02d}" for day in range(1, 11)]
    found = spans(days, 3)
    assert found[-1] == ("2026-03-08", "2026-03-10", "2026-03-07")
    assert len(found) == 3
    assert spans(days[:2], 4) == [("2026-03-02", "2026-03-02", "2026-03-01")]
