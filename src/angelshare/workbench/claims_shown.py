"""Claims and numbers as a page shows them: with the day they are held against, their sources, what replaced them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from angelshare.core.catalogue import CataloguedSource, Citation, Claim, ClaimStatus, EvidenceLevel, Review
from angelshare.core.dossier import Dossier, Measured
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.govern.catalogue import is_expired, shown_status
from angelshare.report.numbers import full, parts
from angelshare.workbench.number_names import number_name, unit_of

EVIDENCE: Mapping[EvidenceLevel, str] = {
    "measured_here": "measured here",
    "text_seen": "text seen",
    "secondary_seen": "secondary source seen",
    "memory": "from memory",
}
"""What we had before us, in words."""

REVIEW: Mapping[Review, str] = {
    "unreviewed": "one person",
    "reviewed": "reviewed",
    "needs_recheck": "to be rechecked",
}
"""Who has looked, in words."""

_PAST: tuple[ClaimStatus, ...] = ("superseded", "withdrawn")


@record
class SourceLine:
    """One source of a claim."""

    source: CataloguedSource | None
    """The source; None if the page does not list it."""

    cited: Citation
    """Where in it."""


@record
class ClaimRow:
    """One row of the table of claims."""

    claim: Claim
    """The claim."""

    status: str
    """Status to show on that day: its own, or that it has expired."""

    mark: str
    """Class of the status's mark."""

    is_expired: bool
    """It should have been looked at again by that day."""

    is_past: bool
    """Superseded or withdrawn: shown struck."""

    evidence: str
    """Evidence level in words."""

    review: str
    """Review state in words."""

    sources: Sequence[SourceLine]
    """What it rests on."""

    replaced_by: Sequence[Claim]
    """Claims on this page that replaced it."""

    replaces: Sequence[Claim]
    """Claims on this page that it replaced."""


@record
class NumberRow:
    """One measured number."""

    name: str
    """What was measured."""

    value: str
    """Point value with its unit, one-sided bound, or "not stated"."""

    interval: str
    """Interval, or the reason of a refusal."""

    whole: str
    """Everything it carries: level, n, method, caution."""

    is_refused: bool
    """The data cannot say."""


def claim_rows(dossier: Dossier, on: date) -> Sequence[ClaimRow]:
    """Give the claims of a page as of a day: those still made first, then those replaced or taken back."""
    held = {claim.id: claim for claim in dossier.claims}
    sources = {source.id: source for source in dossier.sources}
    rows = [_row(claim, held, sources, on) for claim in dossier.claims]
    return sorted(rows, key=lambda row: row.is_past)


def _row(claim: Claim, held: Mapping[str, Claim], sources: Mapping[str, CataloguedSource], on: date) -> ClaimRow:
    expired = is_expired(claim, on)
    return ClaimRow(
        claim=claim,
        status=shown_status(claim, on),
        mark="expired" if expired else claim.status,
        is_expired=expired,
        is_past=claim.status in _PAST,
        evidence=EVIDENCE[claim.evidence],
        review=REVIEW[claim.review],
        sources=[SourceLine(source=sources.get(cited.source), cited=cited) for cited in claim.sources],
        replaced_by=[held[name] for name in claim.superseded_by if name in held],
        replaces=[held[name] for name in claim.supersedes if name in held],
    )


def number_rows(measured: Measured) -> Sequence[NumberRow]:
    """Give the numbers of a run, printed as the reports print them."""
    return [number_row(name, number) for name, number in measured.numbers.items()]


def number_row(name: str, number: Number) -> NumberRow:
    """Print one number; a name such as "delay_months on gpqa" says its unit."""
    unit = unit_of(name)
    printed = parts(number, unit=unit)
    return NumberRow(
        name=number_name(name),
        value=printed.value,
        interval=printed.interval,
        whole=full(number, unit=unit),
        is_refused=isinstance(number, Refusal),
    )
