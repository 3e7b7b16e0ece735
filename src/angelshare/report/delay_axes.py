"""Axes of the delay figures: dates, months, and rows of intervals with their numbers printed beside them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import ArmKind, Estimate, Number
from angelshare.report.axes import x_axis
from angelshare.report.delay_words import MONTHS
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, parts, phrase
from angelshare.report.scales import Scale
from angelshare.report.svg import arm_class, group, line, marker, rect, shortened, text, whisker, wrapped

Role: TypeAlias = Literal["closed", "open", "doubtful", "published", "assumed"]
"""What a mark stands for; each has a colour and a shape of its own."""

MARKS: dict[Role, tuple[ArmKind, ArmKind]] = {
    "closed": ("traces", "traces"),
    "open": ("open", "open"),
    "doubtful": ("traces", "floor"),
    "published": ("answers", "gold"),
    "assumed": ("open", "gold"),
}
"""Colour and shape of a role, borrowed from arms, whose colours a test proves apart."""

WIDTH = 760.0
LEFT, RIGHT = 268.0, 552.0
"""Where the axis of months starts and ends."""

BESIDE = 566.0
"""Where the words on the right start."""

_ROW, _HEAD, _TOP, _NEXT = 38.0, 30.0, 14.0, 14.0
_LABEL, _SMALL = 12.5, 11.5
_REACH, _ROOM, _SLACK = 1.8, 1.5, 1.25
"""An end beyond so many times the usual upper end, and the largest value, is an arrow: it would flatten the rest."""


@record
class Mark:
    """One number of a row."""

    number: Number
    """Where it lies."""

    role: Role
    """How it is drawn."""

    drawn: Literal["both", "point", "interval"] = "both"
    """A figure published without an interval is a point, one published as a range has no point."""


@record
class Row:
    """One line of a forest of intervals; without marks and words it is a heading."""

    label: str
    """What it is."""

    small: str = ""
    """A second, quieter line under the label."""

    marks: Sequence[Mark] = ()
    """Numbers drawn."""

    words: str = ""
    """Printed on the right instead of the first mark's number."""

    beneath: str = ""
    """Printed under it instead of its interval."""

    bold: bool = False
    """The one that the sentence speaks of."""


@record
class Forest:
    """Rows drawn on one axis of months."""

    body: Markup
    """The drawing."""

    height: float
    """SVG units."""


def color(role: Role) -> str:
    """Give the CSS class that colours a role."""
    return arm_class(MARKS[role][0])


def mark(role: Role, at: tuple[float, float], radius: float = 4.5) -> Markup:
    """Draw a role's shape."""
    return marker(MARKS[role][1], at, radius)


