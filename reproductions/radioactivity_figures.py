"""The figures of R1: how far each test lies from chance, by mark and access; how the score follows the mix."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.records import Estimate
from angelshare.report.axes import x_axis, y_axis
from angelshare.report.markup import Markup, join, tag
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, group, line, path, text, whisker
from angelshare.stats.repeats import mean_over_repeats
from reproductions.radioactivity_cells import Cell
from reproductions.radioactivity_numbers import NAMES, evidence_of, excess, of

_TESTS = (
    ("closed", "closed, text alone", "a-answers", True),
    ("supervised", "closed, behind the filter", "a-gold", True),
    ("reading", "open, fresh marked text", "a-traces", False),
    ("served", "open, the outputs it was served", "a-logits", False),
)
"""Test, name, colour, and whether its mark is hollow."""
_LEFT, _END, _TOP, _ROW = 190.0, 730.0, 62.0, 40.0
_LEAST = 0.1
"""Decades below which marks stand at the left edge of the axis."""
_THREAT = "Tiny students of a made language; every student has a base, a key and texts of its own; passive distiller."


def access_figure(cells: Sequence[Cell]) -> Figure:
    """Draw every student's -log10 p by condition and test."""
    names = list(dict.fromkeys(cell.condition.name for cell in cells))
    most = max(-evidence_of(cell, test).log10_p_value for cell in cells for test, *_ in _TESTS)
    scale = Scale(low=_LEAST, high=max(1000.0, most * 1.2), start=_LEFT, end=_END, log=True)
    base = _TOP + _ROW * len(names)
    rows = [_row(cells, name, scale, _TOP + _ROW * index + 14) for index, name in enumerate(names)]
    level = line((scale.at(3.0), _TOP - 8), (scale.at(3.0), base), "ln t d")
    body = join(
        _legend(), x_axis(scale, base, _TOP, title="−log₁₀ p, logarithmic; the dashed line is p = 0.001"),
        group("", "grey", level), *rows,
    )  # fmt: skip
    return Figure(
        name="access", title="A mark in a student: by scheme, window and access",
        description="Each mark is one student; the further right, the less likely without a mark.",
        caption="", threat=_THREAT, width=760.0, height=base + 44, body=body,
    )  # fmt: skip


def mix_figure(cells: Sequence[Cell]) -> Figure:
    """Draw the excess of a KGW h=1 student's own text over chance against the share of marked text in its mix."""
    names = ("none", "kgw-1-mix-0.1", "kgw-1-mix-0.3", "kgw-1")
    points = [(of(cells, name)[0].condition.share, mean_over_repeats([excess(one) for one in of(cells, name)]))
              for name in names]  # fmt: skip
    known = [(share, number) for share, number in points if isinstance(number, Estimate)]
    ends = [end for _, number in known for end in (number.low or 0.0, number.high or 0.0)]
    across = Scale(low=0.0, high=1.0, start=80.0, end=700.0)
    up = Scale(low=min(0.0, *ends) - 0.002, high=max(ends) * 1.05, start=260.0, end=40.0)
    marks = [
        join(whisker(number, up, across.at(share)), _dot(across.at(share), up.at(number.value), hollow=False))
        for share, number in known
    ]
    course = path([(across.at(share), up.at(number.value)) for share, number in known], "ln")
    zero = line((across.start, up.at(0.0)), (across.end, up.at(0.0)), "ref")
    body = join(
        y_axis(up, across.start, across.end, title="green rate above chance, student's own text"),
        x_axis(across, up.start, up.end, title="share of marked text in the training mix"), zero,
        group("", "a-traces", course, *marks),
    )  # fmt: skip
    return Figure(
        name="mix", title="The trace follows the share of marked text (KGW, h = 1)",
        description="Means over students with 95 % intervals.", caption="", threat=_THREAT, width=760.0, height=304.0,
        body=body,
    )  # fmt: skip


def _row(cells: Sequence[Cell], name: str, scale: Scale, top: float) -> Markup:
    parts = [text(12, top + 8, NAMES[name], classes="b")]
    for place, (test, _, colour, hollow) in enumerate(_TESTS):
        y = top - 9 + 7.5 * place
        marks = [
            _dot(scale.inside(max(_LEAST, -evidence_of(cell, test).log10_p_value)), y, hollow=hollow)
            for cell in of(cells, name)
        ]
        parts.append(group("", colour, *marks))
    return join(*parts)


def _legend() -> Markup:
    parts = []
    for place, (_, name, colour, hollow) in enumerate(_TESTS):
        x, y = 200.0 + 260 * (place % 2), 14.0 + 18 * (place // 2)
        parts += [group("", colour, _dot(x, y - 4, hollow=hollow)), text(x + 10, y, name, classes="s")]
    return join(*parts)


def _dot(x: float, y: float, *, hollow: bool) -> Markup:
    return tag("circle", {"class": "mo" if hollow else "mk", "cx": x, "cy": y, "r": 3.6})
