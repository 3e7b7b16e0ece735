"""A model with something between it and who asks: the frame that defences which never touch the network share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import tee

from angelshare.core.defences import DefenceCost
from angelshare.core.protocols import Model
from angelshare.core.records import Completion, Query
from angelshare.core.seeds import stream


class Between:
    """A model whose queries and replies pass through two functions.

    Args:
        model: what answers.
        name: what the defence adds to the model's name in reports.
        cost: what it costs.
        ask: changes a query before the model sees it.
        deliver: changes a reply to the query as it came.
    """

    def __init__(
        self,
        model: Model,
        name: str,
        *,
        cost: DefenceCost,
        ask: Callable[[Query], Query] = lambda query: query,
        deliver: Callable[[Query, Completion], Completion] = lambda _, done: done,
    ) -> None:
        self.name, self.remote, self.cost = f"{model.name}, {name}", model.remote, cost
        self._model, self._ask, self._deliver = model, ask, deliver

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer in order, through the defence."""
        asked, passed = tee(queries)
        for query, done in zip(asked, self._model.answer(self._ask(query) for query in passed), strict=True):
            yield self._deliver(query, done)


def lot(key: str, query: Query) -> float:
    """Draw the number in [0, 1) that `key` gives to a query and draw: the same in any company and order."""
    return float(stream("defence", key, query.id, query.sampling.draw).random())
