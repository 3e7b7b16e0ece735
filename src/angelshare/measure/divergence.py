"""Divergence from the teacher's distribution, where its interface shows logprobs (M5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from angelshare.core.audit import DivergenceRow
from angelshare.core.records import ArmKind, CellResult, Divergence, Estimate, Number, Refusal
from angelshare.measure.panels import Bench, Floats
from angelshare.stats.divergence import mean_divergence, share_closed
from angelshare.stats.intervals import caution_of
from angelshare.stats.panel import IntArray

CANNOT_FOLLOW = "the {} cannot be made to follow the teacher's reply token by token"


def divergence_rows(bench: Bench) -> list[DivergenceRow]:
    """Measure every arm and dose; one refused row, the headline's, where the interface gives no logprobs."""
    if not bench.results.shows_logprobs:
        unasked = "" if "logits" in bench.plan.arms else " (none were asked for: the plan has no logits arm)"
        budget = max(bench.doses(bench.headline))
        return [_refused(bench.headline, budget, f"the interface gives no logprobs{unasked}")]
    return [_row(bench, kind, budget) for kind, budget in bench.arms()]


def _row(bench: Bench, kind: ArmKind, budget: int) -> DivergenceRow:
    cells = bench.cells(kind, budget)
    if not all(cell.divergences for cell in cells):
        return _refused(kind, budget, CANNOT_FOLLOW.format("student"))
    with_base = bool(bench.floor.divergences)
    shared = _shared([*cells, bench.floor] if with_base else cells)
    places = [k for k, score in enumerate(bench.scores([bench.floor])) if score.item in shared]
    items = [score.item for score in bench.scores([bench.floor]) if score.item in shared]
    if not items:
        return _refused(kind, budget, "the student's tokens are not the teacher's: no reply could be compared")
    left_out = len(cells[0].divergences) - len(items)
    caution = f"{left_out} of {len(cells[0].divergences)} replies could not be followed" if left_out else ""
    _, domain = np.unique(bench.codes("near")[places], return_inverse=True)
    clusters = bench.clusters("near")
    cluster = None if clusters is None else clusters[places]
    own, base = _matrix(cells, items), _matrix([bench.floor], items) if with_base else None
    words = (kind, budget)
    numbers = {
        name: _with(number, caution)
        for key in ("kl", "js")
        for name, number in _numbers(
            bench, key, own[key], base[key] if base is not None else None, domain=domain, cluster=cluster, words=words
        ).items()
    }
    return DivergenceRow(arm=kind, budget=budget, **numbers)


def _numbers(
    bench: Bench, key: str, own: Floats, base: Floats | None, *, domain: IntArray, cluster: IntArray | None,
    words: tuple[ArmKind, int],
) -> dict[str, Number]:  # fmt: skip
    """Estimate students, base and the share closed, of one divergence."""
    level = bench.plan.level
    student = mean_divergence(own, domain, level=level, rng=bench.rng("divergence", key, *words), cluster=cluster)
    if base is None:
        none = Refusal(refused=CANNOT_FOLLOW.format("base"))
        return {key: student, f"{key}_base": none, f"{key}_closed": none}
    return {
        key: student,
        f"{key}_base": mean_divergence(
            base, domain, level=level, rng=bench.rng("divergence", key, "base"), trained=False, cluster=cluster
        ),
        f"{key}_closed": share_closed(
            own, base, domain, level=level, rng=bench.rng("divergence", key, "closed", *words), cluster=cluster
        ),
    }


def _shared(cells: Sequence[CellResult]) -> set[str]:
    """Name the items whose reply every cell could follow."""
    return set.intersection(*({each.item for each in cell.divergences if each.kl is not None} for cell in cells))


def _matrix(cells: Sequence[CellResult], items: Sequence[str]) -> dict[str, Floats]:
    """Lay out both divergences as (cells, items)."""
    known: list[dict[str, Divergence]] = [{each.item: each for each in cell.divergences} for cell in cells]
    return {
        key: np.array([[getattr(of[item], key) for item in items] for of in known], dtype=np.float64)
        for key in ("kl", "js")
    }


def _with(number: Number, caution: str) -> Number:
    if isinstance(number, Estimate):
        return dataclasses.replace(number, caution=caution_of(caution, number.caution))
    return number


def _refused(kind: ArmKind, budget: int, why: str) -> DivergenceRow:
    no = Refusal(refused=why)
    return DivergenceRow(
        arm=kind, budget=budget, kl=no, kl_base=no, kl_closed=no, js=no, js_base=no, js_closed=no
    )  # fmt: skip
