import json

import pytest

from angelshare.core.errors import AnswersError, PlanError, PromptMismatchError, UnknownKeyError
from angelshare.lineage.folders import read_folder, read_given


def answers(path, texts, prompts=None):
    rows = [
        {"prompt_id": key, "text": text, "prompt": (prompts or {}).get(key, f"question {key}")}
        for key, text in texts.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def folder(path, side, **models):
    path.mkdir()
    for name, texts in models.items():
        answers(path / f"{name}.jsonl", texts)
    listed = "".join(f'[[model]]\nname = "{name}"\nfile = "{name}.jsonl"\n' for name in models)
    (path / f"{side}.toml").write_text(listed)
    return path


def test_a_test_is_read_with_the_hash_of_everything_it_stands_on(tmp_path):
    suspect = answers(tmp_path / "s.jsonl", {"a": "x", "b": "y"})
    teachers = folder(tmp_path / "t", "teachers", one={"a": "p", "b": "q"})
    panel = folder(tmp_path / "p", "panel", two={"a": "r"}, three={"a": "s"})

    given = read_given(suspect, teachers, panel)

    assert given.suspect.name == "s"
    assert [member.name for member in given.as_panel().members] == ["two", "three"]
    assert set(given.panel.hashes) == {"two", "three"}
    assert given.siblings is None


def test_another_text_under_one_prompts_name_is_an_error_with_both_places(tmp_path):
    suspect = answers(tmp_path / "s.jsonl", {"a": "x"}, prompts={"a": "another question"})
    teachers = folder(tmp_path / "t", "teachers", one={"b": "q", "a": "p"})
    panel = folder(tmp_path / "p", "panel", two={"a": "r"})

    with pytest.raises(PromptMismatchError, match=r"t/one.jsonl, line 2: prompt 'a' .* s.jsonl, line 1"):
        read_given(suspect, teachers, panel)


def test_answers_without_a_shared_prompt_are_an_error(tmp_path):
    suspect = answers(tmp_path / "s.jsonl", {"a": "x"})
    teachers = folder(tmp_path / "t", "teachers", one={"a": "p"})
    panel = folder(tmp_path / "p", "panel", two={"b": "r"})

    with pytest.raises(AnswersError, match=r"p/two.jsonl: answers none of the 1 prompts"):
        read_given(suspect, teachers, panel)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", PlanError, "missing key 'model'"),
        ("model = []", PlanError, "lists no model"),
        ('[[model]]\nname = "m"\nfile = "m.jsonl"\nbaze = "x"', UnknownKeyError, "did you mean 'base'"),
        ('[[model]]\nname = "m"\nfile = "../m.jsonl"', PlanError, "lies outside the folder"),
        (
            '[[model]]\nname = "m"\nfile = "m"\n[[model]]\nname = "m"\nfile = "m"',
            PlanError,
            "two models are called 'm'",
        ),
    ],
)
def test_a_list_that_cannot_be_meant_is_an_error(tmp_path, text, error, says):
    (tmp_path / "panel.toml").write_text(text)

    with pytest.raises(error, match=says):
        read_folder(tmp_path, "panel")


def test_a_folder_without_its_list_says_what_would_do(tmp_path):
    with pytest.raises(PlanError, match=r"no teachers.toml; list its models there"):
        read_folder(tmp_path, "teachers")
