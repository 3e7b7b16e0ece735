"""What a watch hears of a revision: the lines of its changes that concern it, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from angelshare.core.dossier import Change, Dossier
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.numbers import given, phrase
from angelshare.workbench.diff_words import holds
from angelshare.workbench.diffs import numbers_of
from angelshare.workbench.models import Watch
from angelshare.workbench.number_names import number_name, unit_of


def lines_for(watch: Watch, changes: Sequence[Change], *, before: Dossier | None, after: Dossier) -> Sequence[str]:
    """Say what this watch is to hear of a revision; nothing if it is not concerned."""
    if watch.slug and watch.slug != after.slug:
        return []
    if watch.kind == Watch.Kind.SEARCH:
        return _searched(watch.target, changes, before, after)
    if watch.kind == Watch.Kind.THRESHOLD:
        return _crossed(watch, before, after)
    if watch.kind == Watch.Kind.CELL:
        # an instrument's page and a topic's both hold the cell: only the instrument's speaks
        own = watch.target.partition("/")[0] == after.slug
        return _under(f"cells/{watch.target}", changes) if own else []
    roots: Mapping[str, Callable[[], str]] = {
        Watch.Kind.PAGE: lambda: "",
        Watch.Kind.FIELD: lambda: watch.target,
        Watch.Kind.CLAIM: lambda: f"claims/{watch.target}",
    }
    return _under(roots[watch.kind](), changes) if watch.kind in roots else []


def _under(root: str, changes: Sequence[Change]) -> Sequence[str]:
    return [change.words for change in changes if not root or f"{change.path}/".startswith(f"{root}/")]


def _searched(query: str, changes: Sequence[Change], before: Dossier | None, after: Dossier) -> Sequence[str]:
    """Hear of a page that begins or ceases to hold every word of the query, or changes where it speaks of them."""
    words = query.casefold().split()
    found, held = _holds_all(words, after), before is not None and _holds_all(words, before)
    if found != held:
        said = "now found by" if found else "no longer found by"
        return [f"{said} the search “{query}”", *(change.words for change in changes)]
    return [c.words for c in changes if found and any(word in c.words.casefold() for word in words)]


def _holds_all(words: Sequence[str], dossier: Dossier) -> bool:
    text = text_of(dossier).casefold()
    return bool(words) and all(word in text for word in words)


def text_of(dossier: Dossier) -> str:
    """Give everything a page says in words, for a search."""
    claims = [f"{claim.id} {claim.statement} {claim.note}" for claim in dossier.claims]
    sources = [f"{source.id} {source.title} {source.publisher}" for source in dossier.sources]
    measured = [f"{block.label} {block.sentence}" for block in dossier.measured]
    head = [dossier.slug, dossier.title, dossier.label, dossier.definition, dossier.note]
    return "\n".join([*head, *dossier.scope, *dossier.facts.values(), *measured, *claims, *sources])


def _crossed(watch: Watch, before: Dossier | None, after: Dossier) -> Sequence[str]:
    was = numbers_of(before).get(watch.target) if before else None
    now = numbers_of(after).get(watch.target)
    name = watch.target.partition("/numbers/")[2]
    said, unit = number_name(name), unit_of(name)
    stated = isinstance(now, Estimate)
    if isinstance(was, Estimate) and not stated:
        why = phrase(now, unit=unit) if isinstance(now, Refusal) else "taken off the page"
        return [f"{said} can no longer be held against your bound: {why}"]
    if not isinstance(now, Estimate) or not beyond(now, watch.bound) or (was and beyond(was, watch.bound)):
        return []
    words = f"{said} {bound_words(watch.bound)}: {_was(was, unit)}{phrase(now, unit=unit)}"
    return [words if _wholly(now, watch.bound) else f"{words}; its interval does not settle it"]


def beyond(number: Number, bound: Mapping[str, object]) -> bool:
    """Say whether a number is past a bound; a refused number is past none.

    `{"above": x}` and `{"below": x}` look at the value; `{"leaves": x}` asks whether the interval lost x, and
    `{"leaves": [a, b]}` whether the value left that range.
    """
    if isinstance(number, Refusal):
        return False
    match bound:
        case {"above": int() | float() as line}:
            return number.value > line
        case {"below": int() | float() as line}:
            return number.value < line
        case {"leaves": [int() | float() as low, int() | float() as high]}:
            return not low <= number.value <= high
        case {"leaves": int() | float() as line}:
            return not holds(number, line)
    return False


def bound_words(bound: Mapping[str, object]) -> str:
    """Say what a bound asks: "above 0.6", "no longer holds 5", "outside 4 to 6"."""
    match bound:
        case {"above": int() | float() as line}:
            return f"above {given(line)}"
        case {"below": int() | float() as line}:
            return f"below {given(line)}"
        case {"leaves": [int() | float() as low, int() | float() as high]}:
            return f"outside {given(low)} to {given(high)}"
        case {"leaves": int() | float() as line}:
            return f"interval no longer holds {given(line)}"
    return "past no bound"


def _wholly(number: Estimate, bound: Mapping[str, object]) -> bool:
    """Say whether the whole interval is past the bound."""
    match bound:
        case {"above": int() | float() as line}:
            return number.low is not None and number.low > line
        case {"below": int() | float() as line}:
            return number.high is not None and number.high < line
        case {"leaves": [int() | float() as low, int() | float() as high]}:
            under = number.high is not None and number.high < low
            return under or (number.low is not None and number.low > high)
    return True


def _was(number: Number | None, unit: str) -> str:
    return "" if number is None else f"{phrase(number, unit=unit)} → "
