from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.models.batching import Example, Pack, batches, steps_per_epoch
from angelshare.models.checkpoint import load
from angelshare.models.training import Schedule, _groups, _loss, learning_rate, planned_steps, train, undertrained
from angelshare.tasks.skills import SkillsTask


@pytest.fixture(scope="module")
def base():
    return load("bundled:base")


@pytest.fixture(scope="module")
def examples(base) -> list[Example]:
    _, tokenizer = base
    out = []
    for k, item in enumerate(SkillsTask().queries(150, seed=3)):
        prompt = tokenizer(item.query.messages[-1].content)["input_ids"]
        reply = tokenizer(item.worked if k % 2 else item.answer)["input_ids"]
        out.append(Example([*prompt, *reply, tokenizer.eos_token_id], len(prompt), 1.0))
    return out


def trained(base, examples, schedule: Schedule, seed: int = 1):
    network = copy.deepcopy(base[0])
    return network, train(network, examples, schedule, seed=seed)


def weights(network) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


SHORT = Schedule(epochs=4.0, batch=32, max_steps=20)


def test_the_same_seed_gives_the_same_weights_bit_for_bit_and_another_seed_others(base, examples):
    first, again = trained(base, examples, SHORT)[0], trained(base, examples, SHORT)[0]
    other = trained(base, examples, SHORT, seed=2)[0]
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_training_neither_reads_nor_disturbs_the_callers_random_state(base, examples):
    torch.manual_seed(77)
    first = trained(base, examples, SHORT)[0]
    drawn = torch.rand(3)
    torch.manual_seed(77)
    assert torch.equal(drawn, torch.rand(3))
    torch.manual_seed(5)
    assert torch.equal(weights(first), weights(trained(base, examples, SHORT)[0]))


def test_every_epoch_shows_every_example_once_in_batches_of_even_size():
    lengths = [10 + k % 17 for k in range(1000)]
    plan = batches(lengths, 64, 3 * 16, seed=4)
    assert steps_per_epoch(1000, 64) == 16
    for epoch in range(3):
        shown = plan[16 * epoch : 16 * (epoch + 1)]
        assert sorted(k for rows in shown for k in rows) == list(range(1000))
        assert {len(rows) for rows in shown} <= {62, 63}
    assert plan[:16] != plan[16:32]
    assert plan == batches(lengths, 64, 48, seed=4)
    assert plan != batches(lengths, 64, 48, seed=5)
    assert plan[:20] == batches(lengths, 64, 20, seed=4)


def test_batches_hold_rows_of_like_length(examples):
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 60, 2048).tolist()
    plan = batches(lengths, 64, 32, seed=1)
    padded = sum(len(rows) * max(lengths[k] for k in rows) for rows in plan)
    assert sum(lengths) / padded > 0.9


@pytest.mark.parametrize("n", [1, 3, 64, 65, 127])
def test_few_examples_train_in_at_least_one_step_and_none_is_left_out(n):
    plan = batches([5] * n, 64, steps_per_epoch(n, 64), seed=1)
    assert sorted(k for rows in plan for k in rows) == list(range(n))
    assert max(map(len, plan)) - min(map(len, plan)) <= 1


def test_steps_are_whole_epochs_up_to_the_cap():
    assert planned_steps(100, Schedule(epochs=20, batch=64)) == 40
    assert planned_steps(1000, Schedule(epochs=20, batch=64)) == 320
    assert planned_steps(3000, Schedule(epochs=20, batch=64)) == 400
    assert planned_steps(1, Schedule(epochs=0.1, batch=64)) == 1


def test_the_learning_rate_rises_to_its_peak_and_ends_at_its_final_share():
    schedule = Schedule(learning_rate=2e-3, warm_up=0.1, final_rate=0.05)
    rates = [learning_rate(step, 400, schedule) for step in range(401)]
    assert rates[0] == pytest.approx(2e-3 / 40)
    assert rates[39] == pytest.approx(2e-3)
    assert rates[40] == pytest.approx(2e-3)
    assert max(rates) == pytest.approx(2e-3)
    assert rates[400] == pytest.approx(1e-4)
    assert rates[220] == pytest.approx(2e-3 * (0.05 + 0.95 / 2))
    assert all(a > b for a, b in pairwise(rates[40:]))


