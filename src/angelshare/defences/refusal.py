"""A defence that declines: a share of all queries, or what goes over a number per kind of question."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model
from angelshare.core.records import Completion, Query
from angelshare.defences.between import lot

_DIGITS, _SPACE = re.compile(r"\d+"), re.compile(r"\s+")


def rate_refusal(share: float = 0.0, *, most: int = 0, key: str = "angelshare") -> Defence:
    """Refuse a share of the queries at random, or those over a number per skeleton, or both.

    A skeleton is the last turn with every number written as 0, in lower case, with single spaces: queries filled
    into one template have one skeleton.

    Args:
        share: share of the queries refused, in [0, 1), drawn by `key` for each query and draw.
        most: queries of one skeleton answered in one call of `answer`, which is a customer's session; 0 is no limit.
            Which of them are answered is drawn by `key` too, so their order does not matter, but their company does.
        key: names the lot.

    Refused queries never reach the model: they cost nothing and give nothing. Answers that are given do not change,
    but a refused honest user has none. No extra passes.
    Source: interface practice; limits by rate stand in the providers' terms of use.

    Raises PlanError if a number is out of range or neither is given.
    """
    if not 0 <= share < 1 or most < 0:
        raise PlanError(f"'rate-refusal': share is {share:g} and most {most}; give a share in [0, 1) and most >= 0")
    if not share and not most:
        raise PlanError("'rate-refusal': nothing would be refused; give 'share', or 'most' per skeleton")
    return lambda model: Refusing(model, share=share, most=most, key=key)


def skeleton(query: Query) -> str:
    """Write the last turn with its numbers as 0, in lower case, with single spaces."""
    return _SPACE.sub(" ", _DIGITS.sub("0", query.messages[-1].content.lower())).strip()


class Refusing:
    """A model that declines some queries."""

    def __init__(self, model: Model, *, share: float, most: int, key: str) -> None:
        limits = ([f"{share:g} refused"] if share else []) + ([f"at most {most} per skeleton"] if most else [])
        self.name, self.remote = f"{model.name}, {', '.join(limits)}", model.remote
        self.cost = DefenceCost(changes_answer=True)
        self._model, self._share, self._most, self._key = model, share, most, key

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer or refuse, in order."""
        session = list(queries)
        over = self._over(session) if self._most else set()
        declined = [
            place in over or lot(f"{self._key}, refused", query) < self._share for place, query in enumerate(session)
        ]
        answered = iter(self._model.answer(q for q, no in zip(session, declined, strict=True) if not no))
        for query, no in zip(session, declined, strict=True):
            yield Completion(query_id=query.id, text="", refused=True) if no else next(answered)

    def _over(self, session: Sequence[Query]) -> set[int]:
        kinds: dict[str, list[int]] = defaultdict(list)
        for place, query in enumerate(session):
            kinds[skeleton(query)].append(place)
        lots = [lot(f"{self._key}, session", query) for query in session]
        return {place for places in kinds.values() for place in sorted(places, key=lots.__getitem__)[self._most :]}