def months_scale(numbers: Sequence[Number], start: float, end: float) -> Scale:
    """Give an axis that holds every value, 0, and interval ends as far as they do not flatten the rest."""
    known = [number for number in numbers if isinstance(number, Estimate)]
    values = [number.value for number in known if number.high is not None] + [
        number.low for number in known if number.high is None and number.low is not None
    ]
    tops = sorted(number.high for number in known if number.high is not None)
    bottoms = [number.low for number in known if number.low is not None]
    usual = tops[(len(tops) - 1) // 2] if tops else 0.0
    most = max([1.0, *values])
    limit = max(_REACH * usual, _ROOM * most)
    high = max(most, tops[-1] if tops and tops[-1] <= _SLACK * limit else min(limit, tops[-1] if tops else 0.0))
    least = min([0.0, *values])
    low = max(min([least, *bottoms]), min(least, -high))
    margin = 0.04 * (high - low)
    return Scale(low=low - margin if low < 0 else 0.0, high=high + margin, start=start, end=end)


def cut(number: Estimate, scale: Scale) -> Estimate:
    """Open the ends that lie beyond the axis, so that they are drawn as arrows."""
    low = None if number.low is not None and number.low < scale.low else number.low
    high = None if number.high is not None and number.high > scale.high else number.high
    return dataclasses.replace(number, low=low, high=high)


def forest(rows: Sequence[Row], *, title: str, level: float, rule: Number | None = None) -> Forest:
    """Draw rows of intervals, label left and number right; `rule` is drawn as a line through all rows."""
    scale = months_scale([entry.number for row in rows for entry in row.marks], LEFT, RIGHT)
    grounds, drawn, y = [], [], _TOP
    for row in rows:
        tall = _tall(row, level)
        if row.bold:
            grounds.append(rect((6, y + 1), (WIDTH - 12, tall - 2), "zone"))
        drawn.append(_row(row, y + tall / 2, scale, level))
        y += tall
    through = Markup("")
    if isinstance(rule, Estimate) and rule.high is not None and scale.low <= rule.value <= scale.high:
        through = line((scale.at(rule.value), _TOP), (scale.at(rule.value), y), "ref")
    zero = line((scale.at(0), _TOP), (scale.at(0), y), "axis")
    axis = x_axis(scale, y, _TOP, title=title)
    return Forest(body=join(*grounds, axis, zero, through, *drawn), height=y + 46)


def date_axis(scale: Scale, base: float, top: float) -> Markup:
    """Draw an axis of days (proleptic ordinals) with years named, and quarters where they fit."""
    parts_: list[Markup] = [line((scale.start, base), (scale.end, base), "axis")]
    first, last = dt.date.fromordinal(int(scale.low)), dt.date.fromordinal(int(scale.high))
    years = last.year - first.year + 1
    months = (1, 4, 7, 10) if years <= 3 else (1, 7) if years <= 6 else (1,)  # noqa: PLR2004 - as many as fit
    for year in range(first.year, last.year + 1):
        for month in months:
            day = dt.date(year, month, 1)
            if not scale.low <= day.toordinal() <= scale.high:
                continue
            x = scale.at(day.toordinal())
            parts_.append(line((x, top), (x, base), "grid"))
            name = str(year) if month == 1 else day.strftime("%b")
            parts_.append(text(x, base + 18, name, classes="s b" if month == 1 else "q s", anchor="m"))
    parts_.append(text((scale.start + scale.end) / 2, base + 37, "release date", classes="q", anchor="m"))
    return join(*parts_)


def ordinal(on: str) -> float:
    """Place an ISO date on the axis of days."""
    return float(dt.date.fromisoformat(on).toordinal())


def _row(row: Row, y: float, scale: Scale, level: float) -> Markup:
    if not row.marks and not row.words:
        return text(12, y + 8, shortened(row.label, WIDTH - 24, 14), classes="b halo")
    shown = [_mark(entry, y, scale, len(row.marks), index) for index, entry in enumerate(row.marks)]
    value, beneath = _printed(row, level)
    words = _stack(BESIDE, y, shortened(value, WIDTH - BESIDE, 14), _lines(beneath, WIDTH - BESIDE), bold=True)
    return group(_told(row), "", _label(row, y), *shown, words)


def _tall(row: Row, level: float) -> float:
    if not row.marks and not row.words:
        return _HEAD
    beneath = _printed(row, level)[1]
    most = max(len(_lines(row.small, LEFT - 26)), len(_lines(beneath, WIDTH - BESIDE)))
    return _ROW + _NEXT * max(0, most - 1)


def _label(row: Row, y: float) -> Markup:
    width = LEFT - 26
    if row.small:
        return _stack(12, y, shortened(row.label, width, _LABEL), _lines(row.small, width), bold=row.bold)
    lines = list(wrapped(row.label, int(width / (0.54 * _LABEL))))
    if len(lines) > 2:  # noqa: PLR2004 - what a row holds
        lines = [lines[0], " ".join(lines[1:])]
    top = y + 4 - 7.5 * (len(lines) - 1)
    return join(*(text(12, top + 15 * index, shortened(words, width, _LABEL), classes="b" if row.bold else "")
                  for index, words in enumerate(lines)))  # fmt: skip


def _lines(words: str, width: float) -> Sequence[str]:
    """Break small words into at most two lines, the second cut short if it must be."""
    if not words:
        return []
    lines = list(wrapped(words, int(width / (0.54 * _SMALL))))
    if len(lines) > 2:  # noqa: PLR2004 - what a row holds
        lines = [lines[0], " ".join(lines[1:])]
    return [shortened(part, width, _SMALL) for part in lines]


def _stack(x: float, y: float, head: str, small: Sequence[str], *, bold: bool) -> Markup:
    """Set a line and the quieter lines under it, centred on `y`."""
    top = y + 4 - _NEXT / 2 * len(small)
    under = [text(x, top + 1 + _NEXT * index, part, classes="q s") for index, part in enumerate(small, start=1)]
    return join(text(x, top, head, classes="b" if bold else ""), *under)


def _mark(entry: Mark, y: float, scale: Scale, among: int, index: int) -> Markup:
    number = entry.number
    if not isinstance(number, Estimate):
        return Markup("")
    across = y + (12 * (index - (among - 1) / 2) if among > 1 else 0)
    bounded = number.high is not None or number.low is None
    doubt = whisker(cut(number, scale), scale, across, upright=False) if entry.drawn != "point" else ""
    point = mark(entry.role, (scale.inside(number.value), across)) if bounded and entry.drawn != "interval" else ""
    return group("", color(entry.role), doubt, point)


def _printed(row: Row, level: float) -> tuple[str, str]:
    if row.words:
        return row.words, row.beneath
    first = parts(row.marks[0].number, level=level, least=1)
    return first.value, row.beneath or first.interval


def _told(row: Row) -> str:
    said = "; ".join(full(entry.number, unit=MONTHS) for entry in row.marks)
    name = f"{row.label} ({row.small})" if row.small else row.label
    return f"{name}: {said or f'{row.words} {row.beneath}'.strip()}"


def spoken(rows: Sequence[Row]) -> str:
    """Say a forest's rows in words, for those who cannot see it."""
    said = []
    for row in rows:
        if row.marks:
            said.append(f"{row.label}: {', '.join(phrase(entry.number, unit=MONTHS) for entry in row.marks)}")
        elif row.words:
            said.append(f"{row.label}: {row.words}")
    return f"{'; '.join(said)}."
