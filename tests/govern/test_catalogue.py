from __future__ import annotations

import csv
import dataclasses
import re
from datetime import date
from pathlib import Path

import pytest

from angelshare.core.errors import DanglingIdError
from angelshare.govern.catalogue import (
    assemble,
    check,
    instrument_status,
    is_expired,
    link_list,
    require,
    shipped,
    shipped_files,
    shown_status,
)
from angelshare.govern.catalogue.dates import day

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "governance"
TODAY = date(2026, 11, 24)

CONCEPTS = {
    "model-distillation-risk",
    "ai-supply-chain",
    "capability-elicitation",
    "frontier-tier-ai",
    "compute-threshold",
    "inference-time-compute",
}


@pytest.fixture(scope="module")
def held():
    return shipped()


def test_nothing_in_the_shipped_catalogue_is_wrong_or_expired_on_the_day_it_was_edited(held):
    assert day(held.about.edited_on) == TODAY
    assert check(held, TODAY) == []
    assert require(held) is held


def test_every_instrument_of_the_field_notes_is_there(held):
    path = SHARED / "instruments.csv"
    if not path.is_file():
        pytest.skip("the field notes' data (../shared/data/governance) are not on this machine")
    with path.open(encoding="utf-8") as file:
        noted = {row["id"]: row for row in csv.DictReader(file)}

    assert len(noted) >= 26
    assert set(noted) - {instrument.id for instrument in held.instruments} == set()
    for name in noted:
        assert held.instrument(name).claims


def test_treatments_of_distillation_are_those_the_texts_show(held):
    assert {name: held.instrument(name).treatment for name in (
        "eu-gpai-guidelines", "us-ny-raise-2025", "us-ny-raise-2026", "us-il-sb315", "us-nstm-4", "us-hr-8283", "us-ca-sb53",
        "us-eo-14110", "deepseek-r1-mit", "openai-tou",
    )} == {
        "eu-gpai-guidelines": "excludes", "us-ny-raise-2025": "included_then_repealed", "us-ny-raise-2026": "implicit", "us-il-sb315": "implicit",
        "us-nstm-4": "targets", "us-hr-8283": "targets", "us-ca-sb53": "implicit", "us-eo-14110": "silent",
        "deepseek-r1-mit": "permits", "openai-tou": "targets",
    }  # fmt: skip


def test_that_distillation_is_not_addressed_ships_as_superseded(held):
    claim = held.claim("distillation-not-addressed")

    assert claim.status == "superseded"
    (successor,) = claim.superseded_by
    assert held.claim(successor).supersedes == [claim.id]
    cited = {citation.source for citation in held.claim(successor).sources}
    assert {"src-eu-guidelines", "src-raise-2025", "src-hr8283"} <= cited


def test_what_was_not_read_is_not_called_read(held):
    for name in ("nstm4-targets", "aa26-named", "claim-feb-total", "epoch-2026-lag", "openai-forbids"):
        assert held.claim(name).evidence == "secondary_seen", name
    for name in ("g7-no-extraction", "bletchley-silent", "seoul-silent", "cn-measures-nearest"):
        assert held.claim(name).evidence == "memory", name
    assert {claim.review for claim in held.claims} <= {"unreviewed", "needs_recheck"}  # nobody else has looked yet


def test_the_six_concepts_are_whole_and_lead_to_one_another(held):
    assert {concept.id for concept in held.concepts} == CONCEPTS
    for concept in held.concepts:
        assert concept.used_by, concept.id
        assert concept.related, concept.id
        assert concept.articles, concept.id
        for article in concept.articles:
            assert held.article(article)
    reached = {name for concept in held.concepts for name in concept.related}
    assert reached == CONCEPTS


def test_editorial_notes_say_how_to_use_the_term(held):
    risk, line = held.concept("model-distillation-risk"), held.concept("compute-threshold")

    assert "within an organisation" in risk.note
    assert "false promise" in risk.note
    assert "jurisdiction and instrument" in line.note


def test_articles_are_paragraphs_whose_facts_point_at_claims(held):
    assert {article.id for article in held.articles} == {
        "article-containment-or-delay",
        "article-watermark-proof",
        "article-thresholds-and-distillates",
        "article-countermeasure-costs",
    }
    for article in held.articles:
        assert len(article.paragraphs) >= 5
        assert sum(bool(paragraph.claims) for paragraph in article.paragraphs) >= 4


