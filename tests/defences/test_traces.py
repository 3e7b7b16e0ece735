from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError
from angelshare.defences.traces import depth_cut, trace_summary
from angelshare.tasks.skills import SkillsTask
from defences.said import through


def test_a_summary_keeps_its_share_of_the_steps_in_order_and_the_answer():
    done = through(trace_summary(0.5), "<a,b,c,d,e>12")
    assert done.text == "<a,c,e>12"
    assert through(trace_summary(1.0), "<a,b,c>12").text == "<a,b,c>12"
    assert through(trace_summary(0.01), "<a,b,c>12").text == "<b>12"


def test_a_depth_cut_keeps_the_first_steps_and_the_answer():
    assert through(depth_cut(2), "<a,b,c>12").text == "<a,b>12"
    assert through(depth_cut(0), "<a,b,c>12").text == "<>12"
    assert through(depth_cut(9), "<a,b,c>12").text == "<a,b,c>12"


def test_billed_tokens_stay_and_delivered_tokens_shrink():
    whole = through(depth_cut(9), "<aaaa,bbbb,cccc>12")
    cut = through(depth_cut(1), "<aaaa,bbbb,cccc>12")
    assert cut.tokens_out == whole.tokens_out
    assert cut.tokens_delivered == round(whole.tokens_delivered * len(cut.text) / len(whole.text))


def test_reasoning_in_a_field_of_its_own_and_other_marks_are_cut_alike():
    assert through(depth_cut(1), "12", reasoning="a,b,c").reasoning == "a"
    long = "<think>one\n\ntwo\n\nthree</think>12"
    assert through(depth_cut(2, open="<think>", close="</think>", separator="\n\n"), long).text == (
        "<think>one\n\ntwo</think>12"
    )


def test_a_trace_that_was_cut_off_is_shortened_and_a_reply_without_one_passes():
    assert through(depth_cut(1), "<a,b,c", truncated=True).text == "<a"
    assert through(trace_summary(0.5), "just 12").text == "just 12"


@pytest.mark.parametrize("defence", [trace_summary(0.5), depth_cut(1)])
def test_the_bundled_teacher_loses_steps_and_no_accuracy(defence, teacher, items, accuracy):
    task = SkillsTask()
    queries = [item.query for item in items]
    whole, cut = list(teacher.answer(queries)), list(defence(teacher).answer(queries))
    assert accuracy(cut) == accuracy(whole)
    steps = [sum(task.split(done.text)[0].count(",") for done in replies) for replies in (whole, cut)]
    assert steps[1] < 0.6 * steps[0]
    assert [task.split(done.text)[1] for done in cut] == [task.split(done.text)[1] for done in whole]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: trace_summary(0.0), "share is 0"),
        (lambda: trace_summary(1.5), "share is 1.5"),
        (lambda: depth_cut(-1), "steps is -1"),
        (lambda: depth_cut(1, separator=""), "'separator' is empty"),
    ],
)
def test_what_cannot_be_done_is_refused(build, said):
    with pytest.raises(PlanError, match=said):
        build()
