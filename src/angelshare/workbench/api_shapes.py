"""What the API answers with: core's own records, and the few shapes around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from angelshare.core.catalogue import Claim, ClaimStatus, EvidenceLevel, Review
from angelshare.core.dossier import Change, Dossier, DossierKind


class Trouble(Schema):
    """What went wrong."""

    kind: str = Field(description="Name of the error; stable.")
    says: str = Field(description="What was found, and what would do.")


class Failure(Schema):
    """The one shape of every error."""

    error: Trouble


class PageLine(Schema):
    """A page in a list."""

    slug: str
    kind: str
    title: str
    revision: str = Field(description="SHA-256 of the revision that stands there.")


class PageList(Schema):
    """Pages, by address."""

    items: Sequence[PageLine]
    next: str | None = Field(description="Cursor of the next screen; null at the end.")


class RevisionLine(Schema):
    """A revision in a list."""

    sha256: str
    parent: str | None
    number: int
    message: str
    author: str
    reviewer: str
    published_at: datetime


class PageFull(Schema):
    """A page, as it stands or stood."""

    revision: RevisionLine
    dossier: Dossier


class RevisionFull(Schema):
    """One revision: what it says and what it changed."""

    slug: str
    revision: RevisionLine
    dossier: Dossier
    changes: Sequence[Change]


class RevisionList(Schema):
    """Revisions, latest first."""

    items: Sequence[RevisionLine]


class ChangeLine(Schema):
    """A change in the feed."""

    id: int
    slug: str
    revision: str
    published_at: datetime
    change: Change


class ChangeList(Schema):
    """Changes, in order of publication: keep `next` and come back with it, nothing is missed."""

    items: Sequence[ChangeLine]
    next: str | None = Field(description="Cursor after the last item; null if there was none.")


class ClaimLine(Schema):
    """A claim on a page."""

    slug: str
    jurisdiction: str
    claim: Claim


class ClaimList(Schema):
    """Claims, by page and id."""

    items: Sequence[ClaimLine]
    next: str | None = Field(description="Cursor of the next screen; null at the end.")


class ClaimFilter(Schema):
    """Which claims."""

    slug: str = Field("", max_length=120, description="Of this page.")
    status: ClaimStatus | None = None
    evidence: EvidenceLevel | None = None
    review: Review | None = None
    jurisdiction: str = Field("", max_length=40)
    expires_before: date | None = Field(None, description="Expiring before this day.")


class SearchFilter(Schema):
    """What to look for."""

    q: str = Field("", max_length=2_000, description="Words, and phrases in quotes; all must stand on the page.")
    kind: DossierKind | None = None
    status: ClaimStatus | None = Field(None, description="Of a claim on the page.")
    evidence: EvidenceLevel | None = Field(None, description="Of the same claim.")
    jurisdiction: str = Field("", max_length=40)


class InstrumentLine(Schema):
    """An instrument and its facts in words."""

    slug: str
    title: str
    label: str
    facts: Mapping[str, str]


class InstrumentList(Schema):
    """Every instrument."""

    items: Sequence[InstrumentLine]


class CellLine(Schema):
    """What one instrument says on one topic."""

    instrument: str
    topic: str
    relation: str
    pinpoint: str
    claim: str
    shown: str = Field(
        description="The word in the matrix: `excludes` where it governs distillates by leaving them out."
    )


class CellList(Schema):
    """Cells of the matrix; where there is none, nobody has looked."""

    items: Sequence[CellLine]


class RunLine(Schema):
    """An imported run."""

    sha256: str = Field(description="Of its manifest; of its report, if it has none.")
    kind: str
    name: str
    uploaded_at: datetime


class RunList(Schema):
    """Imported runs, latest first."""

    items: Sequence[RunLine]
    next: str | None


class RunFull(RunLine):
    """An imported run with its report and manifest."""

    report: dict[str, Any]
    manifest: dict[str, Any]
    figures: Sequence[str] = Field(description="Names of its figures, for /embed/.")


class PieceLine(Schema):
    """A run of words in a snippet."""

    text: str
    hit: bool


class HitLine(Schema):
    """A page that was found."""

    slug: str
    kind: str
    title: str
    definition: str
    jurisdiction: str
    snippet: Sequence[PieceLine]


class HitList(Schema):
    """Pages found, best first."""

    total: int
    items: Sequence[HitLine]


class WatchLine(Schema):
    """A watch of your own."""

    id: int
    kind: str
    slug: str
    target: str
    bound: dict[str, Any]
    frequency: str
    created_at: datetime
    paused_at: datetime | None = Field(description="Since when it hears nothing; null while it listens.")


class WatchList(Schema):
    """Your watches."""

    items: Sequence[WatchLine]


class ProposalLine(Schema):
    """A proposal of your own."""

    id: int
    slug: str
    message: str
    state: str
    reason: str = Field(description="Why it was rejected or withdrawn, if it was.")
    run: str | None = Field(description="Hash of the run it brings, if any.")
    created_at: datetime
    decided_at: datetime | None


class ProposalList(Schema):
    """Your proposals, latest first."""

    items: Sequence[ProposalLine]
