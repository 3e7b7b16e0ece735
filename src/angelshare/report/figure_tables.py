"""The data behind the figures, as tables for CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from angelshare.core.audit import Audit
from angelshare.report.columns import ARM, BUDGET, CURVE, DOMAIN, curve_name, data_table, number_column
from angelshare.report.table import Cell, Column, Table
from angelshare.report.words import RINGS


def figure_tables(audit: Audit) -> Sequence[Table]:
    """Lay out what each figure draws; `bands` holds the fitted curves, `families` what they average."""
    return [
        _points(audit), _waterfall(audit), _rings(audit), _ledger(audit), fidelity_table(audit),
        _bands(audit), _families(audit),
    ]  # fmt: skip


def _points(audit: Audit) -> Table:
    columns = [ARM, BUDGET, number_column("recovery", "Recovery"), number_column("style", "Style"),
               number_column("held_out", "Held out"), number_column("fidelity", "Fidelity")]  # fmt: skip
    rows = [[p.arm, p.budget, p.recovery, p.style, p.held_out, p.fidelity] for p in audit.points]
    return data_table("points", "Points of figures 1 and 2", columns, rows=rows)


def _waterfall(audit: Audit) -> Table:
    columns = [Column(key="step", head="Step"), ARM, number_column("recovery", "Recovery")]
    rows = [[step.label, step.arm, step.recovery] for step in audit.waterfall]
    return data_table("waterfall", "Steps of figure 3", columns, rows=rows)


def _rings(audit: Audit) -> Table:
    ring = Column(key="ring", head="Ring", words=cast("Mapping[str, str]", RINGS))
    columns = [ARM, BUDGET, ring, DOMAIN, number_column("recovery", "Recovery"), number_column("floor", "Base"),
               number_column("student", "Students"), number_column("teacher", "Teacher"),
               number_column("over_near", "Over near")]  # fmt: skip
    rows = [[r.arm, r.budget, r.ring, r.domain, r.recovery, r.floor, r.student, r.teacher, r.over_near]
            for r in audit.rings]  # fmt: skip
    return data_table("rings", "Rings of figure 4", columns, rows=rows)


def _ledger(audit: Audit) -> Table:
    columns = [ARM, BUDGET, DOMAIN, number_column("recovered", "Recovered"), number_column("lost", "Lost"),
               number_column("beyond_teacher", "Beyond the teacher")]  # fmt: skip
    rows = [[r.arm, r.budget, r.domain, r.recovered, r.lost, r.beyond_teacher] for r in audit.item_ledger]
    return data_table("item_ledger", "Item ledger of figure 5", columns, rows=rows)


def fidelity_table(audit: Audit, *, whole: bool = True) -> Table:
    """Build the table of figure 6; unless `whole`, each arm keeps to its largest dose."""
    columns = [
        ARM, BUDGET, number_column("accuracy", "Accuracy"), number_column("agreement", "Agreement"),
        number_column("chance_adjusted", "Chance-adjusted"), number_column("error_inheritance", "Error inheritance"),
        number_column("error_inheritance_control", "The same, control"),
        number_column("distinguishing_advantage", "Told apart"),
    ]  # fmt: skip
    largest = {arm: max(r.budget for r in audit.fidelity if r.arm == arm) for arm in {r.arm for r in audit.fidelity}}
    rows = [[r.arm, r.budget, r.accuracy, r.agreement, r.chance_adjusted, r.error_inheritance,
             r.error_inheritance_control, r.distinguishing_advantage]
            for r in audit.fidelity if whole or r.budget == largest[r.arm]]  # fmt: skip
    return data_table(
        "fidelity", "Fidelity at the largest dose", columns, rows=rows,
        note="Chance-adjusted: agreement beyond what the accuracies alone would give, from 0 to 1. Told apart: how "
        "well a classifier tells the students’ replies from the teacher’s, from 0 (chance) to 1 (always).",
    )  # fmt: skip


def _bands(audit: Audit) -> Table:
    """Lay out the fitted curves; their ends are those of the averaged fit."""
    columns = [*CURVE, Column(key="dose", head="Dose", kind="count"), Column(key="centre", head="Centre", kind="count"),
               Column(key="low", head="Low", kind="count"), Column(key="high", head="High", kind="count"),
               Column(key="level", head="Level", kind="count")]  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for curve in audit.curves:
        if curve.band is not None:
            band = curve.band
            rows += [
                [*curve_name(curve), dose, centre, low, high, audit.header.level]
                for dose, centre, low, high in zip(band.dose, band.centre, band.low, band.high, strict=True)
            ]
    return data_table("bands", "Bands of figure 1", columns, rows=rows)


def _families(audit: Audit) -> Table:
    """Lay out the families behind table B; parameters of one fit, not findings, so they stand in CSV only."""
    keys = ("weight", "ceiling", "scale", "shape")
    columns = [*CURVE, Column(key="family", head="Family"), *(Column(key=key, head=key, kind="count") for key in keys)]
    rows = [
        [*curve_name(curve), family.name, family.weight, family.ceiling, family.scale, family.shape]
        for curve in audit.curves
        for family in curve.families
    ]
    return data_table("families", "Families of table B", columns, rows=rows)
