"""Dose-response: recovery against queries, tokens, dollars and FLOP, and the dose to a share of the gap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from angelshare.core.audit import Axis, Curve, Dot, Target
from angelshare.core.records import ArmKind, CellResult, Refusal
from angelshare.measure.attribution import missing_controls, no_teacher
from angelshare.measure.panels import Bench, Floats
from angelshare.stats.curve import fit_curve
from angelshare.stats.panel import Panel
from angelshare.stats.points import dose_points
from angelshare.stats.recovery import seed_recoveries

Measure: TypeAlias = Literal["recovery", "attributable"]
"""What is fitted."""
OTHER_AXES: tuple[Axis, ...] = ("tokens", "dollars", "flop")
"""Axes besides queries."""
SHARES = (0.5, 0.8)
"""Shares of the gap whose doses are reported."""


def dots(bench: Bench) -> list[Dot]:
    """One dot per student, for the figure."""
    out = []
    for kind, budget in bench.arms():
        values = seed_recoveries(bench.panel(kind, budget))
        out += [
            Dot(arm=kind, budget=budget, seed=seed, recovery=float(value))
            for seed, value in zip(bench.seeds(kind), values, strict=False)
        ]
    return out


def curves(bench: Bench) -> list[Curve]:
    """Fit every teacher arm on queries; the headline arm on every axis, and its attributable part."""
    out = [curve(bench, kind, "queries") for kind in dict.fromkeys(bench.plan.arms)]
    out += [curve(bench, bench.headline, axis) for axis in OTHER_AXES]
    return [*out, curve(bench, bench.headline, "queries", attributable=True)]


def curve(bench: Bench, kind: ArmKind, axis: Axis, *, attributable: bool = False) -> Curve:
    """Fit one arm on one axis."""
    budgets = bench.doses(kind)
    doses = [_dose(bench.cells(kind, budget), budget, axis) for budget in budgets]
    measure: Measure = "attributable" if attributable else "recovery"
    if any(dose is None for dose in doses):
        return _no_curve(
            kind, axis, measure, 0.0, "no price row for this teacher" if axis == "dollars" else "dose not metered"
        )
    x = np.array(doses, dtype=np.float64)
    if np.unique(x).size < x.size:
        return _no_curve(
            kind, axis, measure, float(x.max()), f"arms of different size had the same {axis}: no dose axis"
        )
    panels = [bench.panel(kind, budget) for budget in budgets]
    rivals = None
    if attributable:
        missing = [f"{name} at {budget:,}" for budget in budgets for name in missing_controls(bench, budget)]
        if missing:
            reason = f"raw, not attributable: no control {', '.join(missing)}"
            return _no_curve(kind, axis, measure, float(x.max()), reason)
        rivals = [_best_control(bench, panel, budget) for panel, budget in zip(panels, budgets, strict=True)]
    points = dose_points(panels, level=bench.plan.level, controls=rivals)
    if isinstance(points, Refusal):
        return _no_curve(kind, axis, measure, float(x.max()), points.refused)
    rng = bench.rng("curve", kind, axis, measure)
    fit = fit_curve(x, points.recoveries, points.item_covariance, level=bench.plan.level, rng=rng)
    if isinstance(fit, Refusal):
        return _no_curve(kind, axis, measure, float(x.max()), fit.refused)
    grid = np.geomspace(x.min() / 2, 10 * x.max(), 80)
    return Curve(
        arm=kind, axis=axis, measure=measure, largest_dose=float(x.max()), claim_limit=float(10 * x.max()),
        families=fit.families, band=fit.band(grid), refused="",
        targets=[Target(share=share, dose=fit.dose_to(share)) for share in SHARES],
        ceiling=fit.ceiling(), ceiling_above_80=fit.ceiling_above(0.8), per_decade=fit.per_decade(), area=fit.area(),
        held_out_error=fit.held_out_error(bench.rng("held-out dose", kind, axis, measure)),
    )  # fmt: skip


def _no_curve(kind: ArmKind, axis: Axis, measure: Measure, largest: float, reason: str) -> Curve:
    no = Refusal(refused=reason)
    return Curve(
        arm=kind, axis=axis, measure=measure, largest_dose=largest, claim_limit=10 * largest, families=[], band=None,
        refused=reason,
        targets=[Target(share=share, dose=no) for share in SHARES], ceiling=no, ceiling_above_80=no, per_decade=no,
        area=no,
        held_out_error=no,
    )  # fmt: skip


def _dose(cells: Sequence[CellResult], budget: int, axis: Axis) -> float | None:
    """Mean dose over seeds in the axis's unit; None if it was not metered."""
    read: dict[Axis, Callable[[CellResult], float | None]] = {
        "queries": lambda _: float(budget),
        "tokens": lambda cell: float(cell.tokens_billed) or None,
        "dollars": lambda cell: cell.cost_usd or None,
        "flop": lambda cell: cell.meter.training_flop if cell.meter else None,
    }
    each = [read[axis](cell) for cell in cells]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known and len(known) == len(each) else None


def _best_control(bench: Bench, panel: Panel, budget: int) -> Floats:
    """Scores of the no-teacher control that does best at a dose."""
    return max(no_teacher(bench, budget).values(), key=lambda scores: _domain_mean(scores, panel))


def _domain_mean(scores: Floats, panel: Panel) -> float:
    return float(np.mean([scores[:, panel.domain == domain].mean() for domain in np.unique(panel.domain)]))
