"""Figures 6 and 7: what matters most for the months that distillation saves, and what defences leave of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.delay import Assumption, AttributableDelay, DefendedDelay, DelayReport, Tornado
from angelshare.core.records import Refusal
from angelshare.report.axes import x_axis
from angelshare.report.delay_axes import BESIDE, LEFT, RIGHT, WIDTH, Mark, Role, Row, color, forest, mark, spoken
from angelshare.report.delay_words import MONTHS, range_end, run_name
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import count, hundredths, phrase
from angelshare.report.scales import Scale, extent
from angelshare.report.svg import Figure, empty, group, line, shortened, text

_TOP, _ROW, _MOST = 34.0, 36.0, 16


def tornado_figure(report: DelayReport, saved: AttributableDelay) -> Figure:
    """Draw the months saved with each assumption at its low and its high end, what matters most first."""
    title = "Which assumption matters most"
    moving = [entry for entry in saved.tornado if hundredths(entry.at_low) != hundredths(entry.at_high)]
    shown = moving[:_MOST]
    if not shown:
        reason = "No assumption that was varied changes the months saved."
        return empty("tornado", title, reason=reason, threat=_assumed(report, saved))
    named = {entry.name: entry for entry in saved.assumptions}
    low, high = extent([end for entry in shown for end in (entry.at_low, entry.at_high)], 0.0, 1.0)
    x = Scale(low=low, high=high, start=LEFT, end=RIGHT)
    base = _TOP + _ROW * len(shown)
    rows = [_bar(entry, _TOP + _ROW * (index + 0.5), x, named) for index, entry in enumerate(shown)]
    axis = x_axis(x, base, _TOP, title=f"{MONTHS} that distillation saves")
    still, more = len(saved.tornado) - len(moving), len(moving) - len(shown)
    rest = f" {count(more)} more are in the table." if more else ""
    rest += f" {count(still)} more do not change it." if still else ""
    return Figure(
        name="tornado", title=title, description=_spoken(shown, named),
        caption="Each line runs from the months saved with one assumption at its low end (hollow square) to those "
            "at its high end (filled circle), the others at their central values. These are computed points, not "
            "intervals: the "
        f"interval of the answer is in the next figure.{rest}",
        threat=_assumed(report, saved), width=WIDTH, height=base + 46, body=join(_key(), axis, *rows),
    )  # fmt: skip


def saved_figure(report: DelayReport, saved: AttributableDelay) -> Figure:
    """Draw the months saved and the delay left, then the months saved against each defence."""
    rows = [
        Row(label="Without a defence"),
        Row(label="months that distillation saves", bold=True, marks=[Mark(number=saved.months_saved, role="closed")]),
        Row(label="delay left with distillation", marks=[Mark(number=saved.delay_left, role="open")]),
    ]
    if saved.defences:
        rows.append(Row(label="Against each defence"))
    for entry in saved.defences:
        role: Role = "closed" if entry.measured else "doubtful"
        kind = "measured" if entry.measured else "assumed, not measured"
        days = _days(entry, report.level)
        rows.append(Row(label=entry.defence, small=f"{kind}; {days}",
                        marks=[Mark(number=entry.months_saved, role=role)]))  # fmt: skip
    drawn = forest(rows, title=MONTHS, level=report.level, rule=saved.months_saved)
    return Figure(
        name="months_saved", title="What distillation saves, and what defences leave of it", description=spoken(rows),
        caption="Filled circle: from measured recovery; hollow circle: the effect of the defence is assumed; "
        f"square: delay that remains. The dotted line is the months saved without a defence. {count(saved.draws)} "
        "draws over all ranges of the assumptions, the doubt of the curve and of the slope.",
        threat=_assumed(report, saved), width=WIDTH, height=drawn.height, body=drawn.body,
    )  # fmt: skip


def _days(entry: DefendedDelay, level: float) -> str:
    if isinstance(entry.days_to_target, Refusal):
        return f"days to target {phrase(entry.days_to_target)}"
    if entry.days_to_target.high is None:
        return (
            f"target in some draws never reached, else after {phrase(entry.days_to_target, unit='days', level=level)}"
        )
    return f"target after {phrase(entry.days_to_target, unit='days', level=level)}"


def _assumed(report: DelayReport, saved: AttributableDelay) -> str:
    return (
        f"Data as of {report.as_of}; campaign: {saved.campaign}; recovery of {saved.arm} from run {run_name(saved)}; "
        "every assumption is in the table of assumptions, with how to change it."
    )


def _bar(entry: Tornado, y: float, x: Scale, named: Mapping[str, Assumption]) -> Markup:
    low, high = (x.at(entry.at_low), y), (x.at(entry.at_high), y)
    known = named.get(entry.assumption)
    words = f"{hundredths(entry.at_low)} to {hundredths(entry.at_high)}"
    labels = [text(12, y + (-2 if known else 4), shortened(entry.assumption, LEFT - 32))]
    if known is not None:
        labels.append(text(12, y + 13, shortened(_ends(known), LEFT - 32, 11.5), classes="q s"))
    return group(
        f"{entry.assumption}: {words} {MONTHS} saved", "",
        *labels,
        group("", color("closed"), line(low, high, "ln w"), mark("closed", high)),
        group("", color("open"), mark("open", low)),
        text(BESIDE, y + 4, words, classes="q"),
    )  # fmt: skip


def _ends(known: Assumption) -> str:
    unit = f" {known.unit}" if known.unit else ""
    return f"{range_end(known, known.low)} to {range_end(known, known.high)}{unit}{'' if known.on else '; off'}"


def _key() -> Markup:
    return join(
        group("", color("open"), mark("open", (LEFT + 6, 14)), text(LEFT + 16, 18, "at its low end", classes="lb s")),
        group("", color("closed"), mark("closed", (LEFT + 126, 14)),
              text(LEFT + 136, 18, "at its high end", classes="lb s")),
    )  # fmt: skip


def _spoken(shown: Sequence[Tornado], named: Mapping[str, Assumption]) -> str:
    said = [
        f"{entry.assumption} ({_ends(named[entry.assumption])}): "
        if entry.assumption in named
        else f"{entry.assumption}: "
        for entry in shown
    ]
    return "; ".join(
        f"{name}{hundredths(entry.at_low)} to {hundredths(entry.at_high)}"
        for name, entry in zip(said, shown, strict=True)
    )
