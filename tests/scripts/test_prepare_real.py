from __future__ import annotations

import gzip
import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from angelshare.core.errors import PlanError, StorageError
from angelshare.core.records import Plan
from angelshare.core.strict import decode_toml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare_real", ROOT / "scripts" / "prepare_real.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(script: ModuleType, per_topic: int) -> list[dict[str, str]]:
    return [
        {"prompt": f"question {k} about {topic}", "intent": intents[k % len(intents)]}
        for topic, intents in script.TOPICS.items()
        for k in range(per_topic)
    ]


def test_absent_data_is_a_named_error_that_says_what_to_fetch(script, tmp_path):
    with pytest.raises(StorageError, match=r"absent\.jsonl: the labelled questions are not there; give --data .*CC-BY"):
        script.prepare(tmp_path / "real", tmp_path / "absent.jsonl")


def test_too_few_or_unlabelled_questions_are_named_errors(script, tmp_path):
    data = tmp_path / "few.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows(script, 30)))
    with pytest.raises(PlanError, match="30 questions about 'identity', 450 are needed"):
        script.question_lines(data)
    data.write_text('{"prompt": "no intent"}\n')
    with pytest.raises(PlanError, match="not the expected columns"):
        script.question_lines(data)


@pytest.mark.parametrize("form", ["jsonl.gz", "csv"])
def test_questions_are_balanced_split_once_and_the_same_from_either_form(script, tmp_path, form):
    data, found = tmp_path / form, rows(script, 500)
    if form == "csv":
        data.write_text("text,category\n" + "".join(f"{row['prompt']},{row['intent']}\n" for row in found))
    else:
        data.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in found).encode()))
    lines = [json.loads(line) for line in script.question_lines(data).splitlines()]
    assert Counter((line["answer"].strip(), line["split"]) for line in lines) == {
        (topic, split): n for topic in script.TOPICS for split, n in (("test", 170), ("query", 280))
    }
    assert len({line["prompt"] for line in lines}) == len(lines) == 1350
    assert script.question_lines(data) == b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_the_plan_asks_for_no_more_than_is_prepared_and_its_examples_use_the_topics(script):
    plan = decode_toml((ROOT / "plans" / "real-model.toml").read_text(), Plan, "real-model.toml")
    queries = len(script.TOPICS) * (script.PER_TOPIC - script.TESTS_PER_TOPIC)
    assert max(plan.budgets) <= queries
    assert plan.items == len(script.TOPICS) * script.TESTS_PER_TOPIC
    assert plan.teacher.options["model"] == script.TEACHER
    for line in plan.teacher.options["system"].split("\n"):
        assert not line.startswith("Topic:") or line.removeprefix("Topic: ") in script.TOPICS
