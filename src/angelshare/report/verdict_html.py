"""The verdict box: one sentence, five numbers, and what would change them."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.report.figure_strip import dose_scale, ratio_scale, strip
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes, mark_of
from angelshare.report.numbers import count, full, parts, percent
from angelshare.report.scales import Scale
from angelshare.report.table_html import listed
from angelshare.report.words import ARMS, typeset


@record
class Line:
    """One of the five numbers with its words; the terminal prints the same."""

    name: str
    """What it is called."""

    number: Number
    """The number."""

    meaning: str
    """What it says, in a sentence."""

    unit: str = ""
    """Its unit."""


def verdict_lines(audit: Audit) -> Sequence[Line]:
    """Give the five numbers of the verdict box, in order."""
    verdict, header = audit.verdict, audit.header
    arm, dose = ARMS[header.headline_arm], count(header.headline_budget)
    return [
        Line(
            name="Recovery",
            number=verdict.recovery,
            meaning=f"Share of the gap from base to teacher closed by {arm} at {dose} queries.",
        ),
        Line(
            name="Attributable recovery",
            number=verdict.attributable_recovery,
            meaning="The same, minus the best control that never saw the teacher’s knowledge.",
        ),
        Line(
            name="False-promise index",
            number=verdict.false_promise_index,
            meaning=f"Style recovery minus recovery of {arm}: how far manner runs ahead of ability.",
        ),
        Line(
            name="Dose to half the gap",
            number=verdict.dose_to_50,
            unit="queries",
            meaning=f"Queries at which {arm} would close half of the gap.",
        ),
        Line(
            name="Uplift over open teacher",
            number=verdict.uplift_over_open,
            meaning="Recovery beyond what the best open-weights teacher gives at the same dose.",
        ),
    ]


def set_verdict(audit: Audit, notes: Notes) -> Markup:
    """Set the verdict box."""
    ratios, doses = ratio_scale(audit), dose_scale(audit)
    items = [_number(line, doses if line.unit else ratios, audit, notes) for line in verdict_lines(audit)]
    level = tag("p", {"class": "small muted"}, f"Brackets hold {percent(audit.header.level)} intervals.")
    return tag(
        "section",
        {"class": "verdict", "id": "verdict", "aria-labelledby": "verdict-head"},
        _banner(audit),
        tag("h2", {"id": "verdict-head"}, "Verdict"),
        tag("p", {"class": "sentence"}, typeset(audit.verdict.sentence)),
        tag("ul", {"class": "numbers"}, *items),
        level,
        _change(audit),
    )


def _banner(audit: Audit) -> Markup:
    if audit.header.attributable:
        return Markup("")
    left_out = ", ".join(ARMS[arm] for arm in audit.header.left_out) or "unnamed"
    return tag(
        "div",
        {"class": "banner", "role": "note"},
        tag("strong", None, f"Raw, not attributable: no {left_out} control."),
        "Without it, recovery may be owed to the form of the answers or to public material, not to this teacher.",
    )


def _number(line: Line, scale: Scale, audit: Audit, notes: Notes) -> Markup:
    printed = parts(line.number, unit=line.unit, level=audit.header.level)
    mark = mark_of(line.number, notes)
    link = tag("a", {"class": "notes", "href": f"#{mark}"}, mark) if mark else Markup("")
    value = tag("span", {"class": "value"}, printed.value)
    interval = tag("span", {"class": "interval"}, printed.interval, link)
    kind = {"class": "refused"} if isinstance(line.number, Refusal) else None
    return tag(
        "li",
        kind,
        tag("div", {"class": "name sans"}, line.name),
        tag("div", {"title": full(line.number, unit=line.unit)}, value, interval),
        tag(
            "div",
            None,
            strip(line.number, scale, audit.header.headline_arm),
            tag("p", {"class": "meaning sans"}, line.meaning),
        ),
    )


def _change(audit: Audit) -> Markup:
    if not audit.would_change:
        return Markup("")
    return tag(
        "div",
        {"class": "change"},
        tag("h3", {"class": "sans"}, "What would change this"),
        listed([typeset(entry) for entry in audit.would_change]),
    )
