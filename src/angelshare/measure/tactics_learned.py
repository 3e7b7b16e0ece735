"""Tactics that use a model of the distiller's own: judging replies, saying them again, deriving hidden steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from angelshare.core import plugins
from angelshare.core.defend import TacticCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Model
from angelshare.core.record import record
from angelshare.core.records import Completion, Pair, Query
from angelshare.measure.lesson import Ground, Lesson, beside, lesson, open_network, spent, trained, with_reply
from angelshare.models.likelihood import reply_nats

Judge: TypeAlias = Literal["base", "student"]
"""Who finds a reply odd: the open base as it is, or a helper that has learned from all the replies."""
LEAST_WEIGHT, MOST_WEIGHT = 0.05, 20.0
"""A reply is never worth less or more than this, relative to the middle one."""


@record
class Filtering:
    """Drops the replies that a model of one's own finds odd."""

    drop: float = 0.25
    """Share of the replies of each domain to drop, the least likely first."""

    judge: Judge = "student"
    """Who judges: the open base, or a helper trained on all the replies first."""

    def __post_init__(self) -> None:
        """Refuse a share that drops nothing or all; raises PlanError."""
        if not 0 < self.drop < 1:
            raise PlanError(f"'filter': drop = {self.drop}: must be in (0, 1)")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Keep all where no domain has replies enough to drop one."""
        few = all(int(self.drop * len(rows)) == 0 for rows in _by_domain(pairs, ground))
        return lesson(pairs, pairs) if few else None

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Keep the likely ones, in their order."""
        nats, cost = _oddness(pairs, ground, self.judge)
        odd: set[int] = set()
        for rows in _by_domain(pairs, ground):
            odd |= set(sorted(rows, key=lambda k: -nats[k])[: int(self.drop * len(rows))])
        return lesson(pairs, [pair for k, pair in enumerate(pairs) if k not in odd], cost=cost)


@record
class Reweighting:
    """Learns less from the replies that a model of one's own finds odd (arXiv 2605.22737 names the family)."""

    temperature: float = 0.5
    """Nats per token over the domain's middle reply at which a reply counts for 1/e."""

    judge: Judge = "student"
    """Who judges: the open base, or a helper trained on all the replies first."""

    def __post_init__(self) -> None:
        """Refuse a temperature that is none; raises PlanError."""
        if not 0 < self.temperature < float("inf"):
            raise PlanError(f"'reweight': temperature = {self.temperature}: must be positive and finite")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:  # noqa: ARG002 - one shape for all tactics
        """Only where there is nothing to work on."""
        return None if pairs else lesson(pairs, pairs)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Weigh each reply by its likelihood relative to the middle one of its domain."""
        nats, cost = _oddness(pairs, ground, self.judge)
        weights = np.ones(len(pairs))
        for rows in _by_domain(pairs, ground):
            weights[rows] = np.exp((np.median(nats[rows]) - nats[rows]) / self.temperature)
        kept = np.clip(weights, LEAST_WEIGHT, MOST_WEIGHT)
        return lesson(
            pairs,
            [dataclasses.replace(pair, weight=pair.weight * float(w)) for pair, w in zip(pairs, kept, strict=True)],
            cost=cost,
        )


@record
class Resampling:
    """Lets a helper that learned from the replies say them again, and keeps what agrees with the teacher's answer."""

    temperature: float = 0.7
    """Of the helper's replies."""

    draws: int = 2
    """Replies drawn per query; the first that agrees is kept."""

    keep_unmatched: bool = True
    """Whether a reply that none agreed with stays as it came."""

    def __post_init__(self) -> None:
        """Refuse to draw nothing; raises PlanError."""
        require_draws("resample", self.draws, self.temperature)

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:  # noqa: ARG002 - one shape for all tactics
        """Only where there is nothing to work on."""
        return None if pairs else lesson(pairs, pairs)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Train the helper, ask it, compare."""
        fitted = ground.helper(pairs, "resample")
        found, tokens = agreeing(fitted.model, pairs, ground, draws=self.draws, temperature=self.temperature)
        said = [
            with_reply(pair, found.get(k, pair.reply))
            for k, pair in enumerate(pairs)
            if self.keep_unmatched or k in found
        ]
        return lesson(pairs, said, cost=trained(fitted, tokens))


@record
class Inversion:
    """Derives hidden steps: a helper that knows public worked examples writes traces until one ends in the answer.

    Trace inversion (arXiv 2603.07267), made as rejection sampling on known answers (STaR, Zelikman et al. 2022, arXiv
    2203.14465, section 3.1), with the teacher's answers in place of reference ones.
    """

    rounds: int = 2
    """Times the helper is trained again on what it has found."""

    draws: int = 4
    """Traces drawn per reply and round."""

    temperature: float = 0.8
    """Of the helper's traces."""

    def __post_init__(self) -> None:
        """Refuse to draw nothing; raises PlanError."""
        require_draws("invert", self.draws, self.temperature)
        if self.rounds < 1:
            raise PlanError(f"'invert': rounds = {self.rounds}: must be at least 1")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Learn from all there is where no trace is hidden that a public example shows how to write."""
        return None if _hidden(pairs, ground) else lesson(pairs, beside(pairs, ground.public, ground.seed))

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Find traces round by round; a reply without one is dropped where its domain has steps, else it stays."""
        hidden = _hidden(pairs, ground)
        found: dict[int, str] = {}
        costs: list[TacticCost] = []
        for turn in range(self.rounds):
            wanted = [k for k in hidden if k not in found]
            if not wanted:
                break
            known = [*ground.public, *(with_reply(pairs[k], found[k]) for k in sorted(found))]
            fitted = ground.helper(known, "invert", turn)
            asked = [pairs[k] for k in wanted]
            got, tokens = agreeing(
                fitted.model, asked, ground, draws=self.draws, temperature=self.temperature, traced=True, turn=turn
            )
            found |= {wanted[place]: reply for place, reply in got.items()}
            costs.append(trained(fitted, tokens))
        kept = [
            with_reply(pair, found.get(k, pair.reply)) for k, pair in enumerate(pairs) if k in found or k not in hidden
        ]
        return lesson(pairs, beside(kept, ground.public, ground.seed), cost=spent(*costs))


