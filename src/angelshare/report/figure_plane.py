"""Figure 2: the false-promise plane, style recovery against capability recovery."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.audit import Audit
from angelshare.core.records import ArmKind, Estimate, RecoveryPoint
from angelshare.report.axes import LineEnd, end_labels, x_axis, y_axis
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import full, phrase
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import Figure, arm_class, empty, group, hollow, line, marker, path, text, whisker
from angelshare.report.words import arms_present, condition, threat_line
from angelshare.stats.published import GUDIBANDE, PublishedPoint

_WIDTH, _HEIGHT = 760.0, 560.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 612.0, 44.0, 514.0
_PROMISE = 0.5
"""Style this far above capability shades the plane: half the gap promised and not kept."""

Placed = tuple[RecoveryPoint, Estimate, Estimate]


def false_promise_plane(audit: Audit) -> Figure:
    """Draw a path per arm over its doses; the diagonal is honest imitation, the corner below it the false promise."""
    title = "What students sound like against what they can do"
    placed = _placed(audit.points)
    if not placed:
        reason = "No point has both a style and a capability recovery; table H says why."
        return empty("false_promise_plane", title, reason=reason, threat=threat_line(audit.header))
    x, y = _scales(placed)
    arms = arms_present(point.arm for point, _, _ in placed)
    last = [_last(placed, arm, x, y) for arm in arms]
    layers = [
        _ground(x, y),
        y_axis(y, _LEFT, _RIGHT, title="capability recovery"),
        x_axis(x, _BOTTOM, _TOP, title="style recovery"),
        _lines(x, y),
        *(_published(point, x, y) for point in GUDIBANDE),
        *(_path(placed, arm, x, y) for arm in arms),
        end_labels(last, _RIGHT + 18, _TOP + 4, _BOTTOM - 4, reach=300),
    ]
    return Figure(
        name="false_promise_plane", title=title, description=_description(placed), caption=_caption(),
        threat=threat_line(audit.header), width=_WIDTH, height=_HEIGHT, body=join(*layers),
    )  # fmt: skip


def _placed(points: Sequence[RecoveryPoint]) -> list[Placed]:
    """Keep the points that have both coordinates, ordered by dose."""
    return [
        (point, point.style, point.recovery)
        for point in sorted(points, key=lambda point: point.budget)
        if isinstance(point.style, Estimate) and isinstance(point.recovery, Estimate)
    ]


def _scales(placed: Sequence[Placed]) -> tuple[Scale, Scale]:
    styles = ends(style for _, style, _ in placed) + [point.style for point in GUDIBANDE if point.style is not None]
    capabilities = ends(value for _, _, value in placed) + [point.recovery for point in GUDIBANDE]
    left, right = extent(styles, -0.08, 1.08)
    low, high = extent(capabilities, -0.25, 1.08)
    return (
        Scale(low=left, high=right, start=_LEFT, end=_RIGHT),
        Scale(low=low, high=high, start=_BOTTOM, end=_TOP),
    )


def _ground(x: Scale, y: Scale) -> Markup:
    """Shade where style runs at least half the gap ahead of capability."""
    turn = min(max(y.low + _PROMISE, x.low), x.high)
    corner = [
        (x.at(turn), y.inside(turn - _PROMISE)),
        (_RIGHT, y.inside(x.high - _PROMISE)),
        (_RIGHT, _BOTTOM),
        (x.at(turn), _BOTTOM),
    ]
    height = y.at(-0.2)
    words = text(_RIGHT - 10, height, "false promise", classes="q b", anchor="e")
    more = text(_RIGHT - 10, height + 16, "the form without the substance", classes="q s", anchor="e")
    return join(path(corner, "zone", closed=True), words, more)


def _lines(x: Scale, y: Scale) -> Markup:
    """Draw the axes through the base and the diagonal of honest imitation."""
    start, end = max(x.low, y.low), min(x.high, y.high)
    slope = (y.at(1) - y.at(0)) / (x.at(1) - x.at(0))
    turn = f"translate({x.at(0.7):.1f} {y.at(0.7) - 7:.1f}) rotate({_degrees(slope):.1f})"
    return join(
        line((_LEFT, y.at(0)), (_RIGHT, y.at(0)), "axis"),
        line((x.at(0), _TOP), (x.at(0), _BOTTOM), "axis"),
        line((x.at(start), y.at(start)), (x.at(end), y.at(end)), "ref"),
        tag("g", {"transform": turn}, text(0, 0, "honest imitation", classes="q s halo", anchor="m")),
        text(x.at(0) + 6, y.at(0) + 15, "the base", classes="q s halo"),
        text(x.at(1) - 6, y.at(1) - 8, "the teacher", classes="q s halo", anchor="e"),
        tag("circle", {"class": "axis", "cx": x.at(0), "cy": y.at(0), "r": 3.5}),
        tag("circle", {"class": "axis", "cx": x.at(1), "cy": y.at(1), "r": 3.5}),
    )


def _degrees(slope: float) -> float:
    return math.degrees(math.atan(slope))


def _published(point: PublishedPoint, x: Scale, y: Scale) -> Markup:
    """Draw a published point as a grey cross, or as a tick at the left edge where its style is not published."""
    if point.style is None:
        height = y.at(point.recovery)
        tick = line((_LEFT, height), (_LEFT + 9, height), "ln w")
        words = text(_LEFT + 14, height + 4, f"{point.label}, style not published", classes="q s halo")
        return group(f"{point.label}: style not published. {point.source}", "grey", tick, words)
    place = (x.at(point.style), y.at(point.recovery))
    cross = [line((place[0] - 5, place[1] - 5), (place[0] + 5, place[1] + 5), "ln"),
             line((place[0] - 5, place[1] + 5), (place[0] + 5, place[1] - 5), "ln")]  # fmt: skip
    label = text(place[0] - 11, place[1] + 4, point.label, classes="q s halo", anchor="e")
    return group(f"{point.label}. {point.source}", "grey", *cross, label)


def _path(placed: Sequence[Placed], arm: ArmKind, x: Scale, y: Scale) -> Markup:
    own = [entry for entry in placed if entry[0].arm == arm]
    course = [(x.at(style.value), y.at(value.value)) for _, style, value in own]
    marks = [path(course, "ln c" if hollow(arm) else "ln")] if len(own) > 1 else []
    for index, ((point, style, value), place) in enumerate(zip(own, course, strict=True)):
        hover = f"{condition(arm, point.budget)}: style {full(style)}. Recovery {full(value)}"
        size = 2.6 + 2.2 * (index + 1) / len(own)
        cross = whisker(style, x, place[1], upright=False), whisker(value, y, place[0])
        marks.append(group(hover, "", *cross, marker(arm, place, size)))
    return group("", arm_class(arm), *marks)


def _last(placed: Sequence[Placed], arm: ArmKind, x: Scale, y: Scale) -> LineEnd:
    _, style, value = [entry for entry in placed if entry[0].arm == arm][-1]
    return LineEnd(arm=arm, x=x.at(style.value), y=y.at(value.value))


def _description(placed: Sequence[Placed]) -> str:
    said = []
    for arm in arms_present(point.arm for point, _, _ in placed):
        point, style, value = [entry for entry in placed if entry[0].arm == arm][-1]
        said.append(f"{condition(arm, point.budget)}: style {phrase(style)}, recovery {phrase(value)}")
    return f"At each arm’s largest dose. {'; '.join(said)}."


def _caption() -> str:
    sources = "; ".join(dict.fromkeys(point.source for point in GUDIBANDE))
    return (
        "Each path follows one arm from its smallest dose (small mark) to its largest (large mark); crosses are "
        "intervals. "
        "On the diagonal a student can do as much as its manner promises. In the shaded corner style is ahead of "
        f"capability by half the gap or more. Grey: students published elsewhere, without intervals ({sources})."
    )
