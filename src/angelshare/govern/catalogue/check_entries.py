"""What can be wrong with instruments, allegations, figures and pages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise

from angelshare.core.catalogue import Allegation, Figure, Instrument
from angelshare.core.catalogue_pages import Article, Catalogue, Concept, Entry, Finding
from angelshare.govern.catalogue.check_claims import fault
from angelshare.govern.catalogue.dates import day, first_day

ATTRIBUTES = re.compile(r"\b(alleg\w+|says|said|states|stated|reports|reported|according to|attribut\w+|accus\w+)\b")
"""Words by which a sentence leaves a claim with the one who makes it."""

SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z])")


def about_faults(catalogue: Catalogue) -> Iterator[Finding]:
    """Find what is wrong with what a catalogue says of itself."""
    if day(catalogue.about.edited_on) is None:
        says = f"edited_on: '{catalogue.about.edited_on}' is no day; write it as 2026-11-24"
        yield Finding(error="DateError", place="[about]", id="about", says=says)


def instrument_faults(instrument: Instrument, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with an instrument."""
    if not instrument.claims:
        yield fault("NoSourceError", entry, "no claim says this; name at least one under `claims`")
    if not instrument.history:
        yield fault("StatementError", entry, "history is empty; give at least the step that made it what it is")
    days = [day(step.on) for step in instrument.history]
    for step, on in zip(instrument.history, days, strict=True):
        if on is None:
            yield fault("DateError", entry, f"history: '{step.on}' is no day; write it as 2026-11-24")
    for earlier, later in pairwise(on for on in days if on is not None):
        if later < earlier:
            yield fault("DateError", entry, f"history: {later} stands after {earlier}; put the steps in order")
    for line in instrument.thresholds:
        if not math.isfinite(line.value) or line.value <= 0:
            yield fault("StatementError", entry, f"thresholds: {line.quantity} {line.value} is not above zero")


def allegation_faults(allegation: Allegation, catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with an allegation: flags that leave something out, or a claim made in our own voice."""
    for name in ("exchanges", "accounts"):
        value, precision = getattr(allegation, name), getattr(allegation, f"{name}_are")
        if (value is None) != (precision == "not_stated"):
            says = f"{name} = {value} with {name}_are = '{precision}': a figure is a floor, approximate or exact"
            yield fault("StatementError", entry, f"{says}; none is 'not_stated'")
        if value is not None and value <= 0:
            yield fault("StatementError", entry, f"{name} = {value} is not above zero")
    if allegation.exchanges is not None and allegation.counts == "not_stated":
        yield fault("StatementError", entry, "counts: say whether the figure counts attempts, exchanges or training")
    if (allegation.named == "unnamed") != (allegation.response == "nobody_named"):
        says = f"named = '{allegation.named}' with response = '{allegation.response}': nobody named, nobody to answer"
        yield fault("StatementError", entry, says)
    yield from _window(allegation, entry)
    statement = next((claim.statement for claim in catalogue.claims if claim.id == allegation.claim), None)
    if statement is not None and not _attributed(statement, allegation.alleged_by):
        says = f"claim '{allegation.claim}' must say in its first sentence that {allegation.alleged_by} alleges it"
        yield fault("StatementError", entry, says)


def _attributed(statement: str, by: str) -> bool:
    """Say whether the first sentence names who alleges (the first word of the name will do) and leaves it with them."""
    first = SENTENCE_END.split(statement)[0]
    return by.split(maxsplit=1)[0] in first and ATTRIBUTES.search(first) is not None


def _window(allegation: Allegation, entry: Entry) -> Iterator[Finding]:
    given = [bool(allegation.from_on), bool(allegation.to_on)]
    needed = {"stated": [[True, True]], "partly_stated": [[True, False], [False, True], [True, True]]}
    if given not in needed.get(allegation.window, [[False, False]]):
        says = f"window = '{allegation.window}' with from_on '{allegation.from_on}' and to_on '{allegation.to_on}'"
        yield fault("StatementError", entry, f"{says}: a stated window has both, one not stated has none")
    dates = [(name, getattr(allegation, name)) for name in ("from_on", "to_on", "alleged_on")]
    read = [(name, day(text)) for name, text in dates if text or name == "alleged_on"]
    for name, on in read:
        if on is None:
            yield fault("DateError", entry, f"{name}: '{getattr(allegation, name)}' is no day; write it as 2026-11-24")
    for (name, earlier), (later_name, later) in pairwise(read):
        if earlier is not None and later is not None and later < earlier:
            yield fault("DateError", entry, f"{later_name} {later} is before {name} {earlier}")


def figure_faults(figure: Figure, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with a published figure."""
    if first_day(figure.on) is None:
        yield fault("DateError", entry, f"on: '{figure.on}' is no day, month or year; write it as 2026-05-29")
    ends = [number for number in (figure.low, figure.value, figure.high) if number is not None]
    if ends != sorted(ends):
        yield fault("StatementError", entry, f"low, value and high are out of order: {ends}")
    if not ends:
        yield fault("StatementError", entry, "no number in it: give value, or low and high")
    if any(number < 0 for number in ends):
        yield fault("StatementError", entry, f"a negative {figure.kind}: {ends}")


def concept_faults(concept: Concept, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with a concept."""
    if SENTENCE_END.search(concept.definition) or not concept.definition.endswith("."):
        yield fault("StatementError", entry, "the definition is one sentence, with a full stop")
    if not concept.scope or not concept.note:
        yield fault("StatementError", entry, "a concept has a scope and an editorial note")
    if not concept.references:
        yield fault("NoSourceError", entry, "no reference; name at least one source under `references`")


def page_faults(article: Article, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with an article: a figure or a year is a fact, and a fact needs a claim."""
    for number, paragraph in enumerate(article.paragraphs, start=1):
        if not paragraph.claims and re.search(r"\d", paragraph.text):
            says = f"paragraph {number} states a figure or a date and names no claim behind it"
            yield fault("NoSourceError", entry, says)
    if not any(paragraph.claims for paragraph in article.paragraphs):
        yield fault("NoSourceError", entry, "no paragraph names a claim")
