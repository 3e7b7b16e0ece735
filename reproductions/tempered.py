"""Writing at a temperature, whatever marks the text, while noting what the mark costs at each step."""

from __future__ import annotations

from typing import Any

import torch

from angelshare.core.protocols import Steering


class Tempered:
    """Divides another steering's scores by a temperature and notes the price of the mark.

    The price of a step is the mean over rows of KL(marked || unmarked), both at the temperature: in expectation the log
    probability of what is written under the mark less that without it, in nats a token.

    Args:
        inner: the mark, one that changes scores and leaves the draw to chance; None for none.
        temperature: above 0.
        prices: a price is appended for each step.
    """

    chooses = False
    shows = False

    def __init__(self, inner: Steering | None, temperature: float, prices: list[float]) -> None:
        self._inner, self._temperature, self._prices = inner, temperature, prices

    def begin(self, prompts: Any, mask: Any, queries: Any) -> None:  # noqa: ANN401 - torch tensors
        """Hand the prompts on."""
        if self._inner is not None:
            self._inner.begin(prompts, mask, queries)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Give the marked scores at the temperature."""
        scores = logits if self._inner is None else self._inner.step(logits, last)
        marked = (scores / self._temperature).log_softmax(-1)
        plain = (logits / self._temperature).log_softmax(-1)
        self._prices.append(float((marked.exp() * (marked - plain)).sum(-1).mean()))
        return marked

    def keep(self, rows: Any) -> None:  # noqa: ANN401 - torch tensors
        """Go on with `rows` alone."""
        if self._inner is not None:
            self._inner.keep(rows)
