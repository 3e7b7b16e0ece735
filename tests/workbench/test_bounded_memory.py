"""What is long is written piece by piece: ten thousand claims take no more memory than a few."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest

from angelshare.core.dossier import Dossier
from angelshare.core.strict import plain
from angelshare.workbench.models import IndexedClaim, Page, Revision

CLAIMS_A_PAGE = 10
MEBIBYTE = 1 << 20

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(request, make_dossier, claim, now) -> int:
    """So many pages of ten claims, as `publish` would leave them in the tables that are read here."""
    pages, revisions, claims = [], [], []
    for number in range(request.param):
        its = [claim(f"claim-{number}-{k}", note="A caveat. " * 10) for k in range(CLAIMS_A_PAGE)]
        dossier: Dossier = make_dossier(f"page-{number:04}", claims=tuple(its))
        pages.append(Page(slug=dossier.slug, kind=dossier.kind, title=dossier.title))
        revisions.append((dossier, its))
    Page.objects.bulk_create(pages)
    made = [
        Revision(
            sha256=f"{number:064x}", page=page, number=1, dossier=plain(dossier), message="x", author_name="x",
            published_at=now,
        )
        for number, (page, (dossier, _)) in enumerate(zip(pages, revisions, strict=True))
    ]  # fmt: skip
    Revision.objects.bulk_create(made, batch_size=100)
    for page, revision, (_, its) in zip(pages, made, revisions, strict=True):
        page.head = revision
        claims += [
            IndexedClaim(
                page=page, slug=page.slug, claim=one.id, status=one.status, evidence=one.evidence, review=one.review,
                verified_on=one.verified_on, expires_on=one.expires_on, data=plain(one),
            )
            for one in its
        ]  # fmt: skip
    Page.objects.bulk_update(pages, ["head"], batch_size=100)
    IndexedClaim.objects.bulk_create(claims, batch_size=500)
    return request.param


def read_through(client, path: str) -> tuple[int, int]:
    """Fetch an answer piece by piece; gives its bytes and the most memory that Python held on the way, over before."""
    client.get("/robots.txt")
    gc.collect()
    tracemalloc.start()
    try:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.streaming
        size = sum(len(piece) for piece in answer.streaming_content)
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("filled", [1_000], indirect=True)
def test_ten_thousand_claims_stream_in_a_few_mebibytes(filled, client):
    size, peak = read_through(client, "/api/v1/claims.jsonl")
    assert size > 4 * MEBIBYTE
    assert peak < 3 * MEBIBYTE

    answer = client.get("/api/v1/claims.jsonl")
    last = b"".join(answer.streaming_content).splitlines()
    assert len(last) == filled * CLAIMS_A_PAGE
    assert json.loads(last[-1])["claim"]["id"].startswith(f"claim-{filled - 1}-")


@pytest.mark.parametrize("filled", [300], indirect=True)
def test_an_export_of_everything_holds_a_page_or_the_sources_at_a_time(filled, client):
    least = {"json": MEBIBYTE, "jsonld": MEBIBYTE, "csv": 30_000, "ris": 1, "bibtex": 1}
    taken = {form: read_through(client, f"/export/?form={form}") for form in least}
    assert {form: size >= least[form] for form, (size, _) in taken.items()} == dict.fromkeys(least, True)
    assert {form: peak for form, (_, peak) in taken.items() if peak > 3 * MEBIBYTE} == {}
