"""The tables of a delay report: whole for CSV, the benchmark in front for the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from angelshare.core.delay import BenchmarkDelay, DelayReport
from angelshare.report.columns import data_table, months_column, number_column
from angelshare.report.delay_notes import collect_delay
from angelshare.report.delay_saved_tables import assumptions_table, defences_table, quantities_table, tornado_table
from angelshare.report.delay_verdict import delay_lines
from angelshare.report.delay_words import (
    ACCESS,
    aim,
    cautioned,
    default_months,
    front,
    kaplan_meier_months,
    matchers,
    unmatched,
)
from angelshare.report.notes import places_named
from angelshare.report.table import Cell, Column, Table

_NOTES = "exclusions_and_refusals"
_ONE_BENCHMARK = frozenset({"estimators", "spells", "sensitivity"})
_PLACES = 4
"""Places named per reason on the page."""


def delay_tables(report: DelayReport) -> list[Table]:
    """Give every table with all of its rows, the data behind the figures last."""
    return [
        *_lettered(report, report.benchmarks, most=None),
        quantities_table(report),
        _summary(report), _areas(report), _steps(report), _survival(report), tornado_table(report),
    ]  # fmt: skip


def page_tables(report: DelayReport) -> list[Table]:
    """Give the lettered tables as the page shows them: estimators, spells and changes of the benchmark in front."""
    delay = front(report)
    if delay is None:
        return _lettered(report, [], most=_PLACES)
    shown = _lettered(report, [delay], most=_PLACES)
    return [_about(table, delay.benchmark.name) if table.name in _ONE_BENCHMARK else table for table in shown]


def _about(table: Table, benchmark: str) -> Table:
    """Say the benchmark once in the title instead of in every row."""
    kept = [place for place, column in enumerate(table.columns) if column.key != "benchmark"]
    return dataclasses.replace(
        table,
        title=f"{table.title} on {benchmark}",
        columns=[table.columns[place] for place in kept],
        rows=[[row[place] for place in kept] for row in table.rows],
    )


def _lettered(report: DelayReport, shown: Sequence[BenchmarkDelay], *, most: int | None) -> list[Table]:
    return [
        _estimators(report, shown), _spells(report, shown), _sensitivity(report, shown), _benchmarks(report),
        _published(report), assumptions_table(report, whole=most is None),
        defences_table(report), _notes(report, most=most),
        _inputs(report),
    ]  # fmt: skip


def _others(report: DelayReport, shown: Sequence[BenchmarkDelay], name: str) -> str:
    return f" Other benchmarks: {name}.csv." if len(report.benchmarks) > len(shown) else ""


def _estimators(report: DelayReport, shown: Sequence[BenchmarkDelay]) -> Table:
    names = {delay.benchmark.name for delay in shown}
    columns = [
        Column(key="benchmark", head="Benchmark"), Column(key="name", head="Estimator"),
        Column(key="criterion", head="Criterion"), Column(key="aim", head="Months counted"),
        months_column("months", "Months"),
        Column(key="matched", head="Matched", kind="count"), Column(key="censored", head="Not yet", kind="count"),
        Column(key="matchers", head="Matchers", kind="count"), Column(key="default", head="Default"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [entry.benchmark, entry.name, entry.criterion, aim(entry), cautioned(entry), entry.matched, entry.censored,
         entry.matchers, "yes" if entry.default else ""]
        for entry in report.estimators if entry.benchmark in names
    ]  # fmt: skip
    return data_table(
        "estimators", "Estimators", columns, letter="A", rows=rows,
        note="Every estimator; matchers are the distinct open releases behind it: the independent events."
        + _others(report, shown, "estimators"),
    )  # fmt: skip


def _spells(report: DelayReport, shown: Sequence[BenchmarkDelay]) -> Table:
    columns = [
        Column(key="benchmark", head="Benchmark"), Column(key="closed", head="Closed record"),
        Column(key="set_on", head="Set on", kind="date"), Column(key="score", head="Score", kind="given"),
        Column(key="matched_by", head="Matched by"), Column(key="matched_on", head="On", kind="date"),
        Column(key="low_months", head="Months, at least", kind="hundredths"),
        Column(key="high_months", head="At most", kind="hundredths"), Column(key="state", head="State"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [delay.benchmark.name, spell.closed, spell.set_on, spell.score, spell.matched_by, spell.matched_on,
         spell.low_months, spell.high_months, "matched" if spell.matched_on is not None else "not yet matched"]
        for delay in shown for spell in delay.spells
    ]  # fmt: skip
    return data_table(
        "spells", "Spells of a closed lead", columns, letter="B", rows=rows,
        note="Strict match: the first later open release that scores at least the record. The match came between "
            "the two numbers of months; without an upper one, it had not come by the end of the data."
        + _others(report, shown, "spells"),
    )  # fmt: skip


def _sensitivity(report: DelayReport, shown: Sequence[BenchmarkDelay]) -> Table:
    columns = [
        Column(key="benchmark", head="Benchmark"), Column(key="change", head="Change"),
        months_column("months", "Months, default"), months_column("kaplan_meier", "Months, Kaplan-Meier"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [delay.benchmark.name, entry.change, entry.months, entry.kaplan_meier]
        for delay in shown for entry in delay.sensitivity
    ]  # fmt: skip
    return data_table(
        "sensitivity", "Sensitivity", columns, letter="C", rows=rows,
        note="The default estimator under one change each." + _others(report, shown, "sensitivity"),
    )  # fmt: skip


def _benchmarks(report: DelayReport) -> Table:
    columns = [
        Column(key="benchmark", head="Benchmark"), Column(key="area", head="Area"),
        Column(key="access", head="Questions"), Column(key="unit", head="Unit"),
        Column(key="open_models", head="Open models", kind="count"),
        Column(key="closed_models", head="Closed", kind="count"),
        Column(key="matched", head="Matched", kind="count"), Column(key="censored", head="Not yet", kind="count"),
        Column(key="matchers", head="Matchers", kind="count"),
        months_column("default_months", "Months, default"), months_column("kaplan_meier", "Kaplan-Meier"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for delay in report.benchmarks:
        scale, waiting = delay.benchmark, len(unmatched(delay))
        rows.append([
            scale.name, scale.area, ACCESS[scale.access], scale.unit, delay.open_models, delay.closed_models,
            len(delay.spells) - waiting, waiting, matchers(delay),
            default_months(report, delay), kaplan_meier_months(report, delay),
        ])  # fmt: skip
    return data_table(
        "benchmarks", "Benchmarks", columns, letter="D", rows=rows,
        note="Every benchmark in compact form; estimators, spells and changes of each are in the CSV files.",
    )  # fmt: skip


def _published(report: DelayReport) -> Table:
    columns = [
        Column(key="source", head="Published by"), Column(key="on", head="On", kind="date"),
        Column(key="metric", head="Metric"),
        Column(key="method", head="Method"), Column(key="months", head="Months"),
        Column(key="interval", head="Interval"), Column(key="mark", head="How checked"),
        Column(key="url", head="Address"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [entry.source.title, entry.source.on, entry.metric, entry.method, entry.months, entry.interval, entry.mark,
         entry.source.url]
        for entry in report.published
    ]  # fmt: skip
    return data_table("published", "Figures others published", columns, letter="E", rows=rows,
                      note="As published, on their own data, criteria and dates; not recomputed here.")  # fmt: skip


def _notes(report: DelayReport, *, most: int | None) -> Table:
    notes = collect_delay(report)
    left_out = f"{report.unlabelled} scores left out: weights not labelled; none was guessed"
    rows: list[Sequence[Cell]] = [["D1", "exclusion", left_out, ""]]
    rows += [[f"D{index}", "note", text, ""] for index, text in enumerate(report.notes, start=2)]
    for kind, among in (("refusal", notes.refusals), ("caution", notes.cautions)):
        rows += [[note.mark, kind, note.text, places_named(note.places, most, _NOTES)] for note in among]
    columns = [Column(key="mark", head="Mark"), Column(key="kind", head="Kind"), Column(key="text", head="In words"),
               Column(key="places", head="Where it stands")]  # fmt: skip
    return data_table(
        _NOTES, "Exclusions, refusals and cautions", columns, letter="H", rows=rows,
        note="What was left out or read in a particular way; numbers the data could not carry, which are not stated "
        "rather than guessed; and what to bear in mind with some that are.",
    )  # fmt: skip


def _inputs(report: DelayReport) -> Table:
    columns = [
        Column(key="name", head="File"),
        Column(key="on", head="Dated", kind="date"),
        Column(key="sha256", head="SHA-256"),
    ]
    rows: list[Sequence[Cell]] = [[entry.title, entry.on, entry.url] for entry in report.files]
    return data_table("inputs", "Inputs", columns, letter="I", rows=rows,
                      note="The files read, by the hash of their bytes.")  # fmt: skip


def _summary(report: DelayReport) -> Table:
    columns = [Column(key="name", head="Number"), Column(key="unit", head="Unit"), number_column("number", "Value")]
    rows: list[Sequence[Cell]] = [[line.name, line.unit, line.number] for line in delay_lines(report)]
    return data_table("summary", "The verdict box", columns, rows=rows)


def _areas(report: DelayReport) -> Table:
    columns = [Column(key="area", head="Area"), Column(key="benchmarks", head="Benchmarks"),
               months_column("months", "Months")]  # fmt: skip
    rows: list[Sequence[Cell]] = [[entry.area, "; ".join(entry.benchmarks), entry.months] for entry in report.areas]
    return data_table("areas", "By capability area", columns, rows=rows)


def _steps(report: DelayReport) -> Table:
    columns = [Column(key="benchmark", head="Benchmark"), Column(key="weights", head="Weights"),
               Column(key="model", head="Model"), Column(key="on", head="On", kind="date"),
               Column(key="score", head="Score", kind="given")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [delay.benchmark.name, step.weights, step.model, step.on, step.score]
        for delay in report.benchmarks for step in delay.steps
    ]  # fmt: skip
    return data_table("frontier_steps", "Record lines", columns, rows=rows)


def _survival(report: DelayReport) -> Table:
    columns = [Column(key="benchmark", head="Benchmark"), Column(key="months", head="Months", kind="hundredths"),
               number_column("share", "Share not yet matched")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [delay.benchmark.name, point.months, point.share] for delay in report.benchmarks for point in delay.survival
    ]
    return data_table("survival", "Survival of the closed lead", columns, rows=rows)
