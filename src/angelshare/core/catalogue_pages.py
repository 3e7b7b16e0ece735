"""The nouns of the catalogue that are read as pages: concepts and topic articles; and the catalogue as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, TypeVar

from angelshare.core.catalogue import (
    Allegation,
    CataloguedSource,
    Cell,
    Claim,
    Figure,
    Instrument,
    ProviderTerms,
    Topic,
)
from angelshare.core.errors import DanglingIdError, nearest
from angelshare.core.record import record

EntryKind: TypeAlias = Literal[
    "source", "claim", "instrument", "topic", "cell", "terms", "allegation", "figure", "concept", "article"
]
"""What an entry is."""


@record
class Concept:
    """A term of the domain."""

    id: str
    """Unique in the catalogue."""

    name: str
    """The term."""

    definition: str
    """One sentence."""

    scope: Sequence[str]
    """Definition and scope, by paragraph."""

    used_by: Sequence[str]
    """Ids of instruments that use it."""

    related: Sequence[str]
    """Ids of related concepts."""

    articles: Sequence[str]
    """Ids of topic articles it appears in."""

    note: str
    """Editorial note: how to use the term and how not to."""

    references: Sequence[str]
    """Ids of sources."""

    claims: Sequence[str] = ()
    """Ids of claims that its scope rests on."""


@record
class Paragraph:
    """A paragraph of an article."""

    text: str
    """What it says."""

    claims: Sequence[str] = ()
    """Ids of the claims behind its factual sentences; none only where it states no fact."""


@record
class Article:
    """A topic article."""

    id: str
    """Unique in the catalogue."""

    title: str
    """Title."""

    topic: str
    """Id of the topic it treats."""

    summary: str
    """One sentence."""

    paragraphs: Sequence[Paragraph]
    """The text."""


@record
class About:
    """What the catalogue is and as of when."""

    title: str
    """Title."""

    edited_on: str
    """ISO date of the last edit: nothing in it is later."""

    licence: str
    """Under which its text may be used."""

    statement: str
    """What stands on every page and in every export."""


@record
class CatalogueFile:
    """One file of a catalogue; every list may be absent, and any file may hold any of them."""

    about: About | None = None
    """Only in the shipped catalogue."""

    sources: Sequence[CataloguedSource] = ()
    """Documents."""

    claims: Sequence[Claim] = ()
    """Claims."""

    instruments: Sequence[Instrument] = ()
    """Instruments."""

    topics: Sequence[Topic] = ()
    """Topics."""

    cells: Sequence[Cell] = ()
    """Instruments against topics."""

    terms: Sequence[ProviderTerms] = ()
    """Provider terms."""

    allegations: Sequence[Allegation] = ()
    """Allegations."""

    figures: Sequence[Figure] = ()
    """Published figures."""

    concepts: Sequence[Concept] = ()
    """Concepts."""

    articles: Sequence[Article] = ()
    """Topic articles."""


# --- the whole ----------------------------------------------------------------------------------


@record
class Entry:
    """Where one entry stands and what it hashes to: the workbench's unit of revision and alert."""

    kind: EntryKind
    """What it is."""

    id: str
    """Its id; of a cell, its instrument's and its topic's with a stroke between."""

    place: str
    """File and position, for messages."""

    sha256: str
    """Hash of its canonical JSON: it changes when, and only when, the entry says something else."""


@record
class Finding:
    """One thing that is wrong with a catalogue, or that needs someone's attention."""

    error: str
    """Name of the error it is raised as; "" where the entry is valid but must be looked at again."""

    place: str
    """File and position."""

    id: str
    """The entry."""

    says: str
    """What was found, and what would do."""


Named = TypeVar(
    "Named", CataloguedSource, Claim, Instrument, Topic, Concept, Article, Allegation, Figure, ProviderTerms
)


@record
class Catalogue:
    """Everything the catalogue holds, in the order of its files."""

    about: About
    """What it is and as of when."""

    sha256: str
    """Hash over the hashes of all entries, whatever file and order they stand in."""

    entries: Sequence[Entry]
    """Place and hash of every entry."""

    sources: Sequence[CataloguedSource]
    """Documents."""

    claims: Sequence[Claim]
    """Claims."""

    instruments: Sequence[Instrument]
    """Instruments."""

    topics: Sequence[Topic]
    """Topics."""

    cells: Sequence[Cell]
    """Instruments against topics."""

    terms: Sequence[ProviderTerms]
    """Provider terms."""

    allegations: Sequence[Allegation]
    """Allegations."""

    figures: Sequence[Figure]
    """Published figures."""

    concepts: Sequence[Concept]
    """Concepts."""

    articles: Sequence[Article]
    """Topic articles."""

    def source(self, name: str) -> CataloguedSource:
        """Give the source with this id; raises DanglingIdError."""
        return _named(self.sources, name, "source")

    def claim(self, name: str) -> Claim:
        """Give the claim with this id; raises DanglingIdError."""
        return _named(self.claims, name, "claim")

    def instrument(self, name: str) -> Instrument:
        """Give the instrument with this id; raises DanglingIdError."""
        return _named(self.instruments, name, "instrument")

    def topic(self, name: str) -> Topic:
        """Give the topic with this id; raises DanglingIdError."""
        return _named(self.topics, name, "topic")

    def concept(self, name: str) -> Concept:
        """Give the concept with this id; raises DanglingIdError."""
        return _named(self.concepts, name, "concept")

    def article(self, name: str) -> Article:
        """Give the article with this id; raises DanglingIdError."""
        return _named(self.articles, name, "article")

    def hashes(self) -> Mapping[str, str]:
        """Give the hash of every entry by its id."""
        return {entry.id: entry.sha256 for entry in self.entries}

    def cells_of(self, name: str) -> Sequence[Cell]:
        """Give the cells of an instrument or of a topic."""
        return [cell for cell in self.cells if name in (cell.instrument, cell.topic)]


def _named(entries: Sequence[Named], name: str, kind: str) -> Named:
    for entry in entries:
        if entry.id == name:
            return entry
    raise DanglingIdError(f"no {kind} with id '{name}'; {nearest(name, [entry.id for entry in entries])}")
