"""The audit of a run with known truth: students made by hand, so that every number can be checked."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from angelshare.core.records import Arm, Cell, CellResult, Divergence, Estimate, Meter, Refusal, Score, Use
from angelshare.measure.analyse import analyse
from angelshare.measure.divergence import divergence_rows
from angelshare.measure.panels import Bench
from angelshare.measure.plans import parse_plan
from angelshare.measure.run import Results
from angelshare.measure.verdict import deviations
from angelshare.tasks.skills import SkillsTask

TASK = SkillsTask()
SKILL = {("traces", 100): 0.1, ("traces", 300): 0.3, ("traces", 1000): 0.5, ("traces", 3000): 0.7,
         ("gold", 3000): 0.2}  # fmt: skip
"""Chance that a student of an arm and dose is right; any other arm learns nothing."""


def plan(**changes):
    text = """
name = "known"
question = "Do the numbers come out?"
budgets = [100, 300, 1000, 3000]
seeds = [1, 2, 3]
arms = ["traces"]
items = 150
ring_items = 50
task = { use = "skills" }
teacher = { use = "hf", options = { path = "bundled:teacher" } }
base = { use = "hf", options = { path = "bundled:base" } }
student = { use = "sequence", options = { base = "bundled:base" } }
"""
    for key, value in changes.items():
        text = f"{key} = {value}\n" + text
    return parse_plan(text, "known")


def answers(items, skill, style, rng):
    out = []
    for item in items:
        right = float(rng.random() < skill)
        out.append(
            Score(
                item=item.id, domain=item.domain, ring=item.ring, strict=right, flexible=right,
                answer=item.answer if right else f"wrong-{rng.integers(9)}", style=(float(rng.random() < style), 3.0),
                text=f"{item.id}-{rng.integers(99)}", certainty=0.5,
            )
        )  # fmt: skip
    return out


METER = Meter(
    steps=10, examples=640, tokens=6400, training_flop=4e9, cpu_seconds=1.0, wall_seconds=1.0, loss=0.1, converged=True
)


def results(wanted, *, teacher=1.0):
    items = [*TASK.items("near", wanted.items), *TASK.items("far", 50), *TASK.items("held_out", wanted.items)]
    rng = np.random.default_rng(7)
    cells = {}

    def put(kind, budget, seed, skill, style, meter=METER):  # noqa: PLR0917 - a row of a table
        cell = Cell(arm=Arm(kind=kind, budget=budget), seed=seed)
        scores = [
            *answers([i for i in items if i.ring != "held_out"], skill, style, rng),
            *answers([i for i in items if i.ring == "held_out"], 0.0 if meter else skill, style, rng),
        ]
        cells[cell] = CellResult(cell=cell, scores=scores, meter=meter, queries=budget, tokens_billed=budget * 40)

    put("teacher", 0, 0, teacher, 1.0, None)
    put("floor", 0, 0, 0.0, 0.2, None)
    for kind in ("traces", "gold", "self", "shuffled"):
        if kind in wanted.leave_out:
            continue
        for budget in wanted.budgets:
            for seed in wanted.seeds:
                put(kind, budget, seed, SKILL.get((kind, budget), 0.0), 0.2 if kind == "self" else 1.0)
    return Results(wanted, TASK, cells, [], [])


def audit_of(wanted, **how):
    return analyse(
        results(wanted, **how), run="run", command="angelshare measure", made_at=datetime(2026, 11, 24, tzinfo=UTC),
        version="test", commit="unknown",
    )  # fmt: skip


@pytest.fixture(scope="module")
def audit():
    return audit_of(plan())


def holds(number, truth):
    assert isinstance(number, Estimate), number
    assert number.low <= truth <= number.high, number
    assert number.high - number.low < 0.3


def test_the_verdict_holds_the_truth(audit):
    holds(audit.verdict.recovery, 0.7)
    holds(audit.verdict.attributable_recovery, 0.5)
    holds(audit.verdict.false_promise_index, 0.3)
    half = audit.verdict.dose_to_50
    assert isinstance(half, Estimate)
    assert half.low < 1000 < (half.high or 1e9)


def test_shuffled_shows_the_false_promise(audit):
    point = next(p for p in audit.points if (p.arm, p.budget) == ("shuffled", 3000))
    assert point.style.value > 0.9
    assert abs(point.recovery.value) < 0.05


def test_every_arm_and_dose_has_a_point_and_a_row(audit):
    wanted = {(kind, budget) for kind in ("traces", "gold", "self", "shuffled") for budget in (100, 300, 1000, 3000)}
    assert {(p.arm, p.budget) for p in audit.points} == {(r.arm, r.budget) for r in audit.arms} == wanted


def test_held_out_skills_stay_at_zero_and_the_far_ring_does_not(audit):
    rows = {r.ring: r for r in audit.rings if (r.arm, r.budget, r.domain) == ("traces", 3000, "all")}
    holds(rows["held_out"].recovery, 0.0)
    holds(rows["far"].recovery, 0.7)
    assert isinstance(rows["queried"].recovery, Refusal)  # this run asked no queried items


def test_there_is_no_uplift_without_an_open_teacher(audit):
    assert audit.verdict.uplift_over_open == Refusal(refused="no open arm: the plan names no open teacher")


def test_the_item_ledger_counts_what_was_recovered(audit):
    row = next(r for r in audit.item_ledger if (r.arm, r.budget, r.domain) == ("traces", 3000, "all"))
    holds(row.recovered, 0.7)
    assert isinstance(row.beyond_teacher, Refusal)


def test_curves_claim_nothing_beyond_ten_times_the_largest_dose(audit):
    curve = next(c for c in audit.curves if (c.axis, c.measure) == ("queries", "recovery"))
    assert curve.claim_limit == 30_000
    assert max(curve.band.dose) <= 30_000 * 1.0001
    assert sum(family.weight for family in curve.families) == pytest.approx(1.0)


def test_dollars_are_refused_without_a_price_row(audit):
    curve = next(c for c in audit.curves if c.axis == "dollars")
    assert curve.refused == "no price row for this teacher"
    assert audit.costs.cost_usd is None


def test_a_control_left_out_prints_raw_not_attributable():
    audit = audit_of(plan(leave_out='["gold"]'))
    assert audit.header.attributable is False
    assert audit.verdict.attributable_recovery.refused.startswith("raw, not attributable: control gold")
    assert "raw, not attributable" in audit.verdict.sentence


def test_attributable_doses_are_refused_when_a_control_is_missing_at_any_dose():
    audit = audit_of(plan(leave_out='["gold"]'))
    curve = next(c for c in audit.curves if c.measure == "attributable")
    assert curve.refused.startswith("raw, not attributable: no control gold at 100, gold at 300")
    assert all(isinstance(target.dose, Refusal) for target in curve.targets)


@pytest.mark.slow
def test_items_that_share_a_template_count_as_one():
    alone = results(plan())
    ids = [score.item for score in next(iter(alone.cells.values())).scores]
    templates = {item: f"{item.rsplit('-', 1)[0]}-{int(item.rsplit('-', 1)[1]) // 5}" for item in ids}
    units = []
    for each in (alone, alone._replace(clusters=templates)):
        audit = analyse(
            each, run="run", command="", made_at=datetime(2026, 11, 24, tzinfo=UTC), version="test", commit="unknown"
        )
        accuracy = next(r.accuracy for r in audit.fidelity if (r.arm, r.budget) == ("traces", 3000))
        units.append((audit.verdict.recovery.n, accuracy.n))
    assert units == [(600, 600), (120, 120)]


def test_every_arm_and_dose_has_its_recovery_on_the_logit_beside_the_linear_one(audit):
    rows = {(row.arm, row.budget): row for row in audit.logit_recovery}
    points = {(point.arm, point.budget): point.recovery for point in audit.points}
    assert {place: row.recovery for place, row in rows.items()} == points
    number = rows["traces", 3000].on_logit
    # floor and teacher of this run are always wrong and always right, so the half item stands for their logits
    truth = (np.log(105.5 / 45.5) + np.log(301)) / (2 * np.log(301))
    assert number.value == pytest.approx(truth, abs=0.03)
    assert "within half an item of 0 or 1 in 4 of 4 domains (base, teacher)" in number.caution


def test_without_a_logits_arm_the_divergence_is_refused_once(audit):
    (row,) = audit.divergences
    assert (row.arm, row.budget) == ("traces", 3000)
    assert row.kl == row.js_closed
    assert row.kl.refused == "the interface gives no logprobs (none were asked for: the plan has no logits arm)"


def with_divergences(made, *, base=True, lost=0):
    """Give every model 0.8 nats per token along the teacher's replies, students of traces half of that."""
    near = [item.id for item in TASK.items("near", made.plan.items)]
    cells = {}
    for cell, result in made.cells.items():
        kind = cell.arm.kind
        nats = 0.4 if kind == "traces" else 0.8
        rng = np.random.default_rng(cell.seed)
        each = [
            Divergence(item=item, tokens=9, kl=nats * float(rng.gamma(4, 0.25)), js=nats / 4)
            if place >= lost
            else Divergence(item=item, tokens=0, kl=None, js=None)
            for place, item in enumerate(near)
        ]
        skipped = kind in ("teacher", "gold") or (kind == "floor" and not base)
        cells[cell] = dataclasses.replace(result, divergences=() if skipped else each)
    return Bench(made._replace(cells=cells, shows_logprobs=True))


