"""Sign up, verify, sign in, second factor, take along, leave; and what staff decide about people."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from angelshare.core.errors import PlanError
from angelshare.workbench import tokens
from angelshare.workbench.leaving import LastAdministratorError, delete_account, export
from angelshare.workbench.models import AuditEntry, Collection, Proposal, Token, User, Watch

PASSWORD = "a long and quiet password"
REASON = "Called the ministry's switchboard and was put through."


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


def sign_up(client, **fields):
    form = {
        "email": "ann@example.org", "username": "ann", "password1": PASSWORD, "password2": PASSWORD,
        "role": "researcher", "affiliation": "",
    }  # fmt: skip
    return client.post("/accounts/signup/", form | fields)


def confirm(client, letters):
    link = re.search(r"http://\S+(/accounts/confirm-email/\S+/)", letters[-1].body)[1]
    assert client.get(link).status_code == 200
    return client.post(link)


@pytest.fixture
def ann(letters):
    sign_up(Client())
    confirm(Client(), letters)
    cache.clear()
    return User.objects.get(username="ann")


def sign_in(client, email="ann@example.org", password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def sign_in_and_prove_it(client):
    """What opens anything of weight asks for the password once more."""
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


# --- coming in ------------------------------------------------------------------------------------


def test_nobody_is_in_before_the_address_is_verified(client, letters):
    answer = sign_up(client)

    assert answer["Location"] == "/accounts/confirm-email/"
    assert letters[-1].to == ["ann@example.org"]
    assert client.get("/account/").status_code == 302
    assert sign_in(client)["Location"] == "/accounts/confirm-email/"
    confirm(client, letters)
    assert sign_in(client)["Location"] == "/"
    assert b"ann" in client.get("/account/").content


def test_a_password_is_hashed_with_argon2(ann):
    assert ann.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("password", ["short", "123456789012345", "password1234", "annannannann"])
def test_a_weak_password_is_refused(client, password):
    answer = sign_up(client, password1=password, password2=password, username="annannannann")

    assert answer.status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize(("claimed", "role", "waits"), [
    ("researcher", "researcher", False), ("civil_society", "civil_society", False), ("policymaker", "researcher", True),
])  # fmt: skip
def test_a_claimed_role_is_kept_but_a_policymakers_waits_for_staff(client, claimed, role, waits):
    sign_up(client, role=claimed, affiliation="Ministry of Barrels")
    user = User.objects.get()

    assert (user.role, user.claims_policymaker, user.affiliation) == (role, waits, "Ministry of Barrels")


@pytest.mark.parametrize("role", ["editor", "reviewer", "admin", "", "x"])
def test_nobody_signs_up_as_an_editor_or_more(client, role):
    assert sign_up(client, role=role).status_code == 200
    assert not User.objects.exists()


def test_a_policymaker_names_the_office_that_staff_verify(client):
    answer = sign_up(client, role="policymaker")

    assert b"Give the office" in answer.content
    assert not User.objects.exists()


def test_sign_up_with_a_known_address_does_not_give_it_away(client, ann, letters):
    fresh = sign_up(Client(), email="new@example.org", username="new")
    known = sign_up(Client(), username="other")

    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])
    assert "already" in letters[-1].body
    assert not User.objects.filter(username="other").exists()


def test_a_forgotten_password_is_reset_by_a_letter(client, ann, letters):
    client.post("/accounts/logout/")
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+/)", letters[-1].body)[1]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD[::-1], "password2": PASSWORD[::-1]})

    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), password=PASSWORD[::-1])["Location"] == "/"


def test_guessing_a_password_is_stopped_even_for_the_right_one(ann):
    answers = [sign_in(Client(), password="wrong wrong wrong") for _ in range(6)]
    right = sign_in(Client())

    assert [answer.status_code for answer in answers] == [200] * 6
    assert right.status_code == 200
    assert b"Too many failed login attempts" in right.content


def test_many_sign_ups_from_one_address_are_stopped(client):
    codes = [sign_up(Client(), email=f"n{i}@example.org", username=f"name{i}").status_code for i in range(11)]

    assert codes == [302] * 10 + [429]


@pytest.mark.parametrize("there", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
    "\t//evil.example",
])  # fmt: skip
def test_signing_in_leads_nowhere_else(ann, there):
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "ann@example.org", "password": PASSWORD, "next": there})

    assert answer["Location"] == "/"


def test_signing_in_leads_back_to_where_one_was(ann):
    browser = Client()
    door = browser.get("/account/tokens/")
    assert door["Location"] == "/accounts/login/?next=/account/tokens/"

    answer = browser.post(
        door["Location"], {"login": "ann@example.org", "password": PASSWORD, "next": "/account/tokens/"}
    )
    assert answer["Location"] == "/account/tokens/"


# --- second factor --------------------------------------------------------------------------------


def code_for(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def with_totp(client, ann):
    sign_in_and_prove_it(client)
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})
    assert answer.status_code == 302
    cache.clear()  # a code is used once; the test's clock has not moved on
    return secret


def test_a_second_factor_is_asked_for_once_set_up(with_totp):
    browser = Client()
    assert sign_in(browser)["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/account/").status_code == 302
    assert b"Incorrect code" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).content
    assert browser.post("/accounts/2fa/authenticate/", {"code": code_for(with_totp)})["Location"] == "/"
    assert browser.get("/account/").status_code == 200


def test_a_recovery_code_opens_once(client, ann, with_totp):
    listed = client.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert codes[0] in listed

    for expected in (302, 200):
        browser = Client()
        sign_in(browser)
        assert browser.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_the_second_factor_cannot_be_read_out_of_the_database(with_totp):
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert kept != "[]"
    assert with_totp not in kept


def test_a_changed_secret_still_reads_what_the_earlier_one_wrote():
    written = get_adapter().encrypt("JBSWY3DP")
    with override_settings(SECRET_KEY="another" * 10, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert get_adapter().decrypt(written) == "JBSWY3DP"
    with override_settings(SECRET_KEY="another" * 10), pytest.raises(PlanError, match="secret has changed"):
        get_adapter().decrypt(written)


# --- tokens in the browser ------------------------------------------------------------------------


def test_a_token_is_shown_once_and_opens_afterwards(signed_in, now):
    browser = signed_in("researcher")
    made = browser.post("/account/tokens/", {"name": "t", "scopes": ["read"], "days": "5"})
    text = re.search(r"angelshare_[\w-]{43}", made.content.decode())[0]

    assert tokens.bearer(f"Bearer {text}", now) is not None
    assert "no-store" in made["Cache-Control"]
    again = browser.get("/account/tokens/").content.decode()
    assert text not in again
    browser.post(f"/account/tokens/{Token.objects.get().pk}/revoke/")
    assert tokens.bearer(f"Bearer {text}", now) is None


def test_someone_elses_token_cannot_be_revoked(signed_in, people, now):
    _, row = tokens.issue(people["researcher"], "t", ["read"], lives=timedelta(days=1), now=now)
    signed_in("admin").post(f"/account/tokens/{row.pk}/revoke/")

    assert Token.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("address", ["/account/tokens/", "/account/export/", "/account/delete/"])
def test_what_is_of_weight_asks_for_the_password_once_more(client, ann, address):
    sign_in(client)
    assert client.get(address)["Location"].startswith("/accounts/reauthenticate/?next=")

    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get(address).status_code == 200


# --- taking along, leaving ------------------------------------------------------------------------


def test_everything_kept_is_handed_out_and_nothing_that_opens_anything(signed_in, people, now):
    user = people["researcher"]
    text, row = tokens.issue(user, "mine", ["read"], lives=timedelta(days=1), now=now)
    Watch.objects.create(
        user=user, kind="page", slug="s", feed_key="feedkey" * 6, webhook_secret="hush", created_at=now
    )
    Collection.objects.create(owner=user, name="Shelf", share_key="sharekey", created_at=now)
    answer = signed_in("researcher").get("/account/export/")
    held = answer.json()

    assert answer["Content-Disposition"].startswith("attachment")
    assert held["account"]["email"] == "researcher@example.org"
    assert [held[name][0]["name"] for name in ("tokens", "collections")] == ["mine", "Shelf"]
    assert held["watches"][0]["slug"] == "s"
    assert held["log"][0]["action"] == "token made"
    for secret in (row.digest, text, "hush", "feedkey", "sharekey", user.password):
        assert secret not in answer.content.decode()


def test_an_export_holds_nothing_of_others(people, now):
    Collection.objects.create(owner=people["editor"], name="Theirs", created_at=now)

    assert "Theirs" not in str(export(people["researcher"], now))


def test_an_account_goes_once_its_name_is_typed(signed_in, people, now):
    user = people["researcher"]
    browser, elsewhere = signed_in("researcher"), signed_in("researcher")
    proposed = Proposal.objects.create(
        slug="x", dossier={}, message="m", author=user, author_name="researcher", created_at=now
    )
    tokens.issue(user, "mine", ["read"], lives=timedelta(days=1), now=now)
    assert browser.post("/account/delete/", {"username": "Researcher"}).status_code == 200
    assert User.objects.filter(pk=user.pk).exists()

    answer = browser.post("/account/delete/", {"username": "researcher"})

    assert answer["Location"] == "/"
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Token.objects.exists()
    assert elsewhere.get("/account/").status_code == 302
    proposed.refresh_from_db()
    assert (proposed.author, proposed.author_name) == (None, f"deleted account {user.pk}")
    assert "researcher" not in str(list(AuditEntry.objects.values_list("actor_name", "target")))
    assert AuditEntry.objects.filter(action="account deleted").exists()


def test_the_only_administrator_cannot_leave(people, make_user, now):
    with pytest.raises(LastAdministratorError):
        delete_account(people["admin"], now)
    make_user("second", role="admin")
    delete_account(people["admin"], now)

    assert [user.username for user in User.objects.filter(role="admin")] == ["second"]


# --- staff ----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(make_user):
    return make_user("pat", claims_policymaker=True, affiliation="Ministry of Barrels")


def test_a_policymaker_is_verified_with_a_recorded_reason(signed_in, people, waiting):
    staff = signed_in("admin")
    assert b"Ministry of Barrels" in staff.get("/staff/").content
    there = f"/staff/people/{waiting.pk}/verify/"
    assert staff.post(there, {"decision": "verify", "reason": "yes"}).status_code == 200
    waiting.refresh_from_db()
    assert waiting.role == "researcher"

    assert staff.post(there, {"decision": "verify", "reason": REASON})["Location"] == "/staff/"

    waiting.refresh_from_db()
    assert (waiting.role, waiting.claims_policymaker) == ("policymaker", False)
    assert (waiting.verified_by, waiting.verified_reason) == (people["admin"], REASON)
    assert waiting.verified_at is not None
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.detail) == ("policymaker verified", "pat", {"reason": REASON})
    assert REASON in staff.get("/staff/log/").content.decode().replace("&#x27;", "'")


def test_who_is_declined_stays_what_they_were_and_reads_why(signed_in, waiting):
    signed_in("admin").post(f"/staff/people/{waiting.pk}/verify/", {"decision": "decline", "reason": REASON})
    waiting.refresh_from_db()
    theirs = Client()
    theirs.force_login(waiting, backend="django.contrib.auth.backends.ModelBackend")

    assert (waiting.role, waiting.claims_policymaker, waiting.verified_at) == ("researcher", False, None)
    assert "could not verify" in theirs.get("/account/").content.decode()


def test_a_role_is_given_with_a_reason_and_noted(signed_in, people):
    staff = signed_in("admin")
    staff.post(f"/staff/people/{people['researcher'].pk}/role/", {"role": "reviewer", "reason": REASON})
    people["researcher"].refresh_from_db()

    assert people["researcher"].role == "reviewer"
    assert AuditEntry.objects.get().detail == {"from": "researcher", "to": "reviewer", "reason": REASON}


@pytest.mark.parametrize("deed", ["verify", "role"])
def test_nobody_decides_about_themselves(signed_in, people, deed):
    answer = signed_in("admin").post(
        f"/staff/people/{people['admin'].pk}/{deed}/", {"decision": "verify", "role": "editor", "reason": REASON}
    )

    assert answer.status_code == 403
    people["admin"].refresh_from_db()
    assert people["admin"].role == "admin"


STAFF = ["/staff/", "/staff/log/", "/staff/people/{}/verify/", "/staff/people/{}/role/"]
OWN = ["/account/", "/account/tokens/", "/account/export/", "/account/delete/"]


@pytest.mark.parametrize("role", ["researcher", "civil_society", "policymaker", "editor", "reviewer"])
@pytest.mark.parametrize("address", STAFF)
def test_only_administrators_see_the_pages_of_staff(signed_in, people, role, address):
    there = address.format(people["editor"].pk)
    browser = signed_in(role)

    assert browser.get(there).status_code == 403
    assert browser.post(there, {"role": "admin", "decision": "verify", "reason": REASON}).status_code == 403
    assert User.objects.filter(role="admin").count() == 1


@pytest.mark.parametrize("address", STAFF)
def test_administrators_see_the_pages_of_staff(signed_in, people, address):
    assert signed_in("admin").get(address.format(people["editor"].pk)).status_code == 200


@pytest.mark.parametrize("address", OWN + STAFF)
def test_visitors_are_sent_to_sign_in(client, people, address):
    there = address.format(people["editor"].pk)

    assert client.get(there)["Location"] == f"/accounts/login/?next={there}"


@pytest.mark.parametrize("address", [
    "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
])  # fmt: skip
def test_the_pages_of_coming_in_stand_in_our_layout(client, address):
    answer = client.get(address)

    assert answer.status_code == 200
    assert b'class="mast"' in answer.content


@pytest.mark.parametrize("address", [
    *OWN, "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/totp/activate/",
    "/accounts/logout/",
])  # fmt: skip
def test_the_pages_of_an_account_stand_in_our_layout(client, ann, address):
    sign_in_and_prove_it(client)
    answer = client.get(address)

    if address != "/account/export/":
        assert b'class="mast"' in answer.content
    assert answer.status_code == 200
    assert EmailAddress.objects.get(user=ann).verified
