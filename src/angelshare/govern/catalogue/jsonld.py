"""The catalogue as linked data.

Source: JSON-LD 1.1, W3C Recommendation of 16 July 2020, section 3; types of schema.org.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from angelshare.core.catalogue_pages import Catalogue
from angelshare.govern.catalogue.asof import instrument_status, shown_status

VOCABULARY = "urn:angelshare:catalogue:"
"""Where our own terms and ids live; a name, not an address."""

CONTEXT: Mapping[str, Any] = {
    "@vocab": VOCABULARY,
    "schema": "https://schema.org/",
    "id": "@id",
    "type": "@type",
    "name": "schema:name",
    "text": "schema:text",
    "description": "schema:description",
    "url": {"@id": "schema:url", "@type": "@id"},
    "citation": {"@id": "schema:citation", "@type": "@id"},
    "about": {"@id": "schema:about", "@type": "@id"},
    "legislationJurisdiction": "schema:legislationJurisdiction",
    "legislationType": "schema:legislationType",
    "legislationDate": {"@id": "schema:legislationDate", "@type": "schema:Date"},
    "datePublished": "schema:datePublished",
    "dateModified": {"@id": "schema:dateModified", "@type": "schema:Date"},
    "license": "schema:license",
    "expires": {"@id": "schema:expires", "@type": "schema:Date"},
    "inDefinedTermSet": {"@id": "schema:inDefinedTermSet", "@type": "@id"},
    "publisher": "schema:publisher",
    "isBasedOn": {"@id": "schema:isBasedOn", "@type": "@id"},
    "related": {"@id": f"{VOCABULARY}related", "@type": "@id"},
    "usedBy": {"@id": f"{VOCABULARY}usedBy", "@type": "@id"},
    "supersededBy": {"@id": f"{VOCABULARY}supersededBy", "@type": "@id"},
    "claims": {"@id": f"{VOCABULARY}claims", "@type": "@id"},
}
"""Terms of schema.org where it has them, our own otherwise; written out in the file, so that nothing is fetched."""


def jsonld(catalogue: Catalogue, as_of: date) -> Mapping[str, Any]:
    """Write the catalogue as a graph of Dataset, CreativeWork, Claim, Legislation, DefinedTerm and Article."""
    head = {
        "id": iri("catalogue"), "type": "schema:Dataset", "name": catalogue.about.title,
        "description": catalogue.about.statement, "dateModified": catalogue.about.edited_on,
        "license": catalogue.about.licence, "catalogueSha256": catalogue.sha256, "asOf": as_of.isoformat(),
    }  # fmt: skip
    terms = {"id": iri("concepts"), "type": "schema:DefinedTermSet", "name": f"Concepts: {catalogue.about.title}"}
    nodes = [head, *_source_nodes(catalogue), *_claim_nodes(catalogue, as_of), *_instrument_nodes(catalogue, as_of)]
    graph = [*nodes, terms, *_page_nodes(catalogue)]
    return {"@context": CONTEXT, "@graph": graph}


def _source_nodes(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "id": iri(source.id), "type": "schema:CreativeWork", "name": source.title, "url": source.url,
            "publisher": source.publisher, **({"datePublished": source.on} if source.on else {}),
        }
        for source in catalogue.sources
    ]  # fmt: skip


def _claim_nodes(catalogue: Catalogue, as_of: date) -> list[dict[str, Any]]:
    alleged = {allegation.claim: allegation for allegation in catalogue.allegations}
    nodes = []
    for claim in catalogue.claims:
        node = {
            "id": iri(claim.id), "type": "schema:Claim", "text": claim.statement,
            "citation": [iri(citation.source) for citation in claim.sources],
            "shownStatus": shown_status(claim, as_of), "evidence": claim.evidence, "review": claim.review,
            "verifiedOn": claim.verified_on, "isAllegation": claim.id in alleged,
        }  # fmt: skip
        if claim.id in alleged:
            node["allegedBy"] = alleged[claim.id].alleged_by
        if claim.expires_on:
            node["expires"] = claim.expires_on
        if claim.superseded_by:
            node["supersededBy"] = iris(claim.superseded_by)
        nodes.append(node)
    return nodes


def _instrument_nodes(catalogue: Catalogue, as_of: date) -> list[dict[str, Any]]:
    return [
        {
            "id": iri(instrument.id), "type": "schema:Legislation", "name": instrument.name,
            "legislationJurisdiction": instrument.jurisdiction, "legislationType": instrument.kind,
            "legislationDate": instrument.history[0].on, "standing": instrument_status(instrument, as_of),
            "treatmentOfDistillation": instrument.treatment, "claims": iris(instrument.claims),
        }
        for instrument in catalogue.instruments
    ]  # fmt: skip


def _page_nodes(catalogue: Catalogue) -> list[dict[str, Any]]:
    concepts = [
        {
            "id": iri(concept.id), "type": "schema:DefinedTerm", "name": concept.name,
            "description": concept.definition, "inDefinedTermSet": iri("concepts"),
            "related": iris(concept.related), "usedBy": iris(concept.used_by),
            "citation": iris(concept.references), "claims": iris(concept.claims),
        }
        for concept in catalogue.concepts
    ]  # fmt: skip
    articles = [
        {
            "id": iri(article.id), "type": "schema:Article", "name": article.title, "description": article.summary,
            "text": "\n\n".join(paragraph.text for paragraph in article.paragraphs),
            "isBasedOn": iris(sorted({name for paragraph in article.paragraphs for name in paragraph.claims})),
        }
        for article in catalogue.articles
    ]  # fmt: skip
    return [*concepts, *articles]


def iri(name: str) -> str:
    """Give the name of an entry in the world; ids are unique over all kinds."""
    return f"{VOCABULARY}{name}"


def iris(names: Iterable[str]) -> list[str]:
    """Give the names of several."""
    return [iri(name) for name in names]
