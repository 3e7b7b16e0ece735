from __future__ import annotations

import pytest

from angelshare.workbench.chain import publish
from angelshare.workbench.collections import make, make_private, reading_list, save_page, share
from angelshare.workbench.models import Collection, CollectionItem


@pytest.fixture(autouse=True)
def page(make_dossier, now):
    return publish(make_dossier(), message="First", author=None, reviewer=None, now=now)


def test_save_on_a_page_puts_it_into_the_reading_list_once(signed_in, people):
    browser = signed_in("researcher")
    for _ in range(2):
        browser.post("/collections/", {"page": "distillation-risk", "save": "1"})

    (held,) = people["researcher"].collections.all()
    assert (held.reading_list, held.items.count()) == (True, 1)


def test_a_note_is_kept_and_saving_the_page_again_does_not_lose_it(signed_in, people, now):
    held = reading_list(people["researcher"], now)
    item = save_page(held, "distillation-risk", now)
    browser = signed_in("researcher")
    browser.post(f"/collections/{held.pk}/", {"do": "note", "item": item.pk, "note": "For chapter 2"})
    browser.post("/collections/", {"page": "distillation-risk", "save": "1"})

    assert CollectionItem.objects.get().note == "For chapter 2"
    assert "For chapter 2" in browser.get(f"/collections/{held.pk}/").content.decode()


def test_a_collection_is_its_owners_alone_until_it_is_shared(signed_in, people, client, now):
    held = make(people["researcher"], "Thresholds", now)
    save_page(held, "distillation-risk", now, note="See this")

    assert signed_in("admin").get(f"/collections/{held.pk}/").status_code == 404
    assert signed_in("admin").post(f"/collections/{held.pk}/", {"do": "delete"}).status_code == 404
    assert client.get("/shared//").status_code == 404
    key = share(held)
    answer = client.get(f"/shared/{key}/")
    assert "See this" in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "Delete the collection" not in answer.content.decode()


def test_a_link_taken_back_leads_nowhere_and_the_next_is_another(people, client, now):
    held = make(people["researcher"], "Thresholds", now)
    first = share(held)
    make_private(held)

    assert client.get(f"/shared/{first}/").status_code == 404
    assert share(held) != first
    assert len(first) >= 43


@pytest.mark.parametrize("said", [{"do": "note", "item": "x"}, {"do": "remove", "item": "999"}])
def test_an_item_that_is_not_there_is_not_found(signed_in, people, now, said):
    held = make(people["researcher"], "Thresholds", now)

    assert signed_in("researcher").post(f"/collections/{held.pk}/", said).status_code == 404


def test_a_page_that_never_was_cannot_be_saved_and_an_unknown_deed_is_refused_in_words(signed_in, people, now):
    held = make(people["researcher"], "Thresholds", now)
    browser = signed_in("researcher")

    first = browser.post(f"/collections/{held.pk}/", {"do": "add", "page": "nowhere"}, follow=True).content.decode()
    second = browser.post(f"/collections/{held.pk}/", {"do": "fly"}, follow=True).content.decode()

    assert "no page &#x27;nowhere&#x27; to save" in first
    assert "cannot &#x27;fly&#x27;" in second
    assert CollectionItem.objects.count() == 0


def test_visitors_are_asked_to_sign_in(client):
    assert client.post("/collections/", {"page": "distillation-risk"}).status_code == 302
    assert Collection.objects.count() == 0
