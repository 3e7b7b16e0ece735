"""Check a catalogue: ids, references, sources, quotes, dates, flags of allegations; and what has expired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from angelshare.core import errors
from angelshare.core.catalogue_pages import Catalogue, Entry, Finding
from angelshare.core.errors import CatalogueError
from angelshare.govern.catalogue.asof import is_expired
from angelshare.govern.catalogue.check_claims import claim_faults, source_faults
from angelshare.govern.catalogue.check_entries import (
    about_faults,
    allegation_faults,
    concept_faults,
    figure_faults,
    instrument_faults,
    page_faults,
)
from angelshare.govern.catalogue.references import dangling


def check(catalogue: Catalogue, as_of: date) -> Sequence[Finding]:
    """Find everything that is wrong, and every claim that has expired unmarked by `as_of`.

    A finding with an `error` is a fault of the entry; one without says that a valid entry must be looked at again.
    """
    findings = [*_duplicates(catalogue), *dangling(catalogue), *about_faults(catalogue)]
    places = _places(catalogue)
    for claim in catalogue.claims:
        findings += claim_faults(claim, catalogue, places["claim", claim.id])
        if is_expired(claim, as_of) and claim.review != "needs_recheck":
            findings.append(_expired(claim.id, claim.expires_on, places["claim", claim.id].place))
    for source in catalogue.sources:
        findings += source_faults(source, catalogue, places["source", source.id])
    for instrument in catalogue.instruments:
        findings += instrument_faults(instrument, places["instrument", instrument.id])
    for allegation in catalogue.allegations:
        findings += allegation_faults(allegation, catalogue, places["allegation", allegation.id])
    for figure in catalogue.figures:
        findings += figure_faults(figure, places["figure", figure.id])
    for concept in catalogue.concepts:
        findings += concept_faults(concept, places["concept", concept.id])
    for article in catalogue.articles:
        findings += page_faults(article, places["article", article.id])
    return findings


def require(catalogue: Catalogue) -> Catalogue:
    """Give the catalogue back if no entry is wrong; raise the first fault as its own error, with the number of others.

    Expiry is not looked at: it depends on the day, and an expired claim is shown as such.
    """
    faults = [finding for finding in check(catalogue, date.min) if finding.error]
    if not faults:
        return catalogue
    first = faults[0]
    kind: type[CatalogueError] = getattr(errors, first.error)
    more = f" (and {len(faults) - 1} more: `angelshare catalogue check` lists them)" if len(faults) > 1 else ""
    raise kind(f"{first.place}, '{first.id}': {first.says}{more}")


def _expired(claim: str, on: str, place: str) -> Finding:
    says = f"expired on {on}: hold it against its sources again, or set review to 'needs_recheck'"
    return Finding(error="", place=place, id=claim, says=says)


def _duplicates(catalogue: Catalogue) -> Iterator[Finding]:
    """Find ids given twice; ids are unique over all kinds, since an id is also an address."""
    seen: dict[str, Entry] = {}
    for entry in catalogue.entries:
        if entry.id in seen:
            says = f"this id is taken by the {seen[entry.id].kind} at {seen[entry.id].place}; choose another"
            yield Finding(error="DuplicateIdError", place=entry.place, id=entry.id, says=says)
        seen.setdefault(entry.id, entry)


def _places(catalogue: Catalogue) -> dict[tuple[str, str], Entry]:
    return {(entry.kind, entry.id): entry for entry in reversed(catalogue.entries)}
