"""What each arm shows its students: the pairs, made from transcripts or from public labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Task
from angelshare.core.records import ArmKind, Completion, Item, Pair, Plan
from angelshare.core.seeds import stream
from angelshare.measure.plans import labels_public


class Replies(NamedTuple):
    """A source's replies to the queries of one seed, in order of the queries."""

    items: Sequence[Item]
    completions: Sequence[Completion]


def whole(completion: Completion) -> str:
    """Join delivered reasoning and text the way open reasoning models write them."""
    if completion.reasoning:
        return f"<think>\n{completion.reasoning}\n</think>\n\n{completion.text}"
    return completion.text


def pairs_for(
    kind: ArmKind, task: Task, plan: Plan, *, budget: int, seed: int, sources: Mapping[str, Replies]
) -> list[Pair]:
    """Make the pairs of one arm at one dose.

    Args:
        kind: the arm.
        task: splits replies into trace and answer.
        plan: says which labels are public and which arms run.
        budget: queries put to the source.
        seed: for re-pairing and step order.
        sources: replies by source: `teacher`, `open`, `self`; `gold` needs only the items of any.

    Raises PlanError if the teacher shows no traces and the arm needs them.
    """
    if kind in ("gold", "gold_all"):
        items = next(iter(sources.values())).items[:budget]
        return _gold(items, plan, unlimited=kind == "gold_all")
    source = sources[{"open": "open", "self": "self"}.get(kind, "teacher")]
    rows = [
        (item, done)
        for item, done in zip(source.items[:budget], source.completions[:budget], strict=True)
        if not (done.refused or done.truncated) and whole(done)
    ]
    if kind == "answers":
        return [Pair(query=item.query, reply=task.split(whole(done))[1]) for item, done in rows]
    if kind in ("traces", "logits", "corrupted"):
        _require_traces(kind, task, rows)
    if kind == "logits":
        return [Pair(query=item.query, reply=done.text, logprobs=done.logprobs) for item, done in rows]
    richest = "traces" if uses_traces(plan) else "answers"
    replies = [
        whole(done) if richest == "traces" or kind == "traces" else task.split(whole(done))[1] for _, done in rows
    ]
    if kind == "shuffled":
        # a domain with one query has no other reply to give it
        count = Counter(item.domain for item, _ in rows)
        kept = [k for k, (item, _) in enumerate(rows) if count[item.domain] > 1]
        rows, replies = [rows[k] for k in kept], [replies[k] for k in kept]
        replies = _re_paired(replies, [item.domain for item, _ in rows], seed=seed)
    if kind == "corrupted":
        replies = [_steps_shuffled(task, reply, seed=seed) for reply in replies]
    return [Pair(query=item.query, reply=reply) for (item, _), reply in zip(rows, replies, strict=True)]


def uses_traces(plan: Plan) -> bool:
    """Say whether any teacher arm of the plan shows traces; controls then take the same form."""
    return any(kind in ("traces", "logits", "corrupted") for kind in plan.arms)


def _require_traces(kind: ArmKind, task: Task, rows: Sequence[tuple[Item, Completion]]) -> None:
    if kind != "logits" and rows and not any(task.split(whole(done))[0] for _, done in rows):
        raise PlanError(f"arm '{kind}': the teacher shows no reasoning traces; leave '{kind}' out of arms")


def _gold(items: Sequence[Item], plan: Plan, *, unlimited: bool) -> list[Pair]:
    """Take reference labels, no more per domain than are public; worked solutions if traces are in play."""
    taken: Counter[str] = Counter()
    pairs = []
    for item in items:
        if unlimited or taken[item.domain] < labels_public(plan, item.domain):
            taken[item.domain] += 1
            reply = item.worked if item.worked and uses_traces(plan) else item.answer
            pairs.append(Pair(query=item.query, reply=reply))
    return pairs


def _re_paired(replies: Sequence[str], domains: Sequence[str], *, seed: int) -> list[str]:
    """Give each query another query's reply from the same domain: right form, wrong content."""
    out = list(replies)
    for domain in dict.fromkeys(domains):
        places = [k for k, d in enumerate(domains) if d == domain]
        order = stream("shuffled", domain, seed).permutation(len(places))
        # a cyclic shift along a random order leaves no query with its own reply
        for here, there in zip(order, np.roll(order, 1), strict=True):
            out[places[here]] = replies[places[there]]
    return out


def _steps_shuffled(task: Task, reply: str, *, seed: int) -> str:
    """Shuffle the steps inside a trace and keep its answer (after Li et al. 2025, arXiv 2502.07374)."""
    trace, answer = task.split(reply)
    opening = re.match(r"<think>\n|<", trace)
    closing = re.search(r"\n</think>\n*$|>$", trace)
    if not trace or opening is None or closing is None:
        return reply
    inner = trace[opening.end() : closing.start()]
    separator = "\n" if "\n" in inner else ","
    steps = inner.split(separator)
    order = stream("corrupted", reply, seed).permutation(len(steps))
    return opening.group() + separator.join(steps[k] for k in order) + closing.group() + answer
