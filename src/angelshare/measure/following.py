"""Making students and base follow the teacher's replies, for the divergence from its distribution (M5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from angelshare.core import plugins
from angelshare.core.protocols import Follower, Model
from angelshare.core.record import record
from angelshare.core.records import CellResult, Completion, Divergence, Item, Plan, Query, Use
from angelshare.measure.engines import Engine
from angelshare.stats.divergence import per_token


@record
class Lead:
    """A reply of the teacher's to a test item, for another model to follow."""

    item: str
    """Id of the item."""

    query: Query
    """How the following model is asked."""

    reply: Completion
    """What the teacher said, with its alternatives per token."""


@record
class Following:
    """Let a local model follow the teacher."""

    model: Use
    """Which model."""

    leads: Sequence[Lead]
    """What it follows."""


def leads_of(items: Sequence[Item], replies: Sequence[Completion]) -> list[Lead]:
    """List the teacher's replies to items of the near ring that carry logprobs, asked as students are asked."""
    return [
        Lead(item=item.id, query=item.query, reply=reply)
        for item, reply in zip(items, replies, strict=True)
        if item.ring == "near" and reply.logprobs
    ]


def followed(model: Model, leads: Sequence[Lead]) -> list[Divergence]:
    """Measure a model along each lead; empty where there is none, or the model cannot be made to follow."""
    if not leads or not isinstance(model, Follower):
        return []
    beside = model.follow([lead.query for lead in leads], [lead.reply for lead in leads])
    out = []
    for lead, each in zip(leads, beside, strict=True):
        if each is None:
            out.append(Divergence(item=lead.item, tokens=0, kl=None, js=None))
            continue
        kl, js = per_token(each.theirs, each.own)
        out.append(Divergence(item=lead.item, tokens=kl.size, kl=float(kl.mean()), js=float(js.mean())))
    return out


def follow_with(work: Following) -> list[Divergence]:
    """Let a model that this process loads follow."""
    return followed(plugins.build("models", work.model), work.leads)


def base_followed(
    floor: CellResult, plan: Plan, leads: Sequence[Lead], *, asked: Mapping[str, Query], filed: CellResult | None,
    engine: Engine,
) -> CellResult:  # fmt: skip
    """Add the base's divergences to the floor: those on file, or else those of a base that can follow.

    `asked` maps items to the way of asking that made the floor: the base is then as near the teacher as it can be had.
    """
    if not leads or not plugins.follows(plan.base):
        return floor
    if filed is not None and [each.item for each in filed.divergences] == [lead.item for lead in leads]:
        return dataclasses.replace(floor, divergences=filed.divergences)
    own = [dataclasses.replace(lead, query=asked[lead.item]) for lead in leads]
    results = [result for _, result in engine.run(follow_with, [Following(model=plan.base, leads=own)])]
    return dataclasses.replace(floor, divergences=results[0])
