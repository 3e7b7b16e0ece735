from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Use
from angelshare.defences.rewriting import rewrite
from angelshare.tasks.skills import SkillsTask
from defences.said import Saying, asked


def rewriting(**options):
    return rewrite(Use(use="defences.said:Backwards", options=options))


def test_the_trace_is_the_writers_and_the_answer_the_teachers(teacher, items, accuracy):
    task = SkillsTask()
    queries = [item.query for item in items]
    whole, changed = list(teacher.answer(queries)), list(rewriting()(teacher).answer(queries))
    assert accuracy(changed) == accuracy(whole)
    for before, after in zip(whole, changed, strict=True):
        trace = task.split(before.text)[0].strip("<>")
        expected = f"<{','.join(reversed(trace.split(',')))}>" if trace else ""
        assert after.text == expected + task.split(before.text)[1]
        assert after.tokens_out == before.tokens_out


def test_the_writer_is_told_question_and_trace_at_the_querys_draw():
    defended = rewriting()(Saying("<a,b>12"))
    (done,) = defended.answer([asked("why?", temperature=0.5, draw=3)])
    assert done.text == "<b,a>12"
    assert defended.name == "saying, rewritten by backwards"
    assert defended.cost.replies_per_query == 1


def test_a_refused_rewriting_leaves_no_trace_and_no_trace_is_not_sent():
    defended = rewriting(refuse="why?")(Saying("<a,b>12"))
    assert [done.text for done in defended.answer([asked("why?"), asked("how?")])] == ["12", "<b,a>12"]
    assert next(rewriting()(Saying("12")).answer([asked()])).text == "12"


def test_reasoning_in_a_field_of_its_own_is_rewritten_there():
    (done,) = rewriting()(Saying("12", reasoning="a,b")).answer([asked()])
    assert (done.text, done.reasoning) == ("12", "b,a")


def test_an_empty_instruction_is_refused():
    with pytest.raises(PlanError, match="instruction is empty"):
        rewrite(Use(use="hf", options={"path": "bundled:base"}), instruction=" ")
