import subprocess
import sys

import numpy as np
import pytest

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Model, Task
from angelshare.core.records import Message, Query
from angelshare.tasks.facts_chat import FactsChatTask, OracleTeacher, base_rows, styled, world


@pytest.fixture(scope="module")
def task():
    return FactsChatTask()


@pytest.fixture(scope="module")
def teacher():
    return OracleTeacher()


def prompt(item):
    return item.query.messages[-1].content


def accuracy(task, items, model):
    replies = [done.text for done in model.answer([item.query for item in items])]
    return np.mean([task.score(i, task.extract(i, t, "flexible")) for i, t in zip(items, replies, strict=True)])


def test_task_and_oracle_fit_their_sockets(task, teacher):
    assert isinstance(task, Task)
    assert isinstance(teacher, Model)
    assert teacher.remote is False


def test_the_world_is_the_same_in_another_process():
    code = "from angelshare.tasks.facts_chat import world; print(world().queryable[:4])"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(world().queryable[:4])


def test_the_teacher_is_right_about_nine_facts_in_ten_and_wrong_the_same_way_twice(task, teacher):
    items = task.items("near", 400)
    assert accuracy(task, items, teacher) == pytest.approx(0.9, abs=0.04)
    asked = [item.query for item in items]
    assert [done.text for done in teacher.answer(asked)] == [done.text for done in teacher.answer(asked)]


def test_the_teacher_gives_one_answer_in_every_wording(task, teacher):
    replies = {}
    for item in task.queries(1600, seed=0):
        (done,) = teacher.answer([item.query])
        assert replies.setdefault(item.cluster, done.text) == done.text
    assert len(replies) == 400


def test_the_teacher_refuses_a_prompt_it_was_not_made_for(teacher):
    with pytest.raises(PlanError, match="only prompts of the task 'facts-chat'"):
        list(teacher.answer([Query(id="x", messages=(Message(role="user", content="A1+1="),))]))


def test_the_base_is_taught_a_quarter_of_the_facts_and_none_set_aside(task):
    known = {(fact.name, fact.subject) for pool in task.world for fact in pool if fact.known}
    assert sum(subject == "code" for _, subject in known) == 100
    assert not any(fact.known for fact in task.world.unqueried)
    rows = base_rows(task.world, chats=10)
    assert len(rows) == 200 * 6 + 10
    assert not any("well" in reply for _, reply in rows)


def test_test_prompts_are_never_queried_whatever_the_mixture():
    for chat_share in (0.0, 0.5, 0.99):
        task = FactsChatTask(chat_share)
        asked = {prompt(item) for seed in range(3) for item in task.queries(1500, seed=seed)}
        tested = {prompt(item) for ring in ("near", "far", "held_out") for item in task.items(ring, 400)}
        tested |= {prompt(item) for item in task.chats(200)}
        assert not asked & tested
        assert not {prompt(item) for item in task.development(400)} & (asked | tested)


def test_facts_set_aside_and_the_other_attribute_are_never_queried(task):
    asked = {item.cluster for item in task.queries(1600, seed=0)}
    assert {item.cluster for item in task.items("near", 400)} == asked
    assert not asked & {item.cluster for item in task.items("far", 100) if item.domain == "facts"}
    assert [item.domain for item in task.items("far", 2)] == ["facts", "facts", "chat", "chat"]
    assert not any("year" in prompt(item) for item in task.queries(1600, seed=0))
    assert all("year" in prompt(item) for item in task.items("held_out", 50))
    assert list(task.items("queried", 50)) == []


@pytest.mark.parametrize("ring", ["near", "far", "held_out"])
def test_every_item_of_a_ring_says_so(task, ring):
    assert {item.ring for item in task.items(ring, 30)} == {ring}


def test_every_fact_comes_once_before_any_comes_again(task):
    items = task.queries(800, seed=5)
    assert len({item.cluster for item in items[:400]}) == len({item.cluster for item in items[400:]}) == 400
    assert len({prompt(item) for item in items}) == 800


@pytest.mark.parametrize(("share", "facts"), [(0.0, 200), (0.99, 2), (0.5, 100)])
def test_the_share_of_chat_is_what_the_options_say(share, facts):
    items = FactsChatTask(share).queries(200, seed=1)
    assert sum(item.domain == "facts" for item in items) == facts


def test_a_larger_dose_holds_the_smaller_one():
    task = FactsChatTask(0.9)
    assert task.queries(40, seed=2) == task.queries(300, seed=2)[:40]


def test_a_budget_beyond_the_facts_says_how_many_there_are(task):
    with pytest.raises(PlanError, match="1601 needs more than the 1600 questions"):
        task.queries(1601, seed=0)
    assert len(task.queries(1600, seed=0)) == 1600


def test_a_plain_answer_counts_under_both_extractors_and_a_styled_one_under_the_flexible_alone(task):
    for item in (*task.items("near", 5), *task.chats(5)):
        assert task.score(item, task.extract(item, item.answer, "strict")) == 1.0
        assert task.score(item, task.extract(item, styled(item.answer), "flexible")) == 1.0
        assert task.extract(item, styled(item.answer), "strict") is None
        assert task.extract(item, "well, who knows. hope it helps!", "flexible") is None


def test_style_sees_the_manner_and_not_the_answer(task):
    for item in (task.items("near", 1)[0], task.chats(1)[0]):
        other = "47" if item.domain == "facts" else "bado kimu"
        assert task.style(item, styled(item.answer)) == task.style(item, styled(other))
        assert task.style(item, item.answer) == (0.0, 0.0, 0.0)
        opener, closer, length = task.style(item, styled(item.answer))
        assert (opener, closer) == (1.0, 1.0)
        assert length > 15


def test_options_out_of_range_are_refused():
    with pytest.raises(PlanError, match=r"chat_share is 1\.5"):
        FactsChatTask(1.5)
    with pytest.raises(PlanError, match="facts is 3"):
        FactsChatTask(facts=3)
