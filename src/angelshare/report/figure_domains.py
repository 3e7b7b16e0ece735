"""The lower panel of figure 4: one arm's recovery by domain, a column per ring."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import RingRow
from angelshare.core.record import record
from angelshare.core.records import Estimate, Ring
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, plain
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import arm_class, group, line, marker, shortened, text, whisker
from angelshare.report.words import ARMS, RINGS, condition

_ROW, _MOST, _LABEL = 19.0, 12, 76.0


@record
class Frame:
    """Where the panel stands, in SVG units."""

    left: float
    """Left edge of the first column."""

    right: float
    """Right edge of the last."""

    top: float
    """Upper edge."""


def panel_height(rows: Sequence[RingRow]) -> float:
    """Give the height the panel needs."""
    return 22 + _ROW * _deepest(rows) + 26


def domain_panel(rows: Sequence[RingRow], present: Sequence[Ring], frame: Frame) -> Markup:
    """Draw each domain's interval under its ring; a ring with more domains than fit says how many are left out."""
    low, high = extent(ends(row.recovery for row in rows), 0.0, 1.0)
    width = (frame.right - frame.left) / len(present)
    parts = [text(frame.left, frame.top + 8, f"{ARMS[rows[0].arm]} by domain", classes="b")]
    for index, ring in enumerate(present):
        start = frame.left + index * width
        x = Scale(low=low, high=high, start=start + _LABEL + 8, end=start + width - 10)
        parts.append(_column([row for row in rows if row.ring == ring], x, frame.top + 22, depth=_deepest(rows)))
        if index:
            foot = frame.top + 22 + _ROW * _deepest(rows)
            parts.append(line((start, frame.top - 6), (start, foot), "grid"))
    return join(*parts)


def _deepest(rows: Sequence[RingRow]) -> int:
    return min(_MOST, max(sum(row.ring == ring for row in rows) for ring in {row.ring for row in rows}))


def _column(rows: Sequence[RingRow], x: Scale, top: float, *, depth: int) -> Markup:
    if not rows:
        return Markup("")
    foot = top + _ROW * depth
    parts = []
    for share in (0.0, 1.0):
        parts.append(line((x.at(share), top), (x.at(share), foot), "axis" if share == 0 else "grid"))
        parts.append(text(x.at(share), foot + 15, plain(share), classes="q s", anchor="m"))
    shown = rows if len(rows) <= depth else rows[: depth - 1]
    parts += [_domain(row, x, top + _ROW * (index + 0.5)) for index, row in enumerate(shown)]
    if len(shown) < len(rows):
        words = f"and {len(rows) - len(shown)} more in rings.csv"
        parts.append(text(x.start - _LABEL, foot - 5, words, classes="q s"))
    return join(*parts)


def _domain(row: RingRow, x: Scale, y: float) -> Markup:
    name = shortened(row.domain.replace("_", " "), _LABEL, 11.5)
    label = text(x.start - 8, y + 4, name, classes="s", anchor="e")
    hover = f"{row.domain}, {RINGS[row.ring]} ring, {condition(row.arm, row.budget)}: recovery {full(row.recovery)}"
    if not isinstance(row.recovery, Estimate):
        return group(hover, "", label, text(x.start + 4, y + 4, "not stated", classes="q s"))
    mark = join(whisker(row.recovery, x, y, upright=False), marker(row.arm, (x.at(row.recovery.value), y), 3.2))
    return group(hover, arm_class(row.arm), label, mark)
