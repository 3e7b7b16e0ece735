"""The figure of a compute ledger: what each rule-set counts, and where its threshold lies, on one axis of FLOP."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

from angelshare.core.compute import ComputeLedger, Seen, ThresholdRow
from angelshare.core.records import Estimate, Number
from angelshare.report.ledger_tables import MARKS_KEY, short_name
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import full, parts, percent, phrase
from angelshare.report.scales import Scale, ends
from angelshare.report.svg import Figure, empty, group, line, rect, shortened, text, whisker, wrapped

_WIDTH, _PLOT, _TOP, _ROW = 860.0, 600.0, 34.0, 46.0
_COLOURS: Mapping[Seen, str] = {"yes": "amber", "no": "a-traces", "depends": "a-self"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_TICKS = 9
_LETTER = 6.4
"""Width of a letter of a row's label, on the wide side."""

_LEAD = 15.0
"""From one line of a label to the next."""


def threshold_figure(ledger: ComputeLedger) -> Figure:
    """Draw the total, then one row per threshold in FLOP; rows that did not stand on the day are pale."""
    title = f"Which thresholds see {ledger.model}"
    rows = [row for row in ledger.rows if row.threshold_flop is not None]
    numbers = [ledger.total_flop, *(row.counts_flop for row in rows)]
    if not any(isinstance(number, Estimate) for number in numbers):
        reason = "No amount of compute could be stated; table I says why."
        return empty("thresholds", title, reason=reason, threat=_line(ledger))
    scale = _scale(numbers, rows)
    labels = [_label(row, scale) for row in rows]
    bottoms = list(accumulate((_ROW + _LEAD * (len(lines) - 1) for lines in labels), initial=_TOP + _ROW))
    base = bottoms[-1]
    layers = [_axis(scale, base), _total(ledger, scale)]
    layers += [
        _row(row, lines, scale, bottom - _ROW) for row, lines, bottom in zip(rows, labels, bottoms[1:], strict=True)
    ]
    return Figure(
        name="thresholds", title=title, description=_description(ledger, rows), caption=_caption(ledger, rows),
        threat=_line(ledger), width=_WIDTH, height=base + 44, body=join(*layers),
    )  # fmt: skip


def _scale(numbers: Sequence[Number], rows: Sequence[ThresholdRow]) -> Scale:
    held = [end for end in [*ends(numbers), *(row.threshold_flop or 0.0 for row in rows)] if end > 0]
    low, high = math.floor(math.log10(min(held))), math.ceil(math.log10(max(held)) + 0.3)
    return Scale(low=10.0**low, high=10.0**high, start=14, end=_PLOT, log=True)


def _axis(scale: Scale, base: float) -> Markup:
    low, high = round(math.log10(scale.low)), round(math.log10(scale.high))
    step = max(1, math.ceil((high - low) / _MOST_TICKS))
    parts_ = [line((scale.start, base), (scale.end, base), "axis")]
    for exponent in range(low, high + 1, step):
        x = scale.at(10.0**exponent)
        parts_ += [
            line((x, _TOP - 16), (x, base), "grid"),
            line((x, base), (x, base + 4), "axis"),
            text(x, base + 18, f"10{str(exponent).translate(_SUPERSCRIPT)}", classes="q s", anchor="m"),
        ]
    parts_.append(text((scale.start + scale.end) / 2, base + 37, "FLOP, logarithmic", classes="q", anchor="m"))
    return join(*parts_)


def _total(ledger: ComputeLedger, scale: Scale) -> Markup:
    label = text(scale.start, _TOP - 2, "Everything but the teacher’s own training", classes="b halo")
    return group(
        f"Total: {full(ledger.total_flop, unit='FLOP')}", "a-answers", label,
        _interval(ledger.total_flop, scale, _TOP + 16), _beside(ledger.total_flop, "", _TOP + 15),
    )  # fmt: skip


