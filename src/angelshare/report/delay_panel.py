"""Figures 2, 3 and 5: every estimator beside what others published, every change of the default, every benchmark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from angelshare.core.delay import BenchmarkDelay, DelayEstimate, DelayReport, PublishedLag, Sensitivity
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.delay_axes import WIDTH, Mark, Role, Row, forest, spoken
from angelshare.report.delay_words import (
    ACCESS,
    MONTHS,
    assumed,
    cautioned,
    criteria_span,
    default_months,
    default_of,
    kaplan_meier_months,
    panel,
    undercovers,
)
from angelshare.report.numbers import count, phrase
from angelshare.report.svg import Figure, empty, shortened
from angelshare.stats.delay_cautions import NARROW

_MOST = 26
"""Rows of the sensitivity figure; the table has them all."""

_DAGGER = " † and a hollow mark: simulation shows that this interval holds the truth less often than it says."

_SAID = ("secondary", "remembered")
"""How a figure was checked, where that is less than read at the source."""

_ONE = r"\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_ONE})\s*(?:-|–|to)\s*({_ONE})")
_BARE = re.compile(rf"(?:about |~|≈)?\s*({_ONE})(?: months?)?")
_INTERVAL = re.compile(rf"(?:\d+ ?% ?(?:CI ?)?)?\[?({_ONE})\s*(?:-|–|to|,)\s*({_ONE})\]?(?: months?)?")


def panel_figure(report: DelayReport, delay: BenchmarkDelay) -> Figure:
    """Draw every estimator of one benchmark, refused ones as words, and what others published."""
    name, title = delay.benchmark.name, "The criterion moves the answer: every estimator"
    threat = assumed(report, name, criterion="each row has its own, named under it")
    ours = panel(report, name)
    if not ours:
        reason = shortened(delay.refused, 700) or "No estimator was run on this benchmark."
        return empty("estimators", title, reason=reason, threat=threat)
    rows = [_estimator(entry) for entry in ours]
    if report.published:
        rows += [Row(label="Published figures"), *(_published(entry) for entry in report.published)]
    drawn = forest(rows, title=f"{MONTHS} from a closed record to open weights that equal it", level=report.level,
                   rule=default_months(report, delay))  # fmt: skip
    return Figure(
        name="estimators", title=title, description=f"{name}. {spoken(rows)}", caption=_panel_caption(report, name),
        threat=threat, width=WIDTH, height=drawn.height, body=drawn.body,
    )  # fmt: skip


def sensitivity_figure(report: DelayReport, delay: BenchmarkDelay) -> Figure:
    """Draw the default estimator and Kaplan-Meier under each change."""
    title = "What a tolerance, or one model less, changes"
    threat = assumed(report, delay.benchmark.name)
    if not delay.sensitivity:
        reason = shortened(delay.refused, 700) or "No change was computed on this benchmark."
        return empty("sensitivity", title, reason=reason, threat=threat)
    default = default_of(report, delay.benchmark.name)
    first = Row(
        label="as reported", bold=True,
        marks=_two(default_months(report, delay), kaplan_meier_months(report, delay)),
    )  # fmt: skip
    rows = [first, *(_change(entry) for entry in delay.sensitivity[:_MOST])]
    drawn = forest(rows, title=MONTHS, level=report.level, rule=default_months(report, delay))
    left_out = len(delay.sensitivity) - _MOST
    more = f" {count(left_out)} more changes are in the table of sensitivity." if left_out > 0 else ""
    default_name = default.name if default is not None else "the default estimator"
    return Figure(
        name="sensitivity", title=title, description=f"{default_name}, then Kaplan-Meier. {spoken(rows)}",
        caption=f"Filled circle and printed number: {default_name}; hollow square: the Kaplan-Meier median. The "
        "dotted line is the default as reported. One open release can match many records; leaving it out shows how "
        f"much rests on it.{_DAGGER if any('†' in row.label for row in rows) else ''}{more}",
        threat=threat, width=WIDTH, height=drawn.height, body=drawn.body,
    )  # fmt: skip


def benchmarks_figure(report: DelayReport) -> Figure:
    """Draw the default estimator of every benchmark by capability area, public and private questions apart."""
    title = "Benchmarks compared, public and private"
    threat = (
        f"Data as of {report.as_of}; the default estimator on each benchmark. Release dates, not dates of capability."
    )
    if not report.benchmarks:
        return empty("benchmarks", title, reason="No benchmark in the data.", threat=threat)
    rows: list[Row] = []
    for area in sorted({entry.benchmark.area for entry in report.benchmarks}, key=lambda area: (not area, area)):
        rows.append(Row(label=area.capitalize() or "Area not stated"))
        rows += [_benchmark(report, entry) for entry in report.benchmarks if entry.benchmark.area == area]
        rows += [Row(label=f"over {count(len(found.benchmarks))} benchmarks", bold=True,
                     marks=[Mark(number=found.months, role="closed")])
                 for found in report.areas if found.area == area and len(found.benchmarks) > 1]  # fmt: skip
    drawn = forest(rows, title=MONTHS, level=report.level)
    said = phrase(report.false_promise, unit=MONTHS, level=report.level)
    return Figure(
        name="benchmarks", title=title, description=f"{spoken(rows)} Private minus public: {said}.",
        caption="Filled circle: public questions, or access not stated; hollow diamond: private questions. Where "
        "private benchmarks show the longer delay, part of the apparent catch-up is targeting of public questions: "
        f"the false promise on the side of delay. Private minus public: {said}.",
        threat=threat, width=WIDTH, height=drawn.height, body=drawn.body,
    )  # fmt: skip


def _estimator(entry: DelayEstimate) -> Row:
    weak = undercovers(entry)
    role: Role = "doubtful" if weak else "closed"
    if isinstance(entry.months, Refusal):
        return Row(label=entry.name, small=entry.criterion, words="not stated", beneath=entry.months.refused)
    return Row(label=f"{entry.name} †" if weak else entry.name, small=entry.criterion, bold=entry.default,
               marks=[Mark(number=cautioned(entry), role=role)])  # fmt: skip


def _published(entry: PublishedLag) -> Row:
    marks = _as_marks(entry)
    beneath = "; ".join(part for part in (entry.interval, entry.mark if entry.mark in _SAID else "") if part)
    # the method first: it is what sets the figures of one source apart
    small = ", ".join(part for part in (entry.method, entry.metric, entry.source.on) if part)
    return Row(label=entry.source.title, small=small, marks=marks, words=entry.months, beneath=beneath)


def _as_marks(entry: PublishedLag) -> Sequence[Mark]:
    """Read a published figure where it is plain enough to draw; anything else stays in words, as published."""
    span, bare = _RANGE.fullmatch(entry.months.strip()), _BARE.fullmatch(entry.months.strip())
    if span is not None:
        low, high = float(span[1]), float(span[2])
        return [Mark(number=_given((low + high) / 2, low, high), role="published", drawn="interval")]
    if bare is None:
        return []
    value, found = float(bare[1]), _INTERVAL.fullmatch(entry.interval.strip())
    if found is None:
        return [Mark(number=_given(value, value, value), role="published", drawn="point")]
    return [Mark(number=_given(value, float(found[1]), float(found[2])), role="published")]


def _given(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high, level=1.0, n=0, method="as published")


def _two(default: Number, kaplan_meier: Number) -> Sequence[Mark]:
    return [Mark(number=default, role="closed"), Mark(number=kaplan_meier, role="open")]


def _change(entry: Sensitivity) -> Row:
    narrow = isinstance(entry.months, Estimate) and NARROW in entry.months.caution
    default = Mark(number=entry.months, role="doubtful" if narrow else "closed")
    marks = [default, Mark(number=entry.kaplan_meier, role="open")]
    return Row(label=f"{entry.change} †" if narrow else entry.change, marks=marks)


def _benchmark(report: DelayReport, delay: BenchmarkDelay) -> Row:
    name = delay.benchmark.name
    number = default_months(report, delay)
    small = ACCESS[delay.benchmark.access]
    if delay.refused or isinstance(number, Refusal):
        reason = delay.refused or (number.refused if isinstance(number, Refusal) else "")
        return Row(label=name, small=small, words="not stated", beneath=reason)
    role: Role = "assumed" if delay.benchmark.access == "private" else "closed"
    return Row(label=name, small=small, marks=[Mark(number=number, role=role)])


def _panel_caption(report: DelayReport, name: str) -> str:
    span = criteria_span(report, name)
    said = f" Point estimates run from {span} {MONTHS}." if span else ""
    weak = any(undercovers(entry) for entry in panel(report, name))
    marked = _DAGGER if weak else ""
    others = (
        " Diamonds: figures others published, on their own data and dates, drawn where they are plain numbers."
        if report.published
        else ""
    )
    return (
        "Our rows are from the same data; they differ in what counts as a match and in which months they count "
        "(table A). The shaded row is the default, the dotted line its "
        f"value.{said}{marked}{others}"
    )
