import json

import pytest

from angelshare.core.errors import PlanError, StorageError, UnknownKeyError
from angelshare.core.protocols import Task
from angelshare.tasks.jsonl import JsonlTask

CAPITALS = {"France": "Paris", "Italy": "Rome", "Ghana": "Accra", "Peru": "Lima", "Chad": "N'Djamena", "Cuba": "Havana"}


def sums(n=100):
    return [{"prompt": f"What is {k} + {k}?", "answer": str(2 * k)} for k in range(n)]


def labels(n=60):
    return [
        {"prompt": f"Which topic? Ticket {k}", "answer": ("card lost", "card", "refund")[k % 3], "domain": "topics"}
        for k in range(n)
    ]


@pytest.fixture
def written(tmp_path):
    def write(lines, name="data.jsonl"):
        path = tmp_path / name
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return str(path)

    return write


def prompts(items):
    return [item.query.messages[-1].content for item in items]


def test_it_is_a_task_named_after_its_file(written):
    task = JsonlTask(written(sums(), "sums.jsonl"))
    assert isinstance(task, Task)
    assert (task.name, task.domains) == ("sums", ("all",))


def test_test_items_are_never_among_queries_and_together_they_are_everything(written):
    task = JsonlTask(written([*sums(), *labels()]))
    tested = prompts(task.items("near", 1000))
    asked = prompts(task.queries(160 - len(tested), seed=3))
    assert not set(tested) & set(asked)
    assert len(set(tested) | set(asked)) == 160
    assert 0.1 < len(tested) / 160 < 0.3


def test_the_split_of_a_prompt_does_not_depend_on_the_rest_of_the_file(written):
    few = set(prompts(JsonlTask(written(sums(50), "a.jsonl")).items("near", 1000)))
    many = set(prompts(JsonlTask(written([*labels(), *reversed(sums(100))], "b.jsonl")).items("near", 1000)))
    assert few <= many


def test_a_split_given_in_the_file_is_kept(written):
    lines = [{**line, "split": "test" if k < 5 else "query"} for k, line in enumerate(sums(20))]
    task = JsonlTask(written(lines))
    assert sorted(prompts(task.items("near", 99))) == sorted(line["prompt"] for line in lines[:5])
    assert len(task.queries(15, seed=0)) == 15


def test_a_prompt_that_comes_twice_counts_once(written):
    task = JsonlTask(written([*sums(40), *sums(40), {"prompt": "  What is 7 + 7? ", "answer": "14"}]))
    assert len(task.lines) == 40
    everything = prompts(task.items("near", 99)) + prompts(task.queries(40 - len(task.items("near", 99)), seed=0))
    assert len(everything) == len(set(everything)) == 40


def test_a_prompt_with_two_answers_names_both_lines(written):
    with pytest.raises(PlanError, match=r"line 4: the prompt of line 2 again, with another answer"):
        JsonlTask(written([*sums(3), {"prompt": "What is 1 + 1?", "answer": "3"}]))


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ('{"prompt": "a", "anwser": "b"}', UnknownKeyError, "line 3: unknown key 'anwser'; did you mean 'answer'"),
        ('{"prompt": "a"}', PlanError, "line 3: missing key 'answer'"),
        ('{"prompt": "a", "answer": 4}', PlanError, "line 3: answer: Expected `str`, got `int`"),
        ("{prompt", PlanError, "line 3: not valid JSON"),
        ('{"prompt": " ", "answer": "b"}', PlanError, "line 3: 'prompt' is empty"),
        ('{"prompt": "a", "answer": "b", "split": "train"}', PlanError, "line 3: split"),
    ],
)
def test_a_bad_line_is_named(written, line, error, message):
    with pytest.raises(error, match=message):
        JsonlTask(written([*sums(2), line]))


def test_a_missing_or_empty_file_is_named(written):
    with pytest.raises(StorageError, match="no such file"):
        JsonlTask("/nowhere/data.jsonl")
    with pytest.raises(PlanError, match="no lines"):
        JsonlTask(written([""]))


def test_a_budget_larger_than_the_file_says_how_many_there_are(written):
    task = JsonlTask(written(sums(50)))
    most = 50 - len(task.items("near", 99))
    assert len(task.queries(most, seed=0)) == most
    with pytest.raises(PlanError, match=f"{most + 1} queries asked for, but the file has {most} beside its test items"):
        task.queries(most + 1, seed=0)


