"""Which tables an audit has, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit
from angelshare.report.columns import ARM, BUDGET, CURVE, DOMAIN, curve_name, data_table, number_column
from angelshare.report.figure_tables import figure_tables
from angelshare.report.notes import collect, places_named
from angelshare.report.numbers import percent
from angelshare.report.scale_tables import divergence_table, logit_table
from angelshare.report.table import Cell, Column, Table
from angelshare.report.words import ARMS, arms_present

_DEVIATIONS = "deviations_and_refusals"


def lettered_tables(audit: Audit, *, whole: bool = False) -> Sequence[Table]:
    """Build tables A to I; unless `whole`, F keeps to the largest doses and H names three places a reason."""
    return [
        _arms(audit), _fits(audit), _costs(audit), _elicitation(audit), _extractors(audit),
        _styles(audit, whole=whole), _losses(audit), _deviations(audit, most=None if whole else 3), _limits(audit),
    ]  # fmt: skip


def all_tables(audit: Audit) -> Sequence[Table]:
    """Build every table, the data behind the figures included."""
    return [*lettered_tables(audit, whole=True), fit_targets(audit), prices(audit), *figure_tables(audit),
            logit_table(audit), divergence_table(audit)]  # fmt: skip


def _arms(audit: Audit) -> Table:
    order = arms_present(row.arm for row in audit.arms)
    rows = sorted(audit.arms, key=lambda row: (order.index(row.arm), row.budget))
    columns = [
        ARM, BUDGET, Column(key="pairs", head="Pairs learned", kind="count"),
        Column(key="students", head="Students", kind="count"),
        Column(key="undertrained", head="Under\u00adtrained", kind="count"),
        Column(key="tokens_billed", head="Tokens billed", kind="count"),
        Column(key="tokens_delivered", head="Tokens delivered", kind="count"),
        Column(key="cost_usd", head="Cost", kind="dollars"),
        Column(key="training_flop", head="Training FLOP", kind="count"),
        Column(key="cpu_seconds", head="CPU seconds", kind="count"),
        number_column("accuracy", "Accuracy"), number_column("recovery", "Recovery"),
        number_column("attributable", "Attributable"),
    ]  # fmt: skip
    return data_table(
        "arms", "Arms and doses", columns, letter="A",
        note="Tokens, cost, FLOP and seconds are meter readings, means over students. Accuracy is on questions of the "
        "queried kinds that were not asked.",
        rows=[[r.arm, r.budget, r.pairs, r.seeds, r.undertrained, r.tokens_billed, r.tokens_delivered, r.cost_usd,
               r.training_flop, r.cpu_seconds, r.accuracy, r.recovery, r.attributable] for r in rows],
    )  # fmt: skip


def _fits(audit: Audit) -> Table:
    columns = [
        *CURVE, Column(key="families", head="Families, AICc weight"),
        number_column("ceiling", "Ceiling"), number_column("ceiling_above_80", "Fits with ceiling ≥ 0.8"),
        number_column("per_decade", "Per tenfold dose"), number_column("area", "Mean over log dose"),
        number_column("held_out_error", "Error at held-out largest dose"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for curve in audit.curves:
        families = "; ".join(
            f"{family.name.replace('_', ' ')} {percent(round(family.weight, 2))}" for family in curve.families
        )
        rows.append([
            *curve_name(curve), families or f"not fitted: {curve.refused}", curve.ceiling, curve.ceiling_above_80,
            curve.per_decade, curve.area, curve.held_out_error,
        ])  # fmt: skip
    return data_table(
        "fits", "Dose-response fits", columns, letter="B", rows=rows,
        note="No family is named the law: all are averaged by their weight. The last column is observed minus "
        "predicted "
        "when the largest dose is left out of the fit.",
    )  # fmt: skip


def fit_targets(audit: Audit) -> Table:
    """Build the table of doses to 50 % and 80 %, which follows table B."""
    columns = [*CURVE, Column(key="share", head="Share of the gap"), number_column("dose", "Dose")]
    rows = [
        [*curve_name(curve), percent(target.share), target.dose] for curve in audit.curves for target in curve.targets
    ]
    return data_table(
        "targets", "Doses to a share of the gap", columns, rows=rows,
        note="\u201c> x\u201d says only that the dose is above x; with few large doses that is the usual answer.",
    )  # fmt: skip


def _costs(audit: Audit) -> Table:
    sheet = audit.costs
    lines: list[Sequence[Cell]] = [
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
    return data_table(
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
    rows: list[Sequence[Cell]] = [
        [p.model, p.usd_per_million_in, p.usd_per_million_out, p.on, p.source] for p in audit.costs.prices
    ]
    return data_table("prices", "Price rows", columns, rows=rows)


def _elicitation(audit: Audit) -> Table:
    columns = [
        DOMAIN,
        Column(key="way", head="Asked"),
        number_column("accuracy", "Accuracy"),
        Column(key="chosen", head="Floor"),
    ]
    rows = [
        [row.domain, row.way.replace("_", "-"), row.accuracy, "used" if row.chosen else ""] for row in audit.elicitation
    ]
    return data_table(
        "elicitation", "The elicited base", columns, letter="D", rows=rows,
        note="Measured on development items. Recovery counts from the best way of asking, per domain, so that "
        "training is "
        "not credited with what a better prompt would have shown.",
    )  # fmt: skip


def _extractors(audit: Audit) -> Table:
    columns = [ARM, BUDGET, number_column("strict", "Strict"), number_column("flexible", "Flexible"),
               number_column("confound", "Strict − flexible")]  # fmt: skip
    rows = [[r.arm, r.budget, r.strict, r.flexible, r.confound] for r in audit.extractors]
    return data_table(
        "extractors", "Recovery by the way answers are read", columns, letter="E", rows=rows,
        note="Where the two differ, part of the recovery is a matter of format.",
    )  # fmt: skip


def _styles(audit: Audit, *, whole: bool) -> Table:
    largest = {arm: max(r.budget for r in audit.styles if r.arm == arm) for arm in {r.arm for r in audit.styles}}
    shown = [row for row in audit.styles if whole or row.budget == largest[row.arm]]
    columns = [ARM, BUDGET, Column(key="feature", head="Feature"), number_column("style", "Style recovery"),
               number_column("false_promise_index", "False-promise index")]  # fmt: skip
    rows = [[r.arm, r.budget, r.feature.replace("_", " "), r.style,
             r.false_promise_index if r.feature == "median" else None] for r in shown]  # fmt: skip
    return data_table(
        "styles", "Style recovery by feature", columns, letter="F", rows=rows,
        note="At each arm’s largest dose; styles.csv has them all. Features describe the form of a reply without "
        "looking at whether it is right.",
    )  # fmt: skip


def _losses(audit: Audit) -> Table:
    columns = [Column(key="metric", head="Measure"), number_column("teacher", "Teacher"), number_column("base", "Base"),
               number_column("student", "Students")]  # fmt: skip
    rows = [[row.metric, row.teacher, row.base, row.student] for row in (*audit.losses, *audit.long_prompts)]
    return data_table(
        "losses", "Loss statement", columns, letter="G", rows=rows,
        note=f"What changed besides the target: students of {ARMS[audit.header.headline_arm]} at the largest dose. "
        "Long prompts are long beside the others of this task; nothing is said about long context in general.",
    )  # fmt: skip


def _deviations(audit: Audit, *, most: int | None) -> Table:
    """Build table H; `most` places are named per reason, all if it is None."""
    notes = collect(audit)
    rows: list[Sequence[Cell]] = [
        [f"D{index}", "deviation", text, ""] for index, text in enumerate(audit.deviations, start=1)
    ]
    for kind, among in (("refusal", notes.refusals), ("caution", notes.cautions)):
        rows += [[note.mark, kind, note.text, places_named(note.places, most, _DEVIATIONS)] for note in among]
    columns = [Column(key="mark", head="Mark"), Column(key="kind", head="Kind"), Column(key="text", head="In words"),
               Column(key="places", head="Where it stands")]  # fmt: skip
    return data_table(
        _DEVIATIONS, "Deviations, refusals and cautions", columns, letter="H", rows=rows,
        note="Deviations from the plan; numbers the data could not carry, which are not stated rather than "
        "guessed; and "
        "what to bear in mind with some that are.",
    )  # fmt: skip


def _limits(audit: Audit) -> Table:
    rows: list[Sequence[Cell]] = [[str(index), text] for index, text in enumerate(audit.limits, start=1)]
    columns = [Column(key="number", head="No."), Column(key="limit", head="Not tried")]
    return data_table(
        "limits", "Limits", columns, letter="I", rows=rows,
        note="What a distiller could do that this audit did not try; results understate such a distiller.",
    )  # fmt: skip
