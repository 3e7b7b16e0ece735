"""Publish a run: import it, and propose it as a measured block of a page."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import transaction

from angelshare.core.dossier import Dossier, Measured
from angelshare.core.errors import PlanError, WorkbenchError
from angelshare.workbench import people
from angelshare.workbench.chain import dossier_at
from angelshare.workbench.imports import import_run
from angelshare.workbench.measured import block
from angelshare.workbench.models import Proposal, Run, User
from angelshare.workbench.proposals import propose


def bring(archive: Path, slug: str, *, message: str, by: User, now: datetime) -> Proposal:
    """Import a run and propose it for the page at `slug`; somebody else decides.

    Raises NoSuchPageError, RunFolderError for a run that cannot be relied on, WorkbenchError if the page shows this
    very run already.
    """
    dossier, head = dossier_at(slug)  # before the import: a wrong address is cheap to find out
    with transaction.atomic():  # a run that no proposal came of is not kept
        run = import_run(archive, by=by, now=now)
        _refuse_waiting(run, slug)
        people.note(by, "upload", f"run {run.sha256}", {"page": slug, "kind": run.kind}, now)
        why = message.replace("\0", "").strip() or said(run)
        return propose(with_run(dossier, run), base=head.sha256, message=why, author=by, now=now, run=run)


def _refuse_waiting(run: Run, slug: str) -> None:
    waiting = Proposal.objects.filter(run=run, slug=slug, state=Proposal.State.OPEN).first()
    if waiting is not None:
        raise WorkbenchError(f"run {run.sha256[:12]} waits for a decision already, as proposal {waiting.pk}")


def with_run(dossier: Dossier, run: Run) -> Dossier:
    """Add what a run measured; it replaces the block of an earlier run of the same kind and label."""
    return replace(dossier, measured=_placed(dossier.measured, block(run)))


def said(run: Run) -> str:
    """Say why a page changes when nobody did."""
    return f"Measured: {run.kind} run {run.name}, {run.sha256[:12]}."


def _placed(held: Sequence[Measured], new: Measured) -> Sequence[Measured]:
    labels = _labels_now(held)
    same = [(old.kind, labels.get(old.run, old.label)) == (new.kind, new.label) for old in held]
    if not any(same):
        return [*held, new]
    return [new if is_same else old for old, is_same in zip(held, same, strict=True)]


def _labels_now(held: Sequence[Measured]) -> Mapping[str, str]:
    """Give what this version calls the imported runs: an earlier one may have worded the label of a block otherwise."""
    labels: dict[str, str] = {}
    for run in Run.objects.filter(sha256__in=[one.run for one in held]):
        with contextlib.suppress(PlanError):  # a report that is no longer read: the label stands as it is held
            labels[run.sha256] = block(run).label
    return labels
