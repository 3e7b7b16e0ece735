"""The short training loop: masked loss, one weight per example, deterministic order, FLOP and wall meter."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Meter
from angelshare.models.batching import Batch, Example, Pack, batches, steps_per_epoch

STILL_FALLING = 0.05
"""A capped run whose loss fell by more than this share from its middle to its last fifth is flagged …"""
LEAST_FALL = 0.005
"""… if it also fell by more than this, in nats per token: halving a loss of nothing teaches nothing."""


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

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with; raises PlanError."""
        _refuse_unless(self.batch >= 1, "batch", self.batch, "at least 1")
        _refuse_unless(self.max_steps >= 1, "max_steps", self.max_steps, "at least 1")
        _refuse_unless(0 < self.epochs < math.inf, "epochs", self.epochs, "positive and finite")
        _refuse_unless(0 < self.learning_rate < math.inf, "learning_rate", self.learning_rate, "positive and finite")
        _refuse_unless(0 <= self.warm_up < 1, "warm_up", self.warm_up, "in [0, 1)")
        _refuse_unless(0 <= self.final_rate <= 1, "final_rate", self.final_rate, "in [0, 1]")
        _refuse_unless(0 <= self.weight_decay < math.inf, "weight_decay", self.weight_decay, "finite, 0 or more")
        _refuse_unless(0 < self.clip < math.inf, "clip", self.clip, "positive and finite")


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
    if not examples:
        raise PlanError("no pairs to train on: every query was refused, or no label is public (see public_labels)")
    cpu, wall = time.process_time(), time.perf_counter()
    steps = planned_steps(len(examples), schedule)
    plan = batches([len(example.ids) for example in examples], schedule.batch, steps, seed=seed)
    pack = Pack(examples, next(network.parameters()).device)
    network.train()
    # only dropout draws from torch's own generator: seeded here, and given back to the caller as it was
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        history = _descend(network, pack, plan, schedule=schedule, on_step=on_step)
    network.eval()
    tokens = sum(len(examples[k].ids) for rows in plan for k in rows)
    return Meter(
        steps=len(plan), examples=sum(map(len, plan)), tokens=tokens,
        training_flop=6.0 * sum(p.numel() for p in network.parameters()) * tokens,
        cpu_seconds=time.process_time() - cpu, wall_seconds=time.perf_counter() - wall,
        loss=float(history[-max(1, len(plan) // 10) :].mean()),
        converged=not undertrained(history, capped=schedule.max_steps < wanted_steps(len(examples), schedule)),
    )  # fmt: skip


def _descend(
    network: Any,  # noqa: ANN401 - any transformers causal LM
    pack: Pack,
    plan: Sequence[Sequence[int]],
    *,
    schedule: Schedule,
    on_step: Callable[[int, int], None] | None,
) -> np.ndarray:
    """Take one optimiser step per batch; gives the (steps,) losses in nats."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        _groups(parameters, schedule), lr=schedule.learning_rate, betas=(0.9, 0.98), fused=True
    )
    losses = []
    for step, rows in enumerate(plan):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, len(plan), schedule)
        loss = _loss(network, pack.batch(rows))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, schedule.clip)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        # read at the end only: on an accelerator each reading would wait for the step
        losses.append(loss.detach())
        if on_step is not None:
            on_step(step + 1, len(plan))
    history: np.ndarray = torch.stack(losses).double().cpu().numpy()
    return history


def planned_steps(examples: int, schedule: Schedule) -> int:
    """Steps for `epochs` passes, at most `max_steps`, at least one."""
    return max(1, min(schedule.max_steps, round(wanted_steps(examples, schedule))))


def wanted_steps(examples: int, schedule: Schedule) -> float:
    """Steps that `epochs` passes take."""
    return schedule.epochs * steps_per_epoch(examples, schedule.batch)


def learning_rate(step: int, steps: int, schedule: Schedule) -> float:
    """Linear warm-up, then cosine (Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5) to `final_rate`."""
    warm = max(1, round(schedule.warm_up * steps))
    if step < warm:
        return schedule.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    low = schedule.final_rate
    return schedule.learning_rate * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * done)))


def undertrained(losses: np.ndarray, *, capped: bool) -> bool:
    """Say whether training was cut while the loss still fell; (steps,) losses in nats.

    The last fifth is held against the middle one: towards the end the falling learning rate makes any loss look flat.
    """
    fifth = len(losses) // 5
    if not capped or fifth == 0:
        return capped  # too few steps to see whether the loss still falls, and cut short
    before, after = losses[2 * fifth : 3 * fifth].mean(), losses[-fifth:].mean()
    return bool(before - after > max(STILL_FALLING * before, LEAST_FALL))


def _refuse_unless(holds: bool, name: str, value: float, wanted: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise PlanError(f"option '{name}' = {value}: must be {wanted}")


def _groups(parameters: Sequence[torch.nn.Parameter], schedule: Schedule) -> list[dict[str, object]]:
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": schedule.weight_decay}, {"params": vectors, "weight_decay": 0.0}]


def _loss(network: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401 - any transformers causal LM
    """Mean over examples of weight times the mean cross-entropy over the example's own reply tokens.

    Soft labels: cross-entropy against the teacher's distribution (Hinton et al. 2015, arXiv 1503.02531, section 2,
    at temperature 1).
    """
    # the output layer is left out where no row of the batch has loss
    kept = batch.targets.shape[1]
    logits = network(input_ids=batch.inputs, use_cache=False, logits_to_keep=kept).logits
    if batch.soft is None:
        nats = functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none")
        return (nats.view_as(batch.share) * batch.share).sum()
    tokens, mass = batch.soft
    nats = -(functional.log_softmax(logits, -1).gather(2, tokens) * mass).sum(-1)
    return (nats * batch.share).sum()