def test_students_and_base_are_compared_with_the_teachers_distribution():
    rows = {(r.arm, r.budget): r for r in divergence_rows(with_divergences(results(plan())))}
    row = rows["traces", 3000]
    holds(row.kl, 0.4)
    holds(row.kl_base, 0.8)
    holds(row.kl_closed, 0.5)
    assert row.js_closed.value == pytest.approx(0.5)
    assert rows["gold", 3000].kl.refused == "the student cannot be made to follow the teacher's reply token by token"


def test_a_base_that_cannot_follow_takes_only_what_needs_it():
    row = divergence_rows(with_divergences(results(plan()), base=False))[0]
    assert isinstance(row.kl, Estimate)
    assert row.kl_base == row.js_closed
    assert row.kl_base.refused == "the base cannot be made to follow the teacher's reply token by token"


def test_replies_that_could_not_be_followed_are_counted_and_none_at_all_is_a_refusal():
    made = results(plan())
    some = divergence_rows(with_divergences(made, lost=10))[0]
    none = divergence_rows(with_divergences(made, lost=600))[0]
    assert some.kl.caution.startswith("10 of 600 replies could not be followed")
    assert some.kl.n == 590
    assert none.kl.refused.startswith("the student's tokens are not the teacher's")


def test_an_interface_without_logprobs_is_named_where_they_were_asked_for():
    asked = dataclasses.replace(plan(), arms=("traces", "logits"))
    made = results(plan())._replace(plan=asked)
    assert divergence_rows(Bench(made))[0].kl.refused == "the interface gives no logprobs"


