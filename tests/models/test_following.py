from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from angelshare.core.protocols import Follower
from angelshare.core.records import Completion, Message, Query, Sampling, TokenAlternatives
from angelshare.models import following
from angelshare.models.checkpoint import CheckpointModel, prompts_ids
from angelshare.stats.divergence import per_token
from angelshare.tasks.skills import SkillsTask

TOP = 8
ITEMS = SkillsTask().items("near", 4)


@pytest.fixture(scope="module")
def teacher() -> CheckpointModel:
    return CheckpointModel("bundled:teacher")


@pytest.fixture(scope="module")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base")


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    return [dataclasses.replace(i.query, sampling=Sampling(max_tokens=120, top_logprobs=TOP)) for i in ITEMS]


@pytest.fixture(scope="module")
def replies(teacher, queries) -> list[Completion]:
    return list(teacher.answer(queries))


def test_a_checkpoint_follows_and_asking_for_alternatives_changes_no_reply(teacher, base, queries, replies):
    plain = teacher.answer([dataclasses.replace(q, sampling=Sampling(max_tokens=120)) for q in queries])
    assert [reply.text for reply in plain] == [reply.text for reply in replies]
    assert isinstance(base, Follower)


def test_a_model_that_follows_itself_does_not_diverge(teacher, queries, replies):
    for beside, reply in zip(teacher.follow(queries, replies), replies, strict=True):
        kl, js = per_token(beside.theirs, beside.own)
        assert kl.size == len(reply.logprobs)
        assert kl.max() < 1e-4
        assert js.max() < 1e-4


def test_another_model_is_compared_at_every_token_on_distributions_that_sum_to_one(base, queries, replies):
    for beside, reply in zip(base.follow(queries, replies), replies, strict=True):
        assert beside.theirs.shape == beside.own.shape == (len(reply.logprobs), TOP + 1)
        assert beside.theirs.sum(axis=1) == pytest.approx(1.0)
        assert np.exp(beside.own).sum(axis=1) == pytest.approx(1.0)
        assert per_token(beside.theirs, beside.own)[0].mean() > 0.01


def test_the_followers_probabilities_are_those_of_its_own_network(base, queries, replies):
    query, reply = queries[0], replies[0]
    beside = next(base.follow([query], [reply]))
    prompt = prompts_ids(base.tokenizer, [query.messages])[0]
    said = base.tokenizer(reply.text, add_special_tokens=False)["input_ids"]
    for place in (0, len(said)):
        with torch.inference_mode():
            logits = base.network(input_ids=torch.tensor([[*prompt, *said[:place]]])).logits[0, -1]
        ids = [base.tokenizer(t, add_special_tokens=False)["input_ids"][0] for t in reply.logprobs[place].tokens]
        assert beside.own[place, :-1] == pytest.approx(logits.log_softmax(-1)[ids].numpy(), abs=1e-4)


def test_the_company_of_other_replies_changes_nothing_that_is_printed(base, queries, replies, monkeypatch):
    together = list(base.follow(queries, replies))
    monkeypatch.setattr(following, "ROOM", 1)
    alone = list(base.follow(queries, replies))
    for one, other in zip(together, alone, strict=True):
        assert np.allclose(np.exp(one.own), np.exp(other.own), atol=1e-5)


def test_what_cannot_be_followed_is_none_and_spoils_nothing_else(base, queries, replies):
    strange = [TokenAlternatives(tokens=["zebra"], logprobs=[0.0])] * len(replies[1].logprobs)
    changed = [
        dataclasses.replace(replies[0], logprobs=()),
        dataclasses.replace(replies[1], logprobs=strange),
        dataclasses.replace(replies[2], refused=True),
        dataclasses.replace(replies[3], reasoning="out of sight"),
        dataclasses.replace(replies[4], logprobs=replies[4].logprobs[:-2]),
        replies[5],
    ]
    beside = list(base.follow(queries[:6], changed))
    assert beside[:5] == [None] * 5
    assert beside[5] is not None


def test_an_interface_that_leaves_the_end_token_out_can_be_followed(base, queries, replies):
    short = dataclasses.replace(replies[0], logprobs=replies[0].logprobs[:-1])
    whole, cut = (next(base.follow(queries[:1], [reply])) for reply in (replies[0], short))
    assert cut.theirs == pytest.approx(whole.theirs[:-1])


def test_alternatives_that_the_follower_lacks_are_part_of_the_rest(base, queries, replies):
    first, *others = replies[0].logprobs
    renamed = TokenAlternatives(tokens=[first.tokens[0], *["zebra"] * (TOP - 1)], logprobs=first.logprobs)
    odd = dataclasses.replace(replies[0], logprobs=[renamed, *others])
    beside = next(base.follow(queries[:1], [odd]))
    assert beside.theirs[0, -1] == pytest.approx(1 - beside.theirs[0, 0])
    assert np.exp(beside.own[0]).sum() == pytest.approx(1.0)


def test_a_reply_longer_than_the_model_holds_is_not_followed(base, replies):
    long = Query(id="long", messages=[Message(role="user", content="1" * base.network.config.max_position_embeddings)])
    assert list(base.follow([long], [replies[0]])) == [None]
