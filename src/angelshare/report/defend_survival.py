"""Trace survival: how clear a mark still is in what students write, by tactic and dose."""

from __future__ import annotations

from statistics import median

from angelshare.core.defend import DefendReport, TracePoint
from angelshare.report.axes import x_axis, y_axis
from angelshare.report.defend_words import threat_line
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, path, spread, text

_LEFT, _RIGHT, _TOP, _BASE, _WIDTH = 62.0, 560.0, 34.0, 320.0, 790.0
_COLOURS = ("a-traces", "a-answers", "a-logits", "a-shuffled", "a-open", "a-corrupted", "a-gold", "a-self")
_LEVEL = 3.0
"""p = 0.001, drawn as a line."""


def survival(report: DefendReport) -> Figure:
    """Draw -log10 p against the dose, one line per watermark and student."""
    title = "What is left of a mark in the student"
    points = [point for point in report.traces if point.budget > 0 and point.log10_p]
    if not points:
        reason = "No defence of this matrix writes under a key, so there is no trace to follow."
        return empty("trace-survival", title, reason=reason, threat=threat_line(report.header))
    doses = sorted({point.budget for point in points})
    most = max(_LEVEL * 1.5, *(-min(point.log10_p) for point in points)) * 1.05
    x = Scale(low=doses[0] / 1.3, high=doses[-1] * 1.3, start=_LEFT, end=_RIGHT, log=True)
    y = Scale(low=0.0, high=most, start=_BASE, end=_TOP)
    lines: dict[tuple[str, str], list[TracePoint]] = {}
    for point in points:
        lines.setdefault((point.defence, point.student), []).append(point)
    drawn = [
        _course(key, sorted(of, key=lambda one: one.budget), x, y, _COLOURS[k % len(_COLOURS)])
        for k, (key, of) in enumerate(lines.items())
    ]
    ends = [y.inside(-median(max(of, key=lambda one: one.budget).log10_p)) for of in lines.values()]
    labels = [
        group("", _COLOURS[k % len(_COLOURS)], text(_RIGHT + 10, place + 4, ", ".join(key), classes="lb s b"))
        for k, (key, place) in enumerate(zip(lines, spread(ends, 15, _TOP, _BASE), strict=True))
    ]
    level = line((_LEFT, y.at(_LEVEL)), (_RIGHT, y.at(_LEVEL)), "ref")
    axes = [x_axis(x, _BASE, _TOP, title="queries", ticks=doses), y_axis(y, _LEFT, _RIGHT, title="−log₁₀ p, exact")]
    caption = (
        "Median over seeds (line) and every seed (dots) of the exact p-value of the mark in a student’s own "
        "answers; the "
        "dotted line is p = 0.001. Table F has the decoy-key p-values. A trace shows that outputs under the key "
        "were in "
        "the training mix: not who, when, or whether licensed."
    )
    said = "; ".join(
        f"{point.defence}, {point.student}, {count(point.budget)} queries: log10 p {median(point.log10_p):.1f}"
        for point in points
    )
    return Figure(
        name="trace-survival", title=title, description=said, caption=caption, threat=threat_line(report.header),
        width=_WIDTH, height=_BASE + 46, body=join(*axes, level, *drawn, *labels),
    )  # fmt: skip


def _course(key: tuple[str, str], points: list[TracePoint], x: Scale, y: Scale, colour: str) -> Markup:
    middle = [(x.at(point.budget), y.inside(-median(point.log10_p))) for point in points]
    dots = [
        tag("circle", {"class": "dot", "cx": x.at(point.budget), "cy": y.inside(-value), "r": 2.8})
        for point in points
        for value in point.log10_p
    ]
    return group(", ".join(key), colour, path(middle, "ln"), *dots)
