"""The frontier: what a defence takes from students against what it takes from honest users."""

from __future__ import annotations

from angelshare.core.defend import DefenceRow, DefendReport
from angelshare.core.records import Estimate, Number
from angelshare.report.axes import x_axis, y_axis
from angelshare.report.defend_words import NONE, at_largest, largest_dose, row_name, threat_line
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count, full, percent, phrase
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import Figure, empty, group, line, spread, text, whisker

_LEFT, _RIGHT, _TOP, _BASE, _WIDTH = 62.0, 600.0, 34.0, 392.0, 790.0


def frontier(report: DefendReport) -> Figure:
    """Draw each defence twice: against the passive student (ring) and against the worst case (disc)."""
    title = "What a defence takes from students, and from honest users"
    passive = _passive(report)
    rows = [
        row
        for row in report.defences
        if row.defence != NONE and isinstance(row.teacher_loss, Estimate) and isinstance(row.reduction, Estimate)
    ]
    if not rows:
        reason = "No defence has both a loss and a reduction that could be stated."
        return empty("frontier", title, reason=reason, threat=threat_line(report.header))
    x = _scale([row.teacher_loss for row in rows], 0.0, 0.1, (_LEFT, _RIGHT))
    y = _scale([number for row in rows for number in (row.reduction, passive[row.defence])], -0.1, 0.3, (_BASE, _TOP))
    layers = [
        x_axis(x, _BASE, _TOP, title="accuracy that honest users lose"),
        y_axis(y, _LEFT, _RIGHT, title="reduction of recovery, share of the gap"),
        line((_LEFT, y.at(0.0)), (_RIGHT, y.at(0.0)), "axis"),
        *(_marks(row, passive[row.defence], x, y) for row in rows),
        _labels(rows, x, y),
    ]
    return Figure(
        name="frontier", title=title, description=_description(rows), caption=_caption(report),
        threat=threat_line(report.header), width=_WIDTH, height=_BASE + 46, body=join(*layers),
    )  # fmt: skip


def _passive(report: DefendReport) -> dict[str, Number]:
    """Map each defence to the reduction of the first, passive student."""
    first = next(iter(report.tactics))
    return {defence: cell.reduction for (defence, student), cell in at_largest(report).items() if student == first}


def _scale(numbers: list[Number], low: float, high: float, ends_at: tuple[float, float]) -> Scale:
    """Hold all point values, and interval ends as far as they do not dwarf them."""
    values = [number.value for number in numbers if isinstance(number, Estimate)]
    reach = [end for end in ends(numbers) if abs(end) <= max(1.0, 2 * max(map(abs, values)))]
    least, most = extent([*values, *reach], low, high)
    return Scale(low=least, high=most, start=ends_at[0], end=ends_at[1])


def _marks(row: DefenceRow, passive: Number, x: Scale, y: Scale) -> Markup:
    if not isinstance(row.teacher_loss, Estimate) or not isinstance(row.reduction, Estimate):
        return Markup("")
    at = x.inside(row.teacher_loss.value)
    worst = y.inside(row.reduction.value)
    parts = [
        whisker(row.teacher_loss, x, worst, upright=False), whisker(row.reduction, y, at),
        tag("circle", {"class": "mk", "cx": at, "cy": worst, "r": 4.5}),
    ]  # fmt: skip
    if isinstance(passive, Estimate):
        ring = y.inside(passive.value)
        parts = [
            line((at, ring), (at, worst), "ln t c"), *parts,
            tag("circle", {"class": "mo", "cx": at, "cy": ring, "r": 4.5}),
        ]  # fmt: skip
    hover = f"{row_name(row)}: loss {full(row.teacher_loss)}; worst case {full(row.reduction)}; passive {full(passive)}"
    return group(hover, "grey" if row.control else "a-answers", *parts)


def _labels(rows: list[DefenceRow], x: Scale, y: Scale) -> Markup:
    """Name the discs in a column at the right, moved apart, with leaders."""
    wanted = [y.inside(row.reduction.value) if isinstance(row.reduction, Estimate) else _BASE for row in rows]
    places = spread(wanted, 17, _TOP, _BASE)
    parts = []
    for row, own, place in zip(rows, wanted, places, strict=True):
        start = x.inside(row.teacher_loss.value) if isinstance(row.teacher_loss, Estimate) else _LEFT
        parts += [
            line((start + 7, own), (_RIGHT + 8, place), "ln t c lead grey"),
            text(_RIGHT + 12, place + 4, row_name(row), classes="s b" if not row.control else "s q"),
        ]
    return join(*parts)


def _description(rows: list[DefenceRow]) -> str:
    said = [(row_name(row), phrase(row.teacher_loss), phrase(row.reduction)) for row in rows]
    return "; ".join(f"{name}: loses {loss}, worst case reduced by {less}" for name, loss, less in said)


def _caption(report: DefendReport) -> str:
    return (
        f"At {count(largest_dose(report))} queries, with {percent(report.header.level)} intervals. Disc: largest "
        "recovery "
        "over all students undefended, minus the same defended. Ring: the same for the passive student alone; a "
        "ring far "
        "above its disc is a defence that an adaptive student takes apart. Up and left is better for the "
        "provider; below "
        "0 the defence helped."
    )
