"""Which tables an audit has, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from angelshare.core.audit import Audit, Curve
from angelshare.report.notes import collect
from angelshare.report.numbers import percent
from angelshare.report.table import Cell, Column, Table
from angelshare.report.words import ARMS, AXES, RINGS, arms_present

_ARM = Column(key="arm", head="Arm", words=cast("Mapping[str, str]", ARMS))
_BUDGET = Column(key="budget", head="Queries", kind="count")
_DOMAIN = Column(key="domain", head="Domain")


def lettered_tables(audit: Audit) -> Sequence[Table]:
    """Build tables A to I of the page."""
    return [
        _arms(audit), _fits(audit), _costs(audit), _elicitation(audit), _extractors(audit),
        _styles(audit), _losses(audit), _deviations(audit), _limits(audit),
    ]  # fmt: skip


def all_tables(audit: Audit) -> Sequence[Table]:
    """Build every table, the data behind the figures included."""
    return [*lettered_tables(audit), fit_targets(audit), prices(audit), *_figure_data(audit)]


def _number(key: str, head: str, unit: str = "") -> Column:
    return Column(key=key, head=head, kind="number", unit=unit)


def _table(name: str, title: str, columns: Sequence[Column], *, rows: Sequence[Sequence[Cell]], letter: str = "",
           note: str = "") -> Table:  # fmt: skip
    return Table(name=name, letter=letter, title=title, note=note, columns=columns, rows=rows)


def _arms(audit: Audit) -> Table:
    order = arms_present(row.arm for row in audit.arms)
    rows = sorted(audit.arms, key=lambda row: (order.index(row.arm), row.budget))
    columns = [
        _ARM, _BUDGET, Column(key="pairs", head="Pairs learned", kind="count"),
        Column(key="students", head="Students", kind="count"),
        Column(key="undertrained", head="Under\u00adtrained", kind="count"),
        Column(key="tokens_billed", head="Tokens billed", kind="count"),
        Column(key="tokens_delivered", head="Tokens delivered", kind="count"),
        Column(key="cost_usd", head="Cost", kind="dollars"),
        Column(key="training_flop", head="Training FLOP", kind="count"),
        Column(key="cpu_seconds", head="CPU seconds", kind="count"),
        _number("accuracy", "Accuracy"), _number("recovery", "Recovery"), _number("attributable", "Attributable"),
    ]  # fmt: skip
    return _table(
        "arms", "Arms and doses", columns, letter="A",
        note="Tokens, cost, FLOP and seconds are meter readings, means over students. Accuracy is on questions of the "
        "queried kinds that were not asked.",
        rows=[[r.arm, r.budget, r.pairs, r.seeds, r.undertrained, r.tokens_billed, r.tokens_delivered, r.cost_usd,
               r.training_flop, r.cpu_seconds, r.accuracy, r.recovery, r.attributable] for r in rows],
    )  # fmt: skip


def _curve_name(curve: Curve) -> Sequence[Cell]:
    return [curve.arm, curve.axis, curve.measure]


_CURVE = (
    _ARM,
    Column(key="axis", head="Dose in", words=cast("Mapping[str, str]", AXES)),
    Column(key="measure", head="Of"),
)


def _fits(audit: Audit) -> Table:
    columns = [
        *_CURVE, Column(key="families", head="Families, AICc weight"),
        _number("ceiling", "Ceiling"), _number("ceiling_above_80", "Fits with ceiling ≥ 0.8"),
        _number("per_decade", "Per tenfold dose"), _number("area", "Mean over log dose"),
        _number("held_out_error", "Error at held-out largest dose"),
    ]  # fmt: skip
    rows = []
    for curve in audit.curves:
        families = "; ".join(f"{family.name.replace('_', ' ')} {percent(family.weight)}" for family in curve.families)
        rows.append([
            *_curve_name(curve), families or f"not fitted: {curve.refused}", curve.ceiling, curve.ceiling_above_80,
            curve.per_decade, curve.area, curve.held_out_error,
        ])  # fmt: skip
    return _table(
        "fits", "Dose-response fits", columns, letter="B", rows=rows,
        note="No family is named the law: all are averaged by their weight. The last column is observed minus predicted "
        "when the largest dose is left out of the fit.",
    )  # fmt: skip


def fit_targets(audit: Audit) -> Table:
    """Build the table of doses to 50 % and 80 %, which follows table B."""
    columns = [*_CURVE, Column(key="share", head="Share of the gap"), _number("dose", "Dose")]
    rows = [
        [*_curve_name(curve), percent(target.share), target.dose] for curve in audit.curves for target in curve.targets
    ]
    return _table(
        "targets", "Doses to a share of the gap", columns, rows=rows,
        note="\u201c> x\u201d says only that the dose is above x; with few large doses that is the usual answer.",
    )  # fmt: skip


def _costs(audit: Audit) -> Table:
    sheet = audit.costs
    lines: list[tuple[str, float | str | None]] = [
        ("Queries answered by teachers", sheet.teacher_calls),
        ("Prompt tokens billed", sheet.tokens_in),
        ("Completion tokens billed", sheet.tokens_out),
        ("Completion tokens delivered", sheet.tokens_delivered),
        ("Calls whose tokens are our estimate", sheet.usage_estimated),
        ("Calls refused by the model", sheet.refused),
        ("Calls cut at the length limit", sheet.truncated),
        ("Spend, US dollars", "no price row" if sheet.cost_usd is None else sheet.cost_usd),
        ("Training FLOP, all students", sheet.training_flop),
        ("Training CPU seconds, all students", sheet.training_cpu_seconds),
        ("Replies scored", sheet.evaluation_replies),
    ]
    columns = [Column(key="quantity", head="Quantity"), Column(key="amount", head="Amount", kind="count")]
    return _table(
        "costs", "What the audit itself spent", columns, letter="C", rows=lines,
        note="Meter readings of this audit. Prices are inputs of the plan, each with its date and source.",
    )  # fmt: skip


def prices(audit: Audit) -> Table:
    """Build the dated price rows, which follow table C."""
    columns = [
        Column(key="model", head="Model"), Column(key="usd_per_million_in", head="$ per million in", kind="dollars"),
        Column(key="usd_per_million_out", head="$ per million out", kind="dollars"), Column(key="on", head="Read on"),
        Column(key="source", head="Source"),
    ]  # fmt: skip
    rows = [[p.model, p.usd_per_million_in, p.usd_per_million_out, p.on, p.source] for p in audit.costs.prices]
    return _table("prices", "Price rows", columns, rows=rows)


def _elicitation(audit: Audit) -> Table:
    columns = [
        _DOMAIN,
        Column(key="way", head="Asked"),
        _number("accuracy", "Accuracy"),
        Column(key="chosen", head="Floor"),
    ]
    rows = [
        [row.domain, row.way.replace("_", "-"), row.accuracy, "used" if row.chosen else ""] for row in audit.elicitation
    ]
    return _table(
        "elicitation", "The elicited base", columns, letter="D", rows=rows,
        note="Measured on development items. Recovery counts from the best way of asking, per domain, so that training is "
        "not credited with what a better prompt would have shown.",
    )  # fmt: skip


def _extractors(audit: Audit) -> Table:
    columns = [_ARM, _BUDGET, _number("strict", "Strict"), _number("flexible", "Flexible"),
               _number("confound", "Strict − flexible")]  # fmt: skip
    rows = [[r.arm, r.budget, r.strict, r.flexible, r.confound] for r in audit.extractors]
    return _table(
        "extractors", "Recovery by the way answers are read", columns, letter="E", rows=rows,
        note="Where the two differ, part of the recovery is a matter of format.",
    )  # fmt: skip


def _styles(audit: Audit) -> Table:
    columns = [_ARM, _BUDGET, Column(key="feature", head="Feature"), _number("style", "Style recovery"),
               _number("false_promise_index", "False-promise index")]  # fmt: skip
    rows = [[r.arm, r.budget, r.feature.replace("_", " "), r.style,
             r.false_promise_index if r.feature == "median" else None] for r in audit.styles]  # fmt: skip
    return _table(
        "styles", "Style recovery by feature", columns, letter="F", rows=rows,
        note="Features describe the form of a reply without looking at whether it is right.",
    )  # fmt: skip


def _losses(audit: Audit) -> Table:
    columns = [Column(key="metric", head="Measure"), _number("teacher", "Teacher"), _number("base", "Base"),
               _number("student", "Students")]  # fmt: skip
    rows = [[row.metric, row.teacher, row.base, row.student] for row in audit.losses]
    return _table(
        "losses", "Loss statement", columns, letter="G", rows=rows,
        note=f"What changed besides the target: students of {ARMS[audit.header.headline_arm]} at the largest dose.",
    )  # fmt: skip


def _deviations(audit: Audit) -> Table:
    notes = collect(audit)
    rows: list[Sequence[Cell]] = [
        [f"D{index}", "deviation", text, ""] for index, text in enumerate(audit.deviations, start=1)
    ]
    for kind, among in (("refusal", notes.refusals), ("caution", notes.cautions)):
        rows += [[note.mark, kind, note.text, "; ".join(note.places)] for note in among]
    columns = [Column(key="mark", head="Mark"), Column(key="kind", head="Kind"), Column(key="text", head="In words"),
               Column(key="places", head="Where it stands")]  # fmt: skip
    return _table(
        "deviations_and_refusals", "Deviations, refusals and cautions", columns, letter="H", rows=rows,
        note="Deviations from the plan; numbers the data could not carry, which are not stated rather than guessed; and "
        "what to bear in mind with some that are.",
    )  # fmt: skip


def _limits(audit: Audit) -> Table:
    rows: list[Sequence[Cell]] = [[str(index), text] for index, text in enumerate(audit.limits, start=1)]
    columns = [Column(key="number", head="No."), Column(key="limit", head="Not tried")]
    return _table(
        "limits", "Limits", columns, letter="I", rows=rows,
        note="What a distiller could do that this audit did not try; results understate such a distiller.",
    )  # fmt: skip


def _figure_data(audit: Audit) -> Sequence[Table]:
    return [_points(audit), _waterfall(audit), _rings(audit), _ledger(audit), _fidelity(audit), _bands(audit)]


def _points(audit: Audit) -> Table:
    columns = [_ARM, _BUDGET, _number("recovery", "Recovery"), _number("style", "Style"),
               _number("held_out", "Held out"), _number("fidelity", "Fidelity")]  # fmt: skip
    rows = [[p.arm, p.budget, p.recovery, p.style, p.held_out, p.fidelity] for p in audit.points]
    return _table("points", "Points of figures 1 and 2", columns, rows=rows)


def _waterfall(audit: Audit) -> Table:
    columns = [Column(key="step", head="Step"), _ARM, _number("recovery", "Recovery")]
    rows = [[step.label, step.arm, step.recovery] for step in audit.waterfall]
    return _table("waterfall", "Steps of figure 3", columns, rows=rows)


def _rings(audit: Audit) -> Table:
    columns = [_ARM, _BUDGET, Column(key="ring", head="Ring", words=cast("Mapping[str, str]", RINGS)), _DOMAIN, _number("recovery", "Recovery"),
               _number("floor", "Base"), _number("student", "Students"), _number("teacher", "Teacher")]  # fmt: skip
    rows = [[r.arm, r.budget, r.ring, r.domain, r.recovery, r.floor, r.student, r.teacher]
            for r in audit.rings]  # fmt: skip
    return _table("rings", "Rings of figure 4", columns, rows=rows)


def _ledger(audit: Audit) -> Table:
    columns = [_ARM, _BUDGET, _DOMAIN, _number("recovered", "Recovered"), _number("lost", "Lost"),
               _number("beyond_teacher", "Beyond the teacher")]  # fmt: skip
    rows = [[r.arm, r.budget, r.domain, r.recovered, r.lost, r.beyond_teacher] for r in audit.item_ledger]
    return _table("item_ledger", "Item ledger of figure 5", columns, rows=rows)


def _fidelity(audit: Audit) -> Table:
    columns = [
        _ARM, _BUDGET, _number("accuracy", "Accuracy"), _number("agreement", "Agreement"),
        _number("chance_adjusted", "Chance-adjusted"), _number("error_inheritance", "Error inheritance"),
        _number("error_inheritance_control", "The same, control"),
    ]  # fmt: skip
    rows = [[r.arm, r.budget, r.accuracy, r.agreement, r.chance_adjusted, r.error_inheritance,
             r.error_inheritance_control] for r in audit.fidelity]  # fmt: skip
    return _table("fidelity", "Fidelity of figure 6", columns, rows=rows)


def _bands(audit: Audit) -> Table:
    """Lay out the fitted curves; their ends are those of the averaged fit."""
    columns = [*_CURVE, Column(key="dose", head="Dose", kind="count"), Column(key="centre", head="Centre", kind="count"),
               Column(key="low", head="Low", kind="count"), Column(key="high", head="High", kind="count"),
               Column(key="level", head="Level", kind="count")]  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for curve in audit.curves:
        if curve.band is not None:
            band = curve.band
            rows += [
                [*_curve_name(curve), dose, centre, low, high, audit.header.level]
                for dose, centre, low, high in zip(band.dose, band.centre, band.low, band.high, strict=True)
            ]
    return _table("bands", "Bands of figure 1", columns, rows=rows)
