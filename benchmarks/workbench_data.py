"""Fill a workspace with a workbench of full size: `python -m benchmarks.workbench_data WORKSPACE`.

The shipped catalogue with its history and measured run, then made-up pages up to 1,000 with 10,000 claims in all: 240
instruments by 32 topics, so the matrix has thousands of squares; concepts, articles, allegations and terms. A tenth
have a second revision. Prints what readers may ask for, as JSON. The texts are the same every time.

`--publish SECONDS` instead publishes one revision after the other on a filled workspace, that often, until killed.
"""

# ruff: noqa: PLC0415 - models can be imported only once the workspace is open
from __future__ import annotations

import dataclasses
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from angelshare.core.catalogue import CataloguedSource, Cell, Citation, Claim
from angelshare.core.dossier import Dossier
from angelshare.workbench.workspaces import open_workspace, prepare

PAGES, CLAIMS = 1_000, 10_000
INSTRUMENTS, TOPICS = 240, 32
SIGNED_IN = 5
SEED = 20261124
TEXT = (
    "a developer must not use outputs of the service to train models that compete with it unless the licence says so "
    "provider capability answers logits traces access threshold compute reporting notice distillation weights student "
    "teacher query budget recovery evaluation safety incident duty audit register board court agency regulation export"
)
PLACES = ("EU", "US federal", "New York", "California", "China", "UK", "Korea", "international")
RELATIONS = ("governs", "implicit", "silent", "silent", "conflicts")


def fill(workspace: Path) -> Mapping[str, object]:
    """Make the workspace's database; give what it holds, and what readers may ask for."""
    open_workspace(workspace, collected=True)
    from django.db import connection, transaction

    from angelshare.workbench.models import IndexedClaim, Page, Revision
    from angelshare.workbench.seed import seed_catalogue

    if connection.vendor == "sqlite":  # what is made here need not outlive a loss of power
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    prepare(workspace)
    now = datetime.now(UTC)
    seed_catalogue(now=now - timedelta(days=30), demo_run=True)
    with transaction.atomic():
        _publish_all(now - timedelta(days=20), Page.objects.count(), IndexedClaim.objects.count())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    held = {
        "pages": Page.objects.count(),
        "claims": IndexedClaim.objects.count(),
        "revisions": Revision.objects.count(),
    }
    return {**held, "addresses": addresses(), "sessions": sessions()}


def addresses() -> Mapping[str, list[str]]:
    """Give addresses by what is behind them."""
    from angelshare.workbench.models import Page, Revision, Run

    slugs = list(Page.objects.order_by("slug").values_list("slug", flat=True))
    again = Revision.objects.filter(number=2).values_list("page__slug", "sha256")
    chance = random.Random(SEED + 1)
    words = sorted(set(TEXT.split()))
    pairs = [chance.sample(slugs, 2) for _ in range(300)]
    return {
        "dossier": [f"/{slug}/" for slug in slugs],
        "home": ["/"],
        "list": ["/pages/", *(f"/pages/?page={number}" for number in range(2, 9)), "/pages/?kind=instrument"],
        "search": [f"/search/?q={'+'.join(chance.sample(words, 2))}" for _ in range(200)],
        "matrix": ["/matrix/", "/matrix/?jurisdiction=EU", "/matrix/?asof=" + _day(5)],
        "silent": ["/matrix/silent/"],
        "revision": [f"/{slug}/revisions/{sha256}/" for slug, sha256 in again],
        "history": [f"/{slug}/revisions/" for slug, _ in again],
        "as of a day": [f"/{slug}/?asof={_day(9)}" for slug in slugs],
        "compare": [f"/compare/?of={one}&of={other}" for one, other in pairs],
        "cite": [f"/{slug}/cite/" for slug in slugs],
        "run": [f"/runs/{sha256}/" for sha256 in Run.objects.values_list("sha256", flat=True)],
        "feed": [f"/{slug}/feed/" for slug in slugs],
        "API: page": [f"/api/v1/pages/{slug}" for slug in slugs],
        "API: claims": [f"/api/v1/claims?slug={slug}" for slug in slugs[:200]] + ["/api/v1/claims?limit=100"],
        "API: search": [f"/api/v1/search?q={word}" for word in words],
    }


