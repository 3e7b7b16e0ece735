from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from angelshare.core import plugins
from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.core.records import Item, Message, Pair, Query, Sampling, TokenAlternatives, Use
from angelshare.models.batching import Pack
from angelshare.models.checkpoint import CheckpointModel, load
from angelshare.models.students import LogitsStudent, SequenceStudent, SoftLabels, tokenised
from angelshare.models.training import _loss
from angelshare.tasks.skills import SkillsTask


@pytest.fixture(scope="module")
def items() -> Sequence[Item]:
    return SkillsTask().queries(120, seed=1)


@pytest.fixture(scope="module")
def tokenizer():
    return load("bundled:base")[1]


@pytest.fixture(scope="module")
def soft_pairs(items) -> list[Pair]:
    """The teacher's replies with its ten likeliest tokens at every place."""
    teacher = CheckpointModel("bundled:teacher")
    queries = [
        dataclasses.replace(i.query, sampling=dataclasses.replace(i.query.sampling, top_logprobs=10)) for i in items
    ]
    return [
        Pair(query=item.query, reply=done.text, logprobs=done.logprobs)
        for item, done in zip(items, teacher.answer(queries), strict=True)
    ]


def answers_of(fitted, items) -> list[str]:
    return [done.text for done in fitted.model.answer([item.query for item in items])]


def place(**logprobs: float) -> TokenAlternatives:
    return TokenAlternatives(tokens=list(logprobs), logprobs=list(logprobs.values()))


def test_a_student_learns_its_pairs_by_heart_and_the_base_does_not_know_them(items, tmp_path):
    pairs = [Pair(query=item.query, reply=item.answer) for item in items[:16]]
    fitted = SequenceStudent("bundled:base", epochs=150.0, max_steps=150, batch=16).fit(
        pairs, seed=1, workspace=tmp_path
    )
    replies = answers_of(fitted, items[:16])
    before = [done.text for done in CheckpointModel("bundled:base").answer([item.query for item in items[:16]])]
    assert sum(a == item.answer for a, item in zip(replies, items[:16], strict=True)) >= 15
    assert sum(a == item.answer for a, item in zip(before, items[:16], strict=True)) <= 4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("recipe", ["sequence", "trace"])
def test_equal_pairs_and_seed_give_equal_students_and_another_seed_another(recipe, items, tmp_path):
    pairs = [Pair(query=item.query, reply=item.worked) for item in items]
    student = plugins.build("students", Use(use=recipe, options={"base": "bundled:base", "max_steps": 8}))
    first, again, other = (student.fit(pairs, seed=seed, workspace=tmp_path).model.network for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_a_typo_in_an_option_is_named():
    with pytest.raises(UnknownKeyError, match="learning_rate"):
        plugins.build("students", Use(use="sequence", options={"base": "bundled:base", "lerning_rate": 1e-3}))


def test_a_pair_too_long_is_an_error_not_a_cut(tokenizer, items):
    pairs = [Pair(query=items[0].query, reply="1" * 40)]
    assert len(tokenised(tokenizer, pairs, max_length=60)[0].ids) == len(items[0].query.messages[0].content) + 41
    with pytest.raises(PlanError, match=rf"query {items[0].id}: 50 tokens, more than max_length 32"):
        tokenised(tokenizer, pairs, max_length=32)


def test_training_and_asking_see_the_same_prompt(tokenizer, items):
    example = tokenised(tokenizer, [Pair(query=items[0].query, reply="7")], max_length=99)[0]
    assert tokenizer.decode(example.ids[: example.prompt]) == items[0].query.messages[0].content
    assert tokenizer.decode(example.ids[example.prompt : -1]) == "7"
    assert example.ids[-1] == tokenizer.eos_token_id


def test_soft_labels_are_the_teachers_probabilities_over_the_students_tokens(tokenizer):
    ids = tokenizer("12")["input_ids"]
    pair = Pair(
        query=Query(id="q", messages=()),
        reply="12",
        logprobs=[
            TokenAlternatives(tokens=["1", "2", "many"], logprobs=np.log([0.6, 0.2, 0.2]).tolist()),
            TokenAlternatives(tokens=["2"], logprobs=[float(np.log(0.5))]),
            TokenAlternatives(tokens=["<eos>", "3"], logprobs=np.log([0.9, 0.1]).tolist()),
        ],
    )
    found, mass = SoftLabels(tokenizer).of(pair, [*ids, tokenizer.eos_token_id])
    # 'many' is no token of the student, so its mass is shared among the others
    assert found[0].tolist() == [ids[0], ids[1], -1]
    assert mass[0].tolist() == pytest.approx([0.75, 0.25, 0.0])
    assert mass[1].tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert found[2, 0] == tokenizer.eos_token_id
    assert mass[2].tolist() == pytest.approx([0.9, 0.1, 0.0])


def test_an_interface_that_leaves_the_end_token_out_still_teaches_the_end(tokenizer):
    ids = tokenizer("12")["input_ids"]
    alternatives = [TokenAlternatives(tokens=[token], logprobs=[-0.1]) for token in "12"]
    pair = Pair(query=Query(id="q", messages=()), reply="12", logprobs=alternatives)
    found, mass = SoftLabels(tokenizer).of(pair, [*ids, tokenizer.eos_token_id])
    assert found[:, 0].tolist() == [*ids, tokenizer.eos_token_id]
    assert mass.sum(1).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("logprobs", "said"),
    [
        ((), "query q: 0 positions with logprobs for 3 tokens; the logits arm needs"),
        ([{"12": -0.1}, {"<eos>": -0.1}, {"x": -0.1}, {"y": -0.1}], "4 positions with logprobs for 3 tokens"),
        ([{"7": -0.1}, {"8": -0.1}, {"<eos>": -0.1}], "only 33% of the reply's tokens"),
        ([{"many": -0.1}, {"2": -0.1}, {"<eos>": -0.1}], "of the reply's tokens are among the teacher's own"),
    ],
)
def test_soft_labels_that_are_not_in_the_students_tokens_are_refused(tokenizer, logprobs, said):
    pair = Pair(query=Query(id="q", messages=()), reply="12", logprobs=[place(**each) for each in logprobs])
    ids = [*tokenizer("12")["input_ids"], tokenizer.eos_token_id]
    with pytest.raises(PlanError, match=said):
        SoftLabels(tokenizer).of(pair, ids)


