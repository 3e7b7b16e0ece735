"""Rule-sets as data: read them, refuse those that cite nothing, and say how each stands on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import pairwise

from angelshare.core.compute import Count, EvidenceLevel, LineKind, RuleSet, State, Threshold
from angelshare.core.errors import PlanError
from angelshare.core.strict import decode_toml

LONGEST_QUOTE = 15
"""Words."""

_STANDING: tuple[State, ...] = ("in force", "enacted, not yet applicable", "enacted, application not verified")
_WEAKEST_LAST: tuple[EvidenceLevel, ...] = ("text-seen", "secondary-seen", "memory")
_NEEDS: Mapping[str, str] = {"cumulative_flop": "flop", "share_of_base": "share_of_base", "cost_usd": "cost_usd"}


def shipped_rules() -> Sequence[RuleSet]:
    """Read the rule-sets that travel with the package, in order of id."""
    found = [entry for entry in files("angelshare.govern").joinpath("rules").iterdir() if entry.name.endswith(".toml")]
    return sorted_rules(parse_rules(entry.read_text(encoding="utf-8"), entry.name) for entry in found)


def parse_rules(text: str, where: str) -> RuleSet:
    """Read one rule-set.

    Raises PlanError or UnknownKeyError: a wrong key, no citation, a quote of more than 15 words, an impossible date,
    a kind of line that two entries name, a threshold without its number.
    """
    rules = decode_toml(text, RuleSet, where)
    place = f"{where}: rule-set '{rules.id}'"
    _check_cited(rules, place)
    _check_dates(rules, place)
    _check_kinds(rules, place)
    for threshold in rules.thresholds:
        _check_threshold(threshold, f"{place}, threshold '{threshold.name}'")
    return rules


def sorted_rules(rules: Iterable[RuleSet]) -> Sequence[RuleSet]:
    """Put rule-sets in order of jurisdiction and id; raises PlanError where two have the same id."""
    held = sorted(rules, key=lambda one: (one.jurisdiction, one.id))
    # by id alone: two of one id may name different jurisdictions
    for earlier, later in pairwise(sorted(one.id for one in held)):
        if earlier == later:
            raise PlanError(f"two rule-sets have the id '{later}'; give yours another")
    return held


def state_on(rules: RuleSet, day: dt.date) -> State:
    """Say how an instrument stood on a day."""
    iso = day.isoformat()
    if not rules.enacted_on or iso < rules.enacted_on:
        return "not enacted"
    if rules.ended_on and iso >= rules.ended_on:
        return "ended"
    if not rules.applies_from:
        return "enacted, application not verified"
    return "in force" if iso >= rules.applies_from else "enacted, not yet applicable"


def stands(state: State) -> bool:
    """Say whether an instrument in that state is answered with unless all are asked for."""
    return state in _STANDING


def treatment_of(rules: RuleSet, kind: LineKind) -> Count | None:
    """Find what a rule-set says of a kind of line; None where its text does not settle it."""
    return next((count for count in rules.counts if kind in count.kinds), None)


def weakest(levels: Sequence[EvidenceLevel]) -> EvidenceLevel:
    """Give the weakest of some levels of evidence."""
    return max(levels, key=_WEAKEST_LAST.index)


def _check_cited(rules: RuleSet, place: str) -> None:
    cited = [
        ("the treatment of distillation", rules.treatment_citation),
        *((f"threshold '{threshold.name}'", threshold.citation) for threshold in rules.thresholds),
        *((f"the counting of {', '.join(count.kinds)}", count.citation) for count in rules.counts),
        *(("a fallback", fallback.citation) for threshold in rules.thresholds for fallback in threshold.fallback),
    ]
    bare = next((what for what, citation in cited if not citation.strip()), None)
    if bare is not None:
        raise PlanError(f"{place}: {bare} has no citation; name the article, section or paragraph that says so")
    if rules.tolerance is not None and not rules.tolerance_citation.strip():
        raise PlanError(f"{place}: the tolerance has no citation; name the paragraph that says so")
    if not rules.sources or not rules.thresholds:
        raise PlanError(f"{place}: it names no {'threshold' if rules.sources else 'source'}; give at least one")
    quotes = [*(one.quote for one in rules.thresholds), *(one.quote for one in rules.counts)]
    long = next((quote for quote in quotes if len(quote.split()) > LONGEST_QUOTE), None)
    if long is not None:
        raise PlanError(f"{place}: a quote has {len(long.split())} words, at most {LONGEST_QUOTE} are kept; shorten it")


def _check_dates(rules: RuleSet, place: str) -> None:
    for name in ("enacted_on", "applies_from", "ended_on", "verified_on"):
        given = getattr(rules, name)
        if given or name == "verified_on":
            parse_day(given, f"{place}: {name}")
    if rules.ended_on and not rules.enacted_on <= rules.ended_on:
        raise PlanError(f"{place}: it ended on {rules.ended_on}, before it was enacted on {rules.enacted_on}")
    if rules.applies_from and (not rules.enacted_on or rules.applies_from < rules.enacted_on):
        raise PlanError(f"{place}: it applies from {rules.applies_from}, before it was enacted; check the two dates")


def parse_day(text: str, where: str) -> dt.date:
    """Read an ISO date; raises PlanError."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise PlanError(f"{where}: {text!r} is no date; write it as 2026-11-24") from None
    if day.isoformat() != text:
        raise PlanError(f"{where}: {text!r} is a date in another form; write {day.isoformat()}")
    return day


def _check_kinds(rules: RuleSet, place: str) -> None:
    named = [kind for count in rules.counts for kind in count.kinds]
    doubled = next((kind for kind in named if named.count(kind) > 1), None)
    if doubled is not None:
        raise PlanError(f"{place}: two entries say whether {doubled} counts; keep one")


def _check_threshold(threshold: Threshold, place: str) -> None:
    needed = _NEEDS.get(threshold.kind)
    if needed is not None and getattr(threshold, needed) is None:
        raise PlanError(f"{place}: its kind is {threshold.kind}, and it gives no '{needed}'")
    numbers = (threshold.flop, threshold.share_of_base, threshold.cost_usd, threshold.teacher_flop)
    if any(number is not None and number <= 0 for number in numbers):
        raise PlanError(f"{place}: a threshold must be above 0")
    if threshold.fallback and threshold.kind != "share_of_base":
        raise PlanError(f"{place}: only a share of the base has a fallback; found one with {threshold.kind}")
