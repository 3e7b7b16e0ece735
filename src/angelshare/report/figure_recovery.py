"""Figure 1: recovery against dose, with bands, controls and the zone in which nothing is claimed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from angelshare.core.audit import Audit, Band, Curve
from angelshare.core.record import record
from angelshare.core.records import ArmKind, Estimate, RecoveryPoint
from angelshare.report.axes import LineEnd, end_labels, x_axis, y_axis
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count, full, percent, phrase
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import (
    Figure,
    arm_class,
    empty,
    group,
    hollow,
    line,
    marker,
    path,
    rect,
    text,
    whisker,
)
from angelshare.report.words import ARMS, arms_present, condition, threat_line

_WIDTH, _HEIGHT = 760.0, 470.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 632.0, 44.0, 424.0
_TICK_GAP = 44
"""Least distance between tick labels."""

_BAND_FLOOR, _BAND_ROOF = -1.0, 2.0
"""A band that runs further than this is cut at the edge of the plot (its mark says so); points never are."""


@record
class _Plot:
    """What the layers share."""

    x: Scale
    """Doses."""

    y: Scale
    """Recovery."""

    largest: float
    """Largest dose measured."""

    limit: float
    """Dose beyond which nothing is claimed."""

    dodge: Mapping[ArmKind, float]
    """Sideways shift of each arm's marks, so that intervals at one dose do not hide each other."""


def recovery_curve(audit: Audit) -> Figure:
    """Draw recovery against queries: an arm a line, a seed a dot, the averaged fit a band."""
    points = [point for point in audit.points if point.budget > 0]
    title = "Recovery of the gap between base and teacher, against queries"
    if not any(isinstance(point.recovery, Estimate) for point in points):
        reason = "No recovery could be stated at any dose; table H says why."
        return empty("recovery_curve", title, reason=reason, threat=threat_line(audit.header))
    curves = _curves(audit)
    plot = _plot(audit, points, curves)
    arms = arms_present(point.arm for point in points)
    layers = [
        _zones(plot),
        y_axis(plot.y, _LEFT, _RIGHT, title="recovery"),
        x_axis(plot.x, _BOTTOM, _BOTTOM, title="queries per student (logarithmic)", ticks=_ticks(points, plot)),
        _levels(plot),
        *(_band(curves[arm], plot) for arm in arms if arm in curves),
        _half_dose(audit, plot),
        *(_arm(audit, points, arm, curves.get(arm), plot) for arm in arms),
        end_labels([_line_end(points, arm, curves.get(arm), plot) for arm in arms if _known(points, arm)],
                   _RIGHT + 14, _TOP + 4, _BOTTOM - 4),
    ]  # fmt: skip
    return Figure(
        name="recovery_curve", title=title, description=_description(points), caption=_caption(audit, curves),
        threat=threat_line(audit.header), width=_WIDTH, height=_HEIGHT, body=join(*layers),
    )  # fmt: skip


def _curves(audit: Audit) -> Mapping[ArmKind, Curve]:
    return {
        curve.arm: curve
        for curve in audit.curves
        if curve.axis == "queries" and curve.measure == "recovery" and curve.band is not None
    }


def _plot(audit: Audit, points: Sequence[RecoveryPoint], curves: Mapping[ArmKind, Curve]) -> _Plot:
    doses = [point.budget for point in points]
    largest = float(max(doses))
    limit = max((curve.claim_limit for curve in curves.values()), default=largest)
    x = Scale(low=min(doses) / 1.5, high=limit * 2.0, start=_LEFT, end=_RIGHT, log=True)
    drawn = [dot.recovery for dot in audit.dots] + ends(point.recovery for point in points)
    for curve in curves.values():
        if curve.band is not None:
            reach = [*curve.band.low, *curve.band.high, *curve.band.centre]
            drawn += [min(max(value, _BAND_FLOOR), _BAND_ROOF) for value in reach]
    low, high = extent(drawn, -0.1, 1.08)
    arms = arms_present(point.arm for point in points)
    shift = min(8.0, 40.0 / len(arms))
    dodge = {arm: (index - (len(arms) - 1) / 2) * shift for index, arm in enumerate(arms)}
    return _Plot(x=x, y=Scale(low=low, high=high, start=_BOTTOM, end=_TOP), largest=largest, limit=limit, dodge=dodge)


