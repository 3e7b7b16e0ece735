from __future__ import annotations

import dataclasses

import pytest

from angelshare.core.errors import PlanError
from angelshare.defences.narrow import temperature, top_k
from defences.said import Saying, asked


@pytest.fixture
def tops(items):
    return [dataclasses.replace(i.query, sampling=dataclasses.replace(i.query.sampling, top_logprobs=5)) for i in items]


def test_at_most_k_alternatives_are_delivered_and_rounded(teacher, tops):
    plain, cut = list(teacher.answer(tops)), list(top_k(2, decimals=1)(teacher).answer(tops))
    for before, after in zip(plain, cut, strict=True):
        assert after.text == before.text
        assert after.certainty == round(before.certainty, 1)
        for place, whole in zip(after.logprobs, before.logprobs, strict=True):
            assert place.tokens == whole.tokens[:2]
            assert place.logprobs == [round(p, 1) for p in whole.logprobs[:2]]


def test_no_more_is_asked_for_than_delivered_and_nothing_where_nothing_was():
    model = Saying("12")
    list(top_k(3)(model).answer([asked(top_logprobs=9), asked(), asked(top_logprobs=2)]))
    assert [query.sampling.top_logprobs for query in model.asked] == [3, 0, 2]


def test_a_temperature_is_a_floor():
    model = Saying("12")
    list(temperature(0.7)(model).answer([asked(), asked(temperature=1.0)]))
    assert [query.sampling.temperature for query in model.asked] == [0.7, 1.0]


def test_a_high_temperature_costs_accuracy(teacher, items, accuracy):
    queries = [item.query for item in items]
    warm = list(temperature(3.0)(teacher).answer(queries))
    assert accuracy(warm) < accuracy(teacher.answer(queries)) - 0.2
    assert [done.text for done in temperature(3.0)(teacher).answer(queries)] == [done.text for done in warm]


@pytest.mark.parametrize(
    ("build", "said"),
    [(lambda: top_k(0), "k is 0"), (lambda: top_k(1, decimals=-2), "decimals -2"), (lambda: temperature(0.0), "is 0")],
)
def test_what_cannot_be_done_is_refused(build, said):
    with pytest.raises(PlanError, match=said):
        build()
