"""The verdict box of a delay: one sentence, the numbers behind it, and what distillation is said to save."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import AttributableDelay, BenchmarkDelay, DelayReport
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.report.delay_axes import MARKS, Role
from angelshare.report.delay_words import (
    MONTHS,
    criteria_span,
    default_months,
    default_of,
    front,
    kaplan_meier_months,
    matchers,
    panel,
    run_name,
    state,
    unmatched,
)
from angelshare.report.figure_strip import strip
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes, mark_of
from angelshare.report.numbers import count, full, parts, percent
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.words import typeset

_WIDTH = 360.0
_TICKS = 5
"""Ticks of a strip at most."""

_DIFFERENCE = "False promise"
"""Differences lie around 0 and get an axis of their own."""


@record
class DelayLine:
    """One number of the verdict box with its words; the terminal can print the same."""

    name: str
    """What it is called."""

    number: Number
    """The number."""

    meaning: str
    """What it says, in a sentence."""

    unit: str = MONTHS
    """Its unit."""

    role: Role = "closed"
    """How it is drawn."""


def delay_lines(report: DelayReport) -> Sequence[DelayLine]:
    """Give the numbers of the verdict box, in order; the last two only with a run and a campaign."""
    lines = [*_front_lines(report), _false_promise(report), _trend(report)]
    saved = report.attributable
    if saved is not None:
        lines += [
            DelayLine(
                name="Months distillation saves",
                number=saved.months_saved,
                meaning=f"Campaign {saved.campaign}, recovery of {saved.arm} in run {run_name(saved)}.",
            ),
            DelayLine(
                name="Delay left",
                number=saved.delay_left,
                role="open",
                meaning="Months before open weights equal the closed record with distillation, the time that campaign "
                "and training take included.",
            ),
        ]
    return lines


def set_delay_verdict(report: DelayReport, notes: Notes) -> Markup:
    """Set the verdict box."""
    lines = delay_lines(report)
    scale = _scale([line.number for line in lines if line.unit and line.name != _DIFFERENCE])
    delay = front(report)
    items = [
        _number(line, _scale([line.number]) if line.name == _DIFFERENCE else scale, notes, report.level)
        for line in lines
    ]
    spans = [] if delay is None else [_range(report, delay), _waiting(delay)]
    return tag(
        "section",
        {"class": "verdict", "id": "verdict", "aria-labelledby": "verdict-head"},
        tag("h2", {"id": "verdict-head"}, "Verdict"),
        tag("p", {"class": "sentence"}, typeset(report.sentence)),
        _attributed(report.attributable),
        tag("ul", {"class": "numbers"}, *items[:2], *spans, *items[2:]),
        tag(
            "p",
            {"class": "small muted"},
            f"Brackets hold {percent(report.level)} intervals. Strips share one axis, but that of a difference.",
        ),
    )


def _front_lines(report: DelayReport) -> Sequence[DelayLine]:
    delay = front(report)
    if delay is None:
        reason = Refusal(refused="no benchmark in the data")
        return [DelayLine(name="Delay", number=reason, meaning="Months from a closed record to its match."),
                DelayLine(name="Kaplan-Meier median", number=reason, meaning="The same without a model.")]  # fmt: skip
    name = delay.benchmark.name
    default = default_of(report, name)
    meaning = (
        f"{default.name[:1].upper()}{default.name[1:]}; {default.criterion}." if default is not None else "No default."
    )
    return [
        DelayLine(name=f"Delay on {name}", number=default_months(report, delay), meaning=meaning),
        DelayLine(
            name="Kaplan-Meier median",
            number=kaplan_meier_months(report, delay),
            role="open",
            meaning="Months by which half of the closed records were matched; no shape is assumed.",
        ),
    ]


def _false_promise(report: DelayReport) -> DelayLine:
    return DelayLine(
        name=_DIFFERENCE,
        number=report.false_promise,
        meaning="Delay on private minus on public benchmarks: the part of a catch-up that is benchmark targeting.",
    )


def _trend(report: DelayReport) -> DelayLine:
    return DelayLine(
        name="Trend, factor a year", number=report.trend, unit="",
        meaning="Delay of one year’s records over that of the year before; 1 is no trend.",
    )  # fmt: skip


def _number(line: DelayLine, scale: Scale, notes: Notes, level: float) -> Markup:
    printed = parts(line.number, unit=line.unit, level=level)
    mark = mark_of(line.number, notes)
    link = tag("a", {"class": "notes", "href": f"#{mark}"}, mark) if mark else Markup("")
    value = tag("span", {"class": "value"}, printed.value)
    interval = tag("span", {"class": "interval"}, printed.interval, link)
    drawn = strip(line.number, scale, MARKS[line.role][0], ticks=_ticks(scale)) if line.unit else Markup("")
    return tag(
        "li",
        {"class": "refused"} if isinstance(line.number, Refusal) else None,
        tag("div", {"class": "name sans"}, line.name),
        tag("div", {"title": full(line.number, unit=line.unit)}, value, interval),
        tag("div", None, drawn, tag("p", {"class": "meaning sans"}, line.meaning)),
    )


def _scale(numbers: Sequence[Number]) -> Scale:
    low, high = extent(ends(numbers), 0.0, 1.0)
    return Scale(low=low, high=high, start=8, end=_WIDTH - 8)


def _ticks(scale: Scale) -> Sequence[float]:
    ticks = scale.ticks()
    return ticks if len(ticks) <= _TICKS else ticks[::2]


def _range(report: DelayReport, delay: BenchmarkDelay) -> Markup:
    span = criteria_span(report, delay.benchmark.name)
    entries = panel(report, delay.benchmark.name)
    refused = sum(isinstance(entry.months, Refusal) for entry in entries)
    more = f", {count(refused)} more not stated" if refused else ""
    return _words(
        "Range over criteria",
        span or "not stated",
        f"{MONTHS}, {count(len(entries) - refused)} estimators{more}",
        "Point estimates under every criterion of figure 2: not an interval, but what the choice of criterion is "
        "worth.",
    )


def _waiting(delay: BenchmarkDelay) -> Markup:
    waiting = unmatched(delay)
    told = "; ".join(f"{spell.closed}: {state(spell)}" for spell in waiting)
    matched = len(delay.spells) - len(waiting)
    return _words(
        "Not yet matched",
        f"{count(len(waiting))} of {count(len(delay.spells))}",
        f"{count(matched)} matched by {count(matchers(delay))} open releases",
        f"{told}." if told else "Every closed record was matched.",
    )


def _words(name: str, value: str, beneath: str, meaning: str) -> Markup:
    return tag(
        "li",
        None,
        tag("div", {"class": "name sans"}, name),
        tag("div", None, tag("span", {"class": "value"}, value), tag("span", {"class": "interval"}, beneath)),
        tag("div", None, tag("p", {"class": "meaning sans"}, meaning)),
    )


def _attributed(saved: AttributableDelay | None) -> Markup:
    if saved is None:
        return tag(
            "p",
            {"class": "attributed"},
            "What part of this distillation is answerable for is not stated: that takes an audit and a campaign "
            "(--run, --campaign).",
        )
    return tag("p", {"class": "attributed"}, tag("strong", None, "With distillation: "), typeset(saved.sentence))
