"""Accuracy where prompts are long for their task, in the loss statement (M14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.audit import LossRow
from angelshare.core.records import ArmKind, CellResult, Number, Refusal
from angelshare.measure.panels import Bench, Floats, Ints
from angelshare.stats.recovery import accuracy

QUARTER = 4
"""The longest 1 in this many prompts of a domain are its long ones."""

LEAST_STRETCH = 1.2
"""Long prompts of a domain must on average be this many times its median prompt, or lengths do not differ."""

METRIC = "accuracy, longest quarter of prompts"
LEAST_ITEMS = 30
"""Fewer long prompts than this carry no accuracy."""


class _Split(NamedTuple):
    """Places of the long and of the other prompts, in domains whose lengths differ."""

    long: Ints
    others: Ints
    shortest: int
    """Characters of the shortest and the longest of the long prompts."""
    longest: int
    domains: int
    """Domains that have long prompts."""


def long_prompts(bench: Bench, kind: ArmKind, budget: int) -> list[LossRow]:
    """Give accuracy on the longest quarter of prompts, and on the others of the same domains.

    Long is meant relative to this task: nothing is said about long context in general. Refused where the prompts of
    every domain are of about one length (the longest quarter below 1.2 times the median), or long ones are too few.
    """
    found = _split(bench)
    if isinstance(found, str):
        no = Refusal(refused=found)
        return [LossRow(metric=METRIC, teacher=no, base=no, student=no)]
    count = len(bench.domains("near"))
    among = "" if found.domains == count else f", in the {found.domains} of {count} domains whose lengths differ"
    size = f"{found.shortest:,}{f' to {found.longest:,}' if found.longest > found.shortest else ''} characters"
    metric = f"{METRIC} ({size}: long for this task only){among}"
    return [
        _row(bench, kind, budget, metric, found.long),
        _row(bench, kind, budget, "accuracy, other prompts of the same domains", found.others),
    ]


def _row(bench: Bench, kind: ArmKind, budget: int, metric: str, places: Ints) -> LossRow:
    _, domain = np.unique(bench.codes("near")[places], return_inverse=True)
    clusters = bench.clusters("near")
    cluster = None if clusters is None else clusters[places]

    def of(cells: Sequence[CellResult], who: str) -> Number:
        return accuracy(
            _right(bench, cells)[:, places], domain, level=bench.plan.level,
            rng=bench.rng("loss", metric.partition(" (")[0], who), cluster=cluster, trained=who == "student",
        )  # fmt: skip

    return LossRow(
        metric=metric, teacher=of([bench.teacher], "teacher"), base=of([bench.floor], "base"),
        student=of(bench.cells(kind, budget), "student"),
    )  # fmt: skip


def _right(bench: Bench, cells: Sequence[CellResult]) -> Floats:
    """Lay out (cells, items) scores of the first draw."""
    return np.array(
        [[getattr(s, bench.plan.extractor) for s in bench.scores([cell]) if s.draw == 0] for cell in cells],
        dtype=np.float64,
    )


def _split(bench: Bench) -> _Split | str:
    """Find the long prompts, or say why there are none."""
    known = bench.results.lengths
    items = [score.item for score in bench.scores([bench.floor])]
    if any(item not in known for item in items):
        return "the lengths of the prompts are not known"
    length, codes = np.array([known[item] for item in items]), bench.codes("near")
    long, others, stretch = [], [], 0.0
    for code in np.unique(codes):
        places = np.flatnonzero(codes == code)
        own = length[places]
        # at most a quarter, but for a longer tie at the very top: no tie is broken by chance
        bound = np.sort(own)[-max(1, own.size // QUARTER) - 1] if own.size > 1 else own[0]
        chosen = own > bound if bound < own.max() else own == bound
        ratio = float(own[chosen].mean() / max(np.median(own), 1.0))
        stretch = max(stretch, ratio)
        if ratio >= LEAST_STRETCH:
            long.append(places[chosen])
            others.append(places[~chosen])
    if not long:
        return (
            f"prompts are of about one length: in no domain is the longest quarter {LEAST_STRETCH} times the median "
            f"(at most {stretch:.2f} times)"
        )
    chosen_all = np.concatenate(long)
    if chosen_all.size < LEAST_ITEMS:
        return f"too few long prompts: {chosen_all.size}, {LEAST_ITEMS} are needed"
    of = length[chosen_all]
    return _Split(chosen_all, np.concatenate(others), int(of.min()), int(of.max()), len(long))
