"""A recorded transcript as a model: the same queries give the same answers, with the network out of reach."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from angelshare.core.errors import PlanError
from angelshare.core.records import Completion, Message, Query, Transcript
from angelshare.core.strict import encode
from angelshare.store.files import read_jsonl

SHOWN = 60
"""Characters of a missing query that the message quotes."""


class ReplayModel:
    """Answers from a transcript file, by the messages of a query and its draw; never from anywhere else.

    Args:
        path: JSON Lines of transcripts, such as a run folder holds.
        name: what reports call it; the model named in the file if empty.

    Raises StorageError, PlanError for a wrong line or two different replies to one query.
    """

    remote = False

    def __init__(self, path: str, *, name: str = "") -> None:
        self.path = Path(path)
        self._known: dict[str, tuple[int, Transcript]] = {}
        names: list[str] = []
        for number, line in enumerate(read_jsonl(self.path, Transcript), start=1):
            self._learn(number, line)
            names = names or [line.model]
        self.name = name or "".join(names) or self.path.name

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer in order; raises PlanError that names the first query the transcript does not hold."""
        for query in queries:
            found = self._known.get(_key(query.messages, query.sampling.draw))
            if found is None:
                last = " ".join(query.messages[-1].content.split())
                shown = last if len(last) <= SHOWN else last[:SHOWN] + "…"
                raise PlanError(
                    f"{self.path}: holds no reply to query '{query.id}' (draw {query.sampling.draw}): {shown!r}; "
                    "a replay never asks anyone: record a transcript that covers this plan, or lower its budgets"
                )
            yield from_transcript(found[1], query)

    def _learn(self, number: int, line: Transcript) -> None:
        key = _key(line.prompt, line.draw)
        before, known = self._known.setdefault(key, (number, line))
        if known.completion != line.completion or known.refused != line.refused:
            raise PlanError(
                f"{self.path}: transcripts {before} and {number} give two different replies to one prompt and draw "
                f"({line.draw}); number the draws, or delete one"
            )


def to_transcript(query: Query, completion: Completion, model: str) -> Transcript:
    """Record a completion as a transcript line; a refusal keeps what words it came with."""
    reply = [] if completion.refused and not completion.text else [Message(role="assistant", content=completion.text)]
    return Transcript(
        prompt=query.messages,
        completion=reply,
        id=query.id,
        model=model,
        tokens_in=completion.tokens_in,
        tokens_out=completion.tokens_out,
        tokens_delivered=completion.tokens_delivered,
        reasoning=completion.reasoning,
        refused=completion.refused,
        truncated=completion.truncated,
        usage_estimated=completion.usage_estimated,
        cost_usd=completion.cost_usd,
        draw=query.sampling.draw,
        logprobs=completion.logprobs,
        certainty=completion.certainty,
    )


def from_transcript(transcript: Transcript, query: Query) -> Completion:
    """Read a transcript line as the answer to `query`."""
    return Completion(
        query_id=query.id,
        text="".join(message.content for message in transcript.completion),
        tokens_in=transcript.tokens_in,
        tokens_out=transcript.tokens_out,
        tokens_delivered=transcript.tokens_delivered,
        reasoning=transcript.reasoning,
        refused=transcript.refused,
        truncated=transcript.truncated,
        usage_estimated=transcript.usage_estimated,
        cost_usd=transcript.cost_usd,
        certainty=transcript.certainty,
        logprobs=transcript.logprobs,
    )


def _key(messages: Sequence[Message], draw: int) -> str:
    turns = [[message.role, message.content] for message in messages]
    return hashlib.sha256(encode([turns, draw])).hexdigest()
