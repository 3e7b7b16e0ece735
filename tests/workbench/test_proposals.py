from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest

from angelshare.core.errors import DateError, FourEyesError, NoSourceError, StaleError, StatementError, WorkbenchError
from angelshare.govern.catalogue import shipped
from angelshare.workbench.chain import dossier_at, publish, verify
from angelshare.workbench.diffs import compare
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.forms_editing import EditForms
from angelshare.workbench.models import AuditEntry, Proposal, Revision
from angelshare.workbench.proposal_check import faults
from angelshare.workbench.proposals import accept, is_stale, propose, reject, withdraw


@pytest.fixture
def page(make_dossier, now):
    return publish(make_dossier(), message="First", author=None, reviewer=None, now=now)


@pytest.fixture
def proposal(page, people, make_dossier, now):
    return propose(
        make_dossier(note="Better."), base=page.sha256, message="A note helps", author=people["editor"], now=now
    )


def test_what_an_editor_proposes_a_reviewer_publishes(proposal, people, now):
    revision = accept(proposal.pk, reviewer=people["reviewer"], now=now)

    assert dossier_at("distillation-risk")[0].note == "Better."
    assert (revision.author, revision.reviewer) == (people["editor"], people["reviewer"])
    assert (revision.message, revision.number) == ("A note helps", 2)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == ["propose", "publish"]
    assert verify() == []


def test_nobody_publishes_their_own_proposal(page, people, make_dossier, now):
    own = propose(make_dossier(note="Mine."), base=page.sha256, message="Why", author=people["reviewer"], now=now)

    with pytest.raises(FourEyesError, match="your own"):
        accept(own.pk, reviewer=people["reviewer"], now=now)

    assert Revision.objects.count() == 1
    assert Proposal.objects.get().state == "open"


def test_a_rejected_proposal_keeps_its_reason_and_cannot_be_published_later(proposal, people, now):
    reject(proposal.pk, reviewer=people["reviewer"], reason="The source does not say so.", now=now)

    assert Proposal.objects.get().reason == "The source does not say so."
    with pytest.raises(FourEyesError, match="rejected already"):
        accept(proposal.pk, reviewer=people["admin"], now=now)


def test_a_rejection_without_a_reason_is_refused(proposal, people, now):
    with pytest.raises(WorkbenchError, match="say why"):
        reject(proposal.pk, reviewer=people["reviewer"], reason="  ", now=now)


def test_what_its_author_withdraws_stays_with_its_reason_in_the_log_and_is_published_by_nobody(proposal, people, now):
    withdraw(proposal.pk, author=people["editor"], reason=" I misread the table. ", now=now)

    kept = Proposal.objects.get()
    assert (kept.state, kept.reason, kept.reviewer) == ("withdrawn", "I misread the table.", None)
    noted = AuditEntry.objects.get(action="withdraw")
    assert (noted.actor, noted.detail) == (people["editor"], {"reason": "I misread the table."})
    with pytest.raises(FourEyesError, match="withdrawn already"):
        accept(proposal.pk, reviewer=people["reviewer"], now=now)


@pytest.mark.parametrize(
    "attempt", [("reviewer", "Not mine", "not yours"), ("admin", "Not mine", "not yours"), ("editor", " ", "say why")]
)
def test_only_the_author_withdraws_and_says_why(proposal, people, now, attempt):
    who, reason, error = attempt
    with pytest.raises((FourEyesError, WorkbenchError), match=error):
        withdraw(proposal.pk, author=people[who], reason=reason, now=now)

    assert Proposal.objects.get().state == "open"


def test_what_was_decided_cannot_be_withdrawn(proposal, people, now):
    accept(proposal.pk, reviewer=people["reviewer"], now=now)
    with pytest.raises(FourEyesError, match="published already"):
        withdraw(proposal.pk, author=people["editor"], reason="Too late", now=now)


def test_a_proposal_on_a_page_that_moved_on_is_stale(proposal, people, make_dossier, now):
    publish(make_dossier(note="Theirs."), message="M", author=None, reviewer=None, now=now + timedelta(minutes=1))

    assert is_stale(proposal)
    with pytest.raises(StaleError, match="moved on"):
        accept(proposal.pk, reviewer=people["reviewer"], now=now)
    assert Proposal.objects.get().state == "open"


def test_a_change_that_changes_nothing_is_refused(page, people, make_dossier, now):
    with pytest.raises(WorkbenchError, match="nothing to propose"):
        propose(make_dossier(), base=page.sha256, message="Why", author=people["editor"], now=now)


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"sources": ()}, NoSourceError), ({"verified_on": "yesterday"}, DateError), ({"expires_on": ""}, DateError)],
)
def test_claims_are_held_to_the_rules_of_the_catalogue(page, people, make_dossier, claim, *, now, fields, error):
    wrong = make_dossier(claims=(claim(), claim("other", **fields)))

    with pytest.raises(error, match="other"):
        propose(wrong, base=page.sha256, message="Why", author=people["editor"], now=now)


def test_text_that_no_database_and_no_feed_can_hold_is_refused(page, people, make_dossier, now):
    with pytest.raises(StatementError, match=r"U\+0000"):
        propose(make_dossier(note="a\x00b"), base=page.sha256, message="Why", author=people["editor"], now=now)


