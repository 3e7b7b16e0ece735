"""A defence that lets a model the user supplies rewrite traces before they are delivered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model
from angelshare.core.records import Completion, Message, Query, Sampling, Use
from angelshare.defences.substitute import local_model
from angelshare.defences.traces import Marks, reworded

INSTRUCTION = (
    "Rewrite the reasoning below. Keep it correct and let it lead to the same result, but state each step in other "
    "words and in a more compact form than a pupil could learn the method from. Give the reasoning alone."
)
"""What a rewriting model is told if the plan says nothing else."""


def rewrite(
    model: Use,
    *,
    instruction: str = INSTRUCTION,
    open: str = "<",  # noqa: A002 - the words of a plan
    close: str = ">",
    max_tokens: int = 512,
) -> Defence:
    """Let a model you supply rewrite the trace before it is delivered; the answer stays.

    Args:
        model: the rewriting model, as a plug-in with its options; it gets the instruction as its system turn, and
            the question and the trace as its user turn.
        instruction: what it is told.
        open: mark before a trace, such as `<think>`.
        close: mark after it.
        max_tokens: longest rewritten trace, in tokens of the rewriting model.

    One extra reply per query that has a trace. The teacher's tokens are billed. A rewriter that refuses, stops at
    its limit or gives nothing leaves the reply without a trace. A mark that it writes into the trace is taken out.
    Source: trace rewriting, arXiv 2602.15143, whose optimised instructions are not shipped.

    Raises PlanError if the model is remote, or a mark or the instruction is empty.
    """
    if not instruction.strip():
        raise PlanError("'rewrite': the instruction is empty; say what the model is to do with a trace")
    marks = Marks.checked(open, close, " ", "rewrite")
    writer = local_model(model, "rewrite")
    asking = Asking(writer, instruction, max_tokens)
    return lambda teacher: Rewriting(teacher, asking, marks)


class Asking:
    """How the rewriting model is asked."""

    def __init__(self, writer: Model, instruction: str, max_tokens: int) -> None:
        self.writer, self._instruction, self._max_tokens = writer, instruction, max_tokens

    def query(self, query: Query, trace: str) -> Query:
        """Put instruction, question and trace to the rewriting model."""
        sampling = Sampling(
            max_tokens=self._max_tokens, temperature=query.sampling.temperature, draw=query.sampling.draw
        )
        told = f"{query.messages[-1].content}\n\n{trace}"
        turns = (Message(role="system", content=self._instruction), Message(role="user", content=told))
        return Query(id=query.id, messages=turns, sampling=sampling)


class Rewriting:
    """A model whose traces another one rewrites."""

    def __init__(self, model: Model, asking: Asking, marks: Marks) -> None:
        self.name, self.remote = f"{model.name}, rewritten by {asking.writer.name}", model.remote
        self.cost = DefenceCost(replies_per_query=1.0)
        self._model, self._asking, self._marks = model, asking, marks

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer, traces rewritten."""
        session = list(queries)
        replies = list(self._model.answer(session))
        traces = [self._trace(done) for done in replies]
        asked = [self._asking.query(q, trace) for q, trace in zip(session, traces, strict=True) if trace]
        written = iter(self._asking.writer.answer(asked))
        for done, trace in zip(replies, traces, strict=True):
            yield self._with(done, next(written)) if trace else done

    def _trace(self, done: Completion) -> str:
        parts = self._marks.parts(done.text)
        return done.reasoning or (parts[1] if parts else "")

    def _with(self, done: Completion, written: Completion) -> Completion:
        usable = not written.refused and not written.truncated
        trace = written.text.replace(self._marks.open, "").replace(self._marks.close, "").strip() if usable else ""
        if done.reasoning:
            return reworded(done, done.text, reasoning=trace)
        before, _, after = self._marks.parts(done.text) or ("", "", done.text)
        if not trace:
            before, after = before.removesuffix(self._marks.open), after.removeprefix(self._marks.close)
        return reworded(done, before + trace + after, reasoning="")
