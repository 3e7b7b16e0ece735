"""Several publishers and deliverers at once: no chain forks, no message is claimed twice."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection

from angelshare.core.errors import StaleError
from angelshare.workbench.chain import publish, verify
from angelshare.workbench.models import Message, Notice, Page, Revision, User
from angelshare.workbench.outbox import claim
from angelshare.workbench.watches import watch_for

WORKERS, EACH = 4, 6


def together(work):
    """Run `work(number)` in several threads that start at once, each with a connection of its own."""
    gate = threading.Barrier(WORKERS)

    def one(number):
        try:
            gate.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def test_publishers_that_race_make_one_chain_and_lose_no_alert(committed, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    watch_for(User.objects.create(username="ann", email="ann@example.org"), "page", slug="distillation-risk", now=now)

    def work(number):
        for turn in range(EACH):
            dossier = make_dossier(note=f"{number} says {turn}")
            publish(dossier, message="M", author=None, reviewer=None, now=now + timedelta(seconds=turn))

    together(work)

    assert Revision.objects.count() == 1 + WORKERS * EACH == 1 + Notice.objects.count()
    assert verify() == []


def test_of_editors_who_race_from_one_revision_one_wins_and_the_others_are_told(committed, make_dossier, now):
    first = publish(make_dossier(), message="First", author=None, reviewer=None, now=now)

    def work(number):
        try:
            publish(make_dossier(note=f"{number}"), message="M", author=None, reviewer=None, now=now, base=first.sha256)
        except StaleError:
            return "stale"
        return "published"

    assert Counter(together(work)) == {"published": 1, "stale": WORKERS - 1}
    assert verify() == []


def test_a_page_made_twice_at_once_is_made_once(committed, make_dossier, now):
    def work(number):
        try:
            publish(make_dossier(), message="M", author=None, reviewer=None, now=now, base="")
        except StaleError:
            return "stale"
        return "published"

    assert Counter(together(work)) == {"published": 1, "stale": WORKERS - 1}
    assert (Page.objects.count(), Revision.objects.count()) == (1, 1)


def test_deliverers_that_race_never_claim_the_same_message(committed, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    user = User.objects.create(username="ann", email="ann@example.org")
    for _ in range(40):
        watch_for(user, "page", slug="distillation-risk", now=now)
    publish(make_dossier(note="N."), message="M", author=None, reviewer=None, now=now)

    def work(number):
        return [message.key for _ in range(6) for message in claim(now, most=3, lease_seconds=60)]

    claimed = [key for keys in together(work) for key in keys]

    assert len(claimed) == len(set(claimed)) == Message.objects.count() == 40
