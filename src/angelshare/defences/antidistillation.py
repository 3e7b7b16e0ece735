"""Antidistillation sampling: tokens that would teach a student wrongly are made likelier."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from angelshare.core import plugins
from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model, Steerable, Task
from angelshare.core.records import Query, Use
from angelshare.defences.lessons import Lesson, gradient, lessons
from angelshare.defences.proxy import Along, beside, proxy_of, require_steerable


def antidistillation(
    proxy: Use, task: Use, *, strength: float, epsilon: float = 1e-3, queries: int = 64, seed: int = 1
) -> Defence:
    """Write so that learning from it hurts: antidistillation sampling with a proxy student.

    Let l be the proxy's loss on the teacher's own undefended replies, and g its gradient. Training on token t moves
    l by g times the gradient of ln p(t) under the proxy, which is the difference quotient of ln p(t) along g. So t's
    score gains strength * (ln p(t; theta + epsilon u) - ln p(t; theta - epsilon u)) / (2 epsilon) times the query's
    temperature, with u = g / |g|: a token whose lesson raises the student's loss becomes likelier. A greedy reply
    counts as one at temperature 1.

    Args:
        proxy: the proxy student, a local checkpoint with the teacher's tokenizer, as a plug-in with its options.
        task: where the queries come from whose replies the loss is taken on, as a plug-in with its options.
        strength: the paper's lambda, above 0, for a gradient of length one (the paper leaves its length in lambda).
        epsilon: step along the gradient, above 0, as a length in parameter space.
        queries: how many queries the gradient is taken on.
        seed: which queries; give another than the plan's, so that the defence is not fitted to what is asked.

    The answer may change. Two passes of the proxy per token, and one gradient over the queries before the first.
    Source: Savani et al. 2025, arXiv 2504.13146 (the centred difference is that of its released code).

    Raises PlanError if a number is out of range, the teacher cannot be steered or the tokenizers differ.
    """
    for name, value in (("strength", strength), ("epsilon", epsilon), ("queries", queries)):
        if value <= 0:
            raise PlanError(f"'antidistillation': {name} is {value:g}; give one above 0")
    student = proxy_of(proxy, "antidistillation")
    asked: Task = plugins.build("tasks", task)
    holdout = [item.query for item in asked.queries(queries, seed=seed)]

    def defended(model: Model) -> Model:
        steerable = require_steerable(model, "antidistillation")
        pair = Apart(student, epsilon)
        return beside(
            model, student, "antidistillation", name=f"antidistillation {strength:g}",
            cost=DefenceCost(passes_per_token=2.0, gradient_passes=float(queries), changes_answer=True),
            steer=lambda: Contrary(*pair.networks(steerable, holdout), strength=strength, epsilon=epsilon),
        )  # fmt: skip

    return defended


class Apart:
    """The proxy moved both ways along its loss gradient, made when it is first needed."""

    def __init__(self, proxy: Steerable, epsilon: float) -> None:
        self._proxy, self._epsilon = proxy, epsilon
        self._made: tuple[Any, Any] | None = None

    def networks(self, teacher: Steerable, holdout: Sequence[Query]) -> tuple[Any, Any]:
        """Give the networks at theta + epsilon u and at theta - epsilon u."""
        if self._made is None:
            taught: Sequence[Lesson] = lessons(teacher, holdout)
            slope = gradient(self._proxy.network, taught)
            self._made = (
                _moved(self._proxy.network, slope, self._epsilon), _moved(self._proxy.network, slope, -self._epsilon)
            )  # fmt: skip
        return self._made


class Contrary:
    """The steering of one batch by antidistillation sampling."""

    chooses = False
    shows = True

    def __init__(self, plus: Any, minus: Any, *, strength: float, epsilon: float) -> None:  # noqa: ANN401 - transformers types
        self._plus, self._minus = Along(plus), Along(minus)
        self._scale = strength / (2 * epsilon)
        self._temperatures = torch.zeros(0)

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:
        """Take prompts and temperatures."""
        self._plus.begin(prompts, mask)
        self._minus.begin(prompts, mask)
        hot = [[query.sampling.temperature or 1.0] for query in queries]
        self._temperatures = torch.tensor(hot, device=prompts.device)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Add the difference of the two proxies' log probabilities."""
        up, down = (along.logits(last).log_softmax(-1) for along in (self._plus, self._minus))
        # padded embeddings make widths differ; what only one network has is no token
        n = min(logits.shape[1], up.shape[1])
        scores = logits.clone()
        scores[:, :n] += self._scale * self._temperatures * (up - down)[:, :n].to(logits)
        return scores

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._plus.keep(rows)
        self._minus.keep(rows)
        self._temperatures = self._temperatures[rows]


def _moved(network: Any, slope: Mapping[str, torch.Tensor], by: float) -> Any:  # noqa: ANN401 - transformers types
    """Copy a network and move it along a direction."""
    moved = copy.deepcopy(network)
    with torch.no_grad():
        for name, parameter in moved.named_parameters():
            parameter.add_(slope[name], alpha=by)
    return moved.eval()
