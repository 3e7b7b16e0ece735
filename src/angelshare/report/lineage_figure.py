"""The figure of a lineage test: per teacher, the comparison projects as a histogram and the suspect's mark."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from angelshare.core.lineage import LineageReport, TeacherVerdict
from angelshare.report.axes import x_axis
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count, hundredths
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, rect, shortened, text

_WIDTH, _START, _END, _TOP, _ROW, _TALL = 760.0, 14.0, 746.0, 16.0, 74.0, 34.0
_BINS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Widths a bar may have, in units of the score: the first that makes at most `_BARS` of them."""
_BARS = 48
_MOST = 8
"""Teachers drawn; the rest stand in the table."""
_EDGE = 560.0
"""Beyond it the suspect's label stands to the left of its mark."""


def panel_figure(report: LineageReport) -> Figure:
    """Draw one histogram per teacher on one axis, the strongest first."""
    title = "Where the suspect stands among models that no candidate taught"
    shown = [one for one in report.verdicts if one.panel_scores][:_MOST]
    if not shown:
        return empty("panel", title, reason="The panel has no scores to draw.", threat=_line(report))
    every = [score for one in shown for score in (one.score, *one.panel_scores.values())]
    width = next((one for one in _BINS if (max(every) - min(every)) / one <= _BARS), (max(every) - min(every)) / _BARS)
    low, high = math.floor(min(every) / width - 1) * width, math.ceil(max(every) / width + 1) * width
    scale = Scale(low=low, high=high, start=_START, end=_END)
    base = _TOP + _ROW * len(shown)
    most = max(max(_bars(one, width).values()) for one in shown)
    rows = [
        _row(one, scale, _TOP + _ROW * place, bars=_drawn(_bars(one, width), width, scale, most))
        for place, one in enumerate(shown)
    ]
    body = join(
        x_axis(scale, base, _TOP, title="score of being taught, fitted to be 1 for students and −1 for the untaught"),
        *rows,
    )
    left = len(report.verdicts) - len(shown)
    return Figure(
        name="panel", title=title, description=_description(report, shown),
        caption=_CAPTION + (f" {left} weaker teachers stand in table A." if left else ""), threat=_line(report),
        width=_WIDTH, height=base + 46, body=body,
    )  # fmt: skip


_CAPTION = (
    "Bars count the comparison projects by their score of being taught, each judged without itself; the mark is the "
    "suspect, further left the worse a teacher fits. The p-value is the share of them that reach it, the suspect "
    "counted among them."
)


def _bars(one: TeacherVerdict, width: float) -> Counter[int]:
    return Counter(math.floor(score / width) for score in one.panel_scores.values())


def _drawn(bars: Counter[int], width: float, scale: Scale, most: int) -> Sequence[tuple[float, float, float]]:
    """Give place, breadth and height of each bar."""
    breadth = scale.at(width) - scale.at(0.0)
    return [(scale.at(place * width), breadth, _TALL * n / most) for place, n in sorted(bars.items())]


def _row(one: TeacherVerdict, scale: Scale, top: float, *, bars: Sequence[tuple[float, float, float]]) -> Markup:
    foot = top + _ROW - 10
    drawn = [rect((x + 0.5, foot - tall), (breadth - 1, tall), "pale") for x, breadth, tall in bars]
    x = scale.inside(one.score)
    left = x > _EDGE
    said = f"p = {count(one.p_value)}, {one.verdict}"
    mark = group(
        "", "amber", line((x, foot - _TALL - 4), (x, foot), "ln w"),
        tag("circle", {"class": "mk", "cx": x, "cy": foot - _TALL - 4, "r": 4}),
        text(x + (-9 if left else 9), foot - _TALL + 4, said, classes="halo s", anchor="e" if left else ""),
    )  # fmt: skip
    return group(
        f"{one.teacher}: score {hundredths(one.score)}, {said}", "",
        text(_START, top + 8, shortened(one.teacher, 320), classes="halo b s"),
        line((_START, foot), (_END, foot), "axis"), group("", "a-traces", *drawn), mark,
    )  # fmt: skip


def _description(report: LineageReport, shown: Sequence[TeacherVerdict]) -> str:
    said = "; ".join(
        f"{one.teacher}: score {one.score:.2f}, p {one.p_value:.3g}, {one.verdict}, "
        f"panel {min(one.panel_scores.values()):.2f} to {max(one.panel_scores.values()):.2f}"
        for one in shown
    )
    return f"{report.sentence} {said}."


def _line(report: LineageReport) -> str:
    return (
        f"{report.suspect}: {report.n_prompts} prompts; {report.panel.projects} null projects, {report.panel.models} "
        "models. A match is not an accusation."
    )
