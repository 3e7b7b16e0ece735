"""Defences that show less of the reasoning: a summary in its place, or its beginning alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence
from angelshare.core.records import Completion, Query
from angelshare.defences.between import Between


def trace_summary(
    share: float = 0.5,
    *,
    open: str = "<",  # noqa: A002 - the words of a plan
    close: str = ">",
    separator: str = ",",
) -> Defence:
    """Deliver a summary in place of the trace: a share of its steps, evenly spread, each as it was written.

    What providers show instead of a chain of thought is written by another model; `rewrite` does that. This one
    controls how much is left and nothing else.

    Args:
        share: share of the steps kept, above 0 and at most 1; at least one step stays.
        open: mark before a trace, such as `<think>`.
        close: mark after it.
        separator: what stands between two steps; for a chain of thought in prose, a blank line.

    The answer is delivered as it is. No extra passes. Alternatives per token are withheld where a trace was
    changed, since they no longer match the text.
    Source: the practice is in Anthropic's and OpenAI's documentation of thinking summaries; what a student recovers
    from summaries, Zhang et al. 2026, arXiv 2603.07267.

    Raises PlanError if a mark is empty or the share is out of range.
    """
    if not 0 < share <= 1:
        raise PlanError(f"'trace-summary': share is {share:g}; give a share of the steps above 0 and at most 1")
    marks = Marks.checked(open, close, separator, "trace-summary")

    def kept(steps: Sequence[str]) -> Sequence[str]:
        n = math.ceil(share * len(steps))
        return [steps[math.floor((k + 0.5) * len(steps) / n)] for k in range(n)]

    return _shortening(f"summary of {share:g}", marks, kept)


def depth_cut(
    steps: int,
    *,
    open: str = "<",  # noqa: A002 - the words of a plan
    close: str = ">",
    separator: str = ",",
) -> Defence:
    """Deliver no more than the first steps of a trace; the answer stays.

    One of three ways of degrading answers that government advisory AA26-251A (8 September 2026) names, less depth of
    reasoning, in the form that leaves the answer right: the model thinks as before and shows less.

    Args:
        steps: steps delivered at most; 0 or more.
        open: mark before a trace, such as `<think>`.
        close: mark after it.
        separator: what stands between two steps.

    No extra passes. Alternatives per token are withheld where a trace was cut.

    Raises PlanError if a mark is empty or `steps` is negative.
    """
    if steps < 0:
        raise PlanError(f"'depth-cut': steps is {steps}; give 0 or more")
    marks = Marks.checked(open, close, separator, "depth-cut")
    return _shortening(f"{steps} steps", marks, lambda written: written[:steps])


class Marks(NamedTuple):
    """What stands around a trace and between its steps."""

    open: str
    close: str
    separator: str

    @classmethod
    def checked(cls, opening: str, closing: str, separator: str, defence: str) -> Marks:
        """Refuse empty marks; raises PlanError."""
        for name, mark in (("open", opening), ("close", closing), ("separator", separator)):
            if not mark:
                raise PlanError(f"'{defence}': '{name}' is empty; give the mark that the model writes, e.g. '<think>'")
        return cls(opening, closing, separator)

    def parts(self, text: str) -> tuple[str, str, str] | None:
        """Split a text into what stands up to its trace, the trace, and the rest; None if it has no trace.

        A trace that the length limit cut off runs to the end.
        """
        before, opened, rest = text.partition(self.open)
        if not opened:
            return None
        trace, closed, tail = rest.rpartition(self.close)
        return (before + opened, trace, closed + tail) if closed else (before + opened, rest, "")


def reworded(done: Completion, text: str, *, reasoning: str, delivered: int | None = None) -> Completion:
    """Put another text in place of a reply's; delivered tokens shrink in proportion, and never grow.

    Billed tokens stay. What was known per token of the old text is dropped.
    """
    if text == done.text and reasoning == done.reasoning:
        return done
    length = len(done.text) + len(done.reasoning)
    share = min(1.0, (len(text) + len(reasoning)) / max(length, 1))
    tokens = round(done.tokens_delivered * share) if delivered is None else delivered
    return dataclasses.replace(
        done, text=text, reasoning=reasoning, tokens_delivered=min(tokens, done.tokens_out), logprobs=()
    )


def _shortening(name: str, marks: Marks, kept: Callable[[Sequence[str]], Sequence[str]]) -> Defence:
    def shorter(trace: str) -> str:
        return marks.separator.join(kept(trace.split(marks.separator))) if trace else trace

    def deliver(_: Query, done: Completion) -> Completion:
        parts = marks.parts(done.text)
        text = done.text if parts is None else parts[0] + shorter(parts[1]) + parts[2]
        return reworded(done, text, reasoning=shorter(done.reasoning))

    return lambda model: Between(model, name, cost=DefenceCost(), deliver=deliver)
