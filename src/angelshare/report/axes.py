"""Frames, ticks and the labels at the ends of lines, shared by the plots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.record import record
from angelshare.core.records import ArmKind
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import plain
from angelshare.report.scales import Scale
from angelshare.report.svg import arm_class, group, line, path, spread, text
from angelshare.report.words import ARMS

_ALONE = 2
"""More labels than this beside their marks would hide them."""

_NEAR = 12
"""A label this close to its mark needs no leader."""


@record
class LineEnd:
    """Where an arm's line ends, and so where its label belongs."""

    arm: ArmKind
    """The arm."""

    x: float
    """SVG units."""

    y: float
    """SVG units."""


def x_axis(scale: Scale, base: float, top: float, *, title: str, ticks: Sequence[float] = ()) -> Markup:
    """Draw a horizontal axis at `base` with ticks below and faint grid lines up to `top`; none if `top` is `base`."""
    parts = [line((scale.start, base), (scale.end, base), "axis")]
    for value in ticks or scale.ticks():
        x = scale.at(value)
        if top < base:
            parts.append(line((x, top), (x, base), "grid"))
        parts.append(line((x, base), (x, base + 4), "axis"))
        parts.append(text(x, base + 18, plain(value), classes="q s", anchor="m"))
    parts.append(text((scale.start + scale.end) / 2, base + 37, title, classes="q", anchor="m"))
    return join(*parts)


def y_axis(scale: Scale, left: float, right: float, *, title: str) -> Markup:
    """Draw a vertical axis at `left` with faint grid lines to `right`, its title above it."""
    parts = []
    for value in scale.ticks():
        y = scale.at(value)
        parts.append(line((left, y), (right, y), "grid"))
        parts.append(text(left - 8, y + 4, plain(value), classes="q s", anchor="e"))
    parts.append(text(left - 34, scale.end - 14, title, classes="q"))
    return join(*parts)


def end_labels(
    line_ends: Sequence[LineEnd], x: float, low: float, high: float, *, reach: float = math.inf
) -> Markup:  # fmt: skip
    """Name lines in a column at `x`, moved apart where they would touch; one or two past `reach`, at their marks."""
    if sum(x - end.x > reach for end in line_ends) > _ALONE:
        reach = math.inf
    near = [end for end in line_ends if x - end.x <= reach]
    far = [end for end in line_ends if x - end.x > reach]
    places = spread([end.y - 12 for end in far], 15, low, high)
    beside = [
        group("", arm_class(end.arm), text(end.x + 9, y + 4, ARMS[end.arm], classes="lb halo b"))
        for end, y in zip(far, places, strict=True)
    ]
    return join(_column(near, x, low, high), *beside)


def _column(line_ends: Sequence[LineEnd], x: float, low: float, high: float) -> Markup:
    places = spread([end.y for end in line_ends], 15, low, high)
    parts = []
    for end, y in zip(line_ends, places, strict=True):
        leader = path([(end.x + 7, end.y), (x - 12, y), (x - 3, y)], "ln t c lead") if x - end.x > _NEAR else ""
        label = text(x, y + 4, ARMS[end.arm], classes="lb halo b")
        parts.append(group("", arm_class(end.arm), Markup(leader), label))
    return join(*parts)
