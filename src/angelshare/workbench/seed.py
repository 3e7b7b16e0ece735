"""Fill an empty workbench from the shipped catalogue, history included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from angelshare.core.dossier import Dossier
from angelshare.core.strict import convert, encode
from angelshare.govern.catalogue import shipped
from angelshare.workbench import chain
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.models import Page

EARLIER_CLAIM = "distillation-not-addressed"
"""The claim whose replacement is the worked example: it is published first as it then stood, then superseded."""

FIRST = "First entry, from the catalogue: the earlier state of the public discussion."
MESSAGE = "From the catalogue."


def seed_catalogue(*, now: datetime) -> int:
    """Publish every page of the shipped catalogue that is missing or that only the catalogue has written so far.

    A page that a person has edited is left alone. A second call publishes nothing. Returns the number of revisions.
    """
    count = 0
    with transaction.atomic():
        standing = _standing()
        for dossier in from_catalogue(shipped()):
            earlier = _earlier(dossier)
            if dossier.slug not in standing and earlier is not None:
                # one second apart, so that a reader can ask for the page as of either revision
                chain.publish(earlier, message=FIRST, author=None, reviewer=None, now=now - timedelta(seconds=1))
                count += 1
            head = standing.get(dossier.slug)
            wanted = dossier if head is None else replace(dossier, measured=head.measured)
            if dossier.slug in standing and (head is None or encode(head) == encode(wanted)):
                continue
            chain.publish(wanted, message=MESSAGE, author=None, reviewer=None, now=now)
            count += 1
    return count


def _standing() -> Mapping[str, Dossier | None]:
    """Give every page by its slug: what stands there if the catalogue wrote it, None if a person did."""
    pages = Page.objects.filter(head__isnull=False).select_related("head")
    return {page.slug: _by_catalogue(page) for page in pages}


def _by_catalogue(page: Page) -> Dossier | None:
    if page.head is None or (page.head.author_id, page.head.author_name) != (None, chain.HOUSE):
        return None
    return convert(page.head.dossier, Dossier, f"revision {page.head.sha256}")


def _earlier(dossier: Dossier) -> Dossier | None:
    """Give the page as the public discussion stood before the claim was replaced; None if it does not hold it."""
    held: Sequence[str] = [claim.id for claim in dossier.claims]
    if dossier.kind != "concept" or EARLIER_CLAIM not in held:
        return None
    before = [
        replace(claim, status="reported", superseded_by=(), note="") if claim.id == EARLIER_CLAIM else claim
        for claim in dossier.claims
        if EARLIER_CLAIM not in claim.supersedes
    ]
    cited = {citation.source for claim in before for citation in claim.sources} | set(dossier.references)
    sources = [source for source in dossier.sources if source.id in cited]
    return replace(dossier, claims=before, sources=sources, used_by=())
