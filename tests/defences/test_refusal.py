from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError
from angelshare.defences.refusal import rate_refusal, skeleton
from defences.said import Saying, asked


def refused(defence, queries):
    return [done.refused for done in defence(Saying("12")).answer(queries)]


def test_a_share_is_refused_by_lot_and_never_reaches_the_model():
    queries = [asked(identity=f"q{k}") for k in range(1000)]
    model = Saying("12")
    done = list(rate_refusal(0.3)(model).answer(queries))
    assert [each.query_id for each in done] == [query.id for query in queries]
    assert 250 < sum(each.refused for each in done) < 350
    assert len(model.asked) == 1000 - sum(each.refused for each in done)
    assert {(each.text, each.tokens_out) for each in done if each.refused} == {("", 0)}


def test_who_is_refused_hangs_on_key_and_query_not_on_company():
    queries = [asked(identity=f"q{k}") for k in range(50)]
    one = refused(rate_refusal(0.5), queries)
    assert [refused(rate_refusal(0.5), [query])[0] for query in queries] == one
    assert refused(rate_refusal(0.5, key="other"), queries) != one


def test_a_skeleton_is_the_template_behind_the_numbers():
    assert skeleton(asked("What is  12 + 345?")) == skeleton(asked("what is 9 + 1?")) == "what is 0 + 0?"


def test_over_a_number_of_one_skeleton_is_refused_whatever_the_order():
    templated = [asked(f"A{k}+{k}=", identity=f"a{k}") for k in range(20)]
    other = [asked("Tell me a story", identity="b")]
    answers = dict(
        zip([q.id for q in templated + other], refused(rate_refusal(most=5), templated + other), strict=True)
    )
    assert sum(not no for no in answers.values()) == 6
    assert not answers["b"]
    backwards = (templated + other)[::-1]
    assert dict(zip([q.id for q in backwards], refused(rate_refusal(most=5), backwards), strict=True)) == answers


def test_the_bundled_teacher_answers_the_rest_as_before(teacher, items):
    queries = [item.query for item in items]
    plain = list(teacher.answer(queries))
    for before, after in zip(plain, rate_refusal(0.4)(teacher).answer(queries), strict=True):
        assert after.refused or after == before


@pytest.mark.parametrize(
    ("options", "said"), [({}, "nothing would be refused"), ({"share": 1.0}, "share is 1"), ({"most": -1}, "most -1")]
)
def test_what_cannot_be_done_is_refused(options, said):
    with pytest.raises(PlanError, match=said):
        rate_refusal(**options)
