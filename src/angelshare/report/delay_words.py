"""What the delay report speaks of: the benchmark in front, its default estimator, the line of what is assumed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import PurePath

from angelshare.core.delay import (
    Access,
    Assumption,
    AttributableDelay,
    BenchmarkDelay,
    DelayEstimate,
    DelayReport,
    Spell,
)
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.govern.delay_words import in_front
from angelshare.report.numbers import at_least, at_most, between, given
from angelshare.stats.delay_cautions import KAPLAN_MEIER, TARGETS, Target, coverage_caution

MONTHS = "months"

ACCESS: dict[Access, str] = {"public": "public questions", "private": "private questions", "": "access not stated"}

_AIMS: dict[Target, str] = {
    "capability": "until open weights could have equalled it",
    "release": "until a release did",
    "levels": "until a release reached a fixed level",
    "open_side": "since the closed frontier stood where an open release does",
}

_SHORTEST = 0.1
"""Months below which nothing can be said of how long a record stood."""


def front(report: DelayReport) -> BenchmarkDelay | None:
    """Choose the benchmark that gets the figures: the one the sentence speaks of, or the first if all are refused."""
    return in_front(report.benchmarks) or next(iter(report.benchmarks), None)


def panel(report: DelayReport, benchmark: str) -> Sequence[DelayEstimate]:
    """Give one benchmark's estimators in the order of the report."""
    return [entry for entry in report.estimators if entry.benchmark == benchmark]


def default_of(report: DelayReport, benchmark: str) -> DelayEstimate | None:
    """Find the estimator that the sentence speaks of on a benchmark; None if it has none."""
    return next((entry for entry in panel(report, benchmark) if entry.default), None)


def kaplan_meier_of(report: DelayReport, benchmark: str) -> DelayEstimate | None:
    """Find the strict Kaplan-Meier estimate of a benchmark; None if it has none."""
    return next((entry for entry in panel(report, benchmark) if entry.name == KAPLAN_MEIER), None)


def default_months(report: DelayReport, delay: BenchmarkDelay) -> Number:
    """Give the default estimator's months on a benchmark, or why there are none."""
    return _stated(delay, default_of(report, delay.benchmark.name))


def kaplan_meier_months(report: DelayReport, delay: BenchmarkDelay) -> Number:
    """Give the Kaplan-Meier median of a benchmark, or why there is none."""
    return _stated(delay, kaplan_meier_of(report, delay.benchmark.name))


def _stated(delay: BenchmarkDelay, entry: DelayEstimate | None) -> Number:
    if entry is not None:
        return entry.months
    return Refusal(refused=delay.refused or "no such estimator in this panel")


def aim(entry: DelayEstimate) -> str:
    """Say which months an estimator counts; "" for one that is not known here."""
    target = TARGETS.get(entry.name)
    return _AIMS[target] if target is not None else ""


def cautioned(entry: DelayEstimate) -> Number:
    """Give an estimator's months with the estimator's own caution, so that a mark beside the number leads to it."""
    if isinstance(entry.months, Refusal) or not entry.caution:
        return entry.months
    return dataclasses.replace(entry.months, caution=entry.caution)


def undercovers(entry: DelayEstimate) -> bool:
    """Say whether simulation showed that the interval holds the truth less often than it says."""
    told = coverage_caution(entry.name)
    return bool(told) and told in entry.caution


def criteria_span(report: DelayReport, benchmark: str) -> str:
    """Say between which values the panel's estimators lie: "2.8 to 7.5"; "" if fewer than two are stated."""
    known = [entry.months for entry in panel(report, benchmark) if isinstance(entry.months, Estimate)]
    if len(known) < 2:  # noqa: PLR2004 - one estimator spans nothing
        return ""
    return between(
        min(known, key=lambda number: number.value), max(known, key=lambda number: number.value), unit=MONTHS
    )


def unmatched(delay: BenchmarkDelay) -> Sequence[Spell]:
    """Give the closed records that no open release has matched."""
    return [spell for spell in delay.spells if spell.matched_on is None]


def matchers(delay: BenchmarkDelay) -> int:
    """Count the distinct open releases that matched any record."""
    return len({spell.matched_by for spell in delay.spells if spell.matched_by is not None})


def run_name(saved: AttributableDelay) -> str:
    """Name the audit by the last part of its path: where it lies on a machine is no one else's matter."""
    return PurePath(saved.run).name or saved.run


def range_end(entry: Assumption, value: float) -> str:
    """Print an end of an assumption's range: as given, or to three digits if it was measured."""
    return given(float(f"{value:.3g}")) if entry.shape == "measured" else given(value)


def state(spell: Spell) -> str:
    """Say in words how long a record stood."""
    if spell.high_months is None:
        return f"not yet matched, {waited(spell)}"
    return f"matched by {spell.matched_by or 'an open release'} after {_stood(spell, spell.high_months)} {MONTHS}"


def waited(spell: Spell) -> str:
    """Say how long a record not yet matched has stood, in words."""
    if spell.low_months < _SHORTEST:
        return "set at the end of the data"
    return f"at least {at_least(spell.low_months)} {MONTHS}"


def _stood(spell: Spell, high: float) -> str:
    return f"{at_least(spell.low_months)} to {at_most(high)}"


def assumed(report: DelayReport, benchmark: str = "", *, criterion: str = "") -> str:
    """Say in one line what a figure rests on; it stands under every one."""
    default = default_of(report, benchmark)
    said = criterion or (default.criterion if default is not None else "")
    parts = [
        f"Data as of {report.as_of}",
        f"criterion: {said}" if said else "",
        f"scale: {benchmark}" if benchmark else "",
    ]
    return f"{'; '.join(part for part in parts if part)}. Release dates, not dates of capability."
