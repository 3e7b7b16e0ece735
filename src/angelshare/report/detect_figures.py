"""Figures of cases: how strong each is, when it was at work, and what ties its members together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.traffic import CaseFile, DetectReport, Tie
from angelshare.report.axes import x_axis, y_axis
from angelshare.report.detect_words import NOTICE, all_cases, e_value, requests_of, span, titled
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, path, rect, shortened, text

_WIDTH, _LEFT, _RIGHT = 760.0, 250.0, 700.0
_ROW, _TOP = 34.0, 26.0
_COLOUR = {"campaign": "a-answers", "look-alike": "a-open", "insufficient evidence": "grey"}
_MOST_CASES, _MOST_MEMBERS, _MOST_TIES = 24, 40, 8


def cases_figure(report: DetectReport) -> Figure:
    """Draw every case by its combined evidence; campaigns, look-alikes and undecided cases apart."""
    cases = all_cases(report)[:_MOST_CASES]
    title = "Cases by their evidence"
    if not cases:
        return empty("cases", title, reason="No group of accounts was looked at closely.", threat=_line(report))
    powers = [max(0.0, math.log10(max(case.e_value, 1.0))) for case in cases]
    scale = Scale(low=0.0, high=max(1.0, *powers) * 1.3, start=_LEFT, end=_RIGHT)
    base = _TOP + _ROW * len(cases)
    rows = [_case_row(case, power, scale, _TOP + _ROW * index)
            for index, (case, power) in enumerate(zip(cases, powers, strict=True))]  # fmt: skip
    body = join(x_axis(scale, base, _TOP - 10, title="log₁₀ of the e-value against every honest explanation"), *rows)
    left_out = len(all_cases(report)) - len(cases)
    said = "; ".join(f"{case.id}: {case.verdict}, {count(len(case.members))} accounts, e-value {e_value(case.e_value)}"
                     for case in cases)  # fmt: skip
    caption = (
        "Dark bars are campaigns and look-alikes, light ones the data cannot decide. A long bar alone decides "
        "nothing: a look-alike may have one that its workload explains."
    )
    return Figure(
        name="cases", title=title, description=f"{said}.",
        caption=f"{caption} {count(left_out)} more stand in the table." if left_out else caption,
        threat=_line(report), width=_WIDTH, height=base + 46, body=body,
    )  # fmt: skip


def timeline_figure(case: CaseFile, *, name: str = "") -> Figure:
    """Draw the requests of a case per day, with the number of members active."""
    title, threat = f"{titled(case)}: requests per day", f"{NOTICE} {span(case)}."
    shapes = list(case.timeline)
    if not shapes:
        return empty(name or "timeline", title, reason="No day has a request.", threat=threat)
    most = max(shape.requests for shape in shapes) or 1
    scale = Scale(low=0.0, high=most * 1.15, start=190.0, end=24.0)
    step = (_WIDTH - 100.0) / len(shapes)
    every = max(1, math.ceil(len(shapes) / 8))
    bars = [_bar(shape.day, (shape.requests, shape.accounts), (64.0 + step * index, step), scale,
                 named=index % every == 0)
            for index, shape in enumerate(shapes)]  # fmt: skip
    body = join(y_axis(scale, 60.0, _WIDTH - 30, title="requests"), *bars)
    return Figure(
        name=name or "timeline", title=title,
        description="; ".join(f"{s.day}: {count(s.requests)} requests of {count(s.accounts)} accounts" for s in shapes),
        caption=f"Bars: requests a day, {count(requests_of(case))} in all. Figures above: members active that day.",
        threat=threat, width=_WIDTH, height=226, body=body,
    )  # fmt: skip


def ties_figure(case: CaseFile, *, name: str = "") -> Figure:
    """Draw members and the values they share: each line is one member's use of one shared value."""
    title, threat = f"{titled(case)}: what its members share", f"{NOTICE} Values are counted, never shown."
    ties = [tie for tie in case.ties if tie.members][:_MOST_TIES]
    if not ties:
        return empty(name or "ties", title, reason="No value that is kept is shared by two members.", threat=threat)
    drawn = min(len(case.members), _MOST_MEMBERS)
    height = max(160.0, 26.0 * len(ties) + 40, 6.0 * drawn + 40)
    places = [24 + (height - 44) * (index + 0.5) / drawn for index in range(drawn)]
    hubs = [24 + (height - 44) * (index + 0.5) / len(ties) for index in range(len(ties))]
    lines = [path([(120.0, places[member]), (480.0, y)], "ln t lead")
             for tie, y in zip(ties, hubs, strict=True) for member in tie.members if member < drawn]  # fmt: skip
    dots = [tag("circle", {"class": "mk", "cx": 120.0, "cy": y, "r": 3.4}) for y in places]
    body = join(
        group("", "grey", *lines), group("", "a-answers", *dots),
        text(104, 16, "members", classes="q s", anchor="e"),
        *(_hub(tie, y) for tie, y in zip(ties, hubs, strict=True)),
    )  # fmt: skip
    said = "; ".join(f"{_kind(tie)}: {count(len(tie.members))} members, {count(tie.outside)} others" for tie in ties)
    more = f" The first {drawn} of {count(len(case.members))} members are drawn." * (len(case.members) > drawn)
    return Figure(
        name=name or "ties", title=title, description=said,
        caption=f"Left: members. Right: values they share, with how many accounts outside the case have them.{more}",
        threat=threat, width=_WIDTH, height=height, body=body,
    )  # fmt: skip


