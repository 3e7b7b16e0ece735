"""The figure of a watermark test: how small each p-value is, exact and by decoy keys, against the level."""

from __future__ import annotations

import math

from angelshare.core.marks import MarkEvidence, WatermarkReport
from angelshare.report.axes import x_axis
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import hundredths
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, rect, shortened, text

_WIDTH, _END, _TOP, _ROW = 760.0, 690.0, 40.0, 48.0
_LEAST = 4.0
"""Smallest extent of the axis, in decades."""
_LEVEL_EDGE = 520.0
"""Beyond it the level's label stands to the left of its line."""


def p_value_figure(report: WatermarkReport) -> Figure:
    """Draw one row per test: a bar to the exact p-value, a hollow mark at the decoys', a line at the level."""
    title = "How far each test lies from chance"
    if not any(one.n for one in report.evidence):
        return empty("p_values", title, reason="No draw could be scored.", threat=_line(report))
    reach = max([_LEAST, -math.log10(report.level), *(-one.log10_p_value for one in report.evidence)]) * 1.05
    scale = Scale(low=0.0, high=reach, start=14.0, end=_END)
    base = _TOP + _ROW * len(report.evidence) + 6
    rows = [_row(one, scale, _TOP + _ROW * index) for index, one in enumerate(report.evidence)]
    body = join(x_axis(scale, base, _TOP - 16, title="−log₁₀ p"), _level(report, scale, base), *rows)
    return Figure(
        name="p_values", title=title, description=_description(report), caption=_CAPTION, threat=_line(report),
        width=_WIDTH, height=base + 44, body=body,
    )  # fmt: skip


_CAPTION = (
    "Bars end at the exact p-value, hollow marks stand at the one that decoy keys give; decoys cannot resolve anything "
    "smaller than one in their number. Right of the dashed line a test finds the mark at its level."
)


def _row(one: MarkEvidence, scale: Scale, top: float) -> Markup:
    x, y = scale.inside(max(0.0, -one.log10_p_value)), top + 22
    label = text(scale.start, top + 6, shortened(one.test, _END - 90, 11.5), classes="halo s")
    bar = group("", "a-traces", rect((scale.start, y - 6), (x - scale.start, 12), "pale"),
                line((x, y - 8), (x, y + 8), "ln w"))  # fmt: skip
    parts = [
        label,
        bar,
        text(min(x + 8, _END - 20), y + 4, f"p = 10^{hundredths(one.log10_p_value)}", classes="halo s"),
    ]
    if one.decoy_p_value is not None:
        at = scale.inside(-math.log10(one.decoy_p_value))
        parts.append(group("", "amber", tag("circle", {"class": "mo", "cx": at, "cy": y, "r": 4.5})))
    return group(f"{one.test}: log10 p {one.log10_p_value:.4g}, n = {one.n}", "", *parts)


def _level(report: WatermarkReport, scale: Scale, base: float) -> Markup:
    x = scale.at(-math.log10(report.level))
    left = x > _LEVEL_EDGE
    return group(
        "", "grey", line((x, _TOP - 20), (x, base), "ln t d"),
        text(x + (-6 if left else 6), _TOP - 12, f"level {report.level:g}", classes="q s", anchor="e" if left else ""),
    )  # fmt: skip


def _description(report: WatermarkReport) -> str:
    said = "; ".join(f"{one.test}: log10 p {one.log10_p_value:.4g}" for one in report.evidence)
    return f"{report.sentence} {said}."


def _line(report: WatermarkReport) -> str:
    return f"Access: {report.mode}. Level {report.level:g}, fixed beforehand. {report.subject}."
