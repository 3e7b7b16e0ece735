"""Fill an empty workbench from the shipped catalogue, history included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import as_file, files

from django.db import transaction

from angelshare.core.dossier import Dossier
from angelshare.core.strict import convert, encode
from angelshare.govern.catalogue import shipped
from angelshare.workbench import chain
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.imports import import_run
from angelshare.workbench.models import Page, Run
from angelshare.workbench.publishing import said, with_run

EARLIER_CLAIM = "distillation-not-addressed"
"""The claim whose replacement is the worked example: it is published first as it then stood, then superseded."""

FIRST = "First entry, from the catalogue: the earlier state of the public discussion."
MESSAGE = "From the catalogue."


DEMO_PAGE = "model-distillation-risk"
"""Page that shows the run which travels with the package."""

DEMO_RUN = "fcaa109f6ae05a27d7a81930a0e6e40ae38f5358d3df16e8982e14dddbd11713"
"""SHA-256 of its manifest. It is what `angelshare measure` made of the plan inside it: two doses, two seeds, 40
items a skill, so its intervals are wide, and say so."""


def seed_catalogue(*, now: datetime, demo_run: bool = True) -> int:
    """Publish every page of the shipped catalogue that is missing or that only the catalogue has written so far.

    A page that a person has edited is left alone. A second call publishes nothing. Returns the number of revisions.

    Args:
        now: instant in UTC.
        demo_run: also import the run that travels with the package, and show it on its page.
    """
    count = 0
    with transaction.atomic():
        standing = _standing()
        for dossier in from_catalogue(shipped()):
            earlier = _earlier(dossier)
            if dossier.slug not in standing and earlier is not None:
                # one second apart, so that a reader can ask for the page as of either revision
                chain.publish(earlier, message=FIRST, author=None, reviewer=None, now=now - timedelta(seconds=2))
                count += 1
            head = standing.get(dossier.slug)
            wanted = dossier if head is None else replace(dossier, measured=head.measured)
            if dossier.slug in standing and (head is None or encode(head) == encode(wanted)):
                continue
            chain.publish(wanted, message=MESSAGE, author=None, reviewer=None, now=now - timedelta(seconds=1))
            count += 1
        if demo_run and not Run.objects.filter(sha256=DEMO_RUN).exists():
            count += _show_demo_run(now)
    return count


def _show_demo_run(now: datetime) -> int:
    """Import the shipped run like any other, and publish what it measured; returns the number of revisions."""
    packed = files("angelshare.workbench") / "data" / "first-look.tar.xz"
    with as_file(packed) as archive:
        run = import_run(archive, by=None, now=now)
    dossier, _ = chain.dossier_at(DEMO_PAGE)
    chain.publish(with_run(dossier, run), message=said(run), author=None, reviewer=None, now=now)
    return 1


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
