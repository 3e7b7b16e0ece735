"""Strokes and marks of the figures, and how a figure stands in a page or alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from angelshare.core.record import record
from angelshare.core.records import CONTROL_ARMS, ArmKind, Estimate
from angelshare.report.markup import Markup, escape, join, tag
from angelshare.report.palette import figure_rules
from angelshare.report.scales import Scale

Anchor = Literal["", "m", "e"]
"""Text anchor: start, middle, end."""


@record
class Figure:
    """A drawing with the words that belong to it."""

    name: str
    """File stem and id."""

    title: str
    """What it shows, in a phrase."""

    description: str
    """What a reader who cannot see it should know."""

    caption: str
    """How to read it."""

    threat: str
    """What is assumed, one line: the threat model of an audit, the criterion of a delay."""

    width: float
    """SVG units, equal to CSS pixels at full size."""

    height: float
    """SVG units."""

    body: Markup
    """The drawing."""


def inline(figure: Figure) -> Markup:
    """Place a figure in a page that carries `figure_rules`."""
    return _svg(figure, figure.height, [figure.body], {})


def standalone(figure: Figure) -> str:
    """Write a figure as a file of its own, with title, threat model and ground."""
    lines = wrapped(figure.threat, figure.width / 6.1)
    height = figure.height + 44 + 15 * len(lines)
    ground = tag("rect", {"class": "paper", "width": figure.width, "height": height})
    parts = [
        tag("style", None, Markup(figure_rules())),
        ground,
        text(12, 24, figure.title, classes="b"),
        tag("g", {"transform": "translate(0 32)"}, figure.body),
        *(text(12, figure.height + 48 + 15 * index, line, classes="q s") for index, line in enumerate(lines)),
    ]
    drawn = _svg(figure, height, parts, {"xmlns": "http://www.w3.org/2000/svg", "width": f"{figure.width:.0f}"})
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


def line(start: tuple[float, float], end: tuple[float, float], classes: str) -> Markup:
    """Draw a straight stroke."""
    return tag("line", {"class": classes, "x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]})


def path(points: Iterable[tuple[float, float]], classes: str, *, closed: bool = False, clip: str = "") -> Markup:
    """Draw a stroke through `points`; `clip` names a clip path."""
    course = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    extra = {"clip-path": f"url(#{clip})"} if clip else {}
    return tag("path", {"class": classes, "d": f"M{course}{'Z' if closed else ''}", **extra})


def rect(corner: tuple[float, float], size: tuple[float, float], classes: str) -> Markup:
    """Draw a filled box from its upper left corner; sizes below 0 are drawn as 0."""
    return tag("rect", {
        "class": classes, "x": corner[0], "y": corner[1], "width": max(0.0, size[0]), "height": max(0.0, size[1]),
    })  # fmt: skip


def text(x: float, y: float, words: str, *, classes: str = "", anchor: Anchor = "") -> Markup:
    """Set a line of text on its baseline."""
    given = " ".join(part for part in (classes, anchor) if part)
    return tag("text", {"x": x, "y": y, **({"class": given} if given else {})}, words)


def group(title: str, classes: str, *children: str) -> Markup:
    """Group marks under a hover title ("" for none)."""
    named = [tag("title", None, title)] if title else []
    return tag("g", {"class": classes} if classes else None, *named, *children)


def arm_class(arm: ArmKind) -> str:
    """Give the CSS class that colours an arm."""
    return f"a-{arm.replace('_', '-')}"


def hollow(arm: ArmKind) -> bool:
    """Say whether an arm's marks are hollow and its lines dotted: it saw no content of the closed teacher."""
    return arm in CONTROL_ARMS or arm in ("floor", "gold_all")


