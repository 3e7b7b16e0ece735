"""The heat map of a matrix: recovery by defence and student at the largest dose."""

from __future__ import annotations

from angelshare.core.defend import DefendCell, DefendReport
from angelshare.core.records import Estimate
from angelshare.report.defend_words import at_largest, largest_dose, row_name, threat_line
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count, full, parts, percent, phrase
from angelshare.report.svg import Figure, group, rect, shortened, text

_LEFT, _TOP, _ROW, _COLUMN = 168.0, 62.0, 44.0, 104.0
_LEAST = 700.0
"""Width below which a small matrix would be blown up."""
_DARKEST = 0.5
"""Opacity of a full recovery, light enough for ink on it."""


def heat_map(report: DefendReport) -> Figure:
    """Draw one box per defence and student; the darker, the more was recovered."""
    students = list(report.tactics)
    cells = at_largest(report)
    width = max(_LEAST, _LEFT + _COLUMN * len(students) + 12)
    layers = [_heads(students)]
    for place, row in enumerate(report.defences):
        top = _TOP + _ROW * place
        layers.append(text(_LEFT - 12, top + 26, shortened(row_name(row), _LEFT - 20), classes="b s", anchor="e"))
        for column, student in enumerate(students):
            cell = cells.get((row.defence, student))
            if cell is not None:
                layers.append(_box(cell, (_LEFT + _COLUMN * column, top), worst=student == row.worst_student))
    base = _TOP + _ROW * len(report.defences) + 14
    said = "; ".join(f"{c.defence}, {c.student}: {phrase(c.recovery)}" for c in cells.values())
    caption = (
        f"Recovery at {count(largest_dose(report))} queries with its {percent(report.header.level)} interval; the "
        "darker, "
        "the more of the gap was closed. A frame marks each row’s worst case. Controls are learned from by the passive "
        "student alone."
    )
    return Figure(
        name="heat-map", title="Recovery by defence and student", description=said, caption=caption,
        threat=threat_line(report.header), width=width, height=base, body=join(*layers),
    )  # fmt: skip


def _heads(students: list[str]) -> Markup:
    return join(*(
        text(_LEFT + _COLUMN * (k + 0.5), _TOP - 12, shortened(name, _COLUMN), classes="s b", anchor="m")
        for k, name in enumerate(students)
    ))  # fmt: skip


def _box(cell: DefendCell, corner: tuple[float, float], *, worst: bool) -> Markup:
    x, y = corner
    number = cell.recovery
    size = (_COLUMN - 4, _ROW - 4)
    shade = max(0.0, min(1.0, number.value)) * _DARKEST if isinstance(number, Estimate) else 0.0
    fill = tag("rect", {
        "class": "lb", "x": x + 2, "y": y + 2, "width": size[0], "height": size[1], "fill-opacity": f"{shade:.3f}",
    })  # fmt: skip
    frame = tag("rect", {
        "class": "ln w" if worst else "ln t", "x": x + 2, "y": y + 2, "width": size[0], "height": size[1],
        "stroke-opacity": "1" if worst else "0.25",
    })  # fmt: skip
    printed = parts(number)
    middle = x + _COLUMN / 2
    words = [text(middle, y + 19, printed.value, classes="b s", anchor="m")]
    if isinstance(number, Estimate):
        words.append(text(middle, y + 34, printed.interval, classes="s", anchor="m"))
    ground = rect((x + 2, y + 2), size, "paper")
    hover = f"{cell.defence}, {cell.student}: {full(number)}; {cell.verdict}"
    return group(hover, "a-traces", ground, fill, frame, *words)
