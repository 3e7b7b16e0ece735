"""Batched decoding with a KV cache: finished rows leave the batch, so a long reply does not hold up the short ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import DynamicCache

from angelshare.core.protocols import Steering
from angelshare.core.records import Completion, Query, TokenAlternatives
from angelshare.core.seeds import stream

SHRINK_BELOW = 0.75
"""The batch is cut down to its unfinished rows when their share falls below this."""


class Asked(NamedTuple):
    """A query as the network sees it."""

    query: Query
    prompt: list[int]
    limit: int
    """Longest reply in tokens."""


class Reply(NamedTuple):
    """What the network wrote."""

    ids: list[int]
    """Without the end token."""

    ended: bool
    """Whether it came to an end by itself."""

    logprob: float
    """Natural-log probability of the whole reply, its end included."""

    alternatives: Sequence[tuple[list[int], list[float]]]
    """Per token, the end included: candidate ids and log probabilities, if the query asked for them."""


def completion(asked: Asked, reply: Reply, tokenizer: Any, spell: Callable[[int], str]) -> Completion:  # noqa: ANN401 - a transformers tokenizer
    """Render a reply as text; `spell` writes one token."""
    tokens = len(reply.ids) + int(reply.ended)
    return Completion(
        query_id=asked.query.id,
        text=tokenizer.decode(reply.ids, skip_special_tokens=True),
        tokens_in=len(asked.prompt),
        tokens_out=tokens,
        tokens_delivered=tokens,
        truncated=not reply.ended,
        certainty=float(np.exp(reply.logprob)),
        logprobs=[
            TokenAlternatives(tokens=[spell(i) for i in ids], logprobs=values) for ids, values in reply.alternatives
        ],
    )


@torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not checked
def decode(
    network: Any,  # noqa: ANN401 - transformers type
    tokenizer: Any,  # noqa: ANN401 - transformers type
    batch: Sequence[Asked],
    steering: Steering | None = None,
) -> list[Reply]:
    """Answer all of `batch` together, left-padded; rows with temperature 0 are greedy, on the steered scores if any."""
    device = next(network.parameters()).device
    ids, mask = _left_pad([asked.prompt for asked in batch], tokenizer.pad_token_id, device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache, written = DynamicCache(config=network.config), Written(batch, end_ids(network, tokenizer), device)
    chosen: torch.Tensor | None = None
    if steering is not None:
        steering.begin(ids, mask, [asked.query for asked in batch])
    # the loop is free of Python work per row, but for rows that are sampled
    while True:
        out = network(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=1
        )
        logits = out.logits[:, -1].float()
        if steering is None:
            chosen = written.extend(logits)
        else:
            chosen = written.steer(logits, steering.step(logits, chosen), steering)
        unfinished = int(written.unfinished.sum())
        if not unfinished:
            return written.replies()
        # a finished row is decoded on as ballast until the batch is worth cutting
        if unfinished < SHRINK_BELOW * len(chosen):
            rows = written.shrink()
            cache.batch_select_indices(rows)
            chosen, mask, positions = chosen[rows], mask[rows], positions[rows]
            if steering is not None:
                steering.keep(rows)
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(chosen), 1)], 1)
        positions = positions[:, -1:] + 1


class Written:
    """The replies of a batch in the making: one column of tokens per step, for the rows still in the batch."""

    def __init__(self, batch: Sequence[Asked], ends: Sequence[int], device: torch.device) -> None:
        self._batch = batch
        self._ends = torch.tensor(ends, dtype=torch.long, device=device)
        self._limits = torch.tensor([asked.limit for asked in batch], device=device)
        self._live = torch.arange(len(batch), device=device)
        self._top = max(asked.query.sampling.top_logprobs for asked in batch)
        self._steps: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        self._tops: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._sampled = any(asked.query.sampling.temperature > 0 for asked in batch)
        self.unfinished = torch.ones(len(batch), dtype=torch.bool, device=device)
        """(rows in the batch,) whether a row still writes."""

    def extend(self, logits: torch.Tensor) -> torch.Tensor:
        """Choose the next token of each row from (rows, vocabulary) logits."""
        chosen = logits.argmax(-1)
        if self._sampled:
            self._sample(logits, chosen, self.unfinished)
        return self._take(chosen, logits)

    def steer(self, logits: torch.Tensor, scores: torch.Tensor, steering: Steering) -> torch.Tensor:
        """Choose the next token of each row by the (rows, vocabulary) scores that `steering` made of `logits`."""
        chosen = scores.argmax(-1)
        free = self.unfinished & ~torch.as_tensor(steering.chooses, device=chosen.device)
        if self._sampled and bool(free.any()):
            self._sample(scores, chosen, free)
        return self._take(chosen, scores if steering.shows else logits)

    def _take(self, chosen: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """Note the tokens chosen, their log probability and the alternatives under `logits`."""
        total = logits.logsumexp(-1, keepdim=True)
        self._steps.append((self._live, chosen, (logits.gather(1, chosen[:, None]) - total)[:, 0]))
        if self._top:
            top = logits.topk(min(self._top, logits.shape[1]))
            self._tops.append((top.indices, top.values - total))
        self.unfinished = self.unfinished & ~torch.isin(chosen, self._ends) & (self._limits > len(self._steps))
        return chosen

    def shrink(self) -> torch.Tensor:
        """Drop finished rows; gives the places of those that stay."""
        rows = self.unfinished.nonzero()[:, 0]
        self._live, self._limits, self.unfinished = self._live[rows], self._limits[rows], self.unfinished[rows]
        return rows

    def replies(self) -> list[Reply]:
        """Cut each row at its end token or limit."""
        shape = (len(self._batch), len(self._steps))
        ids, logprobs = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        for step, (rows, chosen, picked) in enumerate(self._steps):
            at = rows.cpu().numpy()
            ids[at, step], logprobs[at, step] = chosen.cpu().numpy(), picked.cpu().numpy()
        is_end = np.isin(ids, self._ends.cpu().numpy())
        # a row left the batch only after its end or its limit, so what it did not write lies behind the cut
        first = np.where(is_end.any(1), is_end.argmax(1), shape[1])
        limits = np.array([asked.limit for asked in self._batch])
        ended, length = first < limits, np.minimum(first, limits)
        tops = self._alternatives(length + ended)
        return [
            Reply(ids[row, :n].tolist(), bool(end), float(logprobs[row, : n + end].sum()), tops[row])
            for row, (n, end) in enumerate(zip(length.tolist(), ended.tolist(), strict=True))
        ]

    def _sample(self, logits: torch.Tensor, chosen: torch.Tensor, free: torch.Tensor) -> None:
        """Draw `free` rows by Gumbel noise (Maddison et al. 2014, arXiv 1411.0030, section 2), a stream each."""
        for place, row in enumerate(self._live.tolist()):
            query = self._batch[row].query
            if query.sampling.temperature > 0 and free[place]:
                rng = stream("decode", query.id, query.sampling.draw, len(self._steps))
                noise = torch.from_numpy(rng.gumbel(size=logits.shape[1])).to(logits)
                chosen[place] = (logits[place] / query.sampling.temperature + noise).argmax()

    def _alternatives(self, lengths: np.ndarray) -> list[list[tuple[list[int], list[float]]]]:
        """Sort the top candidates of each step by row, as many as the row's query asked for."""
        out: list[list[tuple[list[int], list[float]]]] = [[] for _ in self._batch]
        for step, (indices, values) in enumerate(self._tops):
            listed = zip(self._steps[step][0].tolist(), indices.tolist(), values.tolist(), strict=True)
            for row, ids, logprobs in listed:
                wanted = self._batch[row].query.sampling.top_logprobs
                if wanted and step < lengths[row]:
                    out[row].append((ids[:wanted], logprobs[:wanted]))
        return out


def end_ids(network: Any, tokenizer: Any) -> list[int]:  # noqa: ANN401 - transformers types
    """List the tokens that end a reply."""
    ends = network.generation_config.eos_token_id if network.generation_config is not None else None
    listed = ends if isinstance(ends, list) else [ends]
    return sorted({i for i in [*listed, tokenizer.eos_token_id] if i is not None})


def _left_pad(prompts: Sequence[list[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(prompt) for prompt in prompts)
    ids = np.full((len(prompts), width), pad, dtype=np.int64)
    mask = np.zeros((len(prompts), width), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = prompt
        mask[row, width - len(prompt) :] = 1
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)
