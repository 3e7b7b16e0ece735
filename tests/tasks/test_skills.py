import re
import subprocess
import sys
from itertools import islice

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Task
from angelshare.core.seeds import stream
from angelshare.tasks.skills import BY_NAME, SKILLS, SkillsTask, draw, part_of, reply

LETTERS = "abcdefghijklmnopqrstuvwxyz"
RINGS = ("near", "far", "held_out")


@pytest.fixture(scope="module")
def task():
    return SkillsTask()


def prompt(item):
    return item.query.messages[-1].content


def truth(text):
    """Solve a prompt by other means than the task does."""
    letter, body = text[0], text[1:-1]
    if letter in "AB":
        return str(eval(body))
    if letter in "CD":
        value = int(body[0])
        for operation, operand in re.findall(r"([-+*])(\d)", body[1:]):
            value = eval(f"({value}){operation}{operand}") % 10
        return str(value)
    return "".join(sorted(body, reverse=letter == "R"))


def test_it_is_a_task(task):
    assert isinstance(task, Task)


@pytest.mark.parametrize("ring", RINGS)
def test_the_answers_are_right(task, ring):
    items = [item for item in task.items(ring, 60) if not item.domain.startswith("cipher")]
    assert len(items) >= 180
    assert [item.answer for item in items] == [truth(prompt(item)) for item in items]


def test_the_queries_answers_are_right(task):
    items = [item for item in task.queries(200, seed=3) if item.domain != "cipher"]
    assert [item.answer for item in items] == [truth(prompt(item)) for item in items]


def test_the_cipher_maps_each_place_by_its_own_alphabet(task):
    coded = {}
    for item in islice(task.items("near", 300), 900, 1200):
        assert item.domain == "cipher"
        for place, (plain, code) in enumerate(zip(prompt(item)[1:-1], item.answer, strict=True)):
            assert coded.setdefault((place % 4, plain), code) == code
    for place in range(4):
        images = [code for (k, _), code in coded.items() if k == place]
        assert len(set(images)) == len(images) == 26


def test_the_caesar_easy_form_says_nothing_about_the_private_alphabets():
    easy = draw(BY_NAME["cipher"], "easy", "query", stream("test", "easy"))
    assert easy.answer == "".join(LETTERS[(ord(c) - 97 + 3) % 26] for c in easy.prompt[1:-1])


def test_the_private_cipher_is_the_same_in_another_process(task):
    code = "from angelshare.tasks.skills import SkillsTask; print([i.answer for i in SkillsTask().items('near', 5)])"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str([item.answer for item in task.items("near", 5)])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_test_items_are_never_among_queries(task, seed):
    asked = {prompt(item) for item in task.queries(4000, seed=seed)}
    tested = {prompt(item) for ring in RINGS for item in task.items(ring, 200)}
    assert not asked & tested
    assert {part_of(text) for text in asked} == {"query"}
    assert {part_of(text) for text in tested} == {"test"}


def test_a_larger_dose_holds_the_smaller_one(task):
    large = task.queries(500, seed=7)
    assert task.queries(123, seed=7) == large[:123]
    assert [item.domain for item in large[:4]] == list(task.domains)


def test_queries_are_distinct_and_differ_between_seeds(task):
    first = [prompt(item) for item in task.queries(1000, seed=0)]
    assert len(set(first)) == 1000
    assert len(set(first) & {prompt(item) for item in task.queries(1000, seed=1)}) < 50


def test_rings_hold_the_domains_they_promise(task):
    assert {item.domain for item in task.items("near", 3)} == set(task.domains)
    assert {item.domain for item in task.items("held_out", 3)} == {skill.name for skill in SKILLS if not skill.queried}
    assert all(len(prompt(item)) < 8 for item in task.items("far", 20) if item.domain == "sort")
    assert list(task.items("queried", 5)) == []


@pytest.mark.parametrize("ring", RINGS)
def test_a_reference_reply_scores_under_both_extractors_with_and_without_its_trace(task, ring):
    for item in task.items(ring, 20):
        for text in (item.worked, item.answer):
            for extractor in ("strict", "flexible"):
                assert task.score(item, task.extract(item, text, extractor)) == 1.0


def test_a_wrong_answer_scores_nothing(task):
    for item in task.items("near", 20):
        other = next(
            other for other in task.items("near", 20) if other.domain == item.domain and other.answer != item.answer
        )
        assert task.score(item, task.extract(item, other.worked, "flexible")) == 0.0


def test_chatter_around_the_answer_is_for_the_flexible_extractor_alone(task):
    for item in task.items("near", 10):
        text = f"Answer: {item.answer}."
        assert task.extract(item, text, "strict") is None
        assert task.extract(item, text, "flexible") == item.answer


def test_an_empty_or_malformed_reply_has_no_answer(task):
    item = task.items("near", 1)[0]
    assert task.extract(item, "", "strict") is task.extract(item, "", "flexible") is None
    assert task.score(item, None) == 0.0
    assert task.extract(item, "<1,2>", "strict") is None


def test_a_reply_splits_into_trace_and_answer(task):
    worked = draw(BY_NAME["add"], "hard", "query", stream("test", "split"))
    trace, answer = task.split(reply(worked, with_trace=True))
    assert trace == f"<{','.join(worked.steps)}>"
    assert answer == worked.answer
    assert task.split("12") == ("", "12")


def test_style_does_not_see_whether_the_answer_is_right(task):
    item = next(item for item in task.items("near", 20) if item.domain == "sort")
    wrong = item.answer[::-1]
    assert wrong != item.answer
    assert task.style(item, item.answer) == task.style(item, wrong)
    assert task.style(item, "hm") != task.style(item, wrong)


def test_the_last_step_of_a_trace_leads_to_the_answer():
    for skill in SKILLS:
        for _ in range(20):
            worked = draw(skill, "hard", "query", stream("test", skill.name))
            if worked.steps and skill.name.startswith(("chain", "sort")):
                assert worked.steps[-1].endswith(worked.answer)


def test_a_skill_that_is_never_queried_cannot_be_asked_for():
    with pytest.raises(PlanError, match="no queried skill named"):
        SkillsTask(skills=["add", "subtract"])


def test_the_suite_can_be_cut_to_fewer_skills():
    assert {item.domain for item in SkillsTask(skills=["sort"]).queries(10, seed=0)} == {"sort"}
