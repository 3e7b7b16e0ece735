"""Student recipes on a Hugging Face causal LM: `sequence` (text), `trace` (text with reasoning), `logits` (soft labels)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Fitted
from angelshare.core.records import Pair, TokenAlternatives
from angelshare.models.checkpoint import CheckpointModel, load, prompt_ids
from angelshare.models.training import Example, Schedule, train


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

    def __init__(  # noqa: PLR0917 - options of a plan, always given by name
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
        examples = [self._example(tokenizer, pair) for pair in pairs]
        meter = train(network, examples, self.schedule, seed=seed)
        return Fitted(CheckpointModel.of(network, tokenizer, name="student", batch=self.eval_batch), meter)

    def _example(self, tokenizer: Any, pair: Pair) -> Example:  # noqa: ANN401 - a transformers tokenizer
        prompt = prompt_ids(tokenizer, pair.query.messages)
        reply = tokenizer(pair.reply, add_special_tokens=False)["input_ids"]
        ids = [*prompt, *reply, tokenizer.eos_token_id]
        if len(ids) > self.max_length:
            raise PlanError(
                f"query {pair.query.id}: {len(ids)} tokens, more than max_length {self.max_length}; raise it or shorten replies"
            )
        soft = soft_labels(tokenizer, pair, len(reply) + 1) if self.soft else None
        return Example(ids, len(prompt), pair.weight, soft)


class TraceStudent(SequenceStudent):
    """Learn from text with its reasoning trace; the arm supplies the trace, the recipe is the same."""


class LogitsStudent(SequenceStudent):
    """Learn from the teacher's top-k distribution at every token (Hinton et al. 2015, arXiv 1503.02531)."""

    soft = True


def soft_labels(tokenizer: Any, pair: Pair, places: int) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN401 - a transformers tokenizer
    """Turn a reply's alternatives into (places, k) token ids (-1 where absent) and probabilities that sum to one.

    Raises PlanError if the teacher gave none, or its tokens are not the student's.
    """
    if len(pair.logprobs) != places:
        raise PlanError(
            f"query {pair.query.id}: {len(pair.logprobs)} positions with logprobs for {places} student tokens; the logits "
            "arm needs a teacher that shows top-k logprobs and shares the student's tokenizer; use 'traces' or 'answers'"
        )
    width = max(len(place.tokens) for place in pair.logprobs)
    ids = np.full((places, width), -1, dtype=np.int64)
    mass = np.zeros((places, width))
    for row, place in enumerate(pair.logprobs):
        known = _known(tokenizer, place)
        for column, (token, logprob) in enumerate(known):
            ids[row, column], mass[row, column] = token, np.exp(logprob)
    total = mass.sum(1, keepdims=True)
    if (total <= 0).any():
        raise PlanError(f"query {pair.query.id}: none of the teacher's tokens is in the student's vocabulary")
    return ids, mass / total


def _known(tokenizer: Any, place: TokenAlternatives) -> list[tuple[int, float]]:  # noqa: ANN401 - a transformers tokenizer
    known = []
    for token, logprob in zip(place.tokens, place.logprobs, strict=True):
        ids = tokenizer(token, add_special_tokens=False)["input_ids"]
        if len(ids) == 1:
            known.append((ids[0], logprob))
    return known