def test_every_shipped_page_could_be_proposed_and_comes_through_the_form_unchanged(now):
    pages = list(from_catalogue(shipped()))

    assert len(pages) > 50
    for dossier in pages:
        assert list(faults(dossier, now.date())) == []
        filled = EditForms(dossier, "base", typed(EditForms(dossier, "base", None)))
        assert filled.is_valid(), dossier.slug
        assert compare(dossier, filled.dossier()) == []


def typed(forms):
    """What a browser would send for a form as it is shown, line breaks included."""
    data = {"message": "Why"}
    for part in (forms.facts, forms.claims, forms.sources):
        shown(part.management_form, data)
        for form in part:
            shown(form, data)
    shown(forms.page, data | {}, into=data)
    return data


def shown(form, data, into=None):
    for field in form:
        if field.name not in ("DELETE", "message"):
            value = "" if field.value() is None else str(field.value())
            (data if into is None else into)[field.html_name] = value.replace("\n", "\r\n")


# --- on the page ------------------------------------------------------------------------------


def test_a_change_typed_into_the_form_is_proposed_reviewed_and_published(page, signed_in, make_dossier):
    data = typed(EditForms(make_dossier(), page.sha256, None)) | {"note": "Typed.", "message": "It helps"}

    answer = signed_in("editor").post("/distillation-risk/propose/", data)
    assert answer.status_code == 302, answer.context["forms"].page.errors
    seen = signed_in("reviewer").get(answer["Location"])
    assert "note added: “Typed.”" in seen.content.decode()
    signed_in("reviewer").post(answer["Location"], {"decision": "publish"})

    changes = compare(make_dossier(), dossier_at("distillation-risk")[0])
    assert [change.words for change in changes] == ["note added: “Typed.”"]
    assert Revision.objects.count() == 2


def test_the_form_of_a_page_shows_its_claims(page, signed_in):
    text = signed_in("editor").get("/distillation-risk/propose/").content.decode()

    assert re.search(r"<summary>not-addressed</summary>", text)
    assert page.sha256 in text


def test_a_stale_form_is_given_back_with_what_was_typed(page, signed_in, make_dossier, now):
    data = typed(EditForms(make_dossier(), page.sha256, None)) | {"note": "Typed.", "message": "It helps"}
    publish(make_dossier(note="Theirs."), message="M", author=None, reviewer=None, now=now + timedelta(minutes=1))

    text = signed_in("editor").post("/distillation-risk/propose/", data).content.decode()

    assert "moved on while you wrote" in text
    assert "Typed." in text
    assert Proposal.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "status"), [("researcher", 403), ("policymaker", 403), ("editor", 403), ("reviewer", 302), ("admin", 302)]
)
def test_only_reviewers_decide(proposal, signed_in, role, status):
    answer = signed_in(role).post(f"/proposals/{proposal.pk}/", {"decision": "publish"})

    assert answer.status_code == status
    assert Revision.objects.count() == (2 if status == 302 else 1)


def test_an_author_withdraws_on_the_page_of_the_proposal_and_nobody_else_is_offered_it(proposal, signed_in):
    address = f"/proposals/{proposal.pk}/"
    offered = {role: b'value="withdraw"' in signed_in(role).get(address).content for role in ("editor", "reviewer")}
    assert offered == {"editor": True, "reviewer": False}
    assert signed_in("researcher").post(address, {"decision": "withdraw", "reason": "x"}).status_code == 403
    signed_in("reviewer").post(address, {"decision": "withdraw", "reason": ""})
    assert Proposal.objects.get().state == "open"

    signed_in("editor").post(address, {"decision": "withdraw", "reason": "I misread the table."})

    assert Proposal.objects.get().state == "withdrawn"
    seen = signed_in("reviewer").get(address).content.decode()
    assert "I misread the table." in seen
    assert "<strong>Withdrawn</strong>" in seen
    assert 'value="publish"' not in seen


def test_an_author_sees_their_own_proposal_and_others_do_not(page, people, make_dossier, signed_in, now):
    own = propose(make_dossier(note="N."), base=page.sha256, message="Why", author=people["researcher"], now=now)

    assert signed_in("researcher").get(f"/proposals/{own.pk}/").status_code == 200
    assert signed_in("civil_society").get(f"/proposals/{own.pk}/").status_code == 403
    assert "Why" not in signed_in("civil_society").get("/proposals/").content.decode()
    assert "Why" in signed_in("editor").get("/proposals/").content.decode()


def test_a_new_page_is_proposed_and_published(people, signed_in, make_dossier, client):
    first = signed_in("editor").get("/proposals/new/", {"slug": "new-term", "kind": "concept"})
    blank = dataclasses.replace(make_dossier("new-term"), measured=())
    data = typed(EditForms(blank, "", None))
    data["message"] = "A term that is used"
    made = signed_in("editor").post(first["Location"], data)
    signed_in("reviewer").post(made["Location"], {"decision": "publish"})

    assert dossier_at("new-term")[1].number == 1
    assert client.get("/nothing-here/propose/").status_code == 302
    assert signed_in("editor").get("/nothing-here/propose/").status_code == 404


def test_what_people_type_is_never_markup(page, signed_in, make_dossier):
    data = typed(EditForms(make_dossier(), page.sha256, None))
    data |= {"note": "<script>alert(1)</script>", "message": "<img src=x onerror=alert(1)>"}
    made = signed_in("editor").post("/distillation-risk/propose/", data)

    text = signed_in("reviewer").get(made["Location"]).content.decode()

    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;" in text
