"""What a browser, a forger or a careless log could do: headers, cookies, forged forms, redirects, hosts, gates."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from angelshare.workbench import tokens
from angelshare.workbench.gates import NEEDS
from angelshare.workbench.models import AuditEntry, User

FORMS = [
    "/account/", "/account/tokens/", "/account/delete/", "/accounts/login/", "/accounts/signup/", "/accounts/logout/",
    "/accounts/password/reset/", "/staff/people/{}/verify/", "/staff/people/{}/role/",
]  # fmt: skip
OURS = ("angelshare.workbench.views_accounts", "angelshare.workbench.views_accounts_staff")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


def views(resolver=None):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from views(entry)
        elif isinstance(entry, URLPattern):
            yield entry


def test_every_view_of_accounts_and_staff_has_a_gate():
    found = [entry for entry in views() if entry.callback.__module__ in OURS]

    assert len(found) >= 9
    assert [entry.name for entry in found if not hasattr(entry.callback, NEEDS)] == []


@pytest.mark.parametrize("address", FORMS)
def test_a_forged_form_is_refused(people, address):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["admin"], backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post(address.format(people["editor"].pk), {"username": "admin", "role": "admin", "next": "/"})

    assert answer.status_code == 403
    assert User.objects.filter(role="admin").count() == 1


@pytest.mark.parametrize("address", ["/", "/account/", "/accounts/login/", "/staff/", "/nothing-of-the-kind/"])
def test_every_page_forbids_what_it_does_not_need(signed_in, address):
    answer = signed_in("admin").get(address)
    parts = [part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";")]
    policy = {name: value for name, _, value in parts}

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"<style" not in answer.content
    assert b" onclick=" not in answer.content


@pytest.mark.parametrize("address", ["/account/", "/account/tokens/", "/account/export/", "/staff/", "/staff/log/"])
def test_no_cache_keeps_what_is_of_one_person(signed_in, address):
    answer = signed_in("admin").get(address)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_what_people_write_is_shown_as_text(signed_in, make_user, people, now):
    person = make_user("mallory", affiliation=SCRIPT, claims_policymaker=True, verified_reason=SCRIPT, verified_at=now)
    AuditEntry.objects.create(at=now, actor_name=SCRIPT, action=SCRIPT, target=SCRIPT, detail={SCRIPT: SCRIPT})
    tokens.issue(people["admin"], SCRIPT, ["read"], lives=timedelta(days=1), now=now)
    browser = signed_in("admin")
    pages = ["/staff/", f"/staff/?q={SCRIPT}", "/staff/log/", f"/staff/log/?actor={SCRIPT}", "/account/tokens/"]
    pages += [f"/staff/people/{person.pk}/verify/", f"/staff/people/{person.pk}/role/"]

    for address in pages:
        text = browser.get(address).content.decode()
        assert SCRIPT not in text, address
        assert address.endswith("/role/") or "&lt;script&gt;" in text, address


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/"])
def test_signing_out_leads_nowhere_else(signed_in, there):
    answer = signed_in("researcher").post("/accounts/logout/", {"next": there})

    assert answer["Location"] == "/"


def test_signing_out_needs_a_form_and_ends_the_session(signed_in):
    browser = signed_in("researcher")
    assert browser.get("/accounts/logout/").status_code == 200
    assert Session.objects.count() == 1
    browser.post("/accounts/logout/")

    assert browser.get("/account/").status_code == 302


def test_cookies_cannot_be_read_by_scripts_and_stay_on_this_site(people, client):
    people["researcher"].set_password("a long and quiet password")
    people["researcher"].save()
    people["researcher"].emailaddress_set.create(email="researcher@example.org", verified=True, primary=True)
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "researcher@example.org", "password": "a long and quiet password"})

    assert set(client.cookies) >= {"sessionid", "csrftoken"}
    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_a_session_id_is_new_after_signing_in(people):
    people["researcher"].set_password("a long and quiet password")
    people["researcher"].save()
    people["researcher"].emailaddress_set.create(email="researcher@example.org", verified=True, primary=True)
    browser = Client()
    planted = browser.session
    planted["planted"] = True
    planted.save()
    before = browser.cookies["sessionid"].value
    browser.post("/accounts/login/", {"login": "researcher@example.org", "password": "a long and quiet password"})

    assert browser.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_changed_password_ends_the_other_sessions(people):
    user = people["researcher"]
    user.set_password("a long and quiet password")
    user.save()
    elsewhere = Client()
    elsewhere.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert elsewhere.get("/account/").status_code == 200
    user.set_password("another long and quiet password")
    user.save()

    assert elsewhere.get("/account/").status_code == 302


def test_a_closed_account_is_out_at_once(signed_in, people):
    browser = signed_in("admin")
    people["admin"].is_active = False
    people["admin"].save()

    assert browser.get("/staff/").status_code == 302


def test_a_role_that_was_taken_away_is_gone_at_once(signed_in, people):
    browser = signed_in("admin")
    people["admin"].role = "researcher"
    people["admin"].save()

    assert browser.get("/staff/").status_code == 403


@pytest.mark.parametrize(("address", "status"), [("/staff/", 403), ("/nothing-of-the-kind/", 404)])
def test_refusals_stand_in_our_layout_and_tell_nothing_of_the_inside(signed_in, address, status):
    answer = signed_in("researcher").get(address)

    assert answer.status_code == status
    assert b'class="mast"' in answer.content
    assert b"Traceback" not in answer.content
    assert b"angelshare.workbench" not in answer.content


def test_a_crash_shows_nothing_and_logs_no_token(people, now, monkeypatch, caplog):
    text, _ = tokens.issue(people["researcher"], "t", ["read"], lives=timedelta(days=1), now=now)
    monkeypatch.setattr("angelshare.workbench.leaving.Token.objects", None)
    browser = Client(raise_request_exception=False)
    browser.force_login(people["researcher"], backend="django.contrib.auth.backends.ModelBackend")
    said = logging.getLogger("django.request")
    monkeypatch.setattr(said, "disabled", False)  # other libraries' logging set-up switches loggers off
    said.addHandler(caplog.handler)
    with caplog.at_level(logging.DEBUG):
        answer = browser.get("/account/export/", {"token": text}, headers={"authorization": f"Bearer {text}"})

    assert answer.status_code == 500
    assert b"AttributeError" not in answer.content
    assert text.encode() not in answer.content
    said.removeHandler(caplog.handler)
    (record,) = {id(record): record for record in caplog.records if record.levelno == logging.ERROR}.values()
    handler = logging.getLogger().handlers
    cleaned = [h for h in handler if any(type(f).__name__ == "NoSecrets" for f in h.filters)]
    assert cleaned, "the handler of the settings is in place"
    assert cleaned[0].filter(record)
    assert text not in cleaned[0].format(record)
    assert "AttributeError" in cleaned[0].format(record)


READ_SETTINGS = """
import json, sys
from angelshare.workbench import settings as s
names = [n for n in dir(s) if n.isupper()]
print(json.dumps({n: getattr(s, n) for n in names if isinstance(getattr(s, n), (str, int, bool, list, tuple, type(None)))}))
"""


def deployed(tmp_path, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANGELSHARE")}
    environment |= {"ANGELSHARE_WORKSPACE": str(tmp_path), "ANGELSHARE_ORIGIN": "https://workbench.example"} | more
    done = subprocess.run(
        [sys.executable, "-c", READ_SETTINGS], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_a_deployment_speaks_https_only(tmp_path):
    read = deployed(tmp_path)

    assert read["SECURE_SSL_REDIRECT"]
    assert read["SESSION_COOKIE_SECURE"]
    assert read["CSRF_COOKIE_SECURE"]
    assert read["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert read["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://workbench.example"]
    assert read["ACCOUNT_DEFAULT_HTTP_PROTOCOL"] == "https"
    assert not read["DEBUG"]


def test_headers_of_proxies_are_believed_only_where_there_are_proxies(tmp_path):
    assert "SECURE_PROXY_SSL_HEADER" not in deployed(tmp_path)
    behind = deployed(tmp_path, ANGELSHARE_PROXIES="1")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


def test_the_secret_is_made_once_and_kept(tmp_path):
    first, second = deployed(tmp_path), deployed(tmp_path)

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 50


def test_guessing_cannot_be_spread_by_a_forged_header(people):
    people["researcher"].emailaddress_set.create(email="researcher@example.org", verified=True, primary=True)
    answers = [
        Client().post(
            "/accounts/login/",
            {"login": f"someone{i}@example.org", "password": "wrong wrong wrong"},
            headers={"x-forwarded-for": f"192.0.2.{i}"},
        )
        for i in range(11)
    ]

    assert b"Too many failed login attempts" in answers[-1].content
    assert b"Too many failed login attempts" not in answers[0].content


def test_the_settings_of_the_tests_are_those_of_a_server():
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert not settings.DEBUG
