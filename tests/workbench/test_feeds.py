from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from angelshare.workbench.chain import publish
from angelshare.workbench.feeds import ATOM, watchlist_key
from angelshare.workbench.watches import watch_for

A = f"{{{ATOM}}}"


@pytest.fixture
def put(make_dossier, now):
    minutes = iter(range(1_000))

    def put(**fields):
        at = now + timedelta(minutes=next(minutes))
        return publish(make_dossier(**fields), message="Why", author=None, reviewer=None, now=at)

    put()
    return put


def entries(answer):
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    for needed in ("id", "title", "updated"):
        assert feed.findtext(f"{A}{needed}")
    return [{child.tag.removeprefix(A): child.text for child in entry} for entry in feed.findall(f"{A}entry")]


def test_a_page_has_a_feed_of_its_revisions_latest_first(put, client):
    second = put(note="N.")

    found = entries(client.get("/distillation-risk/feed/"))

    assert [entry["title"][-1] for entry in found] == ["2", "1"]
    assert found[0]["id"] == f"urn:sha256:{second.sha256}"
    assert found[0]["updated"] == "2026-11-24T12:01:00Z"
    assert "note added: “N.”" in found[0]["content"]


def test_a_feed_that_did_not_change_is_not_sent_again(put, client):
    tag = client.get("/distillation-risk/feed/")["ETag"]

    assert client.get("/distillation-risk/feed/", headers={"if-none-match": tag}).status_code == 304
    put(note="N.")
    assert client.get("/distillation-risk/feed/", headers={"if-none-match": tag}).status_code == 200


def test_each_watch_and_the_whole_list_have_feeds_for_whoever_holds_the_key(put, client, people, now):
    user = people["researcher"]
    first = watch_for(user, "page", slug="distillation-risk", now=now)
    watch_for(user, "field", slug="distillation-risk", target="label", now=now)
    put(note="N.")
    put(label="Other")

    assert len(entries(client.get(f"/feeds/watch/{first.feed_key}/"))) == 2
    assert len(entries(client.get(f"/feeds/watches/{user.pk}/{watchlist_key(user)}/"))) == 3


def test_a_wrong_key_opens_no_feed_and_a_new_password_closes_the_old_one(put, client, people):
    user, other = people["researcher"], people["editor"]
    key = watchlist_key(user)

    assert client.get("/feeds/watch/wrong/").status_code == 404
    assert client.get(f"/feeds/watches/{other.pk}/{key}/").status_code == 404
    assert client.get(f"/feeds/watches/{user.pk}/{key}é/").status_code == 404
    user.set_unusable_password()
    user.save()
    assert client.get(f"/feeds/watches/{user.pk}/{key}/").status_code == 404


def test_text_in_a_feed_is_never_markup_and_cannot_break_it(put, client):
    put(note="<b>&]]>\x0b bad \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))

    (first, _) = entries(client.get("/distillation-risk/feed/"))

    assert "<b>&]]> bad 😀" in first["content"]


def test_a_page_that_never_was_has_no_feed(client):
    assert client.get("/nowhere/feed/").status_code == 404