def test_a_larger_dose_holds_the_smaller_one_and_seeds_differ(written):
    task = JsonlTask(written([*sums(), *labels()]))
    assert task.queries(20, seed=1) == task.queries(90, seed=1)[:20]
    assert task.queries(20, seed=1) != task.queries(20, seed=2)
    assert [item.domain for item in task.queries(4, seed=1)] == ["all", "topics", "all", "topics"]


def test_a_held_out_domain_is_never_queried_and_gives_its_own_ring(written):
    task = JsonlTask(written([*sums(), *labels()]), held_out=["topics"])
    assert task.domains == ("all",)
    assert {item.domain for item in task.items("held_out", 99)} == {"topics"}
    assert len(task.items("held_out", 99)) == 60
    assert {item.domain for item in task.queries(60, seed=0)} == {"all"}
    with pytest.raises(PlanError, match=r"no lines of the held-out domains \['topic'\]"):
        JsonlTask(written([*sums(), *labels()]), held_out=["topic"])


def test_a_domain_all_on_one_side_is_refused(written):
    lines = [{**line, "split": "query"} for line in sums(10)]
    with pytest.raises(PlanError, match="none of the 10 lines of domain 'all' is a test line"):
        JsonlTask(written(lines))


def test_numbers_are_read_as_the_last_number_of_a_reply(written):
    task = JsonlTask(
        written([*sums(5), {"prompt": "Big?", "answer": "1234.50", "split": "test"}], "n.jsonl"), test_share=0.5
    )
    item = next(item for item in task.items("near", 99) if item.answer == "1234.50")
    for text in ("1234.50", "First 3, then 1,234.5.", "the answer is 1234.5"):
        assert task.score(item, task.extract(item, text, "flexible")) == 1.0
    assert task.score(item, task.extract(item, "1234.5 or 7", "flexible")) == 0.0
    assert task.score(item, task.extract(item, "The answer is 1234.50", "strict")) == 0.0
    assert task.score(item, task.extract(item, " 1234.50\n", "strict")) == 1.0


def test_labels_are_read_as_the_last_label_whatever_its_case_and_longer_ones_win(written):
    task = JsonlTask(written(labels()))
    item = next(item for item in task.items("near", 99) if item.answer == "card lost")
    assert task.extract(item, "Not a refund: **Card Lost**. Hope this helps!", "flexible") == "card lost"
    assert task.score(item, "card lost") == 1.0
    assert task.extract(item, "The card", "flexible") == "card"
    assert task.extract(item, "discarded", "flexible") is None
    assert task.score(item, task.extract(item, "Card lost", "strict")) == 0.0
    assert task.score(item, task.extract(item, "card  lost ", "strict")) == 1.0
    assert task.extract(item, "   ", "strict") is None


def test_words_with_marks_in_them_are_found(written):
    lines = [{"prompt": f"Capital of {land}?", "answer": city, "split": "test"} for land, city in CAPITALS.items()]
    lines += [{"prompt": "Capital of Mali?", "answer": "Bamako", "split": "query"}]
    task = JsonlTask(written(lines))
    for item in task.items("near", 99):
        assert task.score(item, task.extract(item, f"I think it's {item.answer.upper()}!", "flexible")) == 1.0


def test_style_is_the_same_for_a_right_and_a_wrong_answer(written):
    task = JsonlTask(written(labels()))
    item = task.items("near", 1)[0]
    right, wrong = (f"Sure! The topic is {label}." for label in ("card lost", "refund"))
    assert task.style(item, right) == task.style(item, wrong)
    assert len(task.style(item, right)) == len(task.style_features)


def test_a_thinking_block_is_the_trace(written):
    task = JsonlTask(written(sums()))
    assert task.split("<think>\nhm 3\n</think>\n\n4") == ("<think>\nhm 3\n</think>", "\n\n4")
    assert task.split("4") == ("", "4")


def test_worked_replies_and_clusters_pass_through(written):
    task = JsonlTask(written([{**line, "worked": "so " + line["answer"], "cluster": "c"} for line in sums()]))
    item = task.queries(1, seed=0)[0]
    assert (item.worked, item.cluster) == (f"so {item.answer}", "c")
