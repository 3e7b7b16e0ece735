"""Proposals: anyone with leave proposes, somebody else decides, and what was refused keeps its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from angelshare.core.dossier import Change, Dossier
from angelshare.core.errors import FourEyesError, StaleError, WorkbenchError
from angelshare.core.strict import convert, plain
from angelshare.workbench import people
from angelshare.workbench.chain import dossier_of, publish
from angelshare.workbench.diffs import compare
from angelshare.workbench.models import Page, Proposal, Revision, Run, User
from angelshare.workbench.proposal_check import require

MOST_OPEN = 100
"""Proposals of one author that wait for a decision at once."""


def propose(
    dossier: Dossier, *, base: str, message: str, author: User, now: datetime, run: Run | None = None
) -> Proposal:
    """Keep a proposed state of a page until someone else decides on it.

    Args:
        dossier: what the page is to say.
        base: hash of the revision it was written against, "" for a page that does not exist yet.
        message: why, in a sentence.
        author: who proposes it.
        now: instant in UTC.
        run: the imported run that its measured numbers come from, if it has one.

    Raises StaleError when the page moved on, WorkbenchError when nothing would change, and the catalogue's own errors
    (NoSourceError, DateError, …) for claims that could not be published.
    """
    before = _base_of(dossier.slug, base)
    if not message.strip():
        raise WorkbenchError("say in a sentence why the page should change")
    if not compare(dossier_of(before) if before else None, dossier):
        raise WorkbenchError(f"page '{dossier.slug}': this is what it says already; there is nothing to propose")
    require(dossier, now.date())
    if Proposal.objects.filter(author=author, state=Proposal.State.OPEN).count() >= MOST_OPEN:
        raise WorkbenchError(f"{MOST_OPEN} proposals of yours wait for a decision; withdraw one first")
    with transaction.atomic():
        proposal = Proposal.objects.create(
            slug=dossier.slug,
            base=before,
            dossier=plain(dossier),
            message=message.strip(),
            run=run,
            author=author,
            author_name=author.username,
            created_at=now,
        )
        people.note(author, "propose", f"proposal {proposal.pk}", {"page": dossier.slug}, now)
    return proposal


def _base_of(slug: str, base: str) -> Revision | None:
    page = Page.objects.select_related("head").filter(slug=slug).first()
    head = page.head if page else None
    if base == (head.sha256 if head else ""):
        return head
    raise StaleError(
        f"page '{slug}': it moved on while you wrote; look at what changed, then edit the current revision"
    )


def changes_of(proposal: Proposal) -> Sequence[Change]:
    """List what a proposal would change against the revision it was written on."""
    return compare(dossier_of(proposal.base) if proposal.base else None, dossier_in(proposal))


def dossier_in(proposal: Proposal) -> Dossier:
    """Decode the dossier of a proposal."""
    return convert(proposal.dossier, Dossier, f"proposal {proposal.pk}")


def is_stale(proposal: Proposal) -> bool:
    """Say whether its page moved on since it was written."""
    head = Page.objects.filter(slug=proposal.slug).values_list("head_id", flat=True).first()
    return head != proposal.base_id


def accept(proposal_id: int, *, reviewer: User, now: datetime) -> Revision:
    """Publish an open proposal, in one transaction with its alerts.

    Raises FourEyesError when the reviewer is its author or it is decided already, StaleError when its page moved on.
    """
    with transaction.atomic():
        proposal = _open(proposal_id, reviewer)
        revision = publish(
            dossier_in(proposal),
            message=proposal.message,
            author=proposal.author,
            reviewer=reviewer,
            now=now,
            base=proposal.base_id or "",
        )
        _decide(proposal, Proposal.State.PUBLISHED, reviewer, now)
        people.note(reviewer, "publish", f"proposal {proposal.pk}", {"revision": revision.sha256}, now)
    return revision


def reject(proposal_id: int, *, reviewer: User, reason: str, now: datetime) -> Proposal:
    """Refuse an open proposal and keep why. Raises FourEyesError, or WorkbenchError without a reason."""
    if not reason.strip():
        raise WorkbenchError("say why it is rejected: the reason is kept with it")
    with transaction.atomic():
        proposal = _open(proposal_id, reviewer)
        proposal.reason = reason.strip()
        _decide(proposal, Proposal.State.REJECTED, reviewer, now)
        people.note(reviewer, "reject", f"proposal {proposal.pk}", {"reason": proposal.reason}, now)
    return proposal


def withdraw(proposal_id: int, *, author: User, reason: str, now: datetime) -> Proposal:
    """Take one's own open proposal back; it stays, with why, and in the audit log.

    Raises FourEyesError when it is someone else's or decided already, WorkbenchError without a reason.
    """
    if not reason.strip():
        raise WorkbenchError("say why you withdraw it: the reason is kept with it")
    with transaction.atomic():
        proposal = _undecided(proposal_id)
        if author.pk != proposal.author_id:
            raise FourEyesError(f"proposal {proposal.pk} is not yours to withdraw: a reviewer can reject it")
        proposal.reason = reason.strip()
        _decide(proposal, Proposal.State.WITHDRAWN, None, now)
        people.note(author, "withdraw", f"proposal {proposal.pk}", {"reason": proposal.reason}, now)
    return proposal


def _undecided(proposal_id: int) -> Proposal:
    proposal = Proposal.objects.select_for_update(of=("self",)).select_related("author", "base").get(pk=proposal_id)
    if proposal.state != Proposal.State.OPEN:
        raise FourEyesError(f"proposal {proposal.pk} is {proposal.state} already")
    return proposal


def _open(proposal_id: int, reviewer: User) -> Proposal:
    proposal = _undecided(proposal_id)
    if reviewer.pk == proposal.author_id:
        raise FourEyesError(f"proposal {proposal.pk} is your own: someone else must decide on it")
    return proposal


def _decide(proposal: Proposal, state: Proposal.State, reviewer: User | None, now: datetime) -> None:
    proposal.state, proposal.reviewer, proposal.decided_at = state, reviewer, now
    proposal.save(update_fields=["state", "reviewer", "decided_at", "reason"])
