"""What a personal token opens: your watches, your proposals, and bringing a run."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile as Sent
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import File, Form, Router, UploadedFile

from angelshare.core.errors import RunFolderError
from angelshare.workbench import api_shapes as shapes
from angelshare.workbench.api_door import Bearer, owner
from angelshare.workbench.archives import LIMITS
from angelshare.workbench.models import Proposal, User, Watch
from angelshare.workbench.publishing import bring

router = Router(tags=["your own"], auth=Bearer())


@router.get("/me/watches", response=shapes.WatchList, operation_id="my_watches")
def my_watches(request: HttpRequest) -> object:
    """List your watches; their keys and secrets are shown on their own page only."""
    user = owner(request, "watch")
    return {"items": list(Watch.objects.filter(user=user).order_by("pk"))}


@router.get("/me/proposals", response=shapes.ProposalList, operation_id="my_proposals")
def my_proposals(request: HttpRequest) -> object:
    """List your proposals, latest first, with the reason where one was rejected or withdrawn."""
    user = owner(request, "propose")
    return {"items": [_line(row) for row in Proposal.objects.filter(author=user).order_by("-pk")]}


@router.post("/proposals", response={201: shapes.ProposalLine}, operation_id="propose_run")
def propose_run(
    request: HttpRequest,
    archive: File[UploadedFile],
    page: Annotated[str, Form(max_length=120, pattern="^[-a-zA-Z0-9_]+$")],
    message: Annotated[str, Form(max_length=2_000)] = "",
) -> HttpResponse:
    """Bring a finished run, as a zip or tar of its folder, and propose what it measured for a page."""
    user = owner(request, "upload")
    made = shapes.ProposalLine.model_validate(_line(receive(archive, page, message=message, by=user)))
    return JsonResponse(made.model_dump(mode="json"), status=HTTPStatus.CREATED)


def receive(sent: Sent[bytes], slug: str, *, message: str, by: User) -> Proposal:
    """Put an upload down under a name of ours, bring it, and leave nothing behind; see `publishing.bring`."""
    if (sent.size or 0) > LIMITS.archive_bytes:
        raise RunFolderError(f"{sent.size:,} bytes, and an upload may have {LIMITS.archive_bytes:,}")
    place = Path(settings.WORKSPACE) / "uploads"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        archive = Path(scratch) / "upload"
        with archive.open("wb") as target:
            for chunk in sent.chunks():
                target.write(chunk)
        return bring(archive, slug, message=message, by=by, now=datetime.now(UTC))


def _line(row: Proposal) -> dict[str, object]:
    return {
        "id": row.pk, "slug": row.slug, "message": row.message, "state": row.state, "reason": row.reason,
        "run": row.run_id, "created_at": row.created_at, "decided_at": row.decided_at,
    }  # fmt: skip