def test_no_allegation_is_made_in_our_own_voice(held):
    alleged = {allegation.claim for allegation in held.allegations}
    parties = re.compile(r"DeepSeek|Moonshot|MiniMax|Alibaba|Qwen lab|Zhipu|Xiaomi|StepFun|Z\.AI")
    ours = [claim for claim in held.claims if claim.id not in alleged and parties.search(claim.statement)]

    assert len(held.allegations) >= 12
    # what is left are scores and licences that the party itself published
    assert {claim.id for claim in ours} == {"r1-permits", "r1-distill-scores", "r1-distill-small-scores"}
    assert "A match is not an accusation" in shipped_files()["allegations.toml"]
    for page in (*held.articles, *held.concepts):
        assert not parties.search(str(page)), page.id


def test_floors_attempts_and_windows_are_told_apart(held):
    by = {allegation.id: allegation for allegation in held.allegations}

    assert by["alleged-gtig"].counts == "attempts"
    assert by["alleged-feb-minimax"].exchanges_are == "floor"
    assert (by["alleged-jun-letter"].from_on, by["alleged-jun-letter"].to_on) == ("2026-04-22", "2026-06-05")
    assert by["alleged-jun-letter"].named == "affiliated"
    assert by["alleged-openai-memo"].exchanges is None


def test_the_law_is_shown_as_it_stood(held):
    stood = {
        ("us-eo-14110", date(2024, 6, 1)): "in_force",
        ("us-eo-14110", date(2025, 1, 20)): "revoked",
        ("us-ny-raise-2025", date(2026, 1, 1)): "adopted",
        ("us-ny-raise-2025", TODAY): "superseded",
        ("us-ny-raise-2026", TODAY): "adopted",
        ("us-ny-raise-2026", date(2027, 1, 1)): "in_force",
        ("us-hr-8283", date(2026, 1, 1)): None,
    }

    for (name, on), status in stood.items():
        assert instrument_status(held.instrument(name), on) == status, (name, on)


def test_a_claim_expires_the_day_after_its_last_and_says_so(held):
    claim = held.claim("nstm4-targets")

    assert claim.expires_on == "2027-02-24"
    assert not is_expired(claim, date(2027, 2, 24))
    assert shown_status(claim, date(2027, 2, 24)) == "reported"
    assert is_expired(claim, date(2027, 2, 25))
    assert shown_status(claim, date(2027, 2, 25)) == "expired, recheck"
    gone = held.claim("distillation-not-addressed")
    assert shown_status(gone, date(2099, 1, 1)) == "superseded"


def test_expired_claims_are_found_unless_they_are_marked(held):
    later = date(2027, 3, 1)
    marked = [
        dataclasses.replace(claim, review="needs_recheck") if is_expired(claim, later) else claim
        for claim in held.claims
    ]

    found = check(held, later)

    assert {finding.id for finding in found} == {claim.id for claim in held.claims if is_expired(claim, later)}
    assert len(found) > 10
    assert all(finding.error == "" for finding in found)
    assert check(dataclasses.replace(held, claims=marked), later) == []
    assert require(held) is held  # expiry is no fault of an entry


def test_a_lookup_that_fails_names_the_nearest(held):
    with pytest.raises(DanglingIdError, match="did you mean 'compute-threshold'"):
        held.concept("compute-treshold")


def test_the_hash_says_whether_the_content_changed_not_where_it_stands():
    files = shipped_files()
    backwards = dict(reversed(files.items()))
    elsewhere = {f"x/{name}": text for name, text in files.items()}
    edited = {**files, "topics.toml": files["topics.toml"].replace("Compute threshold", "Compute line")}

    plain, changed = assemble(files), assemble(edited)

    assert assemble(backwards).sha256 == assemble(elsewhere).sha256 == plain.sha256
    assert changed.sha256 != plain.sha256
    differing = {name for name, digest in changed.hashes().items() if plain.hashes()[name] != digest}
    assert differing == {"topic-compute"}
    assert len(plain.hashes()) == len(plain.entries)


def test_links_stand_under_what_was_seen_of_them_best_first(held):
    groups = link_list(held)

    assert [group.evidence for group in groups] == ["measured_here", "text_seen", "secondary_seen", "memory"]
    for group in groups:
        assert group.links
        for linked in group.links:
            for name in linked.claims:
                claim = held.claim(name)
                assert claim.evidence == group.evidence
                assert linked.source.id in {citation.source for citation in claim.sources}
    cited = {(c.evidence, s.source) for c in held.claims for s in c.sources}
    assert cited == {(group.evidence, linked.source.id) for group in groups for linked in group.links}
