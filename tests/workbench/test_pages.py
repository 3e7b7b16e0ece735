"""Pages as readers get them: one anatomy, honest about what is missing, still readable without an account or scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from angelshare.core.catalogue import Cell
from angelshare.core.dossier import Measured
from angelshare.core.records import Refusal
from angelshare.workbench import chain, kept
from angelshare.workbench.models import Revision, RevisionChange
from angelshare.workbench.seed import seed_catalogue
from angelshare.workbench.templatetags.workbench_look import telling_first

SLUG = "distillation-risk"


@pytest.fixture
def put(now):
    """Publish a dossier: put(dossier, days_ago=3)."""

    def publish(dossier, days_ago=0, message="Because."):
        at = now - timedelta(days=days_ago)
        return chain.publish(dossier, message=message, author=None, reviewer=None, now=at)

    return publish


@pytest.fixture
def published(put, make_dossier):
    """Publish one page."""
    return put(make_dossier())


@pytest.fixture
def read(client):
    """Read an address as text: read("/x/", status=404)."""

    def get(address, status=200):
        reply = client.get(address)
        assert reply.status_code == status, reply.content.decode()[:2000]
        return reply.content.decode()

    return get


def ids(page: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', page)


def scripts(page: str) -> set[str]:
    """Name the kinds of script elements: of our own by address, blocks of data that no browser runs, anything else."""
    kinds = {"src": r'^ src="/static/[^"]+" defer$', "data": r'^ type="application/ld\+json"$'}
    found = re.findall(r"<script([^>]*)>", page)
    return {next((kind for kind, form in kinds.items() if re.match(form, given)), given or "bare") for given in found}


# --- the anatomy ----------------------------------------------------------------------------------


def test_a_page_says_what_it_is_in_the_order_of_the_anatomy(put, read, make_dossier):
    put(make_dossier("containment", title="Containment", related=(), measured=()))
    put(make_dossier(note="Use it with care.", articles=("an-article",), used_by=("an-act",)))

    page = read(f"/{SLUG}/")

    order = ["scope", "measured", "used", "related", "articles", "note", "claims", "references", "history", "cite"]
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == [*order, "further"]
    assert "<h1>Model distillation risk</h1>" in page
    assert '<a href="/containment/">Containment</a>' in page
    assert "an-article <span" in page
    assert len(ids(page)) == len(set(ids(page)))


def test_every_measured_number_stands_with_its_interval_and_the_hash_of_its_run(put, read, make_dossier):
    put(make_dossier())

    page = read(f"/{SLUG}/")

    assert "5.6 months" in page
    assert "[4.6, 6.6]" in page
    assert "n = 40; bootstrap" in page
    assert "0" * 64 in page
    assert "not imported here" in page


def test_a_refused_number_speaks_in_words(put, read, make_dossier):
    refused = Measured(
        run="1" * 64, kind="audit", label="An audit", numbers={"recovery_at_3000": Refusal(refused="no gap")}
    )
    put(make_dossier(measured=(refused,)))

    page = read(f"/{SLUG}/")

    assert "Recovery at 3,000 queries" in page
    assert '<span class="value">not stated</span><span class="interval">no gap</span>' in page


def test_a_page_without_a_run_says_what_would_fill_the_block(put, read, make_dossier):
    put(make_dossier(measured=()))

    assert f"angelshare publish RUN --page {SLUG}" in read(f"/{SLUG}/")


def test_a_replaced_claim_is_kept_struck_beside_what_replaced_it(put, read, make_dossier, claim):
    old = claim(status="superseded", superseded_by=("addressed",), statement="It is not addressed.")
    put(make_dossier(claims=(old, claim("addressed", statement="It is addressed.", supersedes=("not-addressed",)))))

    page = read(f"/{SLUG}/")

    assert "<s>It is not addressed.</s>" in page
    assert "<s>It is addressed.</s>" not in page
    assert 'Replaced by: <a href="#claim-addressed">It is addressed.</a>' in page
    assert page.index('id="claim-addressed"') < page.index('id="claim-not-addressed"')


def test_a_claim_past_its_last_day_is_marked_expired_and_one_on_it_is_not(put, read, make_dossier, claim, now):
    today = now.date()
    last = (claim("due", expires_on=today.isoformat()), claim("over", expires_on=str(today - timedelta(days=1))))
    revision = put(make_dossier(claims=last))

    # the permanent address holds claims against the day of publication, so the test does not age
    page = read(f"/{SLUG}/revisions/{revision.sha256}/")

    due, over = page.partition('id="claim-due"')[2].partition('id="claim-over"')[::2]
    assert "expired" not in due
    assert 'class="status expired"' in over
    assert "recheck" in over


def test_what_a_page_says_is_never_taken_for_markup(put, read, make_dossier, claim):
    evil = '<script>alert("x")</script>'
    put(make_dossier(title=evil, definition=evil, note=evil, facts={evil: evil}, claims=(claim(statement=evil),)))

    for address in (f"/{SLUG}/", f"/{SLUG}/revisions/", f"/{SLUG}/cite/", f"/compare/?of={SLUG}", "/", "/pages/"):
        page = read(address)
        assert evil not in page
        assert scripts(page) <= {"src", "data"}


def test_no_page_carries_a_script_or_a_style_of_its_own(put, read, make_dossier):
    put(make_dossier())

    for address in ("/", f"/{SLUG}/", "/matrix/", f"/compare/?of={SLUG}", f"/{SLUG}/cite/"):
        page = read(address)
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), address
        assert scripts(page) <= {"src", "data"}, address


def test_an_allegation_says_that_it_is_no_accusation_before_anything_else(put, read, make_dossier):
    put(make_dossier(kind="campaign", label="Allegation", facts={"exchanges": "more than 150,000"}, measured=()))

    page = read(f"/{SLUG}/")

    assert page.index("A match is not an accusation") < page.index("more than 150,000")
    assert "An allegation is not a finding" in page
    assert "A match is not an accusation" in read("/pages/?kind=campaign")


def test_an_instrument_shows_its_life_and_its_lines_as_lists(put, read, make_dossier):
    facts = {
        "jurisdiction": "EU",
        "step of 2024-07-12, adopted": "published",
        "threshold, training flop above 1e+25": "presumed",
    }
    put(make_dossier("an-act", kind="instrument", facts=facts, measured=()))

    page = read("/an-act/")

    assert '<th scope="row">2024-07-12, adopted</th><td>published</td>' in page
    assert '<th scope="row">Training FLOP above 10²⁵</th><td>presumed</td>' in page
    assert "<dt>Jurisdiction</dt>" in page


def test_a_topic_names_who_governed_it_first(put, read, make_dossier):
    cells = tuple(
        Cell(instrument=name, topic="a-topic", relation=relation, claim="not-addressed")
        for name, relation in (("late-act", "governs"), ("early-act", "governs"), ("silent-act", "silent"))
    )
    for name, day in (("late-act", "2025-01-01"), ("early-act", "2024-01-01"), ("silent-act", "2020-01-01")):
        put(make_dossier(name, kind="instrument", title=name, facts={f"step of {day}, adopted": "x"}, measured=()))
    put(make_dossier("a-topic", kind="topic", cells=cells, measured=()))

    page = read("/a-topic/")

    assert re.search(r'First to govern it[^<]*<a href="/early-act/">early-act</a> \(2024-01-01\)', page)


# --- as of a day, and revisions -------------------------------------------------------------------


def test_a_page_as_of_a_day_says_what_it_said_then_under_a_banner(put, read, make_dossier, now):
    put(make_dossier(definition="The first sentence."), days_ago=9)
    put(make_dossier(definition="The second sentence."), days_ago=3)
    day = (now - timedelta(days=5)).date()

    then, today = read(f"/{SLUG}/?asof={day}"), read(f"/{SLUG}/")

    assert "The first sentence." in then
    assert f"As it stood on {day.day} November 2026" in then
    assert "The second sentence." in today
    assert "As it stood on" not in today


def test_what_was_published_on_a_day_belongs_to_it(put, read, make_dossier, now):
    put(make_dossier(definition="Said that day."), days_ago=2)

    assert "Said that day." in read(f"/{SLUG}/?asof={(now - timedelta(days=2)).date()}")


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("2020-01-01", 404, "it was first published"),
        ("yesterday", 400, "is not a day; write it as"),
        ("2026-02-30", 400, "is not a day"),
        ("9999-01-01", 400, "yet to come"),
    ],
)
def test_a_day_that_cannot_be_shown_is_refused_with_what_would_do(published, read, asked, status, said):
    assert said in read(f"/{SLUG}/?asof={asked}", status=status)


def test_a_revision_has_an_address_that_keeps_saying_the_same(put, read, make_dossier):
    first = put(make_dossier(definition="The first sentence."), days_ago=2)
    put(make_dossier(definition="The second sentence."))

    page = read(f"/{SLUG}/revisions/{first.sha256}/")

    assert "The first sentence." in page
    assert "This address never says anything else" in page
    assert read(f"/{SLUG}/revisions/{first.sha256[:12]}/") == page
    read(f"/{SLUG}/revisions/{'0' * 64}/", status=404)
    read(f"/{SLUG}/revisions/{first.sha256[:4]}/", status=400)


def test_the_history_lists_what_every_revision_changed(put, read, make_dossier, claim):
    put(make_dossier(), days_ago=2, message="First entry.")
    second = put(make_dossier(claims=(claim(status="disputed"),)), message="A source objects.")

    page = read(f"/{SLUG}/revisions/")

    assert "First entry." in page
    assert "A source objects." in page
    assert re.search("“reported” → “disputed”", page)
    assert second.sha256 in page


def test_a_change_of_a_claim_is_told_before_a_new_source():
    paths = ["sources/act", "used_by", "definition", "claims/x/note", "claims/x/status", "measured/delay/months"]
    changes = [RevisionChange(pk=n, path=path) for n, path in enumerate(paths)]

    assert [change.path for change in telling_first(changes)] == paths[::-1]


# --- home, lists, errors --------------------------------------------------------------------------


def test_an_empty_workbench_still_has_a_way_in(read):
    assert "This workbench is empty" in read("/")
    assert "No pages of this kind yet" in read("/pages/")
    read("/matrix/")
    read("/matrix/silent/")


def test_home_opens_with_distillation_risk_what_changed_and_the_matrix(read, now):
    seed_catalogue(now=now)

    page = read("/")

    assert (
        page.index('href="/model-distillation-risk/"') < page.index("What changed lately") < page.index("mark governs")
    )
    lately = page.partition('id="lately"')[2].partition("</section>")[0]
    assert "superseded" in lately


def test_every_page_of_the_catalogue_can_be_read_and_names_each_thing_once(read, now):
    seed_catalogue(now=now)
    slugs = sorted(set(Revision.objects.values_list("page__slug", flat=True)))

    assert len(slugs) > 60
    for slug in slugs:
        page = read(f"/{slug}/")
        assert len(ids(page)) == len(set(ids(page))), slug
        local = set(re.findall(r'href="#([^"]+)"', page))
        assert local <= set(ids(page)), (slug, local - set(ids(page)))


def test_the_list_of_pages_refuses_a_kind_that_is_none_and_names_the_nearest(read):
    assert "concept" in read("/pages/?kind=concpet", status=400)


def test_pages_are_read_and_never_written(client):
    assert client.post("/").status_code == 405
    assert client.head("/").status_code == 200


# --- kept pages -----------------------------------------------------------------------------------


def test_a_reader_without_cookies_gets_the_kept_page_until_something_is_published(put, client, make_dossier):
    put(make_dossier(definition="Before."), days_ago=1)
    first = client.get(f"/{SLUG}/")

    again = client.get(f"/{SLUG}/", headers={"If-None-Match": first["ETag"]})
    put(make_dossier(definition="After."))
    later = client.get(f"/{SLUG}/", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert later.status_code == 200
    assert b"After." in later.content
    assert "Cookie" in later["Vary"]


def test_a_page_written_for_someone_signed_in_is_never_kept(put, client, signed_in, make_dossier):
    put(make_dossier())
    mine = signed_in("editor").get(f"/{SLUG}/")

    other = client.get(f"/{SLUG}/")

    assert b"Sign out" in mine.content
    assert not mine.has_header("ETag")
    assert b"Sign out" not in other.content
    assert b"csrfmiddlewaretoken" not in other.content


def test_kept_pages_stay_within_their_room(monkeypatch, put, client, make_dossier):
    monkeypatch.setattr(kept, "_MOST_BYTES", 40_000)
    for n in range(6):
        put(replace(make_dossier(), slug=f"page-{n}"))

    for n in range(6):
        client.get(f"/page-{n}/")

    assert 0 < sum(len(content) for content, _ in kept._kept.values()) <= 40_000
