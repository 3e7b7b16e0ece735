from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from angelshare.core.records import Message, Query, Sampling
from angelshare.models.checkpoint import CheckpointModel, prompts_ids
from angelshare.tasks.skills import SkillsTask


@pytest.fixture(scope="module")
def teacher() -> CheckpointModel:
    return CheckpointModel("bundled:teacher")


@pytest.fixture(scope="module")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base")


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    task = SkillsTask()
    return [item.query for ring in ("near", "far", "held_out") for item in task.items(ring, 6)]


def with_sampling(queries: list[Query], **changes) -> list[Query]:
    return [dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, **changes)) for q in queries]


def generated(model: CheckpointModel, query: Query) -> list[int]:
    """What transformers' own greedy generation writes at batch 1."""
    prompt = torch.tensor(prompts_ids(model.tokenizer, [query.messages]))
    out = model.network.generate(
        prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=query.sampling.max_tokens
    )
    return out[0, prompt.shape[1] :].tolist()


@pytest.mark.parametrize("name", ["teacher", "base"])
def test_batched_decoding_writes_token_for_token_what_transformers_generates_alone(name, queries, request):
    model = request.getfixturevalue(name)
    end = model.tokenizer.eos_token_id
    for query, done in zip(queries, model.answer(queries), strict=True):
        tokens = generated(model, query)
        assert model.tokenizer.decode([t for t in tokens if t != end]) == done.text
        assert len(tokens) == done.tokens_out == done.tokens_delivered
        assert done.truncated == (end not in tokens)


def test_the_order_and_company_of_queries_do_not_change_replies(teacher, queries):
    straight = {done.query_id: done for done in teacher.answer(queries)}
    small = CheckpointModel.of(teacher.network, teacher.tokenizer, name="small batches", batch=5)
    for other in (list(teacher.answer(queries[::-1])), list(small.answer(queries))):
        assert [done.text for done in other] == [straight[done.query_id].text for done in other]
        for done in other:
            assert done.certainty == pytest.approx(straight[done.query_id].certainty, abs=1e-4)


def test_rows_that_end_early_or_reach_their_own_limit_leave_the_others_alone(teacher, queries):
    whole = list(teacher.answer(queries))
    limits = [1 + 7 * k % 40 for k in range(len(queries))]
    mixed = [with_sampling([q], max_tokens=n)[0] for q, n in zip(queries, limits, strict=True)]
    # one batch holds all: the limits differ, so rows leave it at many different steps
    cut = list(teacher.answer(mixed))
    for full, part, limit in zip(whole, cut, limits, strict=True):
        assert part.text == full.text[:limit]
        assert part.truncated == (full.tokens_out > limit)
        assert part.tokens_out == min(full.tokens_out, limit)
    assert any(done.truncated for done in cut)
    assert not all(done.truncated for done in cut)


def test_temperature_draws_repeat_and_differ_by_draw_alone(base, queries):
    hot = with_sampling(queries, temperature=1.5)
    first, again = ([done.text for done in base.answer(hot)] for _ in range(2))
    other = [done.text for done in base.answer(with_sampling(hot, draw=1))]
    assert first == again
    assert sum(a != b for a, b in zip(first, other, strict=True)) > len(hot) // 2
    alone = [next(base.answer([query])).text for query in hot[:4]]
    assert alone == first[:4]


def test_a_sampled_token_comes_as_often_as_its_probability_says(base):
    query = Query(id="q", messages=(Message(role="user", content="C4+3="),), sampling=Sampling(max_tokens=1))
    greedy = next(base.answer(with_sampling([query], top_logprobs=10)))
    table = dict(zip(greedy.logprobs[0].tokens, np.exp(greedy.logprobs[0].logprobs), strict=True))
    draws = [with_sampling([query], temperature=1.0, draw=k)[0] for k in range(600)]
    texts = [done.text for done in base.answer(draws)]
    for token, probability in table.items():
        share, spread = texts.count(token) / 600, math.sqrt(probability * (1 - probability) / 600)
        assert abs(share - probability) < 4.5 * spread + 1e-3, (token, share, probability)


def test_a_greedy_and_a_sampled_query_may_share_a_batch(base, queries):
    greedy = [done.text for done in base.answer(queries)]
    mixed = [with_sampling([q], temperature=2.0 * (k % 2))[0] for k, q in enumerate(queries)]
    assert [done.text for done in base.answer(mixed)][::2] == greedy[::2]


def test_certainty_is_the_probability_of_the_reply_and_its_end(teacher, queries):
    query = queries[0]
    done = next(teacher.answer([query]))
    prompt = prompts_ids(teacher.tokenizer, [query.messages])[0]
    reply = [*teacher.tokenizer(done.text)["input_ids"], teacher.tokenizer.eos_token_id]
    with torch.inference_mode():
        logprobs = teacher.network(torch.tensor([[*prompt, *reply]])).logits.log_softmax(-1)[0]
    total = sum(float(logprobs[len(prompt) - 1 + k, token]) for k, token in enumerate(reply))
    assert done.certainty == pytest.approx(math.exp(total), abs=1e-4)


def test_alternatives_cover_every_token_and_the_end_and_only_where_asked(teacher, queries):
    asked = [with_sampling([q], top_logprobs=3 * (k % 2))[0] for k, q in enumerate(queries)]
    for k, done in enumerate(teacher.answer(asked)):
        assert len(done.logprobs) == (done.tokens_out if k % 2 else 0)
        for place in done.logprobs:
            assert len(place.tokens) == 3
            assert list(place.logprobs) == sorted(place.logprobs, reverse=True)
            assert 0 < sum(np.exp(place.logprobs)) <= 1 + 1e-5
        if k % 2:
            assert "".join(place.tokens[0] for place in done.logprobs[:-1]) == done.text
