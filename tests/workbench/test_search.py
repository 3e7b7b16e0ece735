from dataclasses import replace

import pytest

from angelshare.workbench import chain
from angelshare.workbench.models import IndexedClaim, IndexedPage
from angelshare.workbench.search import Question, find, jurisdictions


@pytest.fixture
def pages(make_dossier, claim, now):
    made = [
        make_dossier("alpha", title="Containment", scope=("Weights stay where they are.",), facts={}),
        make_dossier(
            "beta", kind="instrument", title="An Act on frontier models", scope=("It mentions watermarks.",),
            facts={"jurisdiction": "EU"}, claims=(claim("a", status="disputed", evidence="memory"),),
        ),
        make_dossier(
            "gamma", kind="instrument", title="A statute", scope=("Containment is mentioned in passing.",),
            facts={"jurisdiction": "US"},
            claims=(claim("b", status="reported", evidence="text_seen"), claim("c", status="disputed", evidence="text_seen")),
        ),
    ]  # fmt: skip
    for dossier in made:
        chain.publish(dossier, message="x", author=None, reviewer=None, now=now)
    return made


def slugs(**asked) -> list[str]:
    return [hit.slug for hit in find(Question(**asked)).hits]


def test_a_word_of_the_title_goes_before_a_word_of_the_text(pages):
    assert slugs(words="containment") == ["alpha", "gamma"]


def test_a_title_goes_first_also_for_a_word_that_stands_on_most_pages(pages, make_dossier, now):
    for k in range(6):
        told = ("Containment. " * 9,)
        dossier = make_dossier(f"more-{k}", title=f"Another {k}", scope=told, facts={})
        chain.publish(dossier, message="x", author=None, reviewer=None, now=now)
    assert slugs(words="containment")[0] == "alpha"
    assert slugs(words="contain")[0] == "alpha"
    assert len(slugs(words="containment")) == 8


def test_words_are_found_by_their_stem_in_any_case_and_the_last_by_its_beginning(pages):
    assert slugs(words="WATERMARK") == ["beta"]
    assert slugs(words="watermar") == ["beta"]


def test_the_last_word_may_be_the_beginning_of_one_also_at_the_end_of_a_phrase(pages):
    assert slugs(words="frontier mod") == ["beta"]
    assert slugs(words='mentions "frontier mod"') == ["beta"]
    assert slugs(words="front models") == []


def test_all_words_must_stand_and_a_phrase_in_order(pages):
    assert slugs(words="frontier models") == ["beta"]
    assert slugs(words='"models frontier"') == []
    assert slugs(words="containment watermarks") == []


def test_filters_narrow_and_a_claim_must_meet_both_of_its_filters(pages):
    assert slugs(words="containment", kind="instrument") == ["gamma"]
    assert slugs(jurisdiction="EU") == ["beta"]
    assert sorted(slugs(status="disputed")) == ["beta", "gamma"]
    assert slugs(status="reported", evidence="memory") == []
    assert list(jurisdictions()) == ["EU", "US"]


def test_a_snippet_marks_what_was_looked_for(pages):
    (hit,) = find(Question(words="watermarks")).hits
    assert [piece.text for piece in hit.snippet if piece.hit] == ["watermarks"]
    assert "It mentions" in "".join(piece.text for piece in hit.snippet)


def test_the_index_follows_a_revision_in_its_transaction(pages, now):
    chain.publish(replace(pages[0], title="Quarantine", claims=()), message="x", author=None, reviewer=None, now=now)
    assert slugs(words="quarantine") == ["alpha"]
    assert "alpha" not in slugs(words="containment")
    assert not IndexedClaim.objects.filter(slug="alpha").exists()
    assert IndexedPage.objects.count() == 3


def test_screens_follow_each_other_without_gap_or_repeat(pages):
    shown = [find(Question(), limit=1, offset=n).hits[0].slug for n in range(3)]
    assert sorted(shown) == ["alpha", "beta", "gamma"]
    assert find(Question(), limit=1).total == 3


@pytest.mark.parametrize(
    "words",
    ['"', '""', "'", "*", "AND", "NOT OR AND", "NEAR(a b", "title:", "a* b^2", "-", "(", "a" * 10_000, "\x00", "{x}", "\\",
     '"a', "a:b", "%s %d", "; DROP TABLE x", "🜔 ☿", "+ - ~ < >", "word " * 500],
)  # fmt: skip
def test_no_query_is_an_error(words, pages):
    assert find(Question(words=words)).total >= 0
    assert find(Question(kind=words[:50], status=words[:50], jurisdiction=words[:50])).total == 0


def test_words_with_nothing_to_look_for_are_the_same_as_none(pages):
    assert find(Question(words='"" * -')).total == 3
