"""A database of the first release, with people's things in it, is carried forward whole; on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from angelshare.workbench import chain
from angelshare.workbench.models import Notice, Proposal, User, Watch

FIRST = [("workbench", "0001_initial")]


@pytest.fixture
def brought_forward(committed) -> Iterator[None]:
    """Leave the database as this version has it, whatever a test made of it."""
    yield
    call_command("migrate", verbosity=0)


def test_what_the_first_release_kept_is_carried_forward_whole(brought_forward, make_dossier, now):
    revision = chain.publish(make_dossier("alpha"), message="First", author=None, reviewer=None, now=now)
    first = MigrationExecutor(connection)
    kept = first.migrate(FIRST).apps.get_model
    user = kept("workbench", "User").objects.create(username="ann", email="ann@example.org", role="researcher")
    watches = [
        kept("workbench", "Watch").objects.create(
            user=user, kind="page", slug="alpha", frequency=frequency, feed_key=frequency, created_at=now
        )
        for frequency in ("immediate", "weekly")
    ]
    for watch in watches:
        kept("workbench", "Notice").objects.create(
            key=watch.frequency, user=user, watch=watch, revision_id=revision.pk, title="Alpha", words="x", at=now
        )
    kept("workbench", "Proposal").objects.create(
        slug="alpha", dossier=revision.dossier, message="m", author=user, author_name="ann", state="rejected",
        reason="no source", base_id=revision.pk, created_at=now,
    )  # fmt: skip

    call_command("migrate", verbosity=0)

    assert chain.verify() == []
    assert User.objects.get().email == "ann@example.org"
    assert [watch.paused_at for watch in Watch.objects.all()] == [None, None]
    assert Proposal.objects.get().reason == "no source"
    told = {notice.watch.frequency: notice.digested_at for notice in Notice.objects.select_related("watch")}
    assert told == {"immediate": now, "weekly": None}  # what was told at once is in no digest
