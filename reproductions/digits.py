"""Handwritten digits: data, a teacher ensemble, and small students trained side by side as one batch of networks."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch.nn import functional

from angelshare.core.seeds import derived_seed, stream

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = Literal["soft T=4", "soft T=1", "hard", "truth"]
"""What the student is shown: the teacher's distribution at a temperature, its top class alone, or the true label."""

CLASSES = 10


class Data(NamedTuple):
    """Images scaled to [0, 1] and labels, in three parts that share no image."""

    teacher_x: torch.Tensor
    teacher_y: torch.Tensor
    pool_x: torch.Tensor
    pool_y: torch.Tensor
    test_x: torch.Tensor
    test_y: torch.Tensor


class Students(NamedTuple):
    """Weights of several one-hidden-layer networks, stacked on the first axis."""

    into: torch.Tensor
    hidden: torch.Tensor
    out: torch.Tensor
    bias: torch.Tensor


def digits() -> Data:
    """Load scikit-learn's 1,797 digits: 600 to train the teacher, 650 to be queried, 547 to test."""
    images, labels = load_digits(return_X_y=True)
    order = stream("digits", "split").permutation(len(labels))
    x, y = torch.tensor(images[order] / 16.0, dtype=torch.float32), torch.tensor(labels[order], dtype=torch.long)
    return Data(x[:600], y[:600], x[600:1250], y[600:1250], x[1250:], y[1250:])


def teacher_logits(data: Data, *, steps: int = 1500) -> tuple[torch.Tensor, torch.Tensor]:
    """Train three wider networks on true labels; give their mean logits on the pool and on the test images."""
    x = data.teacher_x.expand(3, -1, -1)
    target = functional.one_hot(data.teacher_y, CLASSES).float().expand(3, -1, -1)
    nets = trained(x, target, width=128, temperature=1.0, name="teacher", steps=steps)
    return (answers(nets, data.pool_x.expand(3, -1, -1)).mean(0), answers(nets, data.test_x.expand(3, -1, -1)).mean(0))


def targets(kind: Labels, logits: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Turn what the interface shows into target distributions, and the temperature to learn them at."""
    if kind == "truth":
        return functional.one_hot(truth, CLASSES).float(), 1.0
    if kind == "hard":
        return functional.one_hot(logits.argmax(-1), CLASSES).float(), 1.0
    temperature = 4.0 if kind == "soft T=4" else 1.0
    return torch.softmax(logits / temperature, -1), temperature


def trained(
    x: torch.Tensor, target: torch.Tensor, *, width: int, temperature: float, name: str, steps: int = 1500
) -> Students:
    """Train one network per row of (networks, examples, pixels), full batch.

    The loss is the cross-entropy to `target` at `temperature`, times its square so that gradients keep their size
    (Hinton et al. 2015, arXiv 1503.02531, section 2).
    """
    nets = _fresh(len(x), x.shape[-1], width, name)
    optimiser = torch.optim.Adam(nets, lr=3e-3)
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        logprobs = functional.log_softmax(answers(nets, x) / temperature, -1)
        loss = -(target * logprobs).sum(-1).mean(1).sum() * temperature**2
        loss.backward()
        optimiser.step()
    return Students(*(weight.detach() for weight in nets))


def answers(nets: Students, x: torch.Tensor) -> torch.Tensor:
    """Give (networks, examples, classes) logits."""
    hidden = torch.relu(torch.baddbmm(nets.hidden, x, nets.into))
    return torch.baddbmm(nets.bias, hidden, nets.out)


def _fresh(networks: int, pixels: int, width: int, name: str) -> Students:
    """Initialise by He et al. 2015, arXiv 1502.01852, section 2.2; equal names start equal, so labels alone differ."""
    each = [
        _one(pixels, width, torch.Generator().manual_seed(derived_seed("digits", name, k) % 2**31))
        for k in range(networks)
    ]
    return Students(*(torch.stack(weights).requires_grad_() for weights in zip(*each, strict=True)))


def _one(pixels: int, width: int, source: torch.Generator) -> Students:
    into = torch.randn(pixels, width, generator=source) * (2 / pixels) ** 0.5
    out = torch.randn(width, CLASSES, generator=source) * (1 / width) ** 0.5
    return Students(into, torch.zeros(1, width), out, torch.zeros(1, CLASSES))
