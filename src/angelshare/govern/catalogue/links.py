"""The list of links by evidence level: what a reader can follow, best evidence first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from angelshare.core.catalogue import CataloguedSource, EvidenceLevel
from angelshare.core.catalogue_pages import Catalogue
from angelshare.core.record import record

MEANING: Mapping[EvidenceLevel, str] = {
    "measured_here": "Measured here: computed from data named below",
    "text_seen": "Text seen: the text itself, or a copy of it, was read",
    "secondary_seen": "Secondary: a page about the text was read, not the text",
    "memory": "From memory: look it up before relying on it",
}
"""What each evidence level means."""


@record
class Linked:
    """A source and the claims that cite it at one evidence level."""

    source: CataloguedSource
    """The source."""

    claims: Sequence[str]
    """Ids of claims."""


@record
class LinkGroup:
    """The links of one evidence level."""

    evidence: EvidenceLevel
    """The level."""

    meaning: str
    """What it means."""

    links: Sequence[Linked]
    """Sources by id."""


def link_list(catalogue: Catalogue) -> Sequence[LinkGroup]:
    """List every cited source under the evidence level of the claims that cite it, best level first."""
    groups = []
    for level in get_args(EvidenceLevel):
        cited: dict[str, list[str]] = {}
        for claim in catalogue.claims:
            if claim.evidence == level:
                for name in sorted({citation.source for citation in claim.sources}):
                    cited.setdefault(name, []).append(claim.id)
        links = [Linked(source=catalogue.source(name), claims=cited[name]) for name in sorted(cited)]
        groups.append(LinkGroup(evidence=level, meaning=MEANING[level], links=links))
    return groups


def links_markdown(catalogue: Catalogue) -> str:
    """Write the list of links as Markdown."""
    parts = []
    for group in link_list(catalogue):
        parts.append(f"### {group.meaning}\n")
        for linked in group.links:
            source = linked.source
            dated = f", {source.on}" if source.on else ""
            parts.append(f"- [{source.title}]({source.url}) ({source.publisher}{dated}): {_count(linked.claims)}")
        parts.append("" if group.links else "None.\n")
    return "\n".join(parts).strip() + "\n"


def _count(claims: Sequence[str]) -> str:
    return f"{len(claims)} claim{'s' if len(claims) > 1 else ''}"
