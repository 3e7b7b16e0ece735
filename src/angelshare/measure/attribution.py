"""Recovery beside its controls: what needed the teacher, what a textbook or the format alone would have given."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from angelshare.core.audit import ON_MEDIAN_ROW, LogitRow, Step, StyleRow
from angelshare.core.errors import RefusedError
from angelshare.core.records import ArmKind, Number, RecoveryPoint, Refusal
from angelshare.measure.panels import Bench, Floats
from angelshare.measure.plans import controls
from angelshare.stats import fidelity as fidelity_of
from angelshare.stats.logit import recovered_logit
from angelshare.stats.recovery import attributable, recovered, uplift
from angelshare.stats.style import false_promise, median_style, style_recovered

LABELS: Mapping[ArmKind, str] = {
    "shuffled": "form only (teacher's replies re-paired)",
    "self": "own replies",
    "gold": "public labels",
    "open": "open teacher",
    "gold_all": "labels without limit",
    "answers": "closed teacher, answers",
    "traces": "closed teacher, traces",
    "logits": "closed teacher, soft labels",
    "corrupted": "closed teacher, steps shuffled",
}
"""How the waterfall names its bars, in the order it draws them."""


def refusing(number: Callable[[], Number]) -> Number:
    """Turn a refusal on the way into the refusal that is printed."""
    try:
        return number()
    except RefusedError as error:
        return Refusal(refused=str(error))


def recovery(bench: Bench, kind: ArmKind, budget: int, ring: str = "near") -> Number:
    """Recovery of an arm at a dose (M1)."""
    rng = bench.rng("recovery", kind, budget, ring)
    return refusing(
        lambda: recovered(bench.panel(kind, budget, ring), level=bench.plan.level, rng=rng)  # type: ignore[arg-type]  # a Ring
    )


def logit_row(bench: Bench, kind: ArmKind, budget: int) -> LogitRow:
    """Recovery of an arm at a dose on both scales (M1)."""
    rng = bench.rng("logit", kind, budget)
    scaled = refusing(lambda: recovered_logit(bench.panel(kind, budget), level=bench.plan.level, rng=rng))
    return LogitRow(arm=kind, budget=budget, recovery=recovery(bench, kind, budget), on_logit=scaled)


def no_teacher(bench: Bench, budget: int) -> dict[str, Floats]:
    """Scores of every no-teacher control at a dose; `open` answers another question (see `uplift_over_open`)."""
    return {
        kind: bench.students(kind, budget)
        for kind in ("gold", "self", "shuffled")
        if kind in controls(bench.plan) and bench.cells(kind, budget)
    }


def missing_controls(bench: Bench, budget: int) -> list[str]:
    """List the no-teacher controls that did not run at a dose."""
    return [name for name in ("gold", "self", "shuffled") if name not in no_teacher(bench, budget)]


def attributable_recovery(bench: Bench, kind: ArmKind, budget: int) -> Number:
    """Recovery minus the best no-teacher control at the same dose (M3); refused if a control is missing."""
    have, missing = no_teacher(bench, budget), missing_controls(bench, budget)
    if missing:
        return Refusal(refused=f"raw, not attributable: control {', '.join(missing)} did not run at {budget:,} queries")
    rng = bench.rng("attributable", kind, budget)
    return refusing(lambda: attributable(bench.panel(kind, budget), have, level=bench.plan.level, rng=rng))


def uplift_over_open(bench: Bench, kind: ArmKind, budget: int) -> Number:
    """Recovery from the closed teacher minus that from the open one (M4)."""
    if not bench.cells("open", budget):
        named = bench.plan.open_teacher is not None
        why = f"it did not run at {budget:,} queries" if named else "the plan names no open teacher"
        return Refusal(refused=f"no open arm: {why}")
    rng = bench.rng("uplift", kind, budget)
    return refusing(
        lambda: uplift(bench.panel(kind, budget), bench.students("open", budget), level=bench.plan.level, rng=rng)
    )


def point(bench: Bench, kind: ArmKind, budget: int) -> RecoveryPoint:
    """The four numbers that are never merged, for one arm at one dose."""
    level = bench.plan.level
    own, teacher = bench.answers(kind, budget)
    return RecoveryPoint(
        arm=kind, budget=budget, recovery=recovery(bench, kind, budget),
        style=median_style(bench.styles(kind, budget), level=level, rng=bench.rng("style", kind, budget)),
        held_out=recovery(bench, kind, budget, "held_out"),
        fidelity=fidelity_of.agreement(
            own, teacher, level=level, rng=bench.rng("agreement", kind, budget), cluster=bench.clusters("near")
        ),
    )  # fmt: skip


def styles(bench: Bench, kind: ArmKind, budget: int) -> list[StyleRow]:
    """Style recovery by feature (M6), and the false-promise index on the median (M7)."""
    level, panels = bench.plan.level, bench.styles(kind, budget)
    rows = []
    for panel in panels:
        rng = bench.rng("style", panel.name, kind, budget)
        value = style_recovered(panel.student, panel.floor, panel.teacher, panel.domain, level=level, rng=rng)
        none = Refusal(refused=ON_MEDIAN_ROW)
        rows.append(StyleRow(arm=kind, budget=budget, feature=panel.name, style=value, false_promise_index=none))
    median = median_style(panels, level=level, rng=bench.rng("style", kind, budget))
    promise = false_promise_index(bench, kind, budget)
    return [*rows, StyleRow(arm=kind, budget=budget, feature="median", style=median, false_promise_index=promise)]


def false_promise_index(bench: Bench, kind: ArmKind, budget: int) -> Number:
    """Style recovery minus recovery (M7)."""
    rng = bench.rng("promise", kind, budget)
    return refusing(
        lambda: false_promise(bench.panel(kind, budget), bench.styles(kind, budget), level=bench.plan.level, rng=rng)
    )


def waterfall(bench: Bench, budget: int) -> list[Step]:
    """Bars from what costs nothing to what needs the closed teacher, all at one dose."""
    return [
        Step(label=label, arm=kind, recovery=recovery(bench, kind, budget))
        for kind, label in LABELS.items()
        if kind in bench.kinds and bench.cells(kind, budget)
    ]
