import json
from dataclasses import replace

import pytest

from angelshare.core.catalogue_pages import Catalogue
from angelshare.core.dossier import Dossier
from angelshare.core.errors import DanglingIdError
from angelshare.core.strict import convert, encode
from angelshare.govern.catalogue import shipped
from angelshare.workbench.dossiers import NOT_AN_ACCUSATION, from_catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return shipped()


@pytest.fixture(scope="module")
def pages(catalogue) -> dict[str, Dossier]:
    return {page.slug: page for page in from_catalogue(catalogue)}


def test_every_entry_that_is_read_as_a_page_has_one_at_its_own_id(catalogue, pages):
    entries = ("concepts", "instruments", "topics", "articles", "allegations", "terms")
    assert set(pages) == {entry.id for plural in entries for entry in getattr(catalogue, plural)}


def test_every_claim_stands_on_a_page_and_every_source_it_cites_with_it(catalogue, pages):
    shown = {claim.id for page in pages.values() for claim in page.claims}
    assert shown == {claim.id for claim in catalogue.claims}
    for page in pages.values():
        held = {source.id for source in page.sources}
        assert {citation.source for claim in page.claims for citation in claim.sources} | set(page.references) == held


def test_a_page_comes_back_whole_from_what_is_stored(pages):
    for page in pages.values():
        again = convert(json.loads(encode(page)), Dossier, page.slug)
        assert encode(again) == encode(page)


def test_links_between_pages_lead_to_pages(pages):
    for page in pages.values():
        assert {*page.used_by, *page.related, *page.articles} <= set(pages)


def test_a_replaced_claim_stands_beside_its_replacement(pages):
    for page in pages.values():
        held = {claim.id for claim in page.claims}
        for claim in page.claims:
            assert {*claim.supersedes, *claim.superseded_by} <= held


def test_a_page_about_a_campaign_says_who_alleges_it_and_that_it_is_no_accusation(catalogue, pages):
    for allegation in catalogue.allegations:
        page = pages[allegation.id]
        assert page.kind == "campaign"
        assert page.note == NOT_AN_ACCUSATION
        assert page.facts["alleged by"] == allegation.alleged_by
        assert page.definition == catalogue.claim(allegation.claim).statement
        assert page.claims[0].id == allegation.claim


def test_no_page_calls_a_party_a_thief_in_our_own_voice(pages):
    for page in pages.values():
        ours = " ".join([page.title, page.label, page.note, *page.facts]).lower()
        assert not any(word in ours for word in ("thief", "stole", "guilty", "attacker", "victim"))


def test_published_figures_stand_on_a_page_in_their_sources_form(catalogue, pages):
    facts = " ".join(said for page in pages.values() for name, said in page.facts.items() if "published" in name)
    assert all(f"{figure.metric}: {figure.as_published}" in facts for figure in catalogue.figures)


def test_a_topic_counts_what_was_looked_at_and_what_was_not(catalogue, pages):
    n = len(catalogue.instruments)
    for topic in catalogue.topics:
        facts = pages[topic.id].facts
        counted = sum(int(facts[relation].split()[0]) for relation in ("governs", "implicit", "silent", "conflicts"))
        assert counted == len(pages[topic.id].cells)
        assert facts["not looked at"] == f"{n - counted} of {n} instruments"


def test_an_entry_that_names_a_claim_that_is_not_there_is_refused_by_name(catalogue):
    broken = replace(catalogue, concepts=[replace(catalogue.concepts[0], claims=["no-such-claim"])])
    with pytest.raises(DanglingIdError, match="no-such-claim"):
        from_catalogue(broken)
