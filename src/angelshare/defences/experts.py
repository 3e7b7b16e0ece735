"""Product of experts: the teacher's distribution drawn towards what a weak student would say anyway."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Steerable
from angelshare.core.records import Query, Use
from angelshare.defences.proxy import Along, beside, fitted, proxy_of


def product_of_experts(proxy: Use, *, weight: float) -> Defence:
    """Write from the weighted geometric mean of the teacher and a proxy student.

    The next token is drawn from p(teacher)^(1 - weight) p(proxy)^weight, normalised: what is worth most to a student,
    tokens the teacher finds likely and it does not, becomes rarer.

    Args:
        proxy: the proxy student, a local checkpoint with the teacher's tokenizer, as a plug-in with its options.
        weight: the proxy's exponent, above 0 and below 1.

    The answer may change. One pass of the proxy per token.
    Source: Allouah et al. 2026, arXiv 2605.22737 (PoE; `weight` is gamma of its released code).

    Raises PlanError if the weight is out of range, the teacher cannot be steered or the tokenizers differ.
    """
    if not 0 < weight < 1:
        raise PlanError(f"'product-of-experts': weight is {weight:g}; give one above 0 and below 1, e.g. 0.3")
    student = proxy_of(proxy, "product-of-experts")
    return lambda teacher: beside(
        teacher, student, "product-of-experts", name=f"product of experts {weight:g}",
        cost=DefenceCost(passes_per_token=1.0, changes_answer=True), steer=lambda: Product(student, weight),
    )  # fmt: skip


class Product:
    """The steering of one batch by a product of experts."""

    chooses = False
    shows = True

    def __init__(self, proxy: Steerable, weight: float) -> None:
        self._along, self._weight = Along(proxy.network), weight

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:  # noqa: ARG002 - the protocol's shape
        """Take the prompts."""
        self._along.begin(prompts, mask)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Mix the two networks' scores; what normalises them drops out of the draw."""
        theirs = fitted(self._along.logits(last), logits.shape[1]).to(logits)
        return (1 - self._weight) * logits + self._weight * theirs

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._along.keep(rows)
