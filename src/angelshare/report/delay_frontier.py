"""Figure 1: both frontiers against release date, and how long each closed record stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from angelshare.core.delay import DAYS_PER_MONTH, BenchmarkDelay, DelayReport, FrontierStep, Spell
from angelshare.report.axes import y_axis
from angelshare.report.delay_axes import WIDTH, color, date_axis, mark, ordinal
from angelshare.report.delay_labels import Box, Wanted, place
from angelshare.report.delay_words import assumed, matchers, state, unmatched, waited
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import count, given
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, empty, group, line, path, shortened, spread, text

_LEFT, _RIGHT, _TOP, _BASE = 56.0, 588.0, 46.0, 446.0
_NAMES = 14
"""Names in the plot; more would hide it."""

_WAITING = 12
"""Unmatched records named in the margin; the rest are in the table."""

_LINE = 29.0
_MARGIN = WIDTH - _RIGHT - 26.0


def frontier(report: DelayReport, delay: BenchmarkDelay) -> Figure:
    """Draw the record lines of closed and open weights, and a segment from each closed record to its match."""
    title = "How long each closed record stood against open weights"
    threat = assumed(report, delay.benchmark.name, criterion="first later open release that scores at least the record")
    if not delay.spells or not delay.steps:
        reason = shortened(delay.refused or "No closed record in the data: nothing to draw.", 700)
        return empty("frontier", title, reason=reason, threat=threat)
    x, y = _date_scale(report, delay), _score_scale(delay)
    layers = [
        date_axis(x, _BASE, _TOP - 8),
        y_axis(y, _LEFT, _RIGHT, title=_unit(delay)),
        *(_gap(spell, x, y) for spell in delay.spells),
        _steps(delay.steps, "open", x, y),
        _steps(delay.steps, "closed", x, y),
        *(_record(spell, x, y) for spell in delay.spells),
        _names(delay, x, y),
        _waiting(delay, y),
        _key(),
    ]
    return Figure(
        name="frontier", title=title, description=_description(report, delay), caption=_caption(delay),
        threat=threat, width=WIDTH, height=_BASE + 46, body=join(*layers),
    )  # fmt: skip


def _unit(delay: BenchmarkDelay) -> str:
    log = ", logarithmic" if delay.benchmark.log_scale else ""
    name = shortened(delay.benchmark.name, 240)
    return f"{name}, {shortened(delay.benchmark.unit, 200)}{log}" if delay.benchmark.unit else f"{name}{log}"


def _date_scale(report: DelayReport, delay: BenchmarkDelay) -> Scale:
    first = min(ordinal(spell.set_on) for spell in delay.spells)
    last = max(ordinal(report.as_of), first + DAYS_PER_MONTH)
    return Scale(low=first - 0.03 * (last - first), high=last, start=_LEFT, end=_RIGHT)


def _score_scale(delay: BenchmarkDelay) -> Scale:
    first = min(ordinal(spell.set_on) for spell in delay.spells)
    shown = [step.score for step in delay.steps if ordinal(step.on) >= first]
    before = [step.score for step in delay.steps if step.weights == "open" and ordinal(step.on) < first]
    shown += before[-1:]
    scores = [spell.score for spell in delay.spells] + shown
    least, most = min(scores), max(scores)
    if delay.benchmark.log_scale and least > 0:
        ratio = max(most / least, 1.5)
        return Scale(low=least / ratio**0.06, high=most * ratio**0.06, start=_BASE, end=_TOP, log=True)
    margin = 0.06 * (most - least or abs(most) or 1.0)
    return Scale(low=least - margin, high=most + margin, start=_BASE, end=_TOP)


def _gap(spell: Spell, x: Scale, y: Scale) -> Markup:
    """Draw how long a record stood: solid while it surely did, dotted where the match fell, open while unmatched."""
    start, height = x.at(ordinal(spell.set_on)), y.inside(spell.score)
    sure = x.inside(ordinal(spell.set_on) + spell.low_months * DAYS_PER_MONTH)
    parts = [line((start, height), (sure, height), "ln t")]
    if spell.matched_on is None:
        tip = [(_RIGHT - 5, height - 3.5), (_RIGHT, height), (_RIGHT - 5, height + 3.5)]
        parts += [line((sure, height), (_RIGHT, height), "ln t"), path(tip, "ln t")]
    else:
        end = x.inside(ordinal(spell.matched_on))
        parts += [line((sure, height), (end, height), "ln t c"), line((end, height - 3), (end, height + 3), "ln t")]
    return group(_told(spell), "grey", *parts)


def _steps(steps: Sequence[FrontierStep], weights: Literal["open", "closed"], x: Scale, y: Scale) -> Markup:
    """Draw a record line; what came before the axis is the level at its start."""
    course: list[tuple[float, float]] = []
    level: float | None = None
    for step in steps:
        if step.weights != weights:
            continue
        day = max(ordinal(step.on), x.low)
        if day > x.high:
            break
        if level is not None:
            course.append((x.at(day), y.inside(level)))
        course.append((x.at(day), y.inside(step.score)))
        level = step.score
    if level is None:
        return Markup("")
    course.append((x.end, y.inside(level)))
    return group("", color(weights), path(course, "ln w" if weights == "closed" else "ln w d"))


def _record(spell: Spell, x: Scale, y: Scale) -> Markup:
    at = (x.at(ordinal(spell.set_on)), y.inside(spell.score))
    return group(_told(spell), color("closed"), mark("closed", at, 3.4))


def _told(spell: Spell) -> str:
    return f"{spell.closed}, {spell.set_on}, {given(spell.score)}: {state(spell)}"


def _names(delay: BenchmarkDelay, x: Scale, y: Scale) -> Markup:
    """Name the main models: the matchers of most records, and the matched records that stood longest."""
    won = Counter(spell.matched_by for spell in delay.spells if spell.matched_by is not None)
    steps = {step.model: step for step in delay.steps if step.weights == "open"}
    open_names = [
        Wanted(words=name, x=x.inside(ordinal(steps[name].on)), y=y.inside(steps[name].score), above=False,
               classes=color("open"))
        for name, _ in won.most_common() if name in steps and ordinal(steps[name].on) >= x.low
    ]  # fmt: skip
    matched = sorted(
        (spell for spell in delay.spells if spell.high_months is not None),
        key=lambda spell: spell.high_months or 0.0,
        reverse=True,
    )
    closed_names = [
        Wanted(words=spell.closed, x=x.at(ordinal(spell.set_on)), y=y.inside(spell.score), above=True,
               classes=color("closed"))
        for spell in matched
    ]  # fmt: skip
    alternating = [entry for pair in zip(open_names, closed_names, strict=False) for entry in pair]
    rest = [entry for entry in [*open_names, *closed_names] if entry not in alternating]
    frame = (_LEFT + 2, _TOP - 6, _RIGHT - 2, _BASE - 2)
    return place([*alternating, *rest], _taken(delay, x, y), frame, most=_NAMES)


def _taken(delay: BenchmarkDelay, x: Scale, y: Scale) -> list[Box]:
    """Keep names off the marks and off the segments that run out to the margin."""
    marks = [(x.at(ordinal(spell.set_on)), y.inside(spell.score)) for spell in delay.spells]
    boxes = [(across - 4, height - 4, across + 4, height + 4) for across, height in marks]
    boxes += [(x.at(ordinal(spell.set_on)), height - 2, _RIGHT, height + 2)
              for spell, (_, height) in zip(delay.spells, marks, strict=True) if spell.matched_on is None]  # fmt: skip
    for weights in ("open", "closed"):
        course = [step for step in delay.steps if step.weights == weights and ordinal(step.on) >= x.low]
        for before, after in pairwise(course):
            across, low, high = x.inside(ordinal(after.on)), y.inside(before.score), y.inside(after.score)
            boxes += [(across - 2, high, across + 2, low), (x.inside(ordinal(before.on)), low - 2, across, low + 2)]
    return boxes


def _waiting(delay: BenchmarkDelay, y: Scale) -> Markup:
    """Name the unmatched records in the margin, the latest first where there are too many."""
    waiting = unmatched(delay)
    named = list(waiting[-_WAITING:])
    if not named:
        return Markup("")
    left = _RIGHT + 24
    heights = spread([y.inside(spell.score) for spell in named], _LINE, _TOP + 6, _BASE - 14)
    parts = [text(left, _TOP - 16, "not yet matched", classes="b s")]
    for spell, height in zip(named, heights, strict=True):
        lead = [(_RIGHT + 3, y.inside(spell.score)), (_RIGHT + 18, height - 3)]
        parts.append(group(
            _told(spell), color("closed"),
            path(lead, "ln t c lead"),
            text(left, height, shortened(spell.closed, _MARGIN, 11.5), classes="lb s"),
            text(left, height + 13, waited(spell), classes="q s"),
        ))  # fmt: skip
    if len(waiting) > len(named):
        parts.append(text(left, _BASE + 18, f"and {len(waiting) - len(named)} more", classes="q s"))
    return join(*parts)


def _key() -> Markup:
    y = 12.0
    return join(
        group("", color("closed"), line((_LEFT, y), (_LEFT + 26, y), "ln w"), mark("closed", (_LEFT + 13, y), 3.4),
              text(_LEFT + 33, y + 4, "closed weights, API-only included", classes="lb s")),
        group("", color("open"), line((_LEFT + 250, y), (_LEFT + 276, y), "ln w d"),
              text(_LEFT + 283, y + 4, "open weights", classes="lb s")),
        group("", "grey", line((_LEFT + 372, y), (_LEFT + 398, y), "ln t"),
              line((_LEFT + 398, y - 3), (_LEFT + 398, y + 3), "ln t"),
              text(_LEFT + 405, y + 4, "a record until its match", classes="lb s")),
    )  # fmt: skip


def _description(report: DelayReport, delay: BenchmarkDelay) -> str:
    told = "; ".join(f"{spell.closed}: {state(spell)}" for spell in delay.spells)
    return (
        f"Highest score so far of closed and of open models on {delay.benchmark.name} by release date, to "
        f"{report.as_of}. {told}."
    )


def _caption(delay: BenchmarkDelay) -> str:
    waiting = len(unmatched(delay))
    return (
        "Each horizontal line runs from a closed record to the open release that equals it: solid while the record "
        "surely stood, dotted where the match may have come sooner, between one open record and the next. "
        f"{count(len(delay.spells))} closed records; {count(len(delay.spells) - waiting)} matched by "
        f"{count(matchers(delay))} open releases; {count(waiting)} not yet matched, their lines open to the right. "
        "Names stand where there is room; every model is in the table of spells."
    )