def _ticks(points: Sequence[RecoveryPoint], plot: _Plot) -> Sequence[float]:
    """Tick the doses that were measured and the claim limit, the larger first where there is no room for all."""
    kept: list[float] = []
    for dose in sorted({float(point.budget) for point in points} | {plot.limit}, reverse=True):
        if not kept or plot.x.at(kept[-1]) - plot.x.at(dose) >= _TICK_GAP:
            kept.append(dose)
    return kept


def _zones(plot: _Plot) -> Markup:
    """Shade what lies beyond the claim limit and name the three zones."""
    edge, limit = plot.x.at(plot.largest) + max(plot.dodge.values()) + 8, plot.x.at(plot.limit)
    limit = max(limit, edge)
    height = _BOTTOM - _TOP
    parts = [rect((limit, _TOP), (_RIGHT - limit, height), "zone")]
    hatch = [path([(limit, y), (_RIGHT, y - (_RIGHT - limit))], "hatch", clip="recovery-plot")
             for y in range(int(_TOP), int(_BOTTOM + (_RIGHT - limit)), 9)]  # fmt: skip
    plot_area = tag("clipPath", {"id": "recovery-plot"}, rect((_LEFT, _TOP), (_RIGHT - _LEFT, height), ""))
    parts += [plot_area, *hatch, text((limit + _RIGHT) / 2, _TOP - 6, "no claim", classes="q s", anchor="m")]
    parts.append(text((_LEFT + edge) / 2, _TOP - 6, "measured", classes="q s", anchor="m"))
    if limit > edge:
        parts.append(line((edge, _TOP - 12), (edge, _BOTTOM), "grid"))
        parts.append(text((edge + limit) / 2, _TOP - 6, "extrapolated", classes="q s", anchor="m"))
    return join(*parts)


def _levels(plot: _Plot) -> Markup:
    """Draw the lines of base, half, 80 % and teacher."""
    parts = []
    for share, words in ((0.0, "the base"), (0.5, "half the gap"), (0.8, "80\u00a0%"), (1.0, "the teacher")):
        y = plot.y.at(share)
        parts.append(line((_LEFT, y), (_RIGHT, y), "axis" if share in (0.0, 1.0) else "ref"))
        if share:
            parts.append(text(_LEFT + 6, y - 5, words, classes="q s halo"))
    return join(*parts)


def _band(curve: Curve, plot: _Plot) -> Markup:
    band = curve.band
    if band is None:
        return Markup("")
    upper = [(plot.x.at(dose), plot.y.at(value)) for dose, value in zip(band.dose, band.high, strict=True)]
    lower = [(plot.x.at(dose), plot.y.at(value)) for dose, value in zip(band.dose, band.low, strict=True)]
    outline = path([*upper, *reversed(lower)], "bd", closed=True, clip="recovery-plot")
    within, beyond = _split(band, curve.largest_dose)
    dots = " c" if hollow(curve.arm) else ""
    centre = [
        path([(plot.x.at(dose), plot.y.at(value)) for dose, value in part], f"ln{kind}", clip="recovery-plot")
        for part, kind in ((within, f" w{dots}"), (beyond, " d"))
        if len(part) > 1
    ]
    weights = ", ".join(
        f"{family.name.replace('_', ' ')} {percent(round(family.weight, 2))}" for family in curve.families
    )
    return group(f"{ARMS[curve.arm]}: average of {weights} by AICc weight", arm_class(curve.arm), outline, *centre)


def _split(band: Band, largest: float) -> tuple[Sequence[tuple[float, float]], Sequence[tuple[float, float]]]:
    """Cut the centre line at the largest dose, interpolating there so that the two parts meet."""
    course = list(zip(band.dose, band.centre, strict=True))
    within = [pair for pair in course if pair[0] <= largest]
    beyond = [pair for pair in course if pair[0] > largest]
    if within and beyond and within[-1][0] < largest:
        (dose, value), (after, then) = within[-1], beyond[0]
        share = math.log(largest / dose) / math.log(after / dose)
        within.append((largest, value + share * (then - value)))
    return within, [*within[-1:], *beyond]


