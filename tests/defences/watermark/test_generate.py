from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.core.records import Message, Query, Sampling
from angelshare.defences.watermark import generate
from angelshare.defences.watermark.contexts import Contexts
from angelshare.defences.watermark.generate import marking
from angelshare.models.checkpoint import CheckpointModel
from angelshare.tasks.skills import SkillsTask

SECRET, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


@pytest.fixture(scope="module")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base")


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    items = SkillsTask().queries(60, seed=3)
    return [
        dataclasses.replace(i.query, sampling=dataclasses.replace(i.query.sampling, temperature=1.5, max_tokens=60))
        for i in items
    ]


def key(scheme: str, **changes) -> WatermarkKey:
    return WatermarkKey(**({"scheme": scheme, "secret": SECRET, "vocabulary_size": 99, "window": 2} | changes))


def marked(base: CheckpointModel, of: WatermarkKey, *, batch: int = 256) -> CheckpointModel:
    model = CheckpointModel.of(base.network, base.tokenizer, name="plain", batch=batch)
    return model.steered(marking(of), name="marked")


def ids_of(model: CheckpointModel, queries) -> list[np.ndarray]:
    return [np.array(model.tokenizer(done.text)["input_ids"]) for done in model.answer(queries)]


SCHEMES = [
    key("kgw", window=1), key("kgw", seeding="self"), key("unigram"), key("gumbel"), key("synthid"),
    key("gumbel", second_secret=OTHER),
]  # fmt: skip


@pytest.mark.parametrize("of", SCHEMES, ids=lambda k: f"{k.scheme}-{k.seeding}-{bool(k.second_secret)}")
def test_replies_do_not_depend_on_batch_size_or_order_and_come_again(base, queries, of):
    one = [done.text for done in marked(base, of).answer(queries)]
    assert one == [done.text for done in marked(base, of, batch=7).answer(queries)]
    assert one == [done.text for done in marked(base, of).answer(queries[::-1])][::-1]
    assert one != [done.text for done in base.answer(queries)]
    assert one != [done.text for done in marked(base, dataclasses.replace(of, secret=OTHER)).answer(queries)]


def test_greedy_replies_carry_a_green_mark_and_are_refused_where_the_mark_lies_in_the_draw(base, queries):
    greedy = [dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, temperature=0.0)) for q in queries[:5]]
    plain = [done.text for done in base.answer(greedy)]
    assert [done.text for done in marked(base, key("kgw")).answer(greedy)] != plain
    for scheme in ("gumbel", "synthid"):
        with pytest.raises(PlanError, match=r"5 of 5 queries are greedy .* give the watermark a 'temperature'"):
            list(marked(base, key(scheme)).answer(greedy))


def test_a_key_of_another_vocabulary_or_schedule_is_refused(base, queries):
    with pytest.raises(PlanError, match="vocabulary of 100, but the network scores 99"):
        list(marked(base, key("kgw", vocabulary_size=100)).answer(queries))
    with pytest.raises(PlanError, match="its own generator writes"):
        marking(key("gumbel", schedule="vllm-gumbel"))


@pytest.mark.parametrize("scheme", ["gumbel", "synthid"])
@pytest.mark.parametrize("most", [128, 3])
def test_over_keys_a_keyed_draw_follows_the_network_distribution(scheme, most, monkeypatch):
    """First tokens under 4000 keys against the distribution itself: chi-square on 5 cells (99.9 % bound 18.5).

    With three candidates the tournament leaves the two rarest tokens to an ordinary draw.
    """
    monkeypatch.setattr(generate, "CANDIDATES", most)
    logits, rng = torch.tensor([[0.5, -0.4, 1.1, 0.0, -2.0]]), np.random.default_rng(1)
    counts, keyed = np.zeros(5), 0
    for k in range(4000):
        steering = marking(key(scheme, secret=f"{k:032x}", vocabulary_size=5, window=1))()
        steering.begin(torch.tensor([[3, 1]]), torch.ones(1, 2), [query(f"q{k}", temperature=0.7)])
        scores = steering.step(logits, None)[0]
        keyed += bool(steering.chooses[0])
        noise = 0.0 if steering.chooses[0] else torch.from_numpy(rng.gumbel(size=5)).float()
        counts[int((scores / 0.7 + noise).argmax())] += 1
    law = (logits[0] / 0.7).softmax(-1).double().numpy()
    assert ((counts - 4000 * law) ** 2 / (4000 * law)).sum() < 18.5
    share = np.sort(law)[-3:].sum() if (scheme, most) == ("synthid", 3) else 1.0
    assert keyed / 4000 == pytest.approx(share, abs=0.02)


def test_a_window_marks_once_in_a_reply_and_again_in_the_next():
    contexts = Contexts(2)
    contexts.begin(torch.tensor([[0, 5], [4, 5]]), torch.tensor([[0, 1], [1, 1]]))
    assert contexts.fresh().tolist() == [False, True]
    steps = [((5, 4), [True, True]), ((4, 5), [True, False]), ((5, 6), [True, True]), ((4, 4), [False, True])]
    for tokens, fresh in steps:
        contexts.push(torch.tensor(tokens))
        assert contexts.fresh().tolist() == fresh
    contexts.begin(torch.tensor([[4, 5]]), torch.ones(1, 2))
    assert contexts.fresh().tolist() == [True]


def test_rows_that_leave_take_their_windows_with_them():
    contexts = Contexts(1)
    contexts.begin(torch.tensor([[7], [8]]), torch.ones(2, 1))
    assert contexts.fresh().all()
    contexts.keep(torch.tensor([1]))
    contexts.push(torch.tensor([7]))
    assert contexts.fresh().tolist() == [True]
    contexts.push(torch.tensor([8]))
    assert contexts.fresh().tolist() == [False]


def test_a_green_list_lifts_the_greens_by_delta_and_nothing_else():
    of = key("kgw", vocabulary_size=50, window=1, delta=1.5, gamma=0.25)
    steering = marking(of)()
    steering.begin(torch.tensor([[3]]), torch.ones(1, 1), [query("q")])
    logits = torch.zeros(1, 60)
    lift = (steering.step(logits, None) - logits)[0]
    assert set(lift.tolist()) == {0.0, 1.5}
    assert not lift[50:].any()
    assert not logits.any()


def query(identity: str, temperature: float = 0.0) -> Query:
    return Query(id=identity, messages=(Message(role="user", content="?"),), sampling=Sampling(temperature=temperature))
