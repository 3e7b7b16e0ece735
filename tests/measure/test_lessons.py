from __future__ import annotations

import dataclasses

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Completion
from angelshare.measure.lessons import Replies, pairs_for, whole
from angelshare.measure.plans import parse_plan
from angelshare.tasks.skills import SkillsTask

TASK = SkillsTask()
ITEMS = TASK.queries(40, seed=5)


def told(items=ITEMS, text=lambda item: item.worked):
    return Replies(items, [Completion(query_id=item.id, text=text(item)) for item in items])


@pytest.fixture
def plan(tiny_text):
    return parse_plan(tiny_text, "tiny")


def lesson(kind, plan, sources=None, budget=40):
    return pairs_for(kind, TASK, plan, budget=budget, seed=3, sources=sources or {"teacher": told(), "self": told()})


def test_answers_are_stripped_of_their_traces_and_traces_are_kept(plan):
    assert [pair.reply for pair in lesson("answers", plan)] == [item.answer for item in ITEMS]
    assert [pair.reply for pair in lesson("traces", plan)] == [item.worked for item in ITEMS]


def test_shuffled_gives_every_query_another_querys_reply_from_its_own_domain(plan):
    pairs = lesson("shuffled", plan)
    for domain in TASK.domains:
        mine = [k for k, item in enumerate(ITEMS) if item.domain == domain]
        assert sorted(pairs[k].reply for k in mine) == sorted(ITEMS[k].worked for k in mine)
        assert all(pairs[k].reply != ITEMS[k].worked or ITEMS[k].domain == "chain" for k in mine)


def test_gold_uses_only_as_many_labels_per_domain_as_are_public(plan):
    pairs = lesson("gold", dataclasses.replace(plan, public_labels={"default": 3, "cipher": 0}))
    domains = [item.domain for pair in pairs for item in ITEMS if item.id == pair.query.id]
    assert {domain: domains.count(domain) for domain in TASK.domains} == {"add": 3, "chain": 3, "sort": 3, "cipher": 0}


def test_unlimited_gold_uses_every_label(plan):
    assert len(lesson("gold_all", plan)) == 40


def test_gold_takes_answers_when_no_arm_shows_traces(plan):
    pairs = lesson("gold_all", dataclasses.replace(plan, arms=("answers",)))
    assert [pair.reply for pair in pairs] == [item.answer for item in ITEMS]


def test_corrupted_keeps_the_answer_and_the_steps_but_not_their_order(plan):
    pairs = lesson("corrupted", plan)
    moved = 0
    for pair, item in zip(pairs, ITEMS, strict=True):
        before, after = TASK.split(item.worked), TASK.split(pair.reply)
        assert after[1] == before[1]
        assert sorted(after[0].strip("<>").split(",")) == sorted(before[0].strip("<>").split(","))
        moved += before[0] != after[0]
    assert moved > 15


def test_a_smaller_dose_is_the_beginning_of_a_larger_one(plan):
    assert lesson("traces", plan, budget=12) == lesson("traces", plan)[:12]


def test_refused_replies_teach_nothing(plan):
    replies = [
        Completion(query_id=i.id, text="", refused=k == 0) if k == 0 else Completion(query_id=i.id, text="7")
        for k, i in enumerate(ITEMS)
    ]
    assert len(lesson("answers", plan, {"teacher": Replies(ITEMS, replies)})) == 39


def test_replies_cut_short_teach_nothing(plan):
    replies = [Completion(query_id=i.id, text="7", truncated=k < 4) for k, i in enumerate(ITEMS)]
    assert len(lesson("answers", plan, {"teacher": Replies(ITEMS, replies)})) == 36


def test_a_teacher_without_traces_refuses_the_traces_arm(plan):
    with pytest.raises(PlanError, match="the teacher shows no reasoning traces; leave 'traces' out of arms"):
        lesson("traces", plan, {"teacher": told(text=lambda item: item.answer)})


def test_reasoning_in_a_field_of_its_own_is_written_the_open_way():
    assert whole(Completion(query_id="q", text="4", reasoning="2+2")) == "<think>\n2+2\n</think>\n\n4"


def test_a_domain_with_a_single_query_is_not_taught_its_own_reply_as_shuffled(plan):
    few = [next(item for item in ITEMS if item.domain == domain) for domain in TASK.domains]
    assert lesson("shuffled", plan, {"teacher": told(few)}) == []
