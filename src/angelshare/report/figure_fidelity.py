"""Figure 6: fidelity against accuracy, and whether the teacher's own errors were inherited."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit, FidelityRow
from angelshare.core.records import ArmKind, Estimate
from angelshare.report.axes import LineEnd, end_labels, x_axis, y_axis
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, parts, phrase
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import Figure, arm_class, empty, group, hollow, line, marker, path, text, whisker
from angelshare.report.words import ARMS, arms_present, condition, threat_line

_WIDTH = 760.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 352.0, 40.0, 340.0
_SIDE, _SIDE_END, _ROW = 566.0, 664.0, 38.0

Placed = tuple[FidelityRow, Estimate, Estimate]


def fidelity(audit: Audit) -> Figure:
    """Draw agreement with the teacher against accuracy, beside the share of its errors that students repeat."""
    title = "Right, or merely alike"
    placed = [
        (row, row.accuracy, row.agreement)
        for row in sorted(audit.fidelity, key=lambda row: row.budget)
        if isinstance(row.accuracy, Estimate) and isinstance(row.agreement, Estimate)
    ]
    if not placed:
        reason = "Fidelity could not be stated for any arm; table H says why."
        return empty("fidelity", title, reason=reason, threat=threat_line(audit.header))
    x_low, x_high = extent(ends(accuracy for _, accuracy, _ in placed), 0.0, 1.0)
    y_low, y_high = extent(ends(agreement for _, _, agreement in placed), 0.0, 1.0)
    x = Scale(low=x_low, high=x_high, start=_LEFT, end=_RIGHT)
    y = Scale(low=y_low, high=y_high, start=_BOTTOM, end=_TOP)
    arms = arms_present(row.arm for row, _, _ in placed)
    last = [_last(placed, arm) for arm in arms]
    layers = [
        y_axis(y, _LEFT, _RIGHT, title="agreement with the teacher"),
        x_axis(x, _BOTTOM, _TOP, title="accuracy"),
        line((x.at(0), y.at(0)), (x.at(1), y.at(1)), "ref"),
        *(_path(placed, arm, x, y) for arm in arms),
        end_labels([LineEnd(arm=row.arm, x=x.at(a.value), y=y.at(g.value)) for row, a, g in last],
                   _RIGHT + 16, _TOP + 4, _BOTTOM - 4),
        _inheritance([row for row, _, _ in last]),
    ]  # fmt: skip
    height = max(_BOTTOM + 46, 62 + _ROW * len(last) + 30)
    return Figure(
        name="fidelity", title=title, description=_description(last), caption=_caption(),
        threat=threat_line(audit.header), width=_WIDTH, height=height, body=join(*layers),
    )  # fmt: skip


def _last(placed: Sequence[Placed], arm: ArmKind) -> Placed:
    return [entry for entry in placed if entry[0].arm == arm][-1]


def _path(placed: Sequence[Placed], arm: ArmKind, x: Scale, y: Scale) -> Markup:
    own = [entry for entry in placed if entry[0].arm == arm]
    course = [(x.at(accuracy.value), y.at(agreement.value)) for _, accuracy, agreement in own]
    marks = [path(course, "ln t c" if hollow(arm) else "ln t")] if len(own) > 1 else []
    for index, ((row, accuracy, agreement), place) in enumerate(zip(own, course, strict=True)):
        hover = f"{condition(arm, row.budget)}: accuracy {full(accuracy)}. Agreement {full(agreement)}"
        cross = whisker(accuracy, x, place[1], upright=False), whisker(agreement, y, place[0])
        marks.append(group(hover, "", *cross, marker(arm, place, 2.6 + 1.8 * (index + 1) / len(own))))
    return group("", arm_class(arm), *marks)


def _inheritance(rows: Sequence[FidelityRow]) -> Markup:
    """Draw the share of the teacher's wrong answers repeated, with the no-teacher control as a hollow mark."""
    x = Scale(low=0.0, high=1.0, start=_SIDE, end=_SIDE_END)
    base = 62 + _ROW * len(rows)
    head = [text(_SIDE - 78, 18, "error inheritance", classes="b"),
            text(_SIDE - 78, 35, "share of the teacher’s errors repeated", classes="q s")]  # fmt: skip
    frame = []
    for share, words in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
        frame.append(line((x.at(share), 52), (x.at(share), base), "axis" if share == 0 else "grid"))
        frame.append(text(x.at(share), base + 16, words, classes="q s", anchor="m"))
    drawn = [_inherited(row, x, 62 + _ROW * (index + 0.5)) for index, row in enumerate(rows)]
    return join(*head, *frame, *drawn)


def _inherited(row: FidelityRow, x: Scale, y: float) -> Markup:
    label = text(_SIDE - 10, y + 4, ARMS[row.arm], classes="s", anchor="e")
    own, control = row.error_inheritance, row.error_inheritance_control
    hover = f"{condition(row.arm, row.budget)}: error inheritance {full(own)}. No-teacher control {full(control)}"
    marks: list[str] = []
    if isinstance(control, Estimate):
        marks.append(
            group(
                "", "grey", whisker(control, x, y + 6, upright=False), marker("self", (x.at(control.value), y + 6), 3)
            )
        )
    if isinstance(own, Estimate):
        marks += [whisker(own, x, y - 4, upright=False), marker(row.arm, (x.at(own.value), y - 4), 3.6)]
        marks.append(text(_SIDE_END + 12, y - 2, parts(own).value, classes="s b"))
        marks.append(text(_SIDE_END + 12, y + 11, parts(own).interval, classes="q s"))
    else:
        marks.append(text(_SIDE + 6, y + 1, "not stated", classes="q s"))
    return group(hover, arm_class(row.arm), label, *marks)


def _description(last: Sequence[Placed]) -> str:
    said = [
        f"{ARMS[row.arm]}: accuracy {phrase(accuracy)}, agreement {phrase(agreement)}, "
        f"error inheritance {phrase(row.error_inheritance)}"
        for row, accuracy, agreement in last
    ]
    return f"At each arm’s largest dose. {'; '.join(said)}."


def _caption() -> str:
    return (
        "Left: on the dotted line agreement equals accuracy, as when the teacher is always right; above it "
        "students agree "
        "with the teacher where both are wrong. Right: of the items student and teacher both get wrong, the "
        "share on which "
        "the student gives the teacher’s own wrong answer; the grey mark is the same for the no-teacher control."
    )