def _label(row: ThresholdRow, scale: Scale) -> Sequence[str]:
    """Name a row in one line over the plot, or in two; what is longer is cut, and whole in its hover title."""
    standing = "" if row.state == "in force" else f" ({row.state})"
    fits = int((scale.end - scale.start) / _LETTER)
    lines = wrapped(f"{short_name(row)}: {row.threshold}{standing}", fits)
    kept = [lines[0], " ".join(lines[1:])] if len(lines) > 1 else lines
    return [shortened(words, fits, size=1 / 0.54) for words in kept]


def _row(row: ThresholdRow, lines: Sequence[str], scale: Scale, top: float) -> Markup:
    """Draw a row whose last line of label stands at `top`, the others above it."""
    x, y = scale.inside(row.threshold_flop or scale.low), top + 16
    zone = rect((x, y - 9), (scale.end - x, 18), "zone")
    edge = line((x, y - 11), (x, y + 11), "ln w")
    marks = group("", _COLOURS[row.seen], _interval(row.counts_flop, scale, y))
    label = join(*(
        text(scale.start, top - 2 - _LEAD * above, words, classes="halo s")
        for above, words in enumerate(reversed(lines))
    ))  # fmt: skip
    hover = f"{row.instrument}, {row.threshold}, {row.state}: counted {full(row.counts_flop, unit='FLOP')}; {row.why}"
    pale = "" if row.state == "in force" else "dim"
    return group(hover, pale, zone, group("", "grey", edge), marks, label, _beside(row.distance, row.seen, y + 3))


def _interval(number: Number, scale: Scale, y: float) -> Markup:
    if not isinstance(number, Estimate):
        return text(scale.start + 6, y + 4, parts(number).value, classes="q s")
    low = scale.inside(number.low) if number.low is not None else scale.start
    high = scale.inside(number.high) if number.high is not None else scale.end
    bar = rect((low, y - 3.5), (high - low, 7), "pale")
    dot = tag("circle", {"class": "mk", "cx": scale.inside(number.value), "cy": y, "r": 4.2})
    return join(bar, whisker(number, scale, y, upright=False), dot)


def _beside(number: Number, seen: str, y: float) -> Markup:
    """Print the answer and the distance to the right of the plot."""
    printed = parts(number)
    if not seen:
        return join(
            text(
                _PLOT + 16, y, f"{printed.value} FLOP" if isinstance(number, Estimate) else printed.value, classes="b s"
            ),
            text(_PLOT + 16, y + 14, shortened(printed.interval, _WIDTH - _PLOT, 11.5), classes="q s"),
        )
    words = f"{printed.value} {printed.interval}" if isinstance(number, Estimate) else printed.value
    return join(
        text(_PLOT + 16, y, seen, classes="b"),
        text(_PLOT + 16, y + 14, shortened(words, _WIDTH - _PLOT, 11.5), classes="q s"),
    )


def _description(ledger: ComputeLedger, rows: Sequence[ThresholdRow]) -> str:
    said = [
        f"{row.instrument}, {row.threshold} ({row.state}): seen {row.seen}, counted {phrase(row.counts_flop)}"
        for row in rows
    ]
    return f"{ledger.sentence} Total {phrase(ledger.total_flop)} FLOP. {'; '.join(said)}."


def _caption(ledger: ComputeLedger, rows: Sequence[ThresholdRow]) -> str:
    other = len(ledger.rows) - len(rows)
    elsewhere = f" {other} more turn on dollars or judgement and stand in table A." if other else ""
    return (
        "Each row shows what that rule-set counts of this model, with its interval, against its threshold (stroke) and "
        "what lies beyond it (shaded). The word says whether it sees the model; the number below it is threshold over "
        f"counted, above 1 so many times below it. Pale rows were not in force on {ledger.as_of}.{elsewhere} "
        f"{MARKS_KEY}"
    )


def _line(ledger: ComputeLedger) -> str:
    return f"Law as of {ledger.as_of}; {percent(ledger.level)} intervals from the stated ranges; no legal advice."