def _arm(
    audit: Audit, points: Sequence[RecoveryPoint], arm: ArmKind, curve: Curve | None, plot: _Plot
) -> Markup:  # fmt: skip
    shift = plot.dodge[arm]
    known = _known(points, arm)
    marks = []
    if curve is None and len(known) > 1:
        course = [(plot.x.at(point.budget) + shift, plot.y.at(value.value)) for point, value in known]
        marks.append(path(course, "ln t c" if hollow(arm) else "ln"))
    for point, value in known:
        x = plot.x.at(point.budget) + shift
        hover = f"{condition(arm, point.budget)}: recovery {full(value)}"
        marks.append(group(hover, "", whisker(value, plot.y, x), marker(arm, (x, plot.y.at(value.value)), 3.6)))
    for dot in audit.dots:
        if dot.arm == arm and dot.budget > 0:
            aside = 2.6 if dot.seed % 2 else -2.6
            place = {"cx": plot.x.at(dot.budget) + shift + aside, "cy": plot.y.at(dot.recovery), "r": 1.5}
            marks.append(tag("circle", {"class": "dot", **place}))
    return group("", arm_class(arm), *marks)


def _known(points: Sequence[RecoveryPoint], arm: ArmKind) -> list[tuple[RecoveryPoint, Estimate]]:
    own = sorted((point for point in points if point.arm == arm), key=lambda point: point.budget)
    return [(point, point.recovery) for point in own if isinstance(point.recovery, Estimate)]


def _line_end(points: Sequence[RecoveryPoint], arm: ArmKind, curve: Curve | None, plot: _Plot) -> LineEnd:
    if curve is not None and curve.band is not None:
        return LineEnd(arm=arm, x=plot.x.inside(curve.band.dose[-1]), y=plot.y.inside(curve.band.centre[-1]))
    point, value = _known(points, arm)[-1]
    return LineEnd(arm=arm, x=plot.x.at(point.budget) + plot.dodge[arm], y=plot.y.at(value.value))


def _half_dose(audit: Audit, plot: _Plot) -> Markup:
    """Mark the interval of the dose to half the gap on the line of half the gap."""
    dose = audit.verdict.dose_to_50
    if not isinstance(dose, Estimate) or dose.value <= 0 or (dose.low or dose.value) >= plot.x.high:
        return Markup("")
    y = plot.y.at(0.5)
    bar = join(whisker(dose, plot.x, y, upright=False), _point(dose, plot, y))
    return group(f"Dose to half the gap: {full(dose, unit='queries')}", f"{arm_class(audit.header.headline_arm)}", bar)


def _point(dose: Estimate, plot: _Plot, y: float) -> Markup:
    """Tick the dose itself, unless the answer is one-sided and no point is claimed."""
    if dose.low is None or dose.high is None or dose.value > plot.x.high:
        return Markup("")
    x = plot.x.inside(dose.value)
    return line((x, y - 5), (x, y + 5), "ln w")


def _description(points: Sequence[RecoveryPoint]) -> str:
    said = []
    for arm in arms_present(point.arm for point in points):
        known = _known(points, arm)
        if known:
            point, value = known[-1]
            said.append(f"{condition(arm, point.budget)}: {phrase(value)}")
    return f"Recovery at each arm’s largest dose. {'; '.join(said)}."


def _caption(audit: Audit, curves: Mapping[ArmKind, Curve]) -> str:
    missing = sum(not isinstance(point.recovery, Estimate) for point in audit.points)
    seeds = (
        "Each small dot is one student; each mark is the estimate over seeds and items with its "
        f"{percent(audit.header.level)} interval. Filled marks learned from the closed teacher, hollow ones are "
        "controls."
    )
    told = [seeds]
    if curves:
        limit = max(curve.claim_limit for curve in curves.values())
        told.append(
            "Lines with a band are dose-response families averaged by AICc weight: solid where there are data, dashed "
            f"beyond them. Past {count(limit)} queries, ten times the largest dose, nothing is claimed."
        )
    else:
        told.append("No dose-response curve could be fitted, so nothing is claimed beyond the largest dose.")
    if missing:
        told.append(f"{missing} of {len(audit.points)} points are not stated; table H says why.")
    return " ".join(told)
