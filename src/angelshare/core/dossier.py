"""The nouns of the workbench: a dossier is what a page says, a revision one dated state of it, a change what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from angelshare.core.catalogue import CataloguedSource, Cell, Claim
from angelshare.core.record import record
from angelshare.core.records import Number

DossierKind: TypeAlias = Literal["concept", "instrument", "topic", "article", "campaign", "terms", "run"]
"""What a page is about; `campaign` pages hold allegations, `run` pages what one imported run measured."""


@record
class Measured:
    """Numbers of one imported run that a page shows; figures are drawn anew from the run's own report."""

    run: str
    """SHA-256 of the run's manifest."""

    kind: str
    """What kind of run it is: "audit", "delay", "ledger", …; a page outlives the version that could read its run."""

    label: str
    """What was measured, in a phrase."""

    numbers: Mapping[str, Number] = field(default_factory=dict)
    """Name to number, e.g. "recovery", "delay_months"."""

    sentence: str = ""
    """The run's own calibrated sentence."""


@record
class Dossier:
    """What one page says: typed fields, so that two revisions can be compared by meaning."""

    slug: str
    """Address of the page, unique; of a catalogue entry, its id."""

    kind: DossierKind
    """What it is about."""

    title: str
    """Title."""

    label: str
    """Class, in words: "Risk classification", "Statute, EU"."""

    definition: str
    """One sentence."""

    scope: Sequence[str] = ()
    """Definition and scope, by paragraph."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """Typed facts in words: jurisdiction, status, treatment, threshold, …"""

    measured: Sequence[Measured] = ()
    """What our own runs measured."""

    used_by: Sequence[str] = ()
    """Slugs of instruments that use it."""

    related: Sequence[str] = ()
    """Slugs of related concepts."""

    articles: Sequence[str] = ()
    """Slugs of topic articles it appears in."""

    cells: Sequence[Cell] = ()
    """Its row or column of the matrix."""

    note: str = ""
    """Editorial note."""

    claims: Sequence[Claim] = ()
    """Its claims, each with status, evidence, review state, dates and sources."""

    sources: Sequence[CataloguedSource] = ()
    """Every source its claims and references name."""

    references: Sequence[str] = ()
    """Ids of further sources."""


@record
class Change:
    """One typed field that two revisions differ in."""

    path: str
    """Where: "definition", "claims/ID/status", "measured/delay/numbers/months"."""

    action: Literal["added", "removed", "changed"]
    """What happened to it."""

    before: str
    """In words; "" if it was not there."""

    after: str
    """In words; "" if it is gone."""

    words: str
    """The change as a reader would say it: "delay 5.6 → 6.1 months; the interval no longer holds 5.0"."""
