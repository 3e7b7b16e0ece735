"""Figure 4: how far from the questions asked the capability reaches."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit, RingRow
from angelshare.core.records import ArmKind, Estimate, Ring
from angelshare.report.axes import LineEnd, end_labels, y_axis
from angelshare.report.figure_domains import Frame, domain_panel, panel_height
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, phrase
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
    text,
    whisker,
)
from angelshare.report.words import ARMS, RING_MEANINGS, RINGS, arms_present, condition, threat_line

_WIDTH, _HEIGHT = 760.0, 430.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 632.0, 34.0, 376.0


def rings(audit: Audit) -> Figure:
    """Draw each arm's recovery in each ring at its largest dose, and below it the headline arm's domains."""
    title = "How far the capability reaches beyond the questions asked"
    rows = last_rows(audit)
    whole = [row for row in rows if row.domain == "all"]
    if not any(isinstance(row.recovery, Estimate) for row in rows):
        reason = "No ring could be stated; table H says why."
        return empty("rings", title, reason=reason, threat=threat_line(audit.header))
    headline = audit.header.headline_arm
    domains = [row for row in rows if row.domain != "all" and row.arm == headline]
    low, high = extent(ends(row.recovery for row in whole), -0.1, 1.08)
    y = Scale(low=low, high=high, start=_BOTTOM, end=_TOP)
    present = [ring for ring in RINGS if any(row.ring == ring for row in rows)]
    arms = arms_present(row.arm for row in whole if isinstance(row.recovery, Estimate))
    layers = [
        y_axis(y, _LEFT, _RIGHT, title="recovery"),
        _columns(whole, present, y),
        line((_LEFT, y.at(0)), (_RIGHT, y.at(0)), "axis"),
        *(_arm([row for row in whole if row.arm == arm], present, y, shift=_shift(arms, arm)) for arm in arms),
        end_labels([_end(whole, arm, present, y, shift=_shift(arms, arm)) for arm in arms], _RIGHT + 14, _TOP, _BOTTOM),
    ]
    height = _HEIGHT
    if domains:
        frame = Frame(left=_LEFT, right=_RIGHT, top=_HEIGHT + 10)
        layers.append(domain_panel(domains, present, frame))
        height += 10 + panel_height(domains)
    return Figure(
        name="rings", title=title, description=_description(whole), caption=_caption(audit, rows),
        threat=threat_line(audit.header), width=_WIDTH, height=height, body=join(*layers),
    )  # fmt: skip


def last_rows(audit: Audit) -> list[RingRow]:
    """Keep each arm's rows at its largest dose."""
    largest = {arm: max(row.budget for row in audit.rings if row.arm == arm) for arm in {r.arm for r in audit.rings}}
    return [row for row in audit.rings if row.budget == largest[row.arm]]


def regressions(audit: Audit) -> list[RingRow]:
    """Give the rows whose whole interval lies below 0: training made the student worse there."""
    return [
        row
        for row in last_rows(audit)
        if isinstance(row.recovery, Estimate) and row.recovery.high is not None and row.recovery.high < 0
    ]


def _place(ring: Ring, present: Sequence[Ring]) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (present.index(ring) + 0.5) / len(present)


def _shift(arms: Sequence[ArmKind], arm: ArmKind) -> float:
    return (arms.index(arm) - (len(arms) - 1) / 2) * min(20.0, 110.0 / len(arms))


def _columns(whole: Sequence[RingRow], present: Sequence[Ring], y: Scale) -> Markup:
    parts = []
    for index, ring in enumerate(present):
        x = _place(ring, present)
        if index:
            edge = x - (_RIGHT - _LEFT) / len(present) / 2
            parts.append(line((edge, _TOP), (edge, _BOTTOM + 40), "grid"))
        if not any(row.ring == ring and isinstance(row.recovery, Estimate) for row in whole):
            parts.append(text(x, (_TOP + _BOTTOM) / 2, "not stated", classes="q", anchor="m"))
        parts.append(text(x, _BOTTOM + 20, RINGS[ring], classes="b", anchor="m"))
        parts.append(text(x, _BOTTOM + 36, RING_MEANINGS[ring], classes="q s", anchor="m"))
    teacher = y.at(1)
    parts.append(line((_LEFT, teacher), (_RIGHT, teacher), "axis"))
    return join(*parts)


def _arm(rows: Sequence[RingRow], present: Sequence[Ring], y: Scale, *, shift: float) -> Markup:
    known = [(row, row.recovery) for row in rows if isinstance(row.recovery, Estimate)]
    known.sort(key=lambda pair: present.index(pair[0].ring))
    course = [(_place(row.ring, present) + shift, y.at(value.value)) for row, value in known]
    marks = [path(course, "ln t c" if hollow(rows[0].arm) else "ln t")] if len(course) > 1 else []
    for (row, value), place in zip(known, course, strict=True):
        hover = f"{condition(row.arm, row.budget)}, {RINGS[row.ring]} ring: recovery {full(value)}"
        marks.append(group(hover, "", whisker(value, y, place[0]), marker(row.arm, place, 4.0)))
    return group("", arm_class(rows[0].arm), *marks)


def _end(whole: Sequence[RingRow], arm: ArmKind, present: Sequence[Ring], y: Scale, *, shift: float) -> LineEnd:
    known = [row for row in whole if row.arm == arm and isinstance(row.recovery, Estimate)]
    last = max(known, key=lambda row: present.index(row.ring))
    value = last.recovery.value if isinstance(last.recovery, Estimate) else 0.0
    return LineEnd(arm=arm, x=_place(last.ring, present) + shift, y=y.at(value))


def _description(whole: Sequence[RingRow]) -> str:
    said = [f"{ARMS[row.arm]}, {RINGS[row.ring]}: {phrase(row.recovery)}" for row in whole]
    return f"Recovery by arm and ring. {'; '.join(said)}."


def _caption(audit: Audit, rows: Sequence[RingRow]) -> str:
    told = "Every arm at its largest dose."
    if any(row.domain != "all" for row in rows):
        told += f" Below: {ARMS[audit.header.headline_arm]} by domain, on an axis from base (0) to teacher (1)."
    lost = regressions(audit)
    if not lost:
        return f"{told} No arm fell below the base in any ring or domain by more than its interval."
    named = "; ".join(
        f"{ARMS[row.arm]} on {row.domain} ({RINGS[row.ring]}): {phrase(row.recovery)}" for row in lost[:6]
    )
    more = f"; and {len(lost) - 6} more in rings.csv" if len(lost) > 6 else ""  # noqa: PLR2004 - a caption holds six
    return f"{told} Worse than the base by more than the interval: {named}{more}."
