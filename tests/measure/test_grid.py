from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from angelshare.core.errors import PlanError
from angelshare.measure.grid import anchors, holds_anchors, query_items, student_cells
from angelshare.measure.grid import test_items as items_asked
from angelshare.measure.plans import parse_plan
from angelshare.tasks.skills import SkillsTask

TASK = SkillsTask()


@pytest.fixture
def plan(tiny_text):
    return parse_plan(tiny_text, "tiny")


def prompts(items):
    return [item.query.messages[-1].content for item in items]


def test_every_control_runs_at_every_dose_and_seed(plan):
    cells = student_cells(plan)
    assert Counter(cell.arm.kind for cell in cells) == dict.fromkeys(
        ("answers", "traces", "gold", "self", "shuffled"), 4
    )
    assert cells[0].arm.budget == 96  # the dearest first, so that workers finish together


def test_queries_are_nested_distinct_and_never_test_items(plan):
    for seed in (1, 2):
        asked = prompts(query_items(plan, TASK, seed))
        assert len(asked) == len(set(asked)) == 96
        assert not set(asked) & set(prompts(i for i in items_asked(plan, TASK) if i.ring != "queried"))


def test_seeds_share_the_anchors_and_nothing_else(plan):
    one, two = (set(prompts(query_items(plan, TASK, seed))) for seed in (1, 2))
    assert one & two == set(prompts(anchors(plan, TASK)))


def test_the_smallest_dose_is_drawn_afresh_and_larger_ones_hold_every_anchor(plan):
    shared = set(prompts(anchors(plan, TASK)))
    asked = prompts(query_items(plan, TASK, 1))
    assert not shared & set(asked[:48])
    assert shared <= set(asked[:96])
    assert [holds_anchors(plan, budget) for budget in plan.budgets] == [False, True]


def test_shared_queries_are_the_same_for_every_seed(plan):
    shared = dataclasses.replace(plan, shared_queries=True)
    assert query_items(shared, TASK, 1) == query_items(shared, TASK, 2)
    assert holds_anchors(shared, 48)


def test_a_budget_larger_than_the_task_is_refused_with_what_there_is(plan):
    class Small(SkillsTask):
        def queries(self, n, *, seed):
            return super().queries(min(n, 50), seed=seed)

    with pytest.raises(PlanError, match="budget 96 is larger than the task: 'skills' has 50 queries"):
        query_items(dataclasses.replace(plan, shared_queries=True), Small(), 1)
