"""Figure 4: the share of closed records still unmatched as months pass."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import BenchmarkDelay, DelayReport
from angelshare.core.records import Estimate
from angelshare.report.axes import x_axis, y_axis
from angelshare.report.delay_axes import WIDTH, color, mark
from angelshare.report.delay_words import MONTHS, assumed, kaplan_meier_months, unmatched
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import count, percent, phrase
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, path, shortened, text, whisker

_LEFT, _RIGHT, _TOP, _BASE = 64.0, 728.0, 34.0, 334.0
_HALF, _ROOM = 0.5, 220.0

Known = Sequence[tuple[float, Estimate]]
"""Months and the share that still stands from then on."""


def survival_figure(report: DelayReport, delay: BenchmarkDelay) -> Figure:
    """Draw the Kaplan-Meier curve with its band, the median, and a tick for each record still standing."""
    title = "Share of closed records still ahead of open weights"
    threat = assumed(report, delay.benchmark.name, criterion="strict match, at the date of the matching release")
    known = [(point.months, point.share) for point in delay.survival if isinstance(point.share, Estimate)]
    if not known:
        reason = shortened(delay.refused, 700) or "No survival curve on this benchmark."
        return empty("survival", title, reason=reason, threat=threat)
    waits = [spell.low_months for spell in unmatched(delay)]
    x = Scale(low=0.0, high=1.04 * max([known[-1][0], *waits, 1.0]), start=_LEFT, end=_RIGHT)
    y = Scale(low=0.0, high=1.0, start=_BASE, end=_TOP)
    layers = [
        x_axis(x, _BASE, _BASE, title=f"{MONTHS} since the record was set"),
        y_axis(y, _LEFT, _RIGHT, title="share not yet matched"),
        group("", color("closed"), _band(known, x, y), path(_course(known, x, y), "ln w")),
        *(_tick(wait, known, x, y) for wait in waits),
        _median(report, delay, x, y),
    ]
    return Figure(
        name="survival", title=title, description=_description(known), caption=_caption(report, delay, known),
        threat=threat, width=WIDTH, height=_BASE + 46, body=join(*layers),
    )  # fmt: skip


def _course(known: Known, x: Scale, y: Scale) -> Sequence[tuple[float, float]]:
    """Step through the curve; by definition all records stand at month 0."""
    course, share = [(x.at(0), y.at(1.0))], 1.0
    for months, number in known:
        course += [(x.at(months), y.at(share)), (x.at(months), y.inside(number.value))]
        share = number.value
    return course


def _band(known: Known, x: Scale, y: Scale) -> Markup:
    """Shade between the pointwise ends; an end that is not bounded reaches 0 or 1."""
    upper, lower = [], []
    for (months, number), after in zip(known, [*known[1:], None], strict=True):
        end = after[0] if after is not None else months
        low, high = number.low if number.low is not None else 0.0, number.high if number.high is not None else 1.0
        upper += [(x.at(months), y.inside(high)), (x.at(end), y.inside(high))]
        lower += [(x.at(months), y.inside(low)), (x.at(end), y.inside(low))]
    return path([*upper, *reversed(lower)], "bd", closed=True)


def _standing(months: float, known: Known) -> float:
    return next((number.value for at, number in reversed(known) if at <= months), 1.0)


def _tick(wait: float, known: Known, x: Scale, y: Scale) -> Markup:
    across, height = x.at(wait), y.inside(_standing(wait, known))
    return group("a record not yet matched", color("closed"), line((across, height - 6), (across, height + 6), "ln"))


def _median(report: DelayReport, delay: BenchmarkDelay, x: Scale, y: Scale) -> Markup:
    number = kaplan_meier_months(report, delay)
    half = line((x.start, y.at(_HALF)), (x.end, y.at(_HALF)), "ref")
    if not isinstance(number, Estimate) or number.high is None or not x.low <= number.value <= x.high:
        said = "half of the records: not reached, or not stated"
        return join(half, text(x.end - 4, y.at(_HALF) - 8, said, classes="q s halo", anchor="e"))
    across = x.at(number.value)
    words = f"median {phrase(number, unit=MONTHS, level=report.level)}"
    right = x.end - across > _ROOM  # above to the right of a falling curve, or else below to its left, is free
    side = (across + 12, y.at(_HALF) - 12) if right else (across - 12, y.at(_HALF) + 22)
    label = text(*side, words, classes="b halo", anchor="" if right else "e")
    drop = line((across, y.at(_HALF)), (across, y.start), "ref")
    doubt = whisker(number, x, y.at(_HALF), upright=False)
    return join(half, drop, group("", color("open"), doubt, mark("open", (across, y.at(_HALF)), 3.6)), label)


def _description(known: Known) -> str:
    picked = known[:: max(1, len(known) // 8)]
    said = "; ".join(f"{phrase(number)} after {count(round(months, 1))} {MONTHS}" for months, number in picked)
    return f"Share of closed records not yet matched: {said}."


def _caption(report: DelayReport, delay: BenchmarkDelay, known: Known) -> str:
    number = kaplan_meier_months(report, delay)
    waiting = count(len(unmatched(delay)))
    reached = " It has not fallen to one half." if known[-1][1].value > _HALF else ""
    return (
        f"The Kaplan-Meier share, which falls whenever a match came; the band holds pointwise {percent(report.level)} "
        f"intervals; upright ticks are the {waiting} records not yet matched, at the time they have stood so "
        f"far.{reached} Median: {phrase(number, unit=MONTHS, level=report.level)}."
    )
