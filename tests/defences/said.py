"""A model that says what it was given to say, for defences that work on replies alone."""

from __future__ import annotations

import dataclasses

from angelshare.core.records import Completion, Message, Query, Sampling


class Saying:
    """Says one text to every query, cut to nothing; counts what it is asked."""

    name = "saying"

    def __init__(self, text: str, *, remote: bool = False, **fields) -> None:
        self.text, self.remote, self.fields, self.asked = text, remote, fields, []

    def answer(self, queries):
        for query in queries:
            self.asked.append(query)
            n = len(self.text) + 1
            yield Completion(query_id=query.id, text=self.text, tokens_out=n, tokens_delivered=n, **self.fields)


class Backwards:
    """A rewriting model: states the steps last first, or refuses what it is told to."""

    name, remote = "backwards", False

    def __init__(self, refuse: str = "") -> None:
        self.refuse, self.seen = refuse, []

    def answer(self, queries):
        for query in queries:
            self.seen.append(query)
            question, _, trace = query.messages[-1].content.partition("\n\n")
            text = "<" + ",".join(reversed(trace.split(","))) + ">"
            refused = question == self.refuse
            yield Completion(query_id=query.id, text="" if refused else text, refused=refused, tokens_out=len(text))


def asked(text: str = "question", identity: str = "q", **sampling) -> Query:
    return Query(id=identity, messages=(Message(role="user", content=text),), sampling=Sampling(**sampling))


def through(defence, text: str, **fields) -> Completion:
    (done,) = defence(Saying(text, **fields)).answer([asked()])
    return done


def without_luck(query: Query, draw: int) -> Query:
    return dataclasses.replace(query, sampling=dataclasses.replace(query.sampling, draw=draw))