def test_the_logits_recipe_refuses_pairs_without_logprobs(items, tmp_path):
    student = LogitsStudent("bundled:base", max_steps=2)
    with pytest.raises(PlanError, match="use 'traces' or 'answers'"):
        student.fit([Pair(query=items[0].query, reply="7")], seed=1, workspace=tmp_path)


def test_a_real_teachers_logprobs_fit_its_student_token_for_token(soft_pairs, tokenizer):
    for example in tokenised(tokenizer, soft_pairs, max_length=128, soft=True):
        ids, mass = example.soft
        assert (ids[:, 0] == example.ids[example.prompt :]).all()  # a greedy reply is what the teacher found likeliest
        assert mass.sum(1) == pytest.approx(1.0)


def test_from_one_prompt_a_student_of_logits_gets_the_whole_distribution(tmp_path):
    query = Query(
        id="q", messages=(Message(role="user", content="Zz="),), sampling=Sampling(max_tokens=1, top_logprobs=5)
    )
    wanted = {"4": 0.5, "7": 0.3, "x": 0.2}
    first = TokenAlternatives(tokens=list(wanted), logprobs=np.log(list(wanted.values())).tolist())
    pair = Pair(query=query, reply="4", logprobs=[first])
    options = {"base": "bundled:base", "epochs": 120.0, "max_steps": 120}
    soft = plugins.build("students", Use(use="logits", options=options)).fit([pair], seed=1, workspace=tmp_path)
    hard = plugins.build("students", Use(use="sequence", options=options)).fit([pair], seed=1, workspace=tmp_path)
    learned = next(soft.model.answer([query])).logprobs[0]
    found = dict(zip(learned.tokens, np.exp(learned.logprobs), strict=True))
    assert {token: found[token] for token in wanted} == pytest.approx(wanted, abs=0.03)
    # the text shows one draw, so the student of text is sure of it
    assert np.exp(next(hard.model.answer([query])).logprobs[0].logprobs[0]) > 0.9


def test_hard_and_soft_examples_may_share_a_batch(soft_pairs, tokenizer):
    network, _ = load("bundled:base")
    soft = tokenised(tokenizer, soft_pairs[:1], max_length=128, soft=True)
    hard = tokenised(tokenizer, soft_pairs[1:2], max_length=128)

    def loss(examples) -> float:
        with torch.no_grad():
            return float(_loss(network, Pack(examples, torch.device("cpu")).batch(range(len(examples)))))

    assert loss([*soft, *hard]) == pytest.approx((loss(soft) + loss(hard)) / 2, rel=1e-5)
