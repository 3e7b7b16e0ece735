"""What can be wrong with a claim or a source."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from angelshare.core.catalogue import CataloguedSource, Claim
from angelshare.core.catalogue_pages import Catalogue, Entry, Finding
from angelshare.govern.catalogue.asof import UPHELD
from angelshare.govern.catalogue.dates import day, first_day

LONGEST_QUOTE = 15
"""Words; a short quote is evidence, a long one a copy."""


def fault(error: str, entry: Entry, says: str) -> Finding:
    """Say what is wrong with an entry."""
    return Finding(error=error, place=entry.place, id=entry.id, says=says)


def claim_faults(claim: Claim, catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with a claim, its references left aside."""
    if not claim.sources:
        yield fault("NoSourceError", entry, "the claim has no source; give at least one under `sources`")
    for citation in claim.sources:
        words = len(citation.quote.split())
        if words > LONGEST_QUOTE:
            says = f"quotes {words} words of '{citation.source}'; at most {LONGEST_QUOTE}, or say it in your own"
            yield fault("LongQuoteError", entry, says)
    if (claim.status == "measured") != (claim.evidence == "measured_here"):
        says = f"status '{claim.status}' with evidence '{claim.evidence}': 'measured' and 'measured_here' go together"
        yield fault("StatementError", entry, says)
    yield from _succession(claim, catalogue, entry)
    yield from _claim_dates(claim, catalogue, entry)


def _succession(claim: Claim, catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    if (claim.status == "superseded") != bool(claim.superseded_by):
        says = "a superseded claim, and no other, names what replaced it under `superseded_by`"
        yield fault("StatementError", entry, says)
    for other in catalogue.claims:
        forgets = other.id in claim.superseded_by and claim.id not in other.supersedes
        if forgets or (other.id in claim.supersedes and claim.id not in other.superseded_by):
            says = f"one of this claim and '{other.id}' says that it replaced the other, the other does not"
            yield fault("StatementError", entry, says)
    if claim.id in (*claim.supersedes, *claim.superseded_by):
        yield fault("StatementError", entry, "a claim cannot replace itself")


def _claim_dates(claim: Claim, catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    verified, expires = day(claim.verified_on), day(claim.expires_on)
    edited = day(catalogue.about.edited_on)
    if verified is None:
        yield fault("DateError", entry, f"verified_on: '{claim.verified_on}' is no day; write it as 2026-11-24")
    elif edited is not None and verified > edited:
        yield fault("DateError", entry, f"verified_on {verified} is after the catalogue's last edit, {edited}")
    if claim.expires_on and expires is None:
        yield fault("DateError", entry, f"expires_on: '{claim.expires_on}' is no day; write it as 2027-02-24")
    elif claim.status in UPHELD and not claim.expires_on:
        yield fault("DateError", entry, "expires_on is missing: a claim still made says when to look at it again")
    elif verified is not None and expires is not None and expires <= verified:
        yield fault("DateError", entry, f"expires_on {expires} is not after verified_on {verified}")
    dated = {source.id: first_day(source.on) for source in catalogue.sources}
    for citation in claim.sources:
        on = dated.get(citation.source)
        if verified is not None and on is not None and on > verified:
            yield fault("DateError", entry, f"verified on {verified} against '{citation.source}', dated {on}")


def source_faults(source: CataloguedSource, catalogue: Catalogue, entry: Entry) -> Iterator[Finding]:
    """Find what is wrong with a source; one that nothing rests on is an error too, as it is most likely a slip."""
    if says := address_fault(source.url):
        yield fault("AddressError", entry, f"url '{source.url}' {says}; give a full http or https address")
    if source.on and first_day(source.on) is None:
        yield fault("DateError", entry, f"on: '{source.on}' is no day, month or year; write it as 2026-02-23")
    cited = {citation.source for claim in catalogue.claims for citation in claim.sources}
    if source.id not in cited | {name for concept in catalogue.concepts for name in concept.references}:
        yield fault("StatementError", entry, "nothing rests on this source; cite it or take it out")


def address_fault(url: str) -> str:
    """Say what is wrong with an address; "" if nothing is.

    Source: the generic syntax of RFC 3986, section 3, held to http and https with a host that has a dot.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        return "holds a space or a control character"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # read only to have it checked
    except ValueError as error:
        return f"cannot be read ({error})"
    if parts.scheme not in ("http", "https"):
        return "does not begin with http:// or https://"
    if "." not in host.strip("."):
        return "has no host"
    return "holds a name or password" if parts.username or parts.password else ""
