"""Defences in the sampling interface: fewer and coarser alternatives per token, a least temperature."""

from __future__ import annotations

import dataclasses

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence
from angelshare.core.records import Completion, Query, TokenAlternatives
from angelshare.defences.between import Between


def top_k(k: int, *, decimals: int = -1) -> Defence:
    """Deliver at most `k` alternatives per token, rounded if wanted.

    Args:
        k: alternatives per token at most, 1 or more; for none at all take `no-logprobs`.
        decimals: decimal places of the log probabilities and of the reply's probability; -1 leaves them as they are.

    The text does not change. No extra passes.
    Source: limits on alternatives followed Carlini et al. 2024, arXiv 2403.06634, and Finlayson et al. 2024,
    arXiv 2403.09539, who read a model's last layer out of them.

    Raises PlanError if `k` or `decimals` is out of range.
    """
    if k < 1 or decimals < -1:
        raise PlanError(f"'top-k': k is {k} and decimals {decimals}; give k of 1 or more and decimals of 0 or more")

    def rounded(value: float) -> float:
        # a log probability that rounds up to -0.0 would no longer be told from certainty by its sign
        return min(round(value, decimals), 0.0) if decimals >= 0 else value

    def deliver(_: Query, done: Completion) -> Completion:
        certainty = done.certainty
        if certainty is not None and decimals >= 0:
            certainty = round(certainty, decimals)
        cut = [
            TokenAlternatives(tokens=place.tokens[:k], logprobs=[rounded(p) for p in place.logprobs[:k]])
            for place in done.logprobs
        ]
        return dataclasses.replace(done, logprobs=cut, certainty=certainty)

    name = f"top {k}" + (f" to {decimals} decimals" if decimals >= 0 else "")
    return lambda model: Between(
        model, name, cost=DefenceCost(),
        ask=lambda query: _sampled(query, top_logprobs=min(k, query.sampling.top_logprobs)), deliver=deliver,
    )  # fmt: skip


def temperature(value: float) -> Defence:
    """Sample at this temperature or above, whatever the query asks for.

    The control that every defence is held against at equal loss of accuracy: noise without a method.

    Args:
        value: lowest temperature, above 0.

    The answer may change. No extra passes.
    Source: the baseline of Savani et al. 2025, arXiv 2504.13146.

    Raises PlanError if `value` is not above 0.
    """
    if value <= 0:
        raise PlanError(f"'temperature': value is {value:g}; give a temperature above 0, e.g. 0.7")
    return lambda model: Between(
        model, f"temperature {value:g}", cost=DefenceCost(changes_answer=True),
        ask=lambda query: at_least(query, value),
    )  # fmt: skip


def at_least(query: Query, value: float) -> Query:
    """Raise the temperature of a query to `value`."""
    sampling = dataclasses.replace(query.sampling, temperature=max(value, query.sampling.temperature))
    return dataclasses.replace(query, sampling=sampling)


def _sampled(query: Query, *, top_logprobs: int) -> Query:
    return dataclasses.replace(query, sampling=dataclasses.replace(query.sampling, top_logprobs=top_logprobs))
