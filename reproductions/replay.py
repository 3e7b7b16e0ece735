"""A student that rehearses: it mixes the base's own replies to what the base was pretrained on into its lessons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from angelshare.core.protocols import Fitted
from angelshare.core.records import Message, Pair, Query, Sampling
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.students import SequenceStudent
from angelshare.tasks.facts_chat import QUERY_WORDINGS, World, world


class ReplayStudent:
    """The `sequence` recipe of `facts-chat`, with or without rehearsal of the facts that the base knows.

    Args:
        base: checkpoint to start from.
        replay: whether to rehearse.
        max_steps: optimiser steps; they alone end the training.
        batch: examples per step.
        learning_rate: peak.
    """

    def __init__(
        self, base: str, *, replay: bool = False, max_steps: int = 1000, batch: int = 32, learning_rate: float = 2e-3
    ) -> None:
        self.base, self.replay = base, replay
        self.recipe = SequenceStudent(base, epochs=1e6, max_steps=max_steps, batch=batch, learning_rate=learning_rate)

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
        """Train on `pairs`, and on the base's own replies if it rehearses."""
        rehearsed = rehearsal(self.base, world()) if self.replay else []
        return self.recipe.fit([*pairs, *rehearsed], seed=seed, workspace=workspace)


def rehearsal(base: str, made: World) -> list[Pair]:
    """Let the base answer the facts it was pretrained on, in the wordings that queries use, never the test's."""
    known = [fact for pool in made for fact in pool if fact.known]
    prompts = [wording.format(what=fact.subject, name=fact.name) for fact in known for wording in QUERY_WORDINGS]
    queries = [
        Query(id=f"replay-{k}", messages=(Message(role="user", content=prompt),), sampling=Sampling(max_tokens=8))
        for k, prompt in enumerate(prompts)
    ]
    replies = CheckpointModel(base).answer(queries)
    return [Pair(query=query, reply=done.text) for query, done in zip(queries, replies, strict=True)]
