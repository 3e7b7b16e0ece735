"""Beyond the headline: rings, the item ledger, fidelity and how much hangs on reading the answer."""

from __future__ import annotations

import numpy as np

from angelshare.core.audit import WHOLE_RINGS_ONLY, ExtractorRow, FidelityRow, LedgerRow, RingRow
from angelshare.core.errors import RefusedError
from angelshare.core.records import ArmKind, Number, Refusal, Ring
from angelshare.measure.attribution import recovery, refusing
from angelshare.measure.panels import Bench, Floats
from angelshare.stats import fidelity
from angelshare.stats.distinguish import distinguishing_advantage
from angelshare.stats.ledger import item_ledger
from angelshare.stats.recovery import accuracy, difference, ratio, recovered

RINGS: tuple[Ring, ...] = ("queried", "near", "far", "held_out")
SMALLEST_RING = 100
"""Rings with fewer items are refused (field rule M9)."""


def rings(bench: Bench, kind: ArmKind, budget: int) -> list[RingRow]:
    """Coverage (M9): every ring as a whole, and every domain of it."""
    return [_ring_row(bench, kind, budget, ring, domain) for ring in RINGS for domain in ("", *bench.domains(ring))]


def _ring_row(bench: Bench, kind: ArmKind, budget: int, ring: Ring, domain: str) -> RingRow:
    try:
        panel = bench.panel(kind, budget, ring, domain=domain)
    except RefusedError as error:
        no = Refusal(refused=str(error))
        return RingRow(
            arm=kind, budget=budget, ring=ring, domain=domain or "all", recovery=no, floor=no, student=no, teacher=no
        )
    words = ("ring", kind, budget, ring, domain)
    level = bench.plan.level

    def mean(values: Floats, who: str) -> Number:
        return accuracy(
            values,
            panel.domain,
            level=level,
            rng=bench.rng(*words, who),
            cluster=panel.cluster,
            trained=who == "student",
        )

    small = panel.domain.size < SMALLEST_RING and not domain
    value = (
        Refusal(refused=f"{panel.domain.size} items, fewer than {SMALLEST_RING}")
        if small
        else recovered(panel, level=level, rng=bench.rng(*words))
    )
    return RingRow(
        arm=kind, budget=budget, ring=ring, domain=domain or "all", recovery=value,
        floor=mean(panel.floor, "floor"), student=mean(panel.student, "student"),
        teacher=mean(panel.teacher, "teacher"), over_near=_over_near(bench, kind, budget, ring, domain),
    )  # fmt: skip


def _over_near(bench: Bench, kind: ArmKind, budget: int, ring: Ring, domain: str) -> Number:
    """Recovery in a whole ring over that in the near ring (M9)."""
    if ring == "near" or domain:
        return Refusal(refused=WHOLE_RINGS_ONLY)
    panel, near = bench.panel(kind, budget, ring), bench.panel(kind, budget)
    return ratio(panel, near, level=bench.plan.level, rng=bench.rng("over near", kind, budget, ring))


def ledger(bench: Bench, kind: ArmKind, budget: int) -> list[LedgerRow]:
    """The item ledger (M2), overall and by domain."""
    rows = []
    for domain in ("", *bench.domains("near")):
        panel = bench.panel(kind, budget, domain=domain)
        rng = bench.rng("ledger", kind, budget, domain)
        recovered_share, lost, beyond = item_ledger(panel, level=bench.plan.level, rng=rng)
        rows.append(
            LedgerRow(
                arm=kind,
                budget=budget,
                domain=domain or "all",
                recovered=recovered_share,
                lost=lost,
                beyond_teacher=beyond,
            )
        )
    return rows


def fidelity_row(bench: Bench, kind: ArmKind, budget: int) -> FidelityRow:
    """Agreement with the teacher beside accuracy (M5), and inherited errors beside the no-teacher control's."""
    level, codes = bench.plan.level, bench.codes("near")
    own, teacher = bench.answers(kind, budget)
    panel = bench.panel(kind, budget)
    return FidelityRow(
        arm=kind, budget=budget,
        accuracy=accuracy(
            panel.student, codes, level=level, rng=bench.rng("accuracy", kind, budget), cluster=panel.cluster
        ),
        agreement=fidelity.agreement(
            own, teacher, level=level, rng=bench.rng("agreement", kind, budget), cluster=panel.cluster
        ),
        chance_adjusted=fidelity.chance_adjusted(
            own, teacher, panel.student, panel.teacher[0], level=level, rng=bench.rng("kappa", kind, budget),
            domain=codes
        ),
        error_inheritance=_inheritance(bench, kind, budget),
        error_inheritance_control=_control_inheritance(bench, budget),
        distinguishing_advantage=distinguishing_advantage(
            [[score.text for score in bench.scores([cell])] for cell in bench.cells(kind, budget)],
            [score.text for score in bench.scores([bench.teacher]) if score.draw == 0],
            level=level, rng=bench.rng("distinguish", kind, budget),
        ),
    )  # fmt: skip


def _inheritance(bench: Bench, kind: ArmKind, budget: int) -> Number:
    own, teacher = bench.answers(kind, budget)
    panel = bench.panel(kind, budget)
    rng = bench.rng("inheritance", kind, budget)
    return fidelity.error_inheritance(own, teacher, panel.student, panel.teacher[0], level=bench.plan.level, rng=rng)


def _control_inheritance(bench: Bench, budget: int) -> Number:
    for kind in ("gold", "self"):
        if bench.cells(kind, budget):
            return _inheritance(bench, kind, budget)
    return Refusal(refused="no no-teacher control ran at this dose")


def extractors(bench: Bench, kind: ArmKind, budget: int) -> ExtractorRow:
    """Recovery under both extractors and their difference (M8)."""
    level = bench.plan.level
    strict, flexible = (bench.panel(kind, budget, extractor=name) for name in ("strict", "flexible"))
    if np.array_equal(strict.student, flexible.student) and np.array_equal(strict.floor, flexible.floor):
        same = recovery(bench, kind, budget)
        none = Refusal(refused="both extractors read every reply alike: no confound to measure")
        return ExtractorRow(arm=kind, budget=budget, strict=same, flexible=same, confound=none)
    return ExtractorRow(
        arm=kind, budget=budget,
        strict=recovered(strict, level=level, rng=bench.rng("strict", kind, budget)),
        flexible=recovered(flexible, level=level, rng=bench.rng("flexible", kind, budget)),
        confound=refusing(lambda: difference(strict, flexible, level=level, rng=bench.rng("confound", kind, budget))),
    )  # fmt: skip
