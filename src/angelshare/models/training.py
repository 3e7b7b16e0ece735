"""The short training loop: masked loss, one weight per example, deterministic order, FLOP and wall meter."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from angelshare.core.record import record
from angelshare.core.records import Meter
from angelshare.core.seeds import stream

BUCKET = 8
"""Batches whose examples are sorted by length together: less padding, order still random."""
STILL_FALLING = 0.05
"""A capped run whose loss fell by more than this share over the last fifth is flagged as undertrained."""


@record
class Schedule:
    """How long and how fast to train."""

    epochs: float = 20.0
    """Passes over the pairs."""

    max_steps: int = 400
    """Cap on optimiser steps; reaching it before `epochs` may flag the cell as undertrained."""

    batch: int = 64
    """Examples per step."""

    learning_rate: float = 2e-3
    """Peak; linear warm-up over `warm_up`, then cosine to `final_rate` of the peak."""

    warm_up: float = 0.1
    """Share of the steps spent warming up."""

    final_rate: float = 0.05
    """Learning rate at the end, as a share of the peak."""

    weight_decay: float = 0.05
    """AdamW weight decay on matrices."""

    clip: float = 1.0
    """Gradient norm is clipped to this."""


class Example(NamedTuple):
    """A tokenised pair: `ids` is prompt then reply, the loss is on the reply alone."""

    ids: list[int]
    prompt: int
    weight: float
    soft: tuple[np.ndarray, np.ndarray] | None = None
    """(reply, k) token ids and probabilities, -1 padded; None for hard labels."""


def train(
    network: Any,  # noqa: ANN401 - any transformers causal LM
    examples: Sequence[Example],
    schedule: Schedule,
    *,
    seed: int,
    on_step: Callable[[int, int], None] | None = None,
) -> Meter:
    """Train `network` in place and meter it.

    Each example weighs the same whatever its length (mean over its own reply tokens), since otherwise
    long traces drown short answers. Batch order depends on `seed` alone.
    """
    cpu, wall = time.process_time(), time.perf_counter()
    torch.manual_seed(seed)
    steps = planned_steps(len(examples), schedule)
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        _groups(parameters, schedule), lr=schedule.learning_rate, betas=(0.9, 0.98), fused=True
    )
    network.train()
    losses, tokens, seen = [], 0, 0
    for step, rows in enumerate(batches(examples, schedule, steps, seed=seed)):
        rate = learning_rate(step, steps, schedule)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = _loss(network, [examples[k] for k in rows])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, schedule.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        tokens += sum(len(examples[k].ids) for k in rows)
        seen += len(rows)
        if on_step is not None:
            on_step(step + 1, steps)
    network.eval()
    history = torch.stack(losses).double().numpy()
    return Meter(
        steps=steps, examples=seen, tokens=tokens,
        training_flop=6.0 * sum(p.numel() for p in network.parameters()) * tokens,
        cpu_seconds=time.process_time() - cpu, wall_seconds=time.perf_counter() - wall,
        loss=float(history[-max(1, steps // 10) :].mean()),
        converged=not undertrained(history, capped=steps < schedule.epochs * len(examples) / schedule.batch),
    )  # fmt: skip


def planned_steps(examples: int, schedule: Schedule) -> int:
    """Steps for `epochs` passes, at most `max_steps`, at least one."""
    return max(1, min(schedule.max_steps, math.ceil(schedule.epochs * examples / schedule.batch)))


def learning_rate(step: int, steps: int, schedule: Schedule) -> float:
    """Linear warm-up, then cosine (Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5) to `final_rate`."""
    warm = max(1, round(schedule.warm_up * steps))
    if step < warm:
        return schedule.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    low = schedule.final_rate
    return schedule.learning_rate * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * done)))


def batches(examples: Sequence[Example], schedule: Schedule, steps: int, *, seed: int) -> list[list[int]]:
    """Lay out which examples go into which step: a fresh permutation per epoch, length-sorted within buckets."""
    rng = stream("batches", seed)
    plan: list[list[int]] = []
    while len(plan) < steps:
        order = rng.permutation(len(examples))
        epoch: list[list[int]] = []
        for start in range(0, len(order), BUCKET * schedule.batch):
            bucket = sorted(order[start : start + BUCKET * schedule.batch].tolist(), key=lambda k: len(examples[k].ids))
            epoch += [bucket[i : i + schedule.batch] for i in range(0, len(bucket), schedule.batch)]
        plan += [epoch[k] for k in rng.permutation(len(epoch))]
    return plan[:steps]


def undertrained(losses: np.ndarray, *, capped: bool) -> bool:
    """Say whether training was cut while the loss still fell; (steps,) losses in nats."""
    tenth = len(losses) // 10
    if not capped or tenth == 0:
        return False
    before, after = losses[-2 * tenth : -tenth].mean(), losses[-tenth:].mean()
    return bool(after < (1 - STILL_FALLING) * before)


def _groups(parameters: Sequence[torch.nn.Parameter], schedule: Schedule) -> list[dict[str, object]]:
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": schedule.weight_decay}, {"params": vectors, "weight_decay": 0.0}]


def _loss(network: Any, batch: Sequence[Example]) -> torch.Tensor:  # noqa: ANN401 - any transformers causal LM
    """Mean over examples of weight times the mean cross-entropy over the example's own reply tokens."""
    device = next(network.parameters()).device
    width = max(len(example.ids) for example in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    share = torch.zeros((len(batch), width - 1))
    for row, example in enumerate(batch):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        replies = len(example.ids) - example.prompt
        share[row, example.prompt - 1 : len(example.ids) - 1] = example.weight / replies
    # right padding needs no attention mask: a causal model never looks right, and padding carries no loss
    logits = network(input_ids=ids.to(device), use_cache=False).logits[:, :-1]
    share = share.to(device)
    if batch[0].soft is None:
        nats = functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten().to(device), reduction="none")
        return (nats.view_as(share) * share).sum() / share.new_tensor([e.weight for e in batch]).sum()
    return (_soft_nats(logits, batch) * share).sum() / share.new_tensor([e.weight for e in batch]).sum()


def _soft_nats(logits: torch.Tensor, batch: Sequence[Example]) -> torch.Tensor:
    """Cross-entropy against the teacher's top-k distribution (Hinton et al. 2015, arXiv 1503.02531, section 2, T = 1)."""
    logprobs = functional.log_softmax(logits, -1)
    nats = logits.new_zeros(logits.shape[:2])
    for row, example in enumerate(batch):
        if example.soft is None:
            continue
        tokens, mass = (torch.from_numpy(part).to(logits.device) for part in example.soft)
        places = slice(example.prompt - 1, len(example.ids) - 1)
        picked = logprobs[row, places].gather(1, tokens.clamp(min=0))
        nats[row, places] = -(picked * mass.to(picked)).sum(-1)
    return nats