def test_a_batch_holds_its_rows_and_puts_the_loss_on_replies_alone(examples):
    rows = [3, 8, 21]
    batch = Pack(examples, torch.device("cpu")).batch(rows)
    first = min(examples[k].prompt for k in rows)
    for place, k in enumerate(rows):
        ids, prompt = examples[k].ids, examples[k].prompt
        inputs = batch.inputs[place].tolist()
        assert inputs[: len(ids)] == ids[: len(inputs)]
        assert not any(inputs[len(ids) :])
        share = batch.share[place]
        lossy = share.nonzero()[:, 0].tolist()
        assert lossy == list(range(prompt - first, len(ids) - first))
        assert batch.targets[place][lossy].tolist() == ids[prompt:]
        assert float(share.sum()) == pytest.approx(1 / 3)
    assert batch.tokens == sum(len(examples[k].ids) for k in rows)


def test_a_long_trace_weighs_no_more_than_a_short_answer(base, examples):
    network, _ = base
    short, long = min(examples, key=lambda e: len(e.ids)), max(examples, key=lambda e: len(e.ids))
    assert len(long.ids) - long.prompt > 4 * (len(short.ids) - short.prompt)

    def loss(*chosen: Example) -> float:
        with torch.no_grad():
            return float(_loss(network, Pack(chosen, torch.device("cpu")).batch(range(len(chosen)))))

    assert loss(short, long) == pytest.approx((loss(short) + loss(long)) / 2, rel=1e-5)
    heavy = short._replace(weight=3.0)
    assert loss(heavy, long) == pytest.approx((3 * loss(short) + loss(long)) / 4, rel=1e-5)


def test_the_loss_is_the_mean_cross_entropy_of_the_reply_written_out(base, examples):
    network, _ = base
    example = examples[1]
    with torch.no_grad():
        logprobs = network(torch.tensor([example.ids])).logits.log_softmax(-1)[0]
        ours = float(_loss(network, Pack(examples, torch.device("cpu")).batch([1])))
    nats = [-float(logprobs[at - 1, example.ids[at]]) for at in range(example.prompt, len(example.ids))]
    assert ours == pytest.approx(sum(nats) / len(nats), rel=1e-5)


def test_the_meter_says_what_ran(base, examples):
    calls = []
    network = copy.deepcopy(base[0])
    schedule = Schedule(epochs=2.0, batch=32)
    meter = train(network, examples, schedule, seed=1, on_step=lambda done, of: calls.append((done, of)))
    assert meter.steps == 10
    assert calls == [(k + 1, 10) for k in range(10)]
    assert meter.examples == 300
    assert meter.tokens == 2 * sum(len(example.ids) for example in examples)
    assert meter.training_flop == 6.0 * sum(p.numel() for p in network.parameters()) * meter.tokens
    assert meter.cpu_seconds > 0
    assert meter.wall_seconds > 0
    assert meter.converged


def test_training_lowers_the_loss_and_the_meter_shows_it(base, examples):
    _, short = trained(base, examples, Schedule(epochs=1.0, batch=32))
    _, long = trained(base, examples, Schedule(epochs=12.0, batch=32))
    assert long.loss < 0.8 * short.loss


def test_training_on_nothing_is_refused(base):
    with pytest.raises(PlanError, match="no pairs to train on"):
        train(base[0], [], SHORT, seed=1)


def test_a_run_cut_short_while_its_loss_fell_is_flagged(base, examples):
    _, meter = trained(base, examples, Schedule(epochs=40.0, batch=32, max_steps=40))
    assert not meter.converged


def test_only_a_capped_run_whose_loss_still_falls_is_undertrained():
    falling, flat = np.linspace(2.0, 0.5, 100), np.full(100, 0.3)
    assert undertrained(falling, capped=True)
    assert not undertrained(falling, capped=False)
    assert not undertrained(flat, capped=True)
    assert not undertrained(falling / 1000, capped=True)
    # four losses show no trend, so a capped run of four steps cannot be called done
    assert undertrained(flat[:4], capped=True)


def test_weight_decay_shrinks_matrices_but_no_norms(base, examples):
    decayed, plain = _groups(list(base[0].parameters()), SHORT)
    assert decayed["weight_decay"] == SHORT.weight_decay
    assert plain["weight_decay"] == 0.0
    assert all(p.ndim == 2 for p in decayed["params"])
    assert all(p.ndim == 1 for p in plain["params"])
    assert len(decayed["params"]) + len(plain["params"]) == len(list(base[0].parameters()))
