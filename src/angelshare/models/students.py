"""Student recipes on a causal LM: `sequence` (text), `trace` (text with reasoning), `logits` (soft labels)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Fitted
from angelshare.core.records import Pair
from angelshare.models.batching import Example
from angelshare.models.checkpoint import CheckpointModel, load, prompts_ids
from angelshare.models.spelling import Spelling
from angelshare.models.training import Schedule, train

NEEDS = "the logits arm needs a teacher that shows top-k logprobs, with the student's tokens; use 'traces' or 'answers'"
SHARED = 0.5
"""Least share of a reply's tokens that must be found among the teacher's alternatives."""


class SequenceStudent:
    """Learn from text alone, starting from an open base.

    Args:
        base: checkpoint to start from (see the `hf` model).
        gguf_file: name of a GGUF file inside it, if the weights are in that format.
        epochs, max_steps, batch, learning_rate, warm_up, weight_decay: see `training.Schedule`.
        max_length: pairs longer than this many tokens are an error, never cut in silence.
        eval_batch: rows decoded together when the student answers.
    """

    soft = False

    def __init__(
        self, base: str, *, gguf_file: str = "", epochs: float = 20.0, max_steps: int = 400, batch: int = 64,
        learning_rate: float = 2e-3, warm_up: float = 0.1, weight_decay: float = 0.05, max_length: int = 2048,
        eval_batch: int = 256,
    ) -> None:  # fmt: skip
        self.base, self.gguf_file, self.max_length, self.eval_batch = base, gguf_file, max_length, eval_batch
        self.schedule = Schedule(
            epochs=epochs, max_steps=max_steps, batch=batch, learning_rate=learning_rate, warm_up=warm_up,
            weight_decay=weight_decay,
        )  # fmt: skip

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:  # noqa: ARG002 - nothing is written
        """Train a copy of the base on `pairs`; deterministic given pairs, seed and one thread."""
        network, tokenizer = load(self.base, gguf_file=self.gguf_file)
        examples = tokenised(tokenizer, pairs, max_length=self.max_length, soft=self.soft)
        meter = train(network, examples, self.schedule, seed=seed)
        return Fitted(CheckpointModel.of(network, tokenizer, name="student", batch=self.eval_batch), meter)


class TraceStudent(SequenceStudent):
    """Learn from text with its reasoning trace; the arm supplies the trace, the recipe is the same."""


class LogitsStudent(SequenceStudent):
    """Learn from the teacher's top-k distribution at every token (Hinton et al. 2015, arXiv 1503.02531)."""

    soft = True


def tokenised(tokenizer: Any, pairs: Sequence[Pair], *, max_length: int, soft: bool = False) -> list[Example]:  # noqa: ANN401 - a transformers tokenizer
    """Tokenise pairs as they are asked and answered later, each reply closed by the end token.

    Raises PlanError for a pair of more than `max_length` tokens, or without usable soft labels where they are wanted.
    """
    if not pairs:
        return []
    prompts = prompts_ids(tokenizer, [pair.query.messages for pair in pairs])
    replies = tokenizer([pair.reply for pair in pairs], add_special_tokens=False)["input_ids"]
    labels = SoftLabels(tokenizer) if soft else None
    rows = []
    for pair, prompt, reply in zip(pairs, prompts, replies, strict=True):
        ids = [*prompt, *reply, tokenizer.eos_token_id]
        if len(ids) > max_length:
            raise PlanError(
                f"query {pair.query.id}: {len(ids)} tokens, more than max_length {max_length}; "
                "raise it or shorten replies"
            )
        rows.append(Example(ids, len(prompt), pair.weight, labels.of(pair, ids[len(prompt) :]) if labels else None))
    return rows


class SoftLabels:
    """Turns the teacher's tokens, which come as text, into the student's."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - a transformers tokenizer
        self._spelling = Spelling(tokenizer)

    def of(self, pair: Pair, reply: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Give (reply, k) token ids (-1 where absent) and probabilities that sum to one.

        Args:
            pair: its alternatives, one per token of the reply; an interface may leave the end token out.
            reply: the reply as the student's tokens, the end token last.

        Raises PlanError if the teacher gave none, or its tokens are not the student's.
        """
        if len(pair.logprobs) not in (len(reply), len(reply) - 1):
            raise PlanError(
                f"query {pair.query.id}: {len(pair.logprobs)} positions with logprobs for {len(reply)} tokens; {NEEDS}"
            )
        ids = np.full((len(reply), max(1, *(len(place.tokens) for place in pair.logprobs))), -1, dtype=np.int64)
        mass = np.zeros(ids.shape)
        ids[-1, 0], mass[-1, 0] = reply[-1], 1.0
        for row, place in enumerate(pair.logprobs):
            ids[row], mass[row] = -1, 0.0
            for column, (token, logprob) in enumerate(zip(place.tokens, place.logprobs, strict=True)):
                ids[row, column] = self._spelling.id(token)
                mass[row, column] = np.exp(logprob) * (ids[row, column] >= 0)
        total = mass.sum(1, keepdims=True)
        # a sampled token may lie outside the top k, but hardly half of them
        agree = (ids == np.asarray(reply)[:, None]).any(1).mean()
        if (total <= 0).any() or agree < SHARED:
            raise PlanError(
                f"query {pair.query.id}: only {agree:.0%} of the reply's tokens are among the teacher's own; {NEEDS}"
            )
        return ids, mass / total
