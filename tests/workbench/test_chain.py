from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from angelshare.core.errors import NoSuchPageError, StaleError
from angelshare.core.strict import encode
from angelshare.workbench.chain import dossier_at, hash_of, publish, verify
from angelshare.workbench.models import Message, Notice, Page, Revision, RevisionChange
from angelshare.workbench.watches import watch_for


@pytest.fixture
def put(people, now):
    def put(dossier, *, minutes=0, base=None, message="Say more"):
        return publish(
            dossier,
            message=message,
            author=people["editor"],
            reviewer=people["reviewer"],
            now=now + timedelta(minutes=minutes),
            base=base,
        )

    return put


def test_revisions_count_up_and_each_names_its_parent(put, make_dossier):
    first = put(make_dossier())
    second = put(make_dossier(note="A note."), minutes=1)

    assert (first.number, second.number) == (1, 2)
    assert (first.parent_id, second.parent_id) == (None, first.sha256)
    assert Page.objects.get().head_id == second.sha256
    assert verify() == []


def test_a_revision_is_named_by_the_hash_of_what_it_says(put, make_dossier):
    revision = put(make_dossier())

    assert len(revision.sha256) == 64
    assert hash_of(Revision.objects.get(sha256=revision.sha256)) == revision.sha256


@pytest.mark.parametrize("value", [1e25, 3.0, -0.0, 1e-9, 0.1 + 0.2])
def test_a_number_keeps_its_hash_through_the_database(put, make_dossier, measured, value):
    put(make_dossier(measured=(measured(value, -1.0, 1e26),)))

    assert verify() == []


def test_publishing_what_already_stands_makes_no_revision(put, make_dossier):
    first = put(make_dossier())

    assert put(make_dossier(), minutes=1).sha256 == first.sha256
    assert Revision.objects.count() == 1


def test_a_page_is_read_as_it_stood_on_any_day(put, make_dossier, now):
    put(make_dossier())
    put(make_dossier(note="A note."), minutes=60)

    assert encode(dossier_at("distillation-risk", now + timedelta(minutes=30))[0]) == encode(make_dossier())
    assert dossier_at("distillation-risk")[0].note == "A note."
    with pytest.raises(NoSuchPageError, match="first published 2026-11-24"):
        dossier_at("distillation-risk", now - timedelta(days=1))


def test_a_page_that_never_was_is_refused_by_name():
    with pytest.raises(NoSuchPageError, match="no page 'nowhere'"):
        dossier_at("nowhere")


def test_an_edit_written_against_an_older_revision_is_refused(put, make_dossier):
    first = put(make_dossier())
    put(make_dossier(note="Theirs."), minutes=1)

    with pytest.raises(StaleError, match="moved on since this was written"):
        put(make_dossier(note="Mine."), minutes=2, base=first.sha256)

    assert Revision.objects.count() == 2
    assert RevisionChange.objects.filter(after="Mine.").count() == 0


def test_a_page_proposed_as_new_is_refused_when_someone_made_it_meanwhile(put, make_dossier):
    put(make_dossier())

    with pytest.raises(StaleError):
        put(make_dossier(note="Also new."), base="")


def test_the_revision_keeps_its_changes_in_words(put, make_dossier, measured):
    put(make_dossier())
    revision = put(make_dossier(measured=(measured(6.1, 5.2, 7.0),)), minutes=1)

    (change,) = revision.changes.all()
    assert change.path == "measured/delay/numbers/delay_months"
    assert change.words == "delay 5.6 [4.6, 6.6] → 6.1 [5.2, 7.0] months; the interval no longer holds 5.0"


@pytest.mark.parametrize("field", ["message", "author_name", "published_at", "dossier", "number", "parent_id"])
def test_any_touch_of_a_published_revision_is_found(put, make_dossier, field, now):
    put(make_dossier())
    second = put(make_dossier(note="A note."), minutes=1)
    forged = {
        "message": "Other words",
        "author_name": "someone",
        "published_at": now - timedelta(days=9),
        "dossier": second.dossier | {"note": "Never said."},
        "number": 7,
        "parent_id": None,
    }[field]
    Revision.objects.filter(sha256=second.sha256).update(**{field: forged})

    broken = verify()

    assert any("does not match its hash" in line for line in broken)
    assert all("distillation-risk" in line for line in broken)


def test_a_head_that_is_not_the_last_revision_is_found(put, make_dossier):
    first = put(make_dossier())
    put(make_dossier(note="A note."), minutes=1)
    Page.objects.update(head=first)

    assert verify() == ["page 'distillation-risk': its head is not its last revision"]


def test_alerts_are_written_with_the_revision_and_fall_with_it(put, make_dossier, people, now, monkeypatch):
    put(make_dossier())
    watch_for(people["researcher"], "page", slug="distillation-risk", webhook_url="https://hooks.example.org/", now=now)
    monkeypatch.setattr("angelshare.workbench.outbox.put", lambda messages: (_ for _ in ()).throw(OSError("disk")))

    with pytest.raises(OSError, match="disk"):
        put(make_dossier(note="A note."), minutes=1)
    assert (Revision.objects.count(), Notice.objects.count()) == (1, 0)

    monkeypatch.undo()
    put(make_dossier(note="A note."), minutes=1)
    assert sorted(Message.objects.values_list("channel", flat=True)) == ["email", "webhook"]
    assert Notice.objects.get().words == "note added: “A note.”"


def test_two_dossiers_that_differ_only_in_the_order_of_a_set_are_one(put, make_dossier):
    put(make_dossier(related=("a", "b")))

    put(make_dossier(related=("b", "a")), minutes=1)

    assert Revision.objects.count() == 1


def test_the_page_takes_the_title_of_its_last_revision(put, make_dossier):
    put(make_dossier())
    put(dataclasses.replace(make_dossier(), title="Distillation risk"), minutes=1)

    assert Page.objects.get().title == "Distillation risk"
    assert verify() == []
