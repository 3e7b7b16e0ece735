from dataclasses import replace
from datetime import timedelta

import pytest

from angelshare.govern.catalogue import shipped
from angelshare.workbench import chain
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.measured import figures
from angelshare.workbench.models import Page, Revision, RevisionChange, Run
from angelshare.workbench.seed import DEMO_RUN, EARLIER_CLAIM, seed_catalogue

SLUG = "model-distillation-risk"


@pytest.fixture
def seeded(now):
    return seed_catalogue(now=now)


def test_seeding_makes_every_page_and_a_second_time_changes_nothing(seeded, now):
    wanted = {page.slug for page in from_catalogue(shipped())}
    assert set(Page.objects.values_list("slug", flat=True)) == wanted
    assert seeded == Revision.objects.count() == len(wanted) + 2  # the earlier state, and the run that was shown
    assert seed_catalogue(now=now + timedelta(days=1)) == 0
    assert Revision.objects.count() == seeded
    assert list(chain.verify()) == []


def test_the_earlier_claim_is_first_reported_then_superseded_by_its_successor(seeded, now):
    before, first = chain.dossier_at(SLUG, now - timedelta(seconds=2))
    after, second = chain.dossier_at(SLUG, now - timedelta(seconds=1))
    assert second.parent == first
    assert {claim.id: claim.status for claim in before.claims}[EARLIER_CLAIM] == "reported"
    assert "distillation-addressed" not in {claim.id for claim in before.claims}
    standing = {claim.id: claim for claim in after.claims}
    assert standing[EARLIER_CLAIM].status == "superseded"
    assert list(standing[EARLIER_CLAIM].superseded_by) == ["distillation-addressed"]
    paths = set(RevisionChange.objects.filter(revision=second).values_list("path", flat=True))
    assert {f"claims/{EARLIER_CLAIM}/status", "claims/distillation-addressed"} <= paths


def test_a_page_that_a_person_edited_is_left_alone(seeded, now, people):
    dossier, _ = chain.dossier_at(SLUG)
    edited = replace(dossier, note="A person wrote this.")
    chain.publish(edited, message="Say more", author=people["editor"], reviewer=people["reviewer"], now=now)
    assert seed_catalogue(now=now) == 0
    assert chain.dossier_at(SLUG)[0].note == "A person wrote this."


def test_a_newer_catalogue_goes_on_from_what_the_catalogue_wrote_and_keeps_what_was_measured(seeded, now, measured):
    dossier, _ = chain.dossier_at(SLUG)
    older = replace(dossier, note="As an older catalogue had it.", measured=[measured()])
    chain.publish(older, message="An older catalogue", author=None, reviewer=None, now=now)
    assert seed_catalogue(now=now) == 1
    again, _ = chain.dossier_at(SLUG)
    assert again.note == dossier.note
    assert len(again.measured) == 1


def test_the_page_shows_a_run_that_was_verified_like_any_other(seeded):
    run = Run.objects.get()
    (block,) = chain.dossier_at(SLUG)[0].measured
    assert run.sha256 == block.run == DEMO_RUN
    assert run.manifest["dirty"] is False
    assert block.numbers["recovery"].low < block.numbers["recovery"].high
    assert {figure.name for figure in figures(run)} >= {"false_promise_plane", "waterfall"}


def test_a_run_that_a_person_took_off_its_page_is_not_put_back(seeded, now, people):
    dossier, _ = chain.dossier_at(SLUG)
    edited = replace(dossier, measured=())
    chain.publish(edited, message="Take it off", author=people["editor"], reviewer=people["reviewer"], now=now)
    assert seed_catalogue(now=now) == 0
    assert not chain.dossier_at(SLUG)[0].measured


def test_a_deployment_may_do_without_the_run(now):
    seed_catalogue(now=now, demo_run=False)
    assert not Run.objects.exists()
    assert not chain.dossier_at(SLUG)[0].measured
