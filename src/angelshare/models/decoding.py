"""Batched decoding with a KV cache: finished rows leave the batch, so a long reply does not hold up the short ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from angelshare.core.records import Completion, Query, TokenAlternatives
from angelshare.core.seeds import stream

SHRINK_BELOW = 0.75
"""The batch is cut down to its unfinished rows when their share falls below this."""


class Draft:
    """A reply in the making."""

    def __init__(self, *, query: Query, prompt: list[int]) -> None:
        self.query, self.prompt = query, prompt
        self.ids: list[int] = []
        self.logprob = 0.0
        self.alternatives: list[tuple[list[int], list[float]]] = []
        self.ended = False

    def completion(self, tokenizer: Any) -> Completion:  # noqa: ANN401 - a transformers tokenizer
        """Render the finished draft."""
        return Completion(
            query_id=self.query.id,
            text=tokenizer.decode(self.ids, skip_special_tokens=True),
            tokens_in=len(self.prompt),
            tokens_out=len(self.ids) + int(self.ended),
            tokens_delivered=len(self.ids) + int(self.ended),
            truncated=not self.ended,
            certainty=float(np.exp(self.logprob)),
            logprobs=[
                TokenAlternatives(tokens=[tokenizer.decode([i]) for i in ids], logprobs=values)
                for ids, values in self.alternatives
            ],
        )


@torch.inference_mode()
def decode(network: Any, tokenizer: Any, drafts: Sequence[Draft]) -> None:  # noqa: ANN401 - transformers types
    """Complete `drafts` in place, all in one batch, left-padded."""
    device = next(network.parameters()).device
    ids, mask = _left_pad([draft.prompt for draft in drafts], tokenizer.pad_token_id, device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache, live = DynamicCache(config=network.config), list(drafts)
    ends = _end_ids(network, tokenizer)
    while live:
        out = network(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=1
        )
        chosen = _choose(out.logits[:, -1], live)
        for draft, token in zip(live, chosen.tolist(), strict=True):
            _append(draft, token, ends)
        keep = [k for k, draft in enumerate(live) if not _done(draft)]
        # a finished row is decoded on as ballast until the batch is worth cutting
        if len(keep) < SHRINK_BELOW * len(live) or not keep:
            live = [live[k] for k in keep]
            rows = torch.tensor(keep, device=device, dtype=torch.long)
            cache.batch_select_indices(rows)
            chosen, mask, positions = chosen[rows], mask[rows], positions[rows]
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(live), 1)], 1)
        positions = positions[:, -1:] + 1


def _left_pad(prompts: Sequence[list[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), pad, dtype=torch.long)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    return ids.to(device), mask.to(device)


def _end_ids(network: Any, tokenizer: Any) -> frozenset[int]:  # noqa: ANN401 - transformers types
    ends = network.generation_config.eos_token_id if network.generation_config is not None else None
    listed = ends if isinstance(ends, list) else [ends]
    return frozenset(i for i in [*listed, tokenizer.eos_token_id] if i is not None)


def _done(draft: Draft) -> bool:
    return draft.ended or len(draft.ids) >= draft.query.sampling.max_tokens


def _append(draft: Draft, token: int, ends: frozenset[int]) -> None:
    if _done(draft):
        return
    if token in ends:
        draft.ended = True
    else:
        draft.ids.append(token)


def _choose(logits: torch.Tensor, live: Sequence[Draft]) -> torch.Tensor:
    """Pick the next token of each row: the likeliest, or by Gumbel noise of the row's own stream."""
    logprobs = torch.log_softmax(logits.float(), -1)
    chosen = logprobs.argmax(-1)
    for row, draft in enumerate(live):
        temperature = draft.query.sampling.temperature
        if temperature > 0 and not _done(draft):
            rng = stream("decode", draft.query.id, draft.query.sampling.draw, len(draft.ids))
            noise = torch.from_numpy(rng.gumbel(size=logprobs.shape[1])).to(logprobs)
            chosen[row] = (logprobs[row] / temperature + noise).argmax()
    picked = logprobs.gather(1, chosen[:, None])[:, 0].tolist()
    for row, draft in enumerate(live):
        if not _done(draft):
            draft.logprob += picked[row]
            if draft.query.sampling.top_logprobs:
                _note_alternatives(draft, logprobs[row])
    return chosen


def _note_alternatives(draft: Draft, logprobs: torch.Tensor) -> None:
    top = logprobs.topk(min(draft.query.sampling.top_logprobs, logprobs.shape[0]))
    draft.alternatives.append((top.indices.tolist(), top.values.tolist()))
