"""Defences that only narrow what the interface shows: answers without traces, text without logprobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model
from angelshare.core.records import Completion, Query, TokenAlternatives


def answers_only(open: str = "<", close: str = ">") -> Defence:  # noqa: A002 - the words of a plan
    """Deliver replies without their reasoning.

    Args:
        open: mark before a trace, such as `<think>`.
        close: mark after it; what stands from the first `open` to the last `close` is cut.

    Billed tokens stay; delivered tokens shrink in proportion to the text, exactly so where tokens are characters.
    A trace cut off by the length limit, before any `close`, is withheld too: then nothing is delivered.
    The answer stays. No extra passes.

    Raises PlanError if a mark is empty.
    """
    if not open or not close:
        raise PlanError(
            "'answers-only': 'open' and 'close' are the marks around a trace and cannot be empty; e.g. '<think>'"
        )
    return lambda model: _AnswersOnly(model, open, close)


def no_logprobs() -> Defence:
    """Deliver text without the alternatives per token, and without the probability of the reply.

    The text stays. No extra passes.
    """
    return _NoLogprobs


class _AnswersOnly:
    """A model whose traces stay behind the interface."""

    cost = DefenceCost()

    def __init__(self, model: Model, opening: str, closing: str) -> None:
        self._model, self._opening, self._closing = model, opening, closing
        self.name, self.remote = f"{model.name}, answers only", model.remote

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer, trace withheld."""
        for done in self._model.answer(queries):
            yield self._narrowed(done)

    def _narrowed(self, done: Completion) -> Completion:
        head, opened, rest = done.text.partition(self._opening)
        _, closed, tail = rest.rpartition(self._closing)
        kept = done.text if not opened else head + tail if closed else head
        if kept == done.text and not done.reasoning:
            return done
        share = len(kept) / (len(done.text) + len(done.reasoning))
        tokens = round((done.tokens_delivered - _end_tokens(done)) * share)
        return dataclasses.replace(
            done, text=kept, reasoning="", tokens_delivered=tokens + _end_tokens(done),
            logprobs=_tail_of(done.logprobs, tokens + _end_tokens(done)) if not head else (),
        )  # fmt: skip


class _NoLogprobs:
    """A model that shows text alone."""

    cost = DefenceCost()

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name, self.remote = f"{model.name}, no logprobs", model.remote

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer, without asking for or passing on alternatives."""
        for done in self._model.answer(_plain(query) for query in queries):
            yield dataclasses.replace(done, logprobs=(), certainty=None)


def _plain(query: Query) -> Query:
    return dataclasses.replace(query, sampling=dataclasses.replace(query.sampling, top_logprobs=0))


def _end_tokens(done: Completion) -> int:
    """Count the end token, which is billed and delivered but has no text."""
    return 0 if done.truncated or not done.tokens_delivered else 1


def _tail_of(logprobs: Sequence[TokenAlternatives], tokens: int) -> Sequence[TokenAlternatives]:
    return logprobs[len(logprobs) - tokens :] if 0 < tokens <= len(logprobs) else ()
