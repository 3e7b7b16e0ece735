import dataclasses

import pytest

pytest.importorskip("reasoning_gym", reason="needs the tasks extra")

from angelshare.core import plugins
from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.core.protocols import Task
from angelshare.core.records import Use
from angelshare.tasks.gym import GymTask, last_part


def prompts(items):
    return [item.query.messages[-1].content for item in items]


def test_it_is_built_by_its_name_in_a_plan():
    task = plugins.build("tasks", Use(use="reasoning-gym:chain_sum", options={"settings": {"max_terms": 3}}))
    assert isinstance(task, Task)
    assert (task.name, task.domains) == ("reasoning-gym:chain_sum", ("chain_sum",))


def test_a_wrong_name_or_setting_is_refused_with_what_would_do():
    with pytest.raises(PlanError, match="no generator 'chain_sums'; did you mean 'chain_sum'"):
        GymTask("chain_sums")
    with pytest.raises(PlanError, match=r"settings .* refused: .*min_term"):
        GymTask("chain_sum", settings={"min_term": 3})
    with pytest.raises(PlanError, match="refused"):
        GymTask("chain_sum", settings={"min_terms": 9, "max_terms": 2})
    with pytest.raises(UnknownKeyError):
        plugins.build("tasks", Use(use="reasoning-gym:chain_sum", options={"max_token": 3}))


@pytest.mark.parametrize("name", ["chain_sum", "letter_counting", "number_sorting"])
def test_test_puzzles_are_never_queried_and_none_comes_twice(name):
    task = GymTask(name)
    tested = prompts(task.items("near", 40))
    for seed in (0, 1):
        asked = prompts(task.queries(300, seed=seed))
        assert len(set(asked)) == 300
        assert not set(asked) & set(tested)
    assert len(set(tested)) == 40


def test_seeds_one_apart_do_not_share_their_puzzles():
    task = GymTask("chain_sum", settings={"min_digits": 4, "max_digits": 4})
    assert len(set(prompts(task.queries(200, seed=0))) & set(prompts(task.queries(200, seed=1)))) == 0


def test_a_larger_dose_holds_the_smaller_one():
    task = GymTask("chain_sum")
    assert task.queries(30, seed=4) == task.queries(100, seed=4)[:30]


@pytest.mark.parametrize(
    "name", ["chain_sum", "number_sorting", "rotate_matrix", "tower_of_hanoi", "sentence_reordering"]
)
def test_the_reference_answer_scores_one_bare_and_at_the_end_of_a_reply(name):
    task = GymTask(name)
    for item in task.items("near", 5):
        assert task.score(item, task.extract(item, item.answer, "strict")) == 1.0
        text = f"I tried 12 ways.\n\nThe answer:\n{item.answer}"
        assert task.score(item, task.extract(item, text, "flexible")) == 1.0
        assert task.score(item, task.extract(item, "I do not know", "flexible")) < 1.0
        assert task.score(item, None) == 0.0


def test_the_packages_own_judge_decides():
    task = GymTask("word_ladder")
    item = task.items("near", 1)[0]
    assert task.score(item, item.answer) == 1.0
    assert task.score(item, item.answer.replace(",", ",zzz,", 1)) < 0.5


def test_an_item_made_by_another_process_is_judged_the_same():
    item = GymTask("chain_sum").queries(3, seed=9)[2]
    fresh = GymTask("chain_sum")
    assert fresh.score(item, item.answer) == 1.0
    assert fresh.score(item, str(int(item.answer) + 1)) < 1.0
    # the queried ring renames its items
    renamed = dataclasses.replace(item, id=f"queried-{item.id}", ring="queried")
    assert GymTask("chain_sum").score(renamed, item.answer) == 1.0


def test_a_generator_that_runs_dry_says_how_many_puzzles_it_gives():
    task = GymTask("chain_sum", settings={"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1})
    with pytest.raises(PlanError, match=r"5000 queries asked for, but the generator gives \d+ distinct ones"):
        task.queries(5000, seed=0)


def test_a_generator_without_reference_answers_is_refused():
    with pytest.raises(PlanError, match="gives no reference answers"):
        GymTask("graph_color").queries(1, seed=0)


def test_held_out_puzzles_come_from_the_other_generator():
    task = GymTask("chain_sum", held_out="letter_counting")
    assert {item.domain for item in task.items("held_out", 5)} == {"letter_counting"}
    assert list(GymTask("chain_sum").items("held_out", 5)) == []
    assert list(task.items("far", 5)) == list(task.items("queried", 5)) == []


@pytest.mark.parametrize(
    ("text", "reference", "found"),
    [
        ("so\n1 2\n3 4", "5 6\n7 8", "1 2\n3 4"),
        ("Answer: yes.", "no", "yes"),
        ("I think the final answer: blue sky", "red", "blue sky"),
        ("It ends here.", "With a stop.", "It ends here."),
        ("", "x", None),
        ("answer:", "x", None),
    ],
)
def test_the_last_part_of_a_reply_is_as_long_as_the_reference(text, reference, found):
    assert last_part(text, reference) == found


def test_style_has_one_entry_per_feature():
    task = GymTask("chain_sum")
    item = task.items("near", 1)[0]
    assert len(task.style(item, "It is 4")) == len(task.style_features)
    assert task.style(item, "It is 4") == task.style(item, "It is 5")
