from __future__ import annotations

import hashlib
import json

import pytest

from angelshare.models.checkpoint import CheckpointModel, checkpoint_path
from angelshare.tasks.text_world import SPECIAL
from angelshare.tasks.words import PROMPT, WordsTask, language, vocabulary
from angelshare.testing import check_task

SHIPPED = checkpoint_path("bundled:words-teacher").parent


def accuracy(name: str) -> float:
    task, model = WordsTask(), CheckpointModel(f"bundled:{name}")
    items = task.items("near", 200)
    said = model.answer([item.query for item in items])
    return sum(
        task.score(item, task.extract(item, done.text, "flexible")) for item, done in zip(items, said, strict=True)
    ) / len(items)


def test_it_is_a_task():
    check_task(WordsTask())


def test_the_answer_is_the_last_word_of_the_prompt_and_its_class():
    world = language()
    for item in WordsTask().items("near", 50):
        words = item.query.messages[-1].content.split()
        place = list(world.words).index(words[-1]) - len(SPECIAL)
        assert len(words) == PROMPT
        assert item.answer == f"{words[-1]} class-{world.classes[place]}"
        assert set(item.worked.split()) <= set(vocabulary())


def test_no_test_item_is_ever_queried():
    task = WordsTask()
    tests = {item.query.messages[-1].content for item in task.items("near", 500)}
    assert len(tests) == 500
    assert all(item.query.messages[-1].content not in tests for item in task.queries(2000, seed=1))


@pytest.mark.parametrize(
    ("text", "strict", "flexible"),
    [
        ("< a b > c class-3", "c class-3", "c class-3"),
        ("c class-3", None, "c class-3"),
        ("< a class-1 b > c class-3", None, "c class-3"),
        ("< a b > c class-3 d", None, "c class-3"),
        ("class-3", None, None),
        ("< a b c", None, None),
    ],
)
def test_strictly_a_reply_is_a_passage_a_word_and_one_class(text, strict, flexible):
    task = WordsTask()
    item = task.items("near", 1)[0]
    assert task.extract(item, text, "strict") == strict
    assert task.extract(item, text, "flexible") == flexible


def test_the_shipped_teacher_knows_the_classes_and_the_base_guesses():
    assert accuracy("words-teacher") > 0.9
    assert accuracy("words-base") < 0.1


def test_the_shipped_weights_are_those_of_the_note_beside_them():
    hashes = json.loads((SHIPPED / "words.json").read_text())["weights_sha256"]
    assert set(hashes) == {"words-teacher", "words-base"}
    for name, digest in hashes.items():
        assert hashlib.sha256((SHIPPED / name / "model.safetensors").read_bytes()).hexdigest() == digest