def require_draws(name: str, draws: int, temperature: float) -> None:
    """Refuse to draw nothing, or without chance; raises PlanError."""
    if draws < 1 or not 0 < temperature < float("inf"):
        raise PlanError(
            f"'{name}': draws = {draws}, temperature = {temperature}: draws must be at least 1, temperature positive"
        )


def _by_domain(pairs: Sequence[Pair], ground: Ground) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for k, pair in enumerate(pairs):
        places.setdefault(ground.domain.get(pair.query.id, ""), []).append(k)
    return list(places.values())


def _oddness(pairs: Sequence[Pair], ground: Ground, judge: Judge) -> tuple[np.ndarray, TacticCost]:
    """Give (pairs,) nats per token under the judge, and what judging took."""
    model: Model
    if judge == "base":
        model, cost = plugins.build("models", ground.base), TacticCost()
    else:
        fitted = ground.helper(pairs, "judge")
        model, cost = fitted.model, trained(fitted)
    readable = open_network(model, "this tactic")
    return reply_nats(readable.network, readable.tokenizer, pairs), cost


def _hidden(pairs: Sequence[Pair], ground: Ground) -> set[int]:
    """Places of replies without a trace in domains whose public examples show one."""
    shown = {ground.domain.get(pair.query.id, "") for pair in ground.public if ground.has_trace(pair.reply)}
    return {
        k
        for k, pair in enumerate(pairs)
        if not ground.has_trace(pair.reply) and ground.domain.get(pair.query.id, "") in shown
    }


def agreeing(
    model: Model,
    pairs: Sequence[Pair],
    ground: Ground,
    *,
    draws: int,
    temperature: float,
    traced: bool = False,
    turn: int = 0,
) -> tuple[dict[int, str], int]:
    """Draw replies until one ends in the teacher's answer: by place, the first that does; and the tokens it took."""
    found: dict[int, str] = {}
    tokens = 0
    for draw in range(draws):
        wanted = [k for k in range(len(pairs)) if k not in found]
        queries = [_drawn(pairs[k].query, temperature, draw + turn * draws) for k in wanted]
        for k, done in zip(wanted, model.answer(queries), strict=True):
            tokens += done.tokens_in + done.tokens_out
            if _agrees(done, pairs[k], ground, traced=traced):
                found[k] = done.text
    return found, tokens


def _agrees(done: Completion, pair: Pair, ground: Ground, *, traced: bool) -> bool:
    if done.truncated or done.refused or (traced and not ground.has_trace(done.text)):
        return False
    return bool(ground.answer_of(done.text)) and ground.answer_of(done.text) == ground.answer_of(pair.reply)


def _drawn(query: Query, temperature: float, draw: int) -> Query:
    sampling = dataclasses.replace(query.sampling, temperature=temperature, top_logprobs=0, draw=draw)
    return dataclasses.replace(query, sampling=sampling)
