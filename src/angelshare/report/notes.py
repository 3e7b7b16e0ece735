"""Collect every refusal and caution of a report, with the places where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from angelshare.core.audit import GIVEN_ELSEWHERE, Audit, Curve
from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.numbers import percent
from angelshare.report.words import ARMS, AXES, RINGS, condition

_IDENTITY = ("axis", "measure", "ring", "domain", "way", "feature", "metric", "label", "share")


@record
class Note:
    """One reason or caution and where it stands."""

    mark: str
    """R1, R2, ... for refusals, C1, C2, ... for cautions."""

    text: str
    """The reason, in the words of the audit."""

    places: Sequence[str]
    """Where it stands."""


@record
class Notes:
    """All refusals and cautions of a report."""

    refusals: Sequence[Note]
    """In order of appearance."""

    cautions: Sequence[Note]
    """In order of appearance."""


def collect(audit: Audit) -> Notes:
    """Group every refusal and caution in `audit` by its words."""
    said = [
        (place, number)
        for place, number in _numbers(audit, "")
        if not (isinstance(number, Refusal) and number.refused in GIVEN_ELSEWHERE)
    ]
    unfitted = [(f"fit: {_name(curve)}", Refusal(refused=curve.refused)) for curve in audit.curves if curve.refused]
    return grouped([*said, *unfitted])


def places_named(places: Sequence[str], most: int | None, table: str) -> str:
    """Name where a note stands: all places, or the first `most` and the CSV table that lists the rest."""
    if most is None or len(places) <= most + 1:
        return "; ".join(places)
    return f"{'; '.join(places[:most])}; and {len(places) - most} more, listed in {table}.csv"


def grouped(said: Iterable[tuple[str, Number]]) -> Notes:
    """Group numbers, each with its place in words, by the words of their refusal or caution."""
    refusals: dict[str, list[str]] = {}
    cautions: dict[str, list[str]] = {}
    for place, number in said:
        if isinstance(number, Refusal):
            refusals.setdefault(number.refused, []).append(place)
        elif number.caution:
            cautions.setdefault(number.caution, []).append(place)
    return Notes(refusals=_marked("R", refusals), cautions=_marked("C", cautions))


def mark_of(number: Number, notes: Notes) -> str:
    """Give the mark of a number's refusal or caution, "" if it has none."""
    text, among = (number.refused, notes.refusals) if isinstance(number, Refusal) else (number.caution, notes.cautions)
    return next((note.mark for note in among if note.text == text), "")


def _marked(letter: str, found: Mapping[str, Sequence[str]]) -> Sequence[Note]:
    return [
        Note(mark=f"{letter}{index}", text=text, places=places)
        for index, (text, places) in enumerate(found.items(), start=1)
    ]


def _numbers(value: object, place: str) -> Iterator[tuple[str, Number]]:
    """Walk records and sequences; yields each Number with its place in words."""
    if isinstance(value, Estimate | Refusal):
        yield place, value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            word = field.name.replace("_", " ")
            yield from _numbers(getattr(value, field.name), f"{place}: {word}" if place else word)
    elif isinstance(value, list | tuple):
        for entry in value:
            name = _name(entry)
            yield from _numbers(entry, f"{place}: {name}" if name else place)


def _name(entry: object) -> str:
    """Name a row by the fields that set it apart from its neighbours."""
    if isinstance(entry, Curve):
        return f"{ARMS[entry.arm]} against {AXES[entry.axis]}" + (
            ", attributable" if entry.measure == "attributable" else ""
        )
    words: list[str] = []
    arm, budget = getattr(entry, "arm", None), getattr(entry, "budget", None)
    if arm is not None:
        words.append(condition(arm, budget) if isinstance(budget, int) else ARMS[arm])
    for key in _IDENTITY:
        value = getattr(entry, key, None)
        if key == "ring" and value is not None:
            words.append(f"{RINGS[value]} ring")
        elif isinstance(value, float):
            words.append(percent(value))
        elif value is not None:
            words.append(str(value).replace("_", " "))
    return ", ".join(words)
