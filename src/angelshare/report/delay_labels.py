"""Names beside marks: placed where nothing else is, left out where there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.record import record
from angelshare.report.markup import Markup, join
from angelshare.report.svg import Anchor, group, shortened, text

_ADVANCE, _TALL = 6.3, 13.0
"""Width of a character and height of a line at the small size."""

_LONGEST = 150.0


@record
class Wanted:
    """A name that would like to stand beside a mark."""

    words: str
    """The name."""

    x: float
    """Where its mark lies."""

    y: float
    """Where its mark lies."""

    above: bool
    """Whether the free side is above and left of the mark; else below and right."""

    classes: str
    """CSS class that colours it."""


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def place(wanted: Sequence[Wanted], taken: Sequence[Box], frame: Box, *, most: int) -> Markup:
    """Set at most `most` names, the first ones first, none over another, over a box taken, or out of the frame."""
    boxes = list(taken)
    placed: list[Markup] = []
    for entry in wanted:
        if len(placed) == most:
            break
        found = _free(entry, boxes, frame)
        if found is not None:
            box, drawn = found
            boxes.append(box)
            placed.append(drawn)
    return join(*placed)


def _free(entry: Wanted, boxes: Sequence[Box], frame: Box) -> tuple[Box, Markup] | None:
    words = shortened(entry.words, _LONGEST, 11.5)
    width = len(words) * _ADVANCE
    for dx, dy, anchor in _ABOVE if entry.above else _BELOW:
        x, y = entry.x + dx, entry.y + dy
        left = x - (width if anchor == "e" else width / 2 if anchor == "m" else 0)
        box = (left, y - _TALL + 2, left + width, y + 3)
        if _inside(box, frame) and not any(_touch(box, other) for other in boxes):
            return box, group("", entry.classes, text(x, y, words, classes="lb s halo", anchor=anchor))
    return None


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


_ABOVE: Sequence[tuple[float, float, Anchor]] = (
    (-7, -4, "e"), (-7, 4, "e"), (-4, -12, "e"), (0, -10, "m"), (-7, -18, "e"), (-4, -26, "e"), (-4, -40, "e"),
)  # fmt: skip
_BELOW: Sequence[tuple[float, float, Anchor]] = (
    (8, 13, ""), (8, 5, ""), (6, 22, ""), (0, 20, "m"), (8, 32, ""), (8, 46, ""), (8, 60, ""),
)  # fmt: skip
