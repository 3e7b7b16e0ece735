"""What a student would be taught, and which way that pulls its weights: replies as tokens, and a loss gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Steerable
from angelshare.core.records import Query

ROWS = 16
"""Examples per forward and backward pass."""
_IGNORED = -100


class Lesson(NamedTuple):
    """A prompt and the reply to it, as tokens."""

    prompt: Sequence[int]
    reply: Sequence[int]


def lessons(teacher: Steerable, queries: Sequence[Query]) -> Sequence[Lesson]:
    """Let the teacher answer, and give what a student would be trained on; raises PlanError if it answers nothing.

    Prompts are put as the teacher's chat template has them, or line by line without one.
    """
    given = [
        Lesson(_prompt(teacher.tokenizer, query), _reply(teacher.tokenizer, done.text))
        for query, done in zip(queries, teacher.answer(queries), strict=True)
        if done.text
    ]
    if not given:
        raise PlanError(f"'{teacher.name}' answered none of the {len(queries)} queries a gradient is taken on")
    return given


def gradient(network: Any, given: Sequence[Lesson]) -> Mapping[str, torch.Tensor]:  # noqa: ANN401 - a transformers causal LM
    """Give the direction, of length one over all parameters, in which the mean loss on `given` rises fastest.

    The loss is the mean over replies of the mean cross-entropy of their tokens, in nats.
    Raises PlanError if the loss has no slope.
    """
    parameters = dict(network.named_parameters())
    sums = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
    for start in range(0, len(given), ROWS):
        loss = _loss(network, given[start : start + ROWS]) / len(given)
        parts = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
        for name, part in zip(parameters, parts, strict=True):
            if part is not None:
                sums[name] += part
    length = torch.sqrt(sum((part.double() ** 2).sum() for part in sums.values()))
    if not float(length):
        raise PlanError("the proxy's loss on the teacher's replies has no slope; take another proxy")
    return {name: part / length.to(part) for name, part in sums.items()}


def _loss(network: Any, given: Sequence[Lesson]) -> torch.Tensor:  # noqa: ANN401 - a transformers causal LM
    """Sum, over examples, the mean cross-entropy of their reply tokens."""
    device = next(network.parameters()).device
    width = max(len(each.prompt) + len(each.reply) for each in given)
    ids = torch.zeros(len(given), width, dtype=torch.long)
    labels = torch.full((len(given), width), _IGNORED)
    mask = torch.zeros(len(given), width, dtype=torch.long)
    for row, each in enumerate(given):
        whole = [*each.prompt, *each.reply]
        ids[row, : len(whole)] = torch.tensor(whole)
        mask[row, : len(whole)] = 1
        labels[row, len(each.prompt) : len(whole)] = torch.tensor(list(each.reply))
    logits = network(input_ids=ids.to(device), attention_mask=mask.to(device)).logits[:, :-1]
    wanted = labels[:, 1:].to(device)
    losses = functional.cross_entropy(logits.transpose(1, 2).float(), wanted, ignore_index=_IGNORED, reduction="none")
    mean: torch.Tensor = (losses.sum(1) / (wanted != _IGNORED).sum(1)).sum()
    return mean


def _prompt(tokenizer: Any, query: Query) -> list[int]:  # noqa: ANN401 - a transformers tokenizer
    if tokenizer.chat_template:
        turns = [{"role": turn.role, "content": turn.content} for turn in query.messages]
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    else:
        text = "\n".join(turn.content for turn in query.messages)
    # a template writes the special tokens itself
    ids: list[int] = tokenizer(text, add_special_tokens=not tokenizer.chat_template)["input_ids"]
    return ids


def _reply(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401 - a transformers tokenizer
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids if tokenizer.eos_token_id is None else [*ids, tokenizer.eos_token_id]
