"""Teacher forcing: what a model would have said at each token of a reply that another model gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from angelshare.core.protocols import Followed
from angelshare.core.records import Completion
from angelshare.models.spelling import Spelling

SHARED = 0.5
"""Least share of a reply's tokens that must be among the teacher's alternatives, or the two do not share tokens."""

ROOM = 2**23
"""Logits computed at a time: rows x width x vocabulary."""


class Course(NamedTuple):
    """A reply as the following model's tokens."""

    ids: list[int]
    """Prompt, reply and end token."""

    start: int
    """Where the reply begins."""

    tokens: np.ndarray
    """(positions, k) the teacher's alternatives as this model's tokens, -1 where it has none that is written alike."""

    mass: np.ndarray
    """(positions, k) the teacher's probabilities of them."""


def course(tokenizer: Any, spelling: Spelling, prompt: list[int], reply: Completion) -> Course | None:  # noqa: ANN401 - a transformers tokenizer
    """Lay out a reply with its alternatives; None where the two models' tokens do not match.

    A reply without alternatives, refused, or reasoned for out of sight cannot be followed either.
    """
    if not reply.logprobs or reply.refused or reply.reasoning:
        return None
    ids = [*tokenizer(reply.text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    # an interface may leave the end token out, and a reply that was cut short has none
    if len(reply.logprobs) not in (len(ids), len(ids) - 1):
        return None
    shape = (len(reply.logprobs), max(len(place.tokens) for place in reply.logprobs))
    tokens, mass = np.full(shape, -1, dtype=np.int64), np.zeros(shape)
    for row, place in enumerate(reply.logprobs):
        known: dict[int, float] = {}
        for token, logprob in zip(place.tokens, place.logprobs, strict=True):
            number = spelling.id(token)
            if number >= 0:
                known[number] = known.get(number, 0.0) + float(np.exp(logprob))
        tokens[row, : len(known)], mass[row, : len(known)] = list(known), list(known.values())
    if (tokens == np.asarray(ids[: shape[0]])[:, None]).any(axis=1).mean() < SHARED:
        return None
    return Course([*prompt, *ids], len(prompt), tokens, mass)


def follow(network: Any, courses: Sequence[Course | None], *, rows: int) -> list[Followed | None]:  # noqa: ANN401 - any transformers causal LM
    """Compare `network` with the teacher at every position of each course, at most `rows` of them at a time."""
    out: list[Followed | None] = [None] * len(courses)
    room = getattr(network.config, "max_position_embeddings", None)
    known = {place: each for place, each in enumerate(courses) if each is not None}
    kept = [place for place, each in known.items() if room is None or len(each.ids) - 1 <= room]
    kept.sort(key=lambda place: len(known[place].ids))
    while kept:
        # the widest first: what fits with it fits with all that are shorter
        width = len(known[kept[-1]].ids)
        count = max(1, min(rows, ROOM // (width * int(network.config.vocab_size))))
        kept, batch = kept[:-count], kept[-count:]
        for place, logits in zip(batch, _logits(network, [known[place].ids for place in batch]), strict=True):
            out[place] = _compared(known[place], logits)
    return out


@torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not checked
def _logits(network: Any, rows: Sequence[list[int]]) -> torch.Tensor:  # noqa: ANN401 - any transformers causal LM
    """Give (rows, width, vocabulary) logits, right-padded: a causal model never looks right, so no mask is needed."""
    width = max(len(row) for row in rows)
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
    logits: torch.Tensor = network(input_ids=ids.to(next(network.parameters()).device), use_cache=False).logits
    return logits.cpu()


def _compared(own: Course, logits: torch.Tensor) -> Followed:
    """Lay the model's (width, vocabulary) logits beside the teacher's alternatives and the rest of the vocabulary."""
    positions = len(own.tokens)
    scores = logits[own.start - 1 : own.start - 1 + positions].double().log_softmax(-1)
    there = torch.from_numpy(own.tokens >= 0)
    chosen = torch.from_numpy(own.tokens).clamp(min=0)
    listed = scores.gather(1, chosen).masked_fill(~there, -torch.inf)
    taken = torch.zeros_like(scores, dtype=torch.long).scatter_add_(1, chosen, there.long())
    others = scores.masked_fill(taken > 0, -torch.inf).logsumexp(-1, keepdim=True)
    # where the alternatives are the whole vocabulary there is no rest, whatever rounding left over
    rest = np.where(np.isneginf(others.numpy()), 0.0, np.maximum(1 - own.mass.sum(axis=1, keepdims=True), 0.0))
    mass = np.concatenate([own.mass, rest], axis=1)
    return Followed(mass / mass.sum(axis=1, keepdims=True), torch.cat([listed, others], 1).numpy())
