"""Collect every refusal and caution of a delay report, with the places where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from angelshare.core.delay import DelayReport
from angelshare.core.records import Number, Refusal
from angelshare.report.delay_words import cautioned
from angelshare.report.notes import Notes, grouped
from angelshare.report.numbers import count


def collect_delay(report: DelayReport) -> Notes:
    """Group every refusal and caution in `report` by its words."""
    return grouped([*_panel(report), *_benchmarks(report), *_whole(report), *_saved(report)])


def _panel(report: DelayReport) -> Iterator[tuple[str, Number]]:
    for entry in report.estimators:
        twice = sum((other.benchmark, other.name) == (entry.benchmark, entry.name) for other in report.estimators) > 1
        criterion = f", {entry.criterion}" if twice else ""
        yield f"{entry.benchmark}: {entry.name}{criterion}", cautioned(entry)


def _benchmarks(report: DelayReport) -> Iterator[tuple[str, Number]]:
    for delay in report.benchmarks:
        name = delay.benchmark.name
        if delay.refused:
            yield name, Refusal(refused=delay.refused)
        for change in delay.sensitivity:
            yield f"{name}: {change.change}", change.months
            yield f"{name}: {change.change}: Kaplan-Meier", change.kaplan_meier
        for point in delay.survival:
            yield f"{name}: survival at {count(round(point.months, 1))} months", point.share


def _whole(report: DelayReport) -> Iterator[tuple[str, Number]]:
    yield "private minus public", report.false_promise
    yield "trend", report.trend
    for entry in report.areas:
        yield f"area {entry.area or 'not stated'}", entry.months


def _saved(report: DelayReport) -> Iterator[tuple[str, Number]]:
    saved = report.attributable
    if saved is None:
        return
    yield "months saved", saved.months_saved
    yield "delay left", saved.delay_left
    yield "days to target", saved.days_to_target
    yield "days to four fifths", saved.days_to_80
    yield "recovery at the campaign’s dose", saved.recovery
    yield "cost", saved.cost_usd
    for entry in saved.defences:
        yield f"months saved against {entry.defence}", entry.months_saved
        yield f"days to target against {entry.defence}", entry.days_to_target
