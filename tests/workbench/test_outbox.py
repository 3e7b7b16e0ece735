from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.core.mail.backends.locmem import EmailBackend

from angelshare.workbench.chain import publish
from angelshare.workbench.deliver import deliver_due
from angelshare.workbench.digest import monday_of, write_digests
from angelshare.workbench.models import Message, Notice
from angelshare.workbench.outbox import MOST_ATTEMPTS, claim, event_of, mark_failed, mark_sent, pause_seconds, tell
from angelshare.workbench.watches import watch_for


@pytest.fixture
def put(now, make_dossier):
    minutes = iter(range(1_000))

    def put(at=None, **fields):
        at = at or now + timedelta(seconds=next(minutes))
        return publish(make_dossier(**fields), message="M", author=None, reviewer=None, now=at)

    put()
    return put


def deliver(at, seed=1):
    return deliver_due(lambda: at, rng=Random(seed))


def test_a_letter_arrives_once_with_the_change_and_a_message_id_of_its_own(put, people, now, letters):
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    put(note="N.")

    first, second = deliver(now + timedelta(minutes=5)), deliver(now + timedelta(days=9))

    assert (first.sent, second.sent) == (1, 0)
    (letter,) = letters
    assert letter.to == ["researcher@example.org"]
    assert letter.subject == "Model distillation risk: revision 2"
    assert "note added: “N.”" in letter.body
    assert "/distillation-risk/" in letter.body
    assert letter.extra_headers["Message-ID"].startswith(f"<{Message.objects.get().key[:40]}@")


def test_the_same_event_told_twice_is_one_notice_and_one_message(put, people, now):
    watch = watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    revision = put(note="N.")
    payload = Message.objects.get().payload

    tell(event_of(revision, ["other words"]), watch)

    assert Notice.objects.count() == 1
    assert Message.objects.get().payload == payload


def test_a_failure_is_tried_again_later_with_the_same_payload(put, people, now, letters, monkeypatch):
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    put(note="N.")
    before = Message.objects.get().payload
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError("no")))
        assert deliver(now + timedelta(minutes=1)).failed == 1

    failed = Message.objects.get()
    assert (failed.state, failed.attempts, failed.error, failed.payload) == ("pending", 1, "no", before)
    assert timedelta(seconds=15) <= failed.next_at - (now + timedelta(minutes=1)) <= timedelta(seconds=30)
    assert deliver(now + timedelta(minutes=1, seconds=1)).sent == 0
    assert deliver(now + timedelta(minutes=2)).sent == 1
    assert len(letters) == 1


def test_after_the_last_attempt_a_message_is_given_up_and_kept(put, people, now, monkeypatch):
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    put(note="N.")
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(OSError("mailbox full")))

    for day in range(1, MOST_ATTEMPTS + 4):
        deliver(now + timedelta(days=day))

    dead = Message.objects.get()
    assert (dead.state, dead.attempts, dead.error) == ("dead", MOST_ATTEMPTS, "mailbox full")


def test_pauses_double_up_to_a_limit_and_are_spread(now):
    rng = Random(3)
    spread = [pause_seconds(1, rng) for _ in range(200)]

    assert 15 <= min(spread) < 17
    assert 28 < max(spread) <= 30
    assert 60 <= pause_seconds(3, rng) <= 120
    assert 3 * 3600 <= pause_seconds(40, rng) <= 6 * 3600


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(put, people, now):
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    put(note="N.")
    later = now + timedelta(minutes=1)

    (mine,) = claim(later, most=9, lease_seconds=60)

    assert claim(later + timedelta(seconds=59), most=9, lease_seconds=60) == []
    (theirs,) = claim(later + timedelta(seconds=60), most=9, lease_seconds=60)
    assert (mine.key, mine.payload, theirs.attempts) == (theirs.key, theirs.payload, 2)
    mark_failed(mine, "slow", later, rng=Random(1), final=True)  # the dead man wakes up: it is no longer his to fail
    assert Message.objects.get().state == "pending"
    mark_sent(mine, later)
    mark_failed(theirs, "late", later, rng=Random(1), final=True)
    assert Message.objects.get().state == "sent"


def test_a_message_whose_watch_is_gone_is_given_up_not_sent_unsigned(put, people, now):
    watch = watch_for(
        people["researcher"],
        "page",
        slug="distillation-risk",
        by_email=False,
        webhook_url="https://hooks.example.org/",
        now=now,
    )
    put(note="N.")
    watch.delete()

    assert deliver(now + timedelta(minutes=1)).failed == 1
    assert (Message.objects.get().state, Message.objects.get().error[:21]) == ("dead", "the watch was deleted")


# --- the weekly digest ----------------------------------------------------------------------------


def test_a_week_of_changes_is_one_letter_on_monday(put, people, now, letters):
    for kind in ("page", "field"):
        watch_for(people["researcher"], kind, slug="distillation-risk", target="note", weekly=True, now=now)
    put(note="One.")
    put(note="Two.")
    monday = monday_of(now) + timedelta(days=7)

    assert deliver(monday - timedelta(seconds=1)).sent == 0
    assert deliver(monday).sent == 1
    for hour in range(1, 100, 7):
        assert deliver(monday + timedelta(hours=hour)).sent == 0

    (letter,) = letters
    assert letter.body.count("Two.") == 2  # once for each watch
    assert Notice.objects.filter(digested_at=None).count() == 0


def test_nobody_gets_two_digests_in_a_week_and_nothing_is_left_out_of_both(put, people, now, letters):
    watch_for(people["researcher"], "page", slug="distillation-risk", weekly=True, now=now)
    put(note="One.")
    monday = monday_of(now) + timedelta(days=7)
    deliver(monday)
    # committed late: dated last week, seen only after its digest went out
    put(at=monday - timedelta(minutes=1), note="Late.")

    assert deliver(monday + timedelta(days=2)).sent == 0
    assert deliver(monday + timedelta(days=7)).sent == 1
    assert "Late." in letters[1].body
    assert "One." not in letters[1].body.replace("“One.” → “Late.”", "")


def test_an_immediate_watch_is_never_in_a_digest(put, people, now):
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    put(note="One.")

    assert write_digests(now + timedelta(days=14)) == 0


def test_a_digest_goes_to_webhooks_too_by_watch(put, people, now):
    for _ in range(2):
        watch_for(
            people["researcher"], "page", slug="distillation-risk", weekly=True, by_email=False,
            webhook_url="https://hooks.example.org/", now=now,
        )  # fmt: skip
    put(note="One.")
    put(note="Two.")

    write_digests(now + timedelta(days=7))

    calls = list(Message.objects.filter(channel="webhook"))
    assert [len(call.payload["changes"]) for call in calls] == [2, 2]
    assert all("Two." in call.payload["text"] for call in calls)
    assert Message.objects.filter(channel="digest").get().state == "sent"
