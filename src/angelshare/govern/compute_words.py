"""The sentences of the ledger: how a comparison came out, what would flip it, and whether a tolerance can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.compute import RuleSet, Seen, Threshold, ThresholdRow
from angelshare.core.records import Estimate, Number
from angelshare.govern.compute_draws import Settings, Span
from angelshare.govern.compute_lines import WorkedLine
from angelshare.govern.compute_verdicts import Condition, Measured, Sorted, amount, flop_span
from angelshare.stats.intervals import percentile_ends

_OUTCOME: Mapping[Seen, str] = {
    "yes": "beyond it",
    "no": "not reached",
    "depends": "reached in a part of the interval, or by one reading of the text",
}


def main_words(measured: Measured, seen: Seen) -> str:
    """Say how an amount compares with a limit."""
    counted = "spent on what is counted" if measured.unit == "dollars" else "counted"
    sure, open_above = measured.amount.least.central, measured.amount.open_above
    size = f"{'at least ' if open_above else ''}{amount(sure, measured.unit)}" if sure else "nothing for certain"
    outcome = "whether it is reached is unknown" if open_above and seen == "depends" else _OUTCOME[seen]
    return f"{size} {counted} against {_limit(measured)}: {outcome}"


def flips(
    threshold: Threshold, conditions: Sequence[Condition], lines: Sorted, main: Measured | None, *,
    settings: Settings, exchanges: Number | None,
) -> str:  # fmt: skip
    """Say what would change the answer: the amount, what is left out or unsettled, other conditions, the text's own."""
    said = _needed(conditions)
    if isinstance(exchanges, Estimate):
        said.append(f"{amount(exchanges.value, 'exchanges')} with the teacher would, all else as it is.")
    if main is not None and main.unit == "FLOP":
        said += [*_by_unsettled(main, lines), *_by_exclusion(main, lines, settings)]
    return " ".join([*said, *([threshold.flips] if threshold.flips else [])])


def tolerance(rules: RuleSet, threshold: Threshold, lines: Sorted, span: Span, *, settings: Settings) -> str:
    """Say whether the interval of what is counted keeps within the error an instrument allows."""
    if rules.tolerance is None or threshold.kind not in ("cumulative_flop", "share_of_base") or not lines.counted:
        return ""
    allowed = f"{rules.tolerance * 100:.3g} % ({rules.tolerance_citation})"
    unknown = sorted({name for line in lines.counted for name in line.unknown})
    if span.least.central == 0 or any(line.flop is None for line in lines.counted):
        return f"cannot be met: {', '.join(unknown)} unknown, and nothing is assumed; allowed {allowed}"
    low, high = percentile_ends(span.least.draws / span.least.central, settings.level)
    found = f"{(low - 1) * 100:+.0f} to {(high - 1) * 100:+.0f} %".replace("-", "\u2212")
    if max(1 - low, high - 1) <= rules.tolerance:
        rests = f", on the assumption made for {', '.join(unknown)}" if unknown else ""
        return f"met{rests}: {found}, allowed {allowed}"
    if unknown:
        return f"cannot be met without knowing {', '.join(unknown)}: {found}, allowed {allowed}"
    return f"not met by the ranges stated: {found}, allowed {allowed}"


def sentence(model: str, rows: Sequence[ThresholdRow], as_of: str) -> str:
    """Say which thresholds see the model, of those in force on that day."""
    asked = [row for row in rows if row.state == "in force"]
    if not asked:
        return f"No rule-set known here was in force on {as_of}; the table shows those that stood in the books."
    seen = [f"{row.instrument} ({row.threshold})" for row in asked if row.seen == "yes"]
    open_ = [row for row in asked if row.seen == "depends"]
    verb = "sees" if len(seen) == 1 else "see"
    said = (
        f"{len(seen)} of {len(asked)} thresholds in force on {as_of} {verb} {model}: {', '.join(seen)}"
        if seen
        else f"None of {len(asked)} thresholds in force on {as_of} sees {model} for certain"
    )
    return f"{said}; {len(open_)} depend on more than compute as stated." if open_ else f"{said}."


def _limit(measured: Measured) -> str:
    least, most = measured.limit.least.central, measured.limit.most.central
    if least == most:
        return amount(least, measured.unit)
    return f"{amount(least, measured.unit)} or {amount(most, measured.unit)}, whichever holds for the base"


def by_amount(main: Measured) -> str:
    """Say by what factor the central amount misses its limit, or is beyond it; "" if nothing is counted for certain."""
    if main.amount.least.central == 0:
        return ""
    ratio = main.limit.least.central / main.amount.least.central
    what = "spending" if main.unit == "dollars" else "counted compute"
    return f"{amount(ratio, 'times')} the {what}" if ratio >= 1 else f"{what} {amount(1 / ratio, 'times')} smaller"


def _needed(conditions: Sequence[Condition]) -> list[str]:
    """Say what it takes: all that fails, if anything does; any one that holds, if all do; else what is open."""
    failing = [one.flip for one in conditions if one.seen == "no" and one.flip]
    open_ = [one.flip for one in conditions if one.seen == "depends" and one.flip]
    holding = [one.flip for one in conditions if one.seen == "yes" and one.flip]
    if failing:
        return [_sentence(f"all of these: {'; '.join(failing)}" if len(failing) > 1 else failing[0])]
    return [_sentence(one) for one in open_ or holding]


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _by_unsettled(main: Measured, lines: Sorted) -> Sequence[str]:
    unknown = sorted(
        {name for line in (*lines.counted, *lines.unsettled) if line.flop is None for name in line.unknown}
    )
    said = [f"A range for {', '.join(unknown)}."] if unknown else []
    if lines.unsettled:
        beyond = main.amount.most.central > main.limit.least.central
        outcome = "that is beyond it" if beyond else "that may be beyond it" if unknown else "that is still below it"
        with_all = f"; with them {outcome}" if main.amount.least.central <= main.limit.least.central else ""
        said.append(f"The text does not settle whether these count: {_listed(lines.unsettled)}{with_all}.")
    return said


def _by_exclusion(main: Measured, lines: Sorted, settings: Settings) -> Sequence[str]:
    if not lines.excluded:
        return []
    with_all = flop_span([*lines.counted, *lines.excluded], (), settings)
    total, limit = with_all.least.central, main.limit.least.central
    if with_all.open_above and not main.amount.open_above and total <= limit:
        return [f"Counting what it leaves out ({_listed(lines.excluded)}) gives an amount that is unknown."]
    if total <= main.amount.least.central:
        return []
    outcome = "which is beyond it" if total > limit else "still below it"
    if main.amount.least.central > limit:
        outcome = "already beyond it without them"
    return [f"Counting what it leaves out ({_listed(lines.excluded)}) gives {amount(total, 'FLOP')}, {outcome}."]


def _listed(lines: Sequence[WorkedLine]) -> str:
    return ", ".join(line.line.name for line in lines)