def detect_figures(report: DetectReport) -> Sequence[Figure]:
    """Draw what a page of the workbench shows of a run: the cases, then each campaign's days and ties."""
    drawn = [cases_figure(report)]
    for number, case in enumerate(report.campaigns[:_MOST_TIES], start=1):
        drawn += [timeline_figure(case, name=f"timeline_{number}"), ties_figure(case, name=f"ties_{number}")]
    return drawn


def _case_row(case: CaseFile, power: float, scale: Scale, top: float) -> Markup:
    x, y = scale.inside(power), top + 16
    fill = "bd" if case.verdict == "insufficient evidence" else "pale"
    return group(
        f"{case.id}: {case.verdict}, e-value {e_value(case.e_value)}", _COLOUR[case.verdict],
        text(12, y + 4, shortened(f"{case.id}: {case.verdict}", _LEFT - 24), classes="s"),
        rect((scale.start, y - 8), (x - scale.start, 16), fill), line((x, y - 10), (x, y + 10), "ln w"),
        text(x + 8, y + 4, f"{count(len(case.members))} accounts", classes="halo s"),
    )  # fmt: skip


def _bar(day: str, seen: tuple[int, int], place: tuple[float, float], scale: Scale, *, named: bool) -> Markup:
    requests, accounts = seen
    left, step = place
    y = scale.at(requests)
    width = max(1.0, min(step * 0.72, 90.0))
    middle = left + step / 2
    label = [text(middle, 208, day[5:], classes="q s", anchor="m")] if named else []
    active = [text(middle, y - 6, count(accounts), classes="q s halo", anchor="m")] if named else []
    return group(
        f"{day}: {count(requests)} requests of {count(accounts)} accounts", "a-answers",
        rect((middle - width / 2, y), (width, scale.start - y), "pale"),
        line((middle - width / 2, y), (middle + width / 2, y), "ln w"), *label, *active,
    )  # fmt: skip


def _hub(tie: Tie, y: float) -> Markup:
    words = f"{_kind(tie)}: {count(len(tie.members))} members, {count(tie.outside)} others"
    return group(
        "", "a-traces", rect((476, y - 5), (10, 10), "mk"), text(494, y + 4, words, classes="halo s"),
    )  # fmt: skip


def _kind(tie: Tie) -> str:
    return {"skeleton": "prompt template", "ip_prefix": "network prefix", "asn": "network operator"}.get(
        tie.kind, tie.kind.replace("_", " ")
    )


def _line(report: DetectReport) -> str:
    return f"{NOTICE} {report.period}; {count(report.accounts)} accounts; budget {report.calibration.budget}."
