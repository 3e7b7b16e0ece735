"""What a tactic works with and what it gives: the distiller's own means, and the lesson made of a teacher's replies."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from angelshare.core import plugins
from angelshare.core.defend import TacticCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Fitted, Model, Steerable, Student, Task
from angelshare.core.record import record
from angelshare.core.records import Pair, Use
from angelshare.core.seeds import derived_seed, stream


class Lesson(NamedTuple):
    """What a student learns from in the end."""

    pairs: Sequence[Pair]
    """First stage."""

    after: Sequence[Pair]
    """Second stage, from where the first ended; empty for none."""

    cost: TacticCost
    """What making it took."""


@record
class Ground:
    """What the distiller has besides the teacher's replies."""

    task: Task
    """Splits a reply into trace and answer, and reads answers."""

    domain: Mapping[str, str]
    """Domain by query id: a distiller knows what was asked."""

    base: Use
    """The open base."""

    recipe: Use
    """How students are trained, helpers too."""

    public: Sequence[Pair]
    """Worked examples that anyone has, as far as the matrix calls them public."""

    second: Sequence[Pair]
    """A second teacher's replies to the same queries; empty without one."""

    seed: int
    """The student's seed, from which helpers derive their own."""

    scratch: Path
    """Folder for scratch files."""

    def helper(self, pairs: Sequence[Pair], *words: str | int) -> Fitted:
        """Train a helper from the open base; deterministic in pairs, seed and the words that name it."""
        recipe: Student = plugins.build("students", self.recipe)
        seed = derived_seed("helper", self.seed, *words) % 2**32
        return recipe.fit(pairs, seed=seed, workspace=self.scratch)

    def answer_of(self, reply: str) -> str:
        """Give what stands after the trace."""
        return self.task.split(reply)[1].strip()

    def has_trace(self, reply: str) -> bool:
        """Say whether a reply shows its steps."""
        return bool(self.task.split(reply)[0])


def lesson(
    given: Sequence[Pair], pairs: Sequence[Pair], *, after: Sequence[Pair] = (), cost: TacticCost | None = None
) -> Lesson:
    """Put a lesson together with its account."""
    account = dataclasses.replace(cost or TacticCost(), pairs_in=len(given), pairs_out=len(pairs) + len(after))
    return Lesson(list(pairs), list(after), account)


def beside(pairs: Sequence[Pair], public: Sequence[Pair], seed: int) -> list[Pair]:
    """Put public examples among the pairs, in random order."""
    both = [*pairs, *public]
    return [both[k] for k in stream("tactic", "mix", seed).permutation(len(both))]


def with_reply(pair: Pair, reply: str) -> Pair:
    """Answer the same query with other words; soft labels, which belong to the old ones, are dropped."""
    return pair if reply == pair.reply else Pair(query=pair.query, reply=reply, weight=pair.weight)


def spent(*costs: TacticCost) -> TacticCost:
    """Add up what several steps took."""
    return TacticCost(
        training_flop=sum(cost.training_flop for cost in costs),
        sampled_tokens=sum(cost.sampled_tokens for cost in costs),
    )


def trained(fitted: Fitted, tokens: int = 0) -> TacticCost:
    """Account for a helper and the tokens it wrote or read."""
    return TacticCost(training_flop=fitted.meter.training_flop if fitted.meter else 0.0, sampled_tokens=tokens)


def open_network(model: Model, what: str) -> Steerable:
    """Require a model whose network can be read; raises PlanError."""
    if not isinstance(model, Steerable):
        raise PlanError(f"{what} reads likelihoods, so it needs a local base such as 'hf'; found '{model.name}'")
    return model
