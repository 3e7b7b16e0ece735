"""Figure 3: the attribution waterfall, what each source of training data adds over all weaker ones."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit, Step
from angelshare.core.records import Estimate
from angelshare.report.axes import x_axis
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, parts, phrase
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.svg import Figure, arm_class, empty, group, line, marker, rect, shortened, text, whisker, wrapped
from angelshare.report.words import threat_line, typeset

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 760.0, 196.0, 600.0, 22.0, 44.0
_LABEL = 26
"""Characters to a line of a label."""


def waterfall(audit: Audit) -> Figure:
    """Draw the recovery of each step, and as a solid bar what it adds over the best step before it."""
    title = "How much of the recovery is owed to the teacher"
    steps = audit.waterfall
    if not any(isinstance(step.recovery, Estimate) for step in steps):
        reason = "No step of the attribution could be stated; table H says why."
        return empty("waterfall", title, reason=reason, threat=threat_line(audit.header))
    low, high = extent(ends(step.recovery for step in steps), -0.05, 1.0)
    x = Scale(low=low, high=high, start=_LEFT, end=_RIGHT)
    base = _TOP + _ROW * len(steps)
    rows, best = [], 0.0
    for index, step in enumerate(steps):
        rows.append(_row(step, _TOP + _ROW * (index + 0.5), x, best=best))
        if isinstance(step.recovery, Estimate):
            best = max(best, step.recovery.value)
    layers = [x_axis(x, base, _TOP, title="recovery"), line((x.at(0), _TOP), (x.at(0), base), "axis"), *rows]
    return Figure(
        name="waterfall", title=title, description=_description(steps), caption=_caption(audit),
        threat=threat_line(audit.header), width=_WIDTH, height=base + 46, body=join(*layers),
    )  # fmt: skip


def _row(step: Step, y: float, x: Scale, *, best: float) -> Markup:
    label = _label(typeset(step.label), y)
    number = step.recovery
    printed = parts(number)
    if not isinstance(number, Estimate):
        refused = text(_RIGHT + 18, y + 4, printed.value, classes="q")
        return group(f"{step.label}: {phrase(number)}", arm_class(step.arm), label, refused)
    start, end, before = x.at(0), x.at(number.value), x.at(best)
    pale = rect((min(start, end), y - 11), (abs(end - start), 22), "pale")
    added = rect((before, y - 11), (end - before, 22), "mk") if end > before else ""
    carried = line((before, y - _ROW / 2), (before, y + 11), "ref") if best > 0 else ""
    doubt = whisker(number, x, y + 16, upright=False)
    words = [
        text(_RIGHT + 18, y, printed.value, classes="b"),
        text(_RIGHT + 18, y + 16, printed.interval, classes="q s"),
    ]
    dot = marker(step.arm, (end, y + 16), 3.2)
    return group(
        f"{step.label}: recovery {full(number)}", arm_class(step.arm), label, pale, added, carried, doubt, dot, *words
    )


def _label(words: str, y: float) -> Markup:
    """Set a step's name in at most two lines, right-aligned at the axis."""
    lines = wrapped(words, _LABEL)
    if len(lines) > 2:  # noqa: PLR2004 - what a row holds
        lines = [lines[0], shortened(" ".join(lines[1:]), _LEFT - 20)]
    return join(
        *(text(_LEFT - 14, y + 4 + 15 * (i - (len(lines) - 1) / 2), part, anchor="e") for i, part in enumerate(lines))
    )


def _description(steps: Sequence[Step]) -> str:
    return f"{'; '.join(f'{step.label}: {phrase(step.recovery)}' for step in steps)}."


def _caption(audit: Audit) -> str:
    told = (
        "Each bar runs from the elicited base (0) to the recovery of that step; its solid part is what the step "
        "adds over "
        "the best step above it. The line under a bar is its interval. "
    )
    attributable = f"Attributable to the teacher: {phrase(audit.verdict.attributable_recovery)}."
    return told + attributable
