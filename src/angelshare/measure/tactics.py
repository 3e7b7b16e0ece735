"""Tactics: what a distiller makes of a teacher's replies before learning from them; each with its own cost.

Effect depends on who distils (arXiv 2605.22737, 2606.25059), so a defence is measured against all of these and judged
by the one that does best. All are published practice; none hides who is asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from angelshare.core.defend import StudentPlan
from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record
from angelshare.core.records import Pair
from angelshare.core.seeds import stream
from angelshare.core.strict import convert
from angelshare.measure.lesson import Ground, Lesson, beside, lesson, with_reply
from angelshare.measure.tactics_learned import Filtering, Inversion, Resampling, Reweighting
from angelshare.measure.tactics_marks import Neutralising


class Tactic(Protocol):
    """A record of options that turns pairs into a lesson."""

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Make the lesson if no model need be trained or read for it, else give None."""
        ...

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Make the lesson; the same pairs and ground give the same lesson."""
        ...


@record
class Passive:
    """Learns from the replies as they come."""

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Keep the pairs."""
        return self.prepare(pairs, ground)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:  # noqa: ARG002 - one shape for all tactics
        """Keep the pairs."""
        return lesson(pairs, pairs)


@record
class Paraphrase:
    """Says the replies again in another voice by a local rule, so that the teacher's exact words are gone."""

    rules: Mapping[str, str] = field(default_factory=lambda: {",": ";"})
    """What is written, and what is written instead, in a trace; in order."""

    def __post_init__(self) -> None:
        """Refuse rules that do nothing; raises PlanError."""
        if not self.rules or any(not old or old == new for old, new in self.rules.items()):
            raise PlanError("'paraphrase': rules must map each text to another one, none empty")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Need no model."""
        return self.prepare(pairs, ground)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Put every trace in the other voice; answers stay, since they are what is wanted."""
        return lesson(pairs, [with_reply(pair, self._voiced(pair, ground)) for pair in pairs])

    def _voiced(self, pair: Pair, ground: Ground) -> str:
        trace, answer = ground.task.split(pair.reply)
        for old, new in self.rules.items():
            trace = trace.replace(old, new)
        return trace + answer


@record
class Mixing:
    """Mixes the replies with what is public: worked examples that no defence touches."""

    weight: float = 1.0
    """Weight of a public example in the loss, relative to a reply of the teacher's."""

    def __post_init__(self) -> None:
        """Refuse a weight that is none; raises PlanError."""
        if not 0 < self.weight < float("inf"):
            raise PlanError(f"'mix': weight = {self.weight}: must be positive and finite")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Need no model."""
        return self.prepare(pairs, ground)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Put the public examples beside the pairs, in random order."""
        clean = [Pair(query=pair.query, reply=pair.reply, weight=self.weight) for pair in ground.public]
        return lesson(pairs, beside(pairs, clean, ground.seed))


@record
class CleanAfter:
    """Learns from the teacher first and from public worked examples afterwards, which washes out what was planted."""

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Need no model."""
        return self.prepare(pairs, ground)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Set the public examples apart for a second stage."""
        return lesson(pairs, pairs, after=ground.public)


@record
class TwoTeachers:
    """Takes part of the replies from a second source, so that neither teacher's defence is in all of them."""

    share: float = 0.5
    """Share of the queries put to the second teacher instead."""

    def __post_init__(self) -> None:
        """Refuse a share that leaves one teacher out; raises PlanError."""
        if not 0 < self.share < 1:
            raise PlanError(f"'two-teachers': share = {self.share}: must be in (0, 1)")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Need no model."""
        return self.prepare(pairs, ground)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Swap replies at random; a query the second teacher left unanswered keeps the first one's reply."""
        second = {pair.query.id: pair for pair in ground.second}
        coins = stream("tactic", "two teachers", ground.seed).random(len(pairs))
        swapped = [
            second.get(pair.query.id, pair) if coin < self.share else pair
            for pair, coin in zip(pairs, coins, strict=True)
        ]
        return lesson(pairs, swapped)


TACTICS: Mapping[str, type[Tactic]] = {
    "passive": Passive,
    "paraphrase": Paraphrase,
    "resample": Resampling,
    "filter": Filtering,
    "reweight": Reweighting,
    "mix": Mixing,
    "clean-after": CleanAfter,
    "two-teachers": TwoTeachers,
    "invert": Inversion,
    "neutralise": Neutralising,
}
"""What a matrix may name."""


def tactic_of(student: StudentPlan, where: str) -> Tactic:
    """Build a student's tactic from its options, strictly.

    Raises PlanError for an unknown tactic or a wrong value, UnknownKeyError for an unknown option.
    """
    if student.tactic not in TACTICS:
        raise PlanError(
            f"{where}: student '{student.name}': no tactic named '{student.tactic}'; "
            f"{nearest(student.tactic, TACTICS)} All: {', '.join(TACTICS)}"
        )
    return convert(dict(student.options), TACTICS[student.tactic], f"{where}: student '{student.name}': options")


def says(tactic: Tactic) -> str:
    """Give a tactic in a sentence: the first line of its docstring."""
    return (type(tactic).__doc__ or "").strip().split("\n", maxsplit=1)[0]
