"""A proxy student that reads along: its next-token scores beside the teacher's, one pass per token, with a KV cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Model, Steerable, Steering
from angelshare.core.records import Use
from angelshare.defences.substitute import local_model, require_same_tokenizer


def require_steerable(model: Model, defence: str) -> Steerable:
    """Give `model` if its next-token scores can be changed; raises PlanError that says what would do."""
    if isinstance(model, Steerable):
        return model
    if model.remote:
        raise PlanError(
            f"'{defence}': '{model.name}' is hosted by someone else, who alone can change its next-token scores: have "
            "the host do it (vLLM marks by --watermark-config, TensorRT-LLM by WatermarkConfig) and measure its "
            "replies, or take a local checkpoint (plug-in 'hf')"
        )
    raise PlanError(
        f"'{defence}': '{model.name}' has no next-token scores to change; put this defence first, directly on a local "
        "checkpoint (plug-in 'hf'), and those that work on replies after it"
    )


def proxy_of(use: Use, defence: str) -> Steerable:
    """Build a proxy student; raises PlanError if it is no local checkpoint."""
    built = local_model(use, defence)
    if not isinstance(built, Steerable):
        raise PlanError(f"'{defence}': the proxy '{use.use}' is no local checkpoint; name one with the plug-in 'hf'")
    return built


class Steered:
    """A teacher whose next-token scores a defence changes, and what that costs."""

    def __init__(self, model: Model, cost: DefenceCost) -> None:
        self._model, self.cost = model, cost
        self.name, self.remote, self.answer = model.name, model.remote, model.answer


def beside(
    teacher: Model, proxy: Steerable, defence: str, *, name: str, cost: DefenceCost, steer: Callable[[], Steering]
) -> Model:
    """Let `teacher` answer under `steer`, which runs `proxy` along.

    Raises PlanError if the teacher cannot be steered or the two read other tokens.
    """
    steerable = require_steerable(teacher, defence)
    require_same_tokenizer(steerable, proxy, defence)
    return Steered(steerable.steered(steer, name=f"{teacher.name}, {name}"), cost)


class Along:
    """One network that reads a batch as it is written.

    Args:
        network: a causal LM with the teacher's tokenizer.
    """

    def __init__(self, network: Any) -> None:  # noqa: ANN401 - a transformers causal LM
        self._network = network
        self._cache = DynamicCache(config=network.config)
        self._ids = self._mask = self._positions = torch.zeros(0, 0, dtype=torch.long)

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor) -> None:
        """Take (rows, width) left-padded prompt ids and their mask."""
        device = next(self._network.parameters()).device
        self._ids, self._mask = prompts.to(device), mask.to(device)
        self._positions = (self._mask.cumsum(1) - 1).clamp(min=0)

    @torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not checked
    def logits(self, last: torch.Tensor | None) -> torch.Tensor:
        """Read the (rows,) tokens written last, None at first; give (rows, vocabulary) scores of the next."""
        if last is not None:
            self._ids = last[:, None].to(self._mask.device)
            self._mask = torch.cat([self._mask, self._mask.new_ones(len(last), 1)], 1)
            self._positions = self._positions[:, -1:] + 1
        self._require_room()
        scores: torch.Tensor = self._network(
            input_ids=self._ids, attention_mask=self._mask, position_ids=self._positions,
            past_key_values=self._cache, logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        return scores.float()

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._cache.batch_select_indices(rows)
        self._mask, self._positions = self._mask[rows], self._positions[rows]

    def _require_room(self) -> None:
        room = getattr(self._network.config, "max_position_embeddings", None)
        reached = int(self._positions[:, -1].max()) + 1
        if room is not None and reached > room:
            raise PlanError(
                f"the proxy holds {room} tokens and the teacher has come to {reached}; take a proxy with as long a "
                "context, or lower 'max_tokens'"
            )


def fitted(scores: torch.Tensor, width: int) -> torch.Tensor:
    """Bring (rows, n) scores to the teacher's `width`, which padded embeddings may make larger or smaller."""
    if scores.shape[1] >= width:
        return scores[:, :width]
    # what only the teacher's padding has is no token of either
    return torch.nn.functional.pad(scores, (0, width - scores.shape[1]), value=float("-inf"))
