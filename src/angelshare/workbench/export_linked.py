"""Dossiers as linked data: for export, and as the block of schema.org metadata that a page carries.

Source: JSON-LD 1.1, W3C Recommendation of 16 July 2020, section 3; types and properties of schema.org.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from angelshare.core.catalogue import Claim
from angelshare.core.dossier import DossierKind
from angelshare.core.records import Estimate, Number
from angelshare.workbench.export_shapes import LICENCE, STATEMENT, Exported

TYPES: Mapping[DossierKind, str] = {
    "concept": "DefinedTerm", "instrument": "Legislation", "topic": "Question", "article": "Article",
    "campaign": "Report", "terms": "DigitalDocument", "run": "Dataset",
}  # fmt: skip
"""What schema.org calls each kind of page; an allegation is somebody's report, never a finding of ours."""

LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"

Address = Callable[[str], str]
"""Gives the absolute address of a path."""


HEAD: Mapping[str, str] = {"@context": "https://schema.org/", "description": STATEMENT, "license": LICENCE_URL}
"""What a graph begins with, before its "@graph" of nodes."""


def nodes_of(one: Exported, address: Address) -> Sequence[Mapping[str, Any]]:
    """Write one page: the page itself, then its claims."""
    where = address(f"/{one.dossier.slug}/")
    return [page_node(one, address), *(_claim(claim, one, where) for claim in one.dossier.claims)]


def page_node(one: Exported, address: Address) -> Mapping[str, Any]:
    """Write what a page is about, pinned to its revision."""
    d = one.dossier
    where = address(f"/{d.slug}/")
    node: dict[str, Any] = {
        "@id": where,
        "@type": TYPES[d.kind],
        "name": d.title,
        "description": d.definition,
        "url": where,
        "version": one.sha256,
        "dateModified": one.published_at.isoformat(),
        "license": LICENCE,
        "citation": [{"@type": "CreativeWork", "name": source.title, "url": source.url} for source in d.sources],
    }
    if d.kind == "instrument" and (jurisdiction := d.facts.get("jurisdiction")):
        node["legislationJurisdiction"] = jurisdiction
    if numbers := [_number(name, number, block.run) for block in d.measured for name, number in block.numbers.items()]:
        node["variableMeasured" if d.kind == "run" else "additionalProperty"] = numbers
    return node


def _number(name: str, number: Number, run: str) -> Mapping[str, Any]:
    """Write a number with its interval; one that the data cannot carry has no value, and says why."""
    about = {"@type": "PropertyValue", "name": name, "propertyID": f"sha256:{run}"}
    if not isinstance(number, Estimate):
        return {**about, "description": number.refused}
    ends = {"minValue": number.low, "maxValue": number.high}
    said = f"{number.level:.0%} interval; n = {number.n}; {number.method}"
    kept = {key: end for key, end in ends.items() if end is not None}
    return {**about, "value": number.value, **kept, "measurementTechnique": said}


def _claim(claim: Claim, one: Exported, where: str) -> Mapping[str, Any]:
    node: dict[str, Any] = {
        "@id": f"{where}#claim-{claim.id}",
        "@type": "Claim",
        "text": claim.statement,
        "creativeWorkStatus": claim.status,
        "dateModified": claim.verified_on,
        "isPartOf": {"@id": where},
        "version": one.sha256,
    }
    held = {source.id: source for source in one.dossier.sources}
    sources = [held[cited.source] for cited in claim.sources if cited.source in held]
    if sources:
        node["citation"] = [{"@type": "CreativeWork", "name": source.title, "url": source.url} for source in sources]
    if claim.expires_on:
        node["expires"] = claim.expires_on
    return node