def marker(arm: ArmKind, at: tuple[float, float], radius: float = 4.5) -> Markup:
    """Draw an arm's mark; shape and filling tell arms apart without colour."""
    x, y = at
    classes = "mo" if hollow(arm) else "mk"
    if arm in ("traces", "self", "floor"):
        return tag("circle", {"class": classes, "cx": x, "cy": y, "r": radius})
    corners = _CORNERS[arm]
    return path([(x + dx * radius * 1.15, y + dy * radius * 1.15) for dx, dy in corners], classes, closed=True)


def whisker(number: Estimate, scale: Scale, across: float, *, upright: bool = True) -> Markup:
    """Draw an interval along `scale` at `across`; an open end runs to the edge of the plot and bears an arrow head."""
    low = scale.inside(number.low) if number.low is not None else scale.start
    high = scale.inside(number.high) if number.high is not None else scale.end
    parts = [line(_turn(low, across, upright), _turn(high, across, upright), "ln t")]
    for bound, place in ((number.low, low), (number.high, high)):
        if bound is None:
            back = place + (5 if place == min(low, high) else -5)
            tip = [
                _turn(back, across - 3.5, upright),
                _turn(place, across, upright),
                _turn(back, across + 3.5, upright),
            ]
            parts.append(path(tip, "ln t"))
        else:
            parts.append(line(_turn(place, across - 2.5, upright), _turn(place, across + 2.5, upright), "ln t"))
    return join(*parts)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions apart to at least `gap`, near where they were wanted and inside [low, high] while they fit."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = list(wanted)
    edge = low
    for index in order:
        placed[index] = max(placed[index], edge)
        edge = placed[index] + gap
    edge = high
    for index in reversed(order):
        placed[index] = min(placed[index], edge)
        edge = placed[index] - gap
    return placed


def shortened(words: str, width: float, size: float = 12.5) -> str:
    """Cut words to about `width` SVG units."""
    fits = max(3, int(width / (0.54 * size)))
    return words if len(words) <= fits else words[: fits - 1].rstrip() + "…"


def empty(name: str, title: str, *, reason: str, threat: str) -> Figure:
    """Stand in for a figure that has nothing to draw, and say why."""
    body = join(
        tag("rect", {"class": "zone", "x": 0.0, "y": 0.0, "width": 760.0, "height": 90.0}),
        text(380, 50, reason, classes="q", anchor="m"),
    )
    return Figure(
        name=name, title=title, description=reason, caption=reason, threat=threat, width=760, height=90, body=body
    )


_CORNERS: dict[ArmKind, Sequence[tuple[float, float]]] = {
    "answers": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "logits": [(0, -1.15), (1, 0.75), (-1, 0.75)],
    "gold": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "gold_all": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "shuffled": [(0, 1.15), (1, -0.75), (-1, -0.75)],
    "open": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "corrupted": [
        (-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4),
        (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4),
    ],
}  # fmt: skip


def _turn(along: float, across: float, upright: bool) -> tuple[float, float]:  # noqa: FBT001 - local shorthand
    return (across, along) if upright else (along, across)


def _svg(figure: Figure, height: float, parts: Sequence[str], extra: dict[str, str]) -> Markup:
    title, description = f"{figure.name}-title", f"{figure.name}-desc"
    attributes = {
        **extra,
        "class": "fig",
        "viewBox": f"0 0 {figure.width:.0f} {height:.0f}",
        "role": "img",
        "aria-labelledby": f"{title} {description}",
    }
    words = tag("desc", {"id": description}, f"{figure.description} {figure.threat}")
    return tag("svg", attributes, tag("title", {"id": title}, figure.title), words, *parts)


def wrapped(words: str, width: float) -> Sequence[str]:
    """Break words into lines of at most `width` characters, where they can be broken: not at a no-break space."""
    lines = [""]
    for word in re.split(r"[ \n\r\t]+", words):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


__all__ = [
    "Figure", "arm_class", "empty", "escape", "group", "hollow", "inline", "line", "marker", "path", "rect",
    "shortened", "spread", "standalone", "text", "whisker", "wrapped",
]  # fmt: skip
