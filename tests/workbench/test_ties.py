from __future__ import annotations

import pytest

from angelshare.core.catalogue_pages import Paragraph
from angelshare.core.errors import DanglingIdError
from angelshare.govern.catalogue import shipped
from angelshare.workbench.chain import publish
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.forms_lines import paragraphs_in
from angelshare.workbench.models import IndexedPage
from angelshare.workbench.proposals import propose
from angelshare.workbench.ties import tied, untied


@pytest.mark.parametrize("claims", [(), ("a",), ("a", "b-c")])
def test_what_is_tied_is_read_back(claims):
    paragraph = Paragraph(text="It leaves [the parent] out.", claims=claims)

    assert untied(tied(paragraph)).text == paragraph.text
    assert tuple(untied(tied(paragraph)).claims) == claims
    assert paragraphs_in(tied(paragraph)) == [tied(paragraph)]


@pytest.mark.parametrize("text", ["", "[claims: a] stands first", "see [claims a]", "[1]", "[claims: a] [2]"])
def test_other_brackets_are_text(text):
    assert untied(text) == Paragraph(text=text)


def test_every_article_keeps_the_claims_behind_each_of_its_paragraphs():
    catalogue = shipped()
    pages = {page.slug: page for page in from_catalogue(catalogue)}

    assert sum(len(part.claims) for article in catalogue.articles for part in article.paragraphs) > 30
    for article in catalogue.articles:
        read = [(part.text, [*part.claims]) for part in map(untied, pages[article.id].scope)]
        assert read == [(part.text, [*part.claims]) for part in article.paragraphs]


def test_a_reader_goes_from_a_paragraph_to_the_claims_behind_it_and_sees_which_was_replaced(
    make_dossier, client, claim, now
):
    scope = ("It was so. [claims: old, new]", "It is a matter of taste.")
    claims = (claim("old", status="superseded", superseded_by=("new",)), claim("new", supersedes=("old",)))
    publish(make_dossier(scope=scope, claims=claims), message="M", author=None, reviewer=None, now=now)
    page = client.get("/distillation-risk/").content.decode()

    assert "[claims:" not in page
    assert 'href="#claim-new"' in page
    assert "<s>old</s></a> (superseded)" in page
    assert 'id="claim-old"' in page
    assert "It is a matter of taste.</p>" in page


def test_a_paragraph_that_names_a_claim_which_is_not_there_cannot_be_proposed(make_dossier, people, now):
    head = publish(make_dossier(), message="M", author=None, reviewer=None, now=now)
    slip = make_dossier(scope=("So. [claims: not-adressed]",))

    with pytest.raises(DanglingIdError, match=r"paragraph 1.*not-adressed.*not-addressed"):
        propose(slip, base=head.sha256, message="Why", author=people["editor"], now=now)


def test_a_tie_is_not_found_as_a_word_of_the_text(make_dossier, now):
    publish(make_dossier(scope=("So. [claims: not-addressed]",)), message="M", author=None, reviewer=None, now=now)

    assert "[claims:" not in IndexedPage.objects.get().body
