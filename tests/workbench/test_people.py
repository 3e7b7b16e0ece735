"""The table of roles and actions, cell by cell."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from angelshare.workbench import people as rules
from angelshare.workbench.models import AuditEntry, Collection, Proposal
from angelshare.workbench.models.people import Role

WHO = ["visitor", "researcher", "civil_society", "policymaker", "editor", "reviewer", "admin"]
EXPECTED = {
    #                visitor researcher civil  policy editor reviewer admin
    "read":          "yes    yes        yes    yes    yes    yes      yes",
    "export":        "yes    yes        yes    yes    yes    yes      yes",
    "save":          "no     yes        yes    yes    yes    yes      yes",
    "watch":         "no     yes        yes    yes    yes    yes      yes",
    "tokens":        "no     yes        yes    yes    yes    yes      yes",
    "account":       "no     yes        yes    yes    yes    yes      yes",
    "propose":       "no     yes        yes    yes    yes    yes      yes",
    "upload":        "no     yes        yes    yes    yes    yes      yes",
    "see_proposals": "no     no         no     no     yes    yes      yes",
    "review":        "no     no         no     no     no     yes      yes",
    "verify":        "no     no         no     no     no     no       yes",
    "appoint":       "no     no         no     no     no     no       yes",
    "deliveries":    "no     no         no     no     no     no       yes",
    "audit":         "no     no         no     no     no     no       yes",
}  # fmt: skip
CELLS = [
    (who, action, answer == "yes")
    for action, row in EXPECTED.items()
    for who, answer in zip(WHO, row.split(), strict=True)
]


def test_the_expected_table_covers_every_role_and_every_action():
    assert set(EXPECTED) == set(rules.ACTIONS)
    assert set(WHO) == {"visitor", *Role.values}
    assert set(rules.TABLE) == {"", *Role.values}


@pytest.mark.parametrize(("who", "action", "allowed"), CELLS)
def test_each_role_may_do_just_what_the_table_says(who, action, allowed, people):
    user = AnonymousUser() if who == "visitor" else people[who]

    assert rules.may(user, action) is allowed


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("action", rules.ACTIONS)
def test_a_closed_account_may_no_more_than_a_visitor(role, action, people):
    user = people[role]
    user.is_active = False

    assert rules.may(user, action) == (action in rules.READING)


def test_a_role_that_the_table_does_not_know_only_reads(make_user):
    user = make_user("odd", role="caliph")

    assert {action for action in rules.ACTIONS if rules.may(user, action)} == rules.READING


def test_a_superuser_is_an_administrator_whatever_the_role_says(make_user):
    assert rules.may(make_user("root", is_superuser=True), "appoint")


def test_an_action_that_does_not_exist_is_an_error_and_not_a_no(people):
    with pytest.raises(ValueError, match="did you mean 'propose'"):
        rules.may(people["admin"], "proposse")


def test_own_things_are_the_owners_alone_even_for_an_administrator(people, now):
    held = Collection.objects.create(owner=people["researcher"], name="mine", created_at=now)

    assert rules.may(people["researcher"], "save", held)
    assert not rules.may(people["admin"], "save", held)
    assert not rules.may(AnonymousUser(), "save", held)


def test_the_account_is_ones_own(people):
    assert rules.may(people["editor"], "account", people["editor"])
    assert not rules.may(people["admin"], "account", people["editor"])


def proposal(author, now):
    return Proposal.objects.create(
        slug="x", dossier={}, message="m", author=author, author_name=author.username, created_at=now
    )


def test_nobody_reviews_their_own_proposal(people, now):
    made = proposal(people["reviewer"], now)

    assert not rules.may(people["reviewer"], "review", made)
    assert rules.may(people["admin"], "review", made)
    assert not rules.may(people["editor"], "review", made)


def test_authors_see_their_own_proposal_and_other_members_do_not(people, now):
    made = proposal(people["researcher"], now)

    assert rules.may(people["researcher"], "see_proposals", made)
    assert not rules.may(people["policymaker"], "see_proposals", made)
    assert rules.may(people["editor"], "see_proposals", made)


def test_a_proposal_whose_author_left_is_nobodys_own(people, now):
    made = proposal(people["researcher"], now)
    made.author = None

    assert not rules.may(AnonymousUser(), "see_proposals", made)
    assert rules.may(people["reviewer"], "review", made)


def test_a_thing_without_an_owner_cannot_be_owned(people):
    with pytest.raises(ValueError, match="names no owner"):
        rules.may(people["admin"], "save", object())


def test_what_was_done_is_noted_with_the_name_of_then(people, now):
    rules.note(people["editor"], "tried", "t" * 300, {"why": "because"}, now)
    people["editor"].username = "renamed"
    people["editor"].save()

    (entry,) = AuditEntry.objects.all()
    assert (entry.actor, entry.actor_name, entry.action, entry.at) == (people["editor"], "editor", "tried", now)
    assert entry.detail == {"why": "because"}
    assert len(entry.target) == 200


def test_a_visitor_is_noted_without_a_name(now):
    rules.note(AnonymousUser(), "tried", "t", {}, now)

    assert AuditEntry.objects.get().actor is None
