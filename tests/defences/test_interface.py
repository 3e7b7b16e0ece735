import dataclasses

import pytest

from angelshare.core import plugins
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Model
from angelshare.core.records import Completion, Use
from angelshare.defences.interface import answers_only, no_logprobs
from angelshare.models.checkpoint import CheckpointModel
from angelshare.tasks.skills import SkillsTask


@pytest.fixture(scope="module")
def teacher():
    return CheckpointModel("bundled:teacher", name="teacher")


@pytest.fixture(scope="module")
def items():
    return SkillsTask().items("near", 10)


class Recorded:
    """A model that says what it was given to say."""

    name, remote = "recorded", True

    def __init__(self, *completions):
        self.completions = completions
        self.asked = []

    def answer(self, queries):
        self.asked = list(queries)
        yield from self.completions


def said(text, **fields):
    return Completion(query_id="q", text=text, tokens_out=len(text) + 1, tokens_delivered=len(text) + 1, **fields)


def through(defence, completion):
    (done,) = defence(Recorded(completion)).answer([])
    return done


def test_a_defended_model_is_a_model_and_says_where_it_comes_from(teacher):
    defended = plugins.build("defences", Use(use="answers-only"))(teacher)
    assert isinstance(defended, Model)
    assert (defended.name, defended.remote) == ("teacher, answers only", False)
    assert no_logprobs()(Recorded()).remote is True


def test_the_bundled_teacher_keeps_its_answers_and_loses_its_traces(teacher, items):
    task = SkillsTask()
    queries = [item.query for item in items]
    for item, bare, full in zip(items, answers_only()(teacher).answer(queries), teacher.answer(queries), strict=True):
        assert "<" not in bare.text
        assert bare.text == task.split(full.text)[1]
        assert bare.tokens_out == full.tokens_out
        assert bare.tokens_delivered == len(bare.text) + 1
        assert task.extract(item, bare.text, "flexible") == task.extract(item, full.text, "flexible")


def test_logprobs_left_over_are_those_of_the_answer(teacher, items):
    query = dataclasses.replace(items[0].query, sampling=dataclasses.replace(items[0].query.sampling, top_logprobs=3))
    (full,) = teacher.answer([query])
    (bare,) = answers_only()(teacher).answer([query])
    assert len(bare.logprobs) == bare.tokens_delivered < len(full.logprobs)
    assert "".join(place.tokens[0] for place in bare.logprobs[: len(bare.text)]) == bare.text


def test_other_marks_can_be_given():
    done = through(answers_only("<think>", "</think>"), said("<think>a<b>c</think>\n12 < 13"))
    assert done.text == "\n12 < 13"


def test_a_reply_without_a_trace_passes_untouched():
    whole = said("just 12")
    assert through(answers_only(), whole) is whole


def test_a_trace_that_hit_the_length_limit_is_withheld_too():
    done = through(answers_only(), said("<1,2,3", truncated=True))
    assert (done.text, done.truncated, done.tokens_delivered) == ("", True, 0)
    assert done.tokens_out == 7


def test_reasoning_in_a_field_of_its_own_is_withheld_but_billed():
    done = through(answers_only(), said("12", reasoning="because " * 10))
    assert (done.text, done.reasoning) == ("12", "")
    assert done.tokens_delivered < done.tokens_out == 3


def test_empty_marks_are_refused():
    with pytest.raises(PlanError, match="cannot be empty"):
        answers_only("", ">")


def test_without_logprobs_neither_alternatives_nor_certainty_are_delivered_or_asked_for(teacher, items):
    query = dataclasses.replace(items[0].query, sampling=dataclasses.replace(items[0].query.sampling, top_logprobs=3))
    recorded = Recorded(*teacher.answer([query]))
    assert recorded.completions[0].logprobs
    (done,) = no_logprobs()(recorded).answer([query])
    assert (done.logprobs, done.certainty) == ((), None)
    assert done.text == recorded.completions[0].text
    assert recorded.asked[0].sampling.top_logprobs == 0
