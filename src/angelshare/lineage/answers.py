"""Answers of models to the same prompts: who gave them, and which prompts all of them answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from angelshare.core.errors import PlanError
from angelshare.core.lineage import Answer, AnswerSource


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """What one model answered."""

    name: str
    """The model, as reports call it."""

    replies: Mapping[str, Answer]
    """Its replies by prompt."""


@dataclass(frozen=True, slots=True)
class Member:
    """A documented model: what is known of it, and what it answered."""

    source: AnswerSource
    """What is known of it."""

    answers: AnswerSet
    """What it answered."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.source.name

    @property
    def project(self) -> str:
        """The training project that is resampled; a model without one is its own."""
        return self.source.project or self.source.name

    @property
    def family(self) -> str:
        """The family of a teacher; one without is its own."""
        return self.source.family or self.source.name


@dataclass(frozen=True, slots=True)
class Panel:
    """Documented models that a suspect is held against: untaught ones are the null, taught ones show teaching."""

    members: Sequence[Member]
    """The models."""

    def untaught(self) -> Sequence[Member]:
        """Give the models documented as taught by no teacher at all."""
        return [one for one in self.members if one.source.taught_by == []]

    def taught(self) -> Sequence[Member]:
        """Give the models documented as taught by some teacher."""
        return [one for one in self.members if one.source.taught_by]


def shared_prompts(sets: Sequence[AnswerSet]) -> list[str]:
    """Give the prompts that every set answered, sorted.

    Raises PlanError if two sets have different text under one prompt's name.
    """
    if not sets:
        return []
    common = set(sets[0].replies)
    for one in sets[1:]:
        common &= set(one.replies)
    texts: dict[str, tuple[str, str]] = {}
    for one in sets:
        for prompt in common:
            digest = one.replies[prompt].prompt_sha256
            if not digest:
                continue
            first, other = texts.setdefault(prompt, (digest, one.name))
            if first != digest:
                raise PlanError(
                    f"prompt '{prompt}' has another text in the answers of {one.name} than in those of {other}: "
                    "answers are compared on the same prompts only; collect them again with one list of prompts"
                )
    return sorted(common)