def sessions() -> list[str]:
    """Sign readers in and give the keys of their sessions."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from angelshare.workbench.models import User

    keys = []
    for number in range(SIGNED_IN):
        user = User.objects.create(username=f"reader-{number}", email=f"reader-{number}@example.org")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(str(session.session_key))
    return keys


def keep_publishing(workspace: Path, seconds: float) -> None:
    """Publish one revision after the other."""
    open_workspace(workspace)
    from angelshare.workbench.chain import dossier_at, publish
    from angelshare.workbench.models import Page

    slugs = list(Page.objects.filter(slug__startswith="made-up").order_by("slug").values_list("slug", flat=True))
    chance = random.Random(SEED + 2)
    for number in count(1):
        time.sleep(seconds)
        dossier, _ = dossier_at(chance.choice(slugs))
        again = dataclasses.replace(dossier, note=f"Note {number}, written while others read.")
        publish(again, message="While others read.", author=None, reviewer=None, now=datetime.now(UTC))


def _publish_all(at: datetime, pages: int, claims: int) -> None:
    from angelshare.workbench.chain import publish

    for number, dossier in enumerate(dossiers_of(PAGES - pages, CLAIMS - claims)):
        when = at + timedelta(minutes=number)
        publish(dossier, message="Made up.", author=None, reviewer=None, now=when)
        if number % 10 == 0:
            again = dataclasses.replace(dossier, definition=f"{dossier.definition} Revised.", note="Revised once.")
            publish(again, message="Revised.", author=None, reviewer=None, now=when + timedelta(days=2))


def dossiers_of(pages: int, claims: int) -> Iterator[Dossier]:
    """Make so many pages that share out so many claims."""
    chance = random.Random(SEED)
    kinds = ["instrument"] * INSTRUMENTS + ["topic"] * TOPICS
    kinds += [("concept", "terms", "campaign", "article")[k % 4] for k in range(pages - len(kinds))]
    slugs = [f"made-up-{kind}-{number}" for number, kind in enumerate(kinds)]
    named = {kind: [slug for slug, its in zip(slugs, kinds, strict=True) if its == kind] for kind in set(kinds)}
    cells = _cells(named["instrument"], named["topic"], chance)
    for number, (slug, kind) in enumerate(zip(slugs, kinds, strict=True)):
        share = claims * (number + 1) // pages - claims * number // pages
        held = [cell for cell in cells if slug in (cell.instrument, cell.topic)]
        yield _dossier(slug, kind, share, cells=held, named=named, chance=chance)


def _cells(instruments: list[str], topics: list[str], chance: random.Random) -> list[Cell]:
    return [
        Cell(
            instrument=one, topic=topic, relation=chance.choice(RELATIONS), pinpoint=f"Art. {chance.randrange(90)}",
            claim=f"{one}-claim-0",
        )
        for one in instruments for topic in topics if chance.random() < 0.8
    ]  # fmt: skip


def _dossier(
    slug: str, kind: str, claims: int, *, cells: list[Cell], named: Mapping[str, list[str]], chance: random.Random
) -> Dossier:
    sources = [_source(f"{slug}-source-{k}", chance) for k in range(4)]
    place, begun = chance.choice(PLACES), f"step of 2025-0{chance.randrange(1, 10)}-01"
    facts = {"jurisdiction": place, "status": "in force", begun: "adopted"}
    return Dossier(
        slug=slug, kind=kind, title=_words(chance, 5).capitalize(), label=f"Made up, {place}",
        definition=_words(chance, 24), scope=[_words(chance, 70) for _ in range(3)], facts=facts, cells=cells,
        used_by=chance.sample(named["instrument"], 4), related=chance.sample(named["concept"], 5),
        articles=chance.sample(named["article"], 2), note=_words(chance, 30), sources=sources,
        claims=[_claim(f"{slug}-claim-{k}", sources, chance) for k in range(claims)],
    )  # fmt: skip


def _claim(name: str, sources: list[CataloguedSource], chance: random.Random) -> Claim:
    cited = [Citation(source=one.id, pinpoint=f"§ {chance.randrange(200)}") for one in chance.sample(sources, 2)]
    return Claim(
        id=name, statement=_words(chance, 22), status=chance.choice(("reported", "reported", "disputed")),
        evidence=chance.choice(("text_seen", "secondary_seen")), verified_on="2026-10-01", expires_on="2027-10-01",
        sources=cited, note=_words(chance, 8),
    )  # fmt: skip


def _source(name: str, chance: random.Random) -> CataloguedSource:
    return CataloguedSource(
        id=name, title=_words(chance, 6).capitalize(), url=f"https://example.org/{name}", publisher="Made-up gazette",
        on="2026-01-15",
    )  # fmt: skip


def _words(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(TEXT.split(), k=words)) + "."


def _day(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


if __name__ == "__main__":
    if sys.argv[2:3] == ["--publish"]:
        keep_publishing(Path(sys.argv[1]), float(sys.argv[3]))
    else:
        print(json.dumps(fill(Path(sys.argv[1]))))
