from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError
from angelshare.defences.noise import style_noise
from angelshare.tasks.skills import SkillsTask
from defences.said import Saying, asked, through, without_luck


def test_the_bundled_teacher_keeps_every_answer_and_no_manner(teacher, items, accuracy):
    task = SkillsTask()
    queries = [item.query for item in items]
    whole, noisy = list(teacher.answer(queries)), list(style_noise()(teacher).answer(queries))
    assert accuracy(noisy) == accuracy(whole)
    strict = [task.extract(item, done.text, "strict") is not None for item, done in zip(items, noisy, strict=True)]
    assert sum(strict) < 0.5 * len(strict)
    assert all(done.tokens_out == before.tokens_out for done, before in zip(noisy, whole, strict=True))


def test_the_manner_hangs_on_key_query_and_draw_alone():
    defended = style_noise(key="one")(Saying("<a,b>12"))
    queries = [asked(identity=f"q{k}") for k in range(30)]
    texts = [done.text for done in defended.answer(queries)]
    assert texts == [done.text for done in defended.answer(queries[::-1])][::-1]
    assert len(set(texts)) > 10
    assert texts != [done.text for done in style_noise(key="two")(Saying("<a,b>12")).answer(queries)]
    other = [done.text for done in defended.answer([without_luck(query, 1) for query in queries])]
    assert texts != other


def test_a_share_of_the_replies_is_touched():
    queries = [asked(identity=f"q{k}") for k in range(400)]
    texts = [done.text for done in style_noise(0.25)(Saying("<a,b>12")).answer(queries)]
    # a touched reply comes out as it was one time in 70
    assert 60 < sum(text != "<a,b>12" for text in texts) < 140


def test_a_trace_without_an_end_gets_no_answer_and_a_refusal_stays_one():
    for k in range(20):
        (done,) = style_noise(key=str(k))(Saying("<a,b", truncated=True)).answer([asked()])
        assert done.text.startswith("<a")
        assert done.text.endswith("b")
    assert through(style_noise(), "", refused=True).text == ""


def test_a_share_of_nothing_is_refused():
    with pytest.raises(PlanError, match="share is 0"):
        style_noise(0.0)
