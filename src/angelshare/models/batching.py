"""Which examples go into which training step, and their tensors, gathered from one flat copy of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from angelshare.core.seeds import stream

BUCKET = 8
"""Batches whose examples are sorted by length together: less padding, order still random."""


class Example(NamedTuple):
    """A tokenised pair: `ids` is prompt then reply, the loss is on the reply alone."""

    ids: list[int]
    prompt: int
    weight: float
    soft: tuple[np.ndarray, np.ndarray] | None = None
    """(reply, k) token ids and probabilities, -1 padded; None for hard labels."""


class Batch(NamedTuple):
    """What one step needs; `kept` counts the last places of a row, before which no row has loss."""

    inputs: torch.Tensor
    """(rows, width) token ids, right-padded: a causal model never looks right, so no mask is needed."""

    targets: torch.Tensor
    """(rows, kept) the token that should follow each kept place."""

    share: torch.Tensor
    """(rows, kept) weight of each place in the loss; a batch's shares sum to one, padding and prompts have none."""

    soft: tuple[torch.Tensor, torch.Tensor] | None
    """(rows, kept, k) token ids and probabilities to learn instead of `targets`."""

    tokens: int
    """Tokens of the rows, padding left out."""


class Pack:
    """All examples end to end in a few flat tensors, so that a batch is gathered without touching Python objects.

    Hard and soft labels may be mixed: a hard one is then a distribution with all its mass on one token.
    """

    def __init__(self, examples: Sequence[Example], device: torch.device) -> None:
        self.device = device
        lengths = np.array([len(example.ids) for example in examples])
        starts = np.concatenate([[0], lengths.cumsum()[:-1]])
        self.lengths, self.prompts = lengths, np.array([example.prompt for example in examples])
        self.weights = np.array([example.weight for example in examples])
        ids = np.concatenate([np.asarray(example.ids, dtype=np.int64) for example in examples])
        share = np.zeros(len(ids), dtype=np.float32)
        for start, example in zip(starts, examples, strict=True):
            reply = slice(start + example.prompt, start + len(example.ids))
            share[reply] = example.weight / (len(example.ids) - example.prompt)
        self._starts, self._ids, self._share = (torch.from_numpy(part).to(device) for part in (starts, ids, share))
        self._ends = torch.from_numpy(starts + lengths).to(device)
        self._soft = _soft_pack(examples, starts, ids, device)

    def batch(self, rows: Sequence[int]) -> Batch:
        """Gather the tensors of one step."""
        chosen = torch.as_tensor(rows, device=self.device)
        width, first = int(self.lengths[rows].max()), int(self.prompts[rows].min())
        at = self._starts[chosen, None] + torch.arange(width, device=self.device)
        inside = at < self._ends[chosen, None]
        at = at.clamp(max=len(self._ids) - 1)
        # place t predicts token t + 1: the last token is a target only, and before `first` nobody has loss
        share = (self._share[at] * inside)[:, first:] / float(self.weights[rows].sum())
        return Batch(
            inputs=(self._ids[at] * inside)[:, :-1],
            targets=self._ids[at[:, first:]],
            share=share,
            soft=None if self._soft is None else (self._soft[0][at[:, first:]], self._soft[1][at[:, first:]]),
            tokens=int(self.lengths[rows].sum()),
        )


def batches(lengths: Sequence[int], size: int, steps: int, *, seed: int) -> list[list[int]]:
    """Lay out which examples go into which step: a fresh permutation per epoch, length-sorted within buckets.

    The batches of an epoch are as equal in size as can be: a rest of one example would weigh as much as a full batch.
    """
    rng = stream("batches", seed)
    per_epoch = steps_per_epoch(len(lengths), size)
    plan: list[list[int]] = []
    while len(plan) < steps:
        order = rng.permutation(len(lengths))
        edges = np.linspace(0, len(order), per_epoch + 1).round().astype(int)
        epoch: list[list[int]] = []
        for head in range(0, per_epoch, BUCKET):
            cuts = edges[head : head + BUCKET + 1]
            bucket = sorted(order[cuts[0] : cuts[-1]].tolist(), key=lambda k: lengths[k])
            epoch += [bucket[a - cuts[0] : b - cuts[0]] for a, b in pairwise(cuts)]
        plan += [epoch[k] for k in rng.permutation(per_epoch)]
    return plan[:steps]


def steps_per_epoch(examples: int, size: int) -> int:
    """Steps that show every example once."""
    return math.ceil(examples / size)


def _soft_pack(
    examples: Sequence[Example], starts: np.ndarray, ids: np.ndarray, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Lay soft labels out beside the flat ids: (tokens, k) ids and probabilities."""
    width = max((example.soft[0].shape[1] for example in examples if example.soft is not None), default=0)
    if width == 0:
        return None
    tokens, mass = np.zeros((len(ids), width), dtype=np.int64), np.zeros((len(ids), width), dtype=np.float32)
    tokens[:, 0], mass[:, 0] = ids, 1.0
    for start, example in zip(starts, examples, strict=True):
        if example.soft is not None:
            reply, k = slice(start + example.prompt, start + len(example.ids)), example.soft[0].shape[1]
            tokens[reply, :k], mass[reply, :k] = example.soft[0].clip(min=0), example.soft[1]
    return torch.from_numpy(tokens).to(device), torch.from_numpy(mass).to(device)