def test_a_floor_that_is_not_the_students_base_is_a_deviation():
    mixed = dataclasses.replace(plan(), base=Use(use="hf", options={"path": "elsewhere"}))
    assert not any("mixes two bases" in line for line in deviations(Bench(results(plan()))))
    assert any("mixes two bases" in line for line in deviations(Bench(results(mixed))))


@pytest.mark.slow
def test_a_run_begun_at_another_commit_says_so(audit):
    again = analyse(
        results(plan(leave_out='["gold"]')), run="run", command="", made_at=datetime(2026, 11, 24, tzinfo=UTC),
        version="test", commit="b", begun_at_commit="a",
    )  # fmt: skip
    said = "The run was begun at commit a and ended at b; its cells may come from both."
    assert again.deviations[0] == said
    assert said not in audit.deviations


def test_a_teacher_no_better_than_the_floor_is_a_named_refusal():
    audit = audit_of(plan(), teacher=0.02)
    assert audit.verdict.recovery.refused.startswith("gap not identified")
    assert audit.verdict.sentence.startswith("Cannot tell")
    assert isinstance(audit.verdict.false_promise_index, Refusal)


@pytest.mark.slow
def test_a_number_does_not_depend_on_which_others_were_computed(audit):
    again = audit_of(plan())
    assert again.verdict == audit.verdict
    assert again.points == audit.points
