"""The small interval strips of the verdict box."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.audit import Audit
from angelshare.core.records import ArmKind, Estimate, Number
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import plain
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import arm_class, line, marker, text, whisker

_WIDTH, _HEIGHT = 360.0, 34.0


def ratio_scale(audit: Audit) -> Scale:
    """Give the one axis on which the four ratios of the verdict box are drawn."""
    verdict = audit.verdict
    numbers = (verdict.recovery, verdict.attributable_recovery, verdict.false_promise_index, verdict.uplift_over_open)
    low, high = extent(ends(numbers), -0.05, 1.05)
    return Scale(low=low, high=high, start=8, end=_WIDTH - 8)


def dose_scale(audit: Audit) -> Scale:
    """Give a logarithmic axis from the smallest dose to ten times the largest."""
    doses = [point.budget for point in audit.points if point.budget > 0] or [1]
    reach = [end for end in ends([audit.verdict.dose_to_50]) if end > 0]
    return Scale(low=min([*doses, *reach]) / 1.3, high=max([max(doses) * 10.0, *reach]) * 1.3, start=8, end=_WIDTH - 8,
                 log=True)  # fmt: skip


def strip(number: Number, scale: Scale, arm: ArmKind, *, ticks: Sequence[float] = (0.0, 1.0)) -> Markup:
    """Draw one interval in an arm’s colour and mark; screen readers skip it: the number is printed beside it."""
    if not isinstance(number, Estimate):
        return Markup("")
    y = 11.0
    shown = _powers(scale) if scale.log else ticks
    parts = [line((scale.start, y), (scale.end, y), "grid")]
    for tick in shown:
        x = scale.at(tick)
        parts += [line((x, y - 6), (x, y + 6), "axis"), text(x, y + 21, plain(tick), classes="q s", anchor="m")]
    parts.append(_mark(number, scale, y, arm))
    box = {"class": "fig", "viewBox": f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", "aria-hidden": "true"}
    return tag("svg", box, *parts)


def _powers(scale: Scale) -> Sequence[float]:
    """Keep the powers of ten, with what lies between only where there is room."""
    ticks = scale.ticks()
    powers = [tick for tick in ticks if math.log10(tick).is_integer()]
    return powers if len(powers) > 2 else ticks  # noqa: PLR2004 - three powers make an axis


def _mark(number: Estimate, scale: Scale, y: float, arm: ArmKind) -> Markup:
    """Draw the interval; a one-sided answer has no point, since none is claimed."""
    doubt = tag("g", {"class": "bar"}, whisker(number, scale, y, upright=False))
    one_sided = number.low is None or number.high is None
    point = Markup("") if one_sided else marker(arm, (scale.inside(number.value), y), 4.2)
    return tag("g", {"class": arm_class(arm)}, join(doubt, point))
