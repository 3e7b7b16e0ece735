from __future__ import annotations

import importlib
from datetime import timedelta
from random import Random
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from angelshare.core.errors import WatchError
from angelshare.workbench import watch_edit
from angelshare.workbench.chain import publish
from angelshare.workbench.deliver import deliver_due
from angelshare.workbench.models import Message, Notice, Watch
from angelshare.workbench.watches import expire, watch_for

NUMBER = "measured/delay/numbers/delay_months"
HOOK, OTHER = "https://hooks.example.org/a", "https://hooks.example.org/b"


@pytest.fixture
def put(now, make_dossier):
    minutes = iter(range(1_000))

    def put(**fields):
        at = now + timedelta(minutes=next(minutes))
        return publish(make_dossier(**fields), message="M", author=None, reviewer=None, now=at)

    put()
    return put


@pytest.fixture
def watch(put, people, now):
    return watch_for(people["researcher"], "page", slug="distillation-risk", webhook_url=HOOK, now=now)


def changed(watch, **fields):
    told = {"bound": {}, "weekly": False, "by_email": True, "webhook_url": watch.webhook_url}
    return watch_edit.change(watch, **(told | fields))


def test_a_paused_watch_hears_nothing_and_goes_on_with_the_next_revision(put, watch, now):
    watch_edit.pause(watch, now)
    put(note="Unheard.")
    watch_edit.go_on(watch)
    put(note="Heard.")

    assert [notice.words for notice in Notice.objects.all()] == ["note: “Unheard.” → “Heard.”"]


def test_a_paused_watch_on_expiry_tells_once_it_goes_on(put, people, claim, now):
    held = watch_for(people["researcher"], "expiry", now=now)
    put(claims=(claim(expires_on="2026-11-01"),))
    watch_edit.pause(held, now)
    assert expire(now) == 0
    watch_edit.go_on(held)
    assert expire(now) == 1


def test_a_bound_is_moved_and_a_bound_that_could_never_fire_is_refused(put, people, measured, now):
    held = watch_for(
        people["researcher"], "threshold", slug="distillation-risk", target=NUMBER, bound={"above": 9}, now=now
    )
    with pytest.raises(WatchError, match="empty"):
        changed(held, bound={"leaves": [6, 4]})
    changed(held, bound={"above": 6})
    put(measured=(measured(6.1, 5.2, 7.0),))

    assert "above 6" in Notice.objects.get().words


def test_what_a_webhook_is_still_owed_goes_to_its_new_address_unchanged_under_a_new_secret(put, watch):
    put(note="N.")
    before = Message.objects.get(channel="webhook")
    secret = watch.webhook_secret
    changed(watch, webhook_url=OTHER)

    after = Message.objects.get(channel="webhook")
    assert (after.key, after.payload, after.state) == (before.key, before.payload, "pending")
    assert (before.address, after.address) == (HOOK, OTHER)
    assert Watch.objects.get().webhook_secret not in ("", secret)


def test_an_unchanged_address_keeps_its_secret(watch):
    secret = watch.webhook_secret
    changed(watch, weekly=True)

    assert Watch.objects.get().webhook_secret == secret


def test_a_webhook_taken_off_is_called_no_more_even_when_someone_tries_again(put, watch, now):
    put(note="N.")
    changed(watch, webhook_url="")
    Message.objects.filter(channel="webhook").update(state="pending")
    deliver_due(lambda: now + timedelta(hours=1), rng=Random(1))

    owed = Message.objects.get(channel="webhook")
    assert (owed.state, owed.error) == ("dead", watch_edit.TAKEN_OFF)


def test_what_waited_for_a_digest_comes_in_one_though_its_watch_tells_at_once_by_now(put, people, now, letters):
    held = watch_for(people["researcher"], "page", slug="distillation-risk", weekly=True, now=now)
    put(note="Weekly.")
    changed(held, weekly=False)
    put(note="At once.")
    deliver_due(lambda: now + timedelta(days=7), rng=Random(1))
    deliver_due(lambda: now + timedelta(days=14), rng=Random(1))

    told = [letter.body for letter in letters]
    assert sum("added: “Weekly.”" in body for body in told) == 1
    assert sum("→ “At once.”" in body for body in told) == 1


def test_what_was_told_at_once_is_in_no_digest_though_its_watch_is_weekly_by_now(put, watch, now, letters):
    put(note="At once.")
    changed(watch, weekly=True, webhook_url="")
    deliver_due(lambda: now + timedelta(days=7), rng=Random(1))

    assert ["At once." in letter.body for letter in letters] == [True]


def test_alerts_of_the_first_release_that_were_told_at_once_are_settled_by_its_successor(put, people, now):
    for weekly in (False, True):
        watch_for(people["researcher"], "page", slug="distillation-risk", weekly=weekly, now=now)
    put(note="N.")
    Notice.objects.update(digested_at=None)  # as the first release wrote both
    step = importlib.import_module("angelshare.workbench.migrations.0002_watches_pause_proposals_withdrawn")
    step.settle(apps, SimpleNamespace(connection=connection))

    waiting = Notice.objects.filter(digested_at=None)
    assert [notice.watch.frequency for notice in waiting] == ["weekly"]


# --- on the page ----------------------------------------------------------------------------------


def test_a_watch_is_changed_on_its_page_and_a_new_secret_is_shown_once(put, watch, signed_in):
    browser, address = signed_in("researcher"), f"/watches/{watch.pk}/"
    shown = browser.get(address).content.decode()
    assert HOOK in shown
    assert watch.webhook_secret not in shown
    assert 'name="line"' not in shown

    answer = browser.post(address, {"frequency": "weekly", "webhook_url": OTHER}).content.decode()

    after = Watch.objects.get()
    assert (after.frequency, after.by_email, after.webhook_url) == ("weekly", False, OTHER)
    assert after.webhook_secret in answer
    assert after.webhook_secret not in browser.get(address).content.decode()


def test_the_bound_of_a_watch_is_changed_on_its_page(put, people, signed_in, now):
    held = watch_for(
        people["researcher"], "threshold", slug="distillation-risk", target=NUMBER, bound={"leaves": [4, 6]}, now=now
    )
    browser, address = signed_in("researcher"), f"/watches/{held.pk}/"
    shown = browser.get(address).content.decode()
    assert '<option value="outside" selected>' in shown

    refused = browser.post(address, {"side": "outside", "line": "6", "upper": "4", "frequency": "immediate"})
    browser.post(address, {"side": "above", "line": "7.5", "frequency": "immediate", "by_email": "on"})

    assert "is empty" in refused.content.decode()
    assert Watch.objects.get().bound == {"above": 7.5}


def test_a_watch_is_paused_and_goes_on_by_its_button(watch, signed_in):
    browser, address = signed_in("researcher"), f"/watches/{watch.pk}/pause/"
    browser.post(address)
    assert "Paused" in browser.get("/watches/").content.decode()
    assert Watch.objects.get().paused_at is not None
    browser.post(address)
    assert Watch.objects.get().paused_at is None


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_nobody_reaches_the_watch_of_another(watch, signed_in, role):
    browser = signed_in(role)
    answers = [browser.get(f"/watches/{watch.pk}/"), browser.post(f"/watches/{watch.pk}/", {"frequency": "weekly"})]
    answers.append(browser.post(f"/watches/{watch.pk}/pause/"))

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert Watch.objects.get().paused_at is None
    assert Watch.objects.get().frequency == "immediate"
