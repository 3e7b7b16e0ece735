"""What a stranger, a member with bad intent or another site could try by plain requests."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from angelshare.core.catalogue import CataloguedSource, Cell
from angelshare.core.errors import AddressError
from angelshare.store.manifest import Subject, seal
from angelshare.workbench.archives import LIMITS
from angelshare.workbench.bodies import ROOM
from angelshare.workbench.chain import publish
from angelshare.workbench.gates import NEEDS
from angelshare.workbench.imports import import_run
from angelshare.workbench.logs import without_secrets
from angelshare.workbench.measured import block
from angelshare.workbench.models import Page, Proposal, Run, User, Watch
from angelshare.workbench.proposals import propose
from angelshare.workbench.watches import watch_for
from workbench.runs import audit_run

MARKUP = "\"'></title></script><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"

PUBLIC = {
    "home", "index", "palette", "matrix", "silent", "compare", "run", "revisions", "revision", "cite", "page", "search",
    "export_all", "embed", "sitemap", "robots", "export", "feed", "watch_feed", "watchlist_feed", "shared",
}  # fmt: skip
"""Views of ours that need no account."""

VALUES = {
    "slug": "alpha", "number": "1", "key": "x" * 43, "sha256": "0" * 64, "user_id": "1", "token_id": "1",
    "figure": "x", "version": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


def patterns(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry


def ours():
    return [
        ("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found[1]], route), entry)
        for route, entry in patterns()
        if entry.callback.__module__.startswith("angelshare.") and not route.startswith("api/")
    ]


# --- doors ----------------------------------------------------------------------------------------


def test_every_view_is_either_public_by_name_or_behind_a_gate():
    gated = {entry.name for _, entry in ours() if hasattr(entry.callback, NEEDS)}
    open_ = {entry.name for _, entry in ours() if not hasattr(entry.callback, NEEDS)}

    assert open_ == PUBLIC
    assert len(gated) > 20


def test_a_visitor_is_sent_to_sign_in_from_every_door_and_comes_to_nothing(client):
    for address, entry in ours():
        if hasattr(entry.callback, NEEDS):
            for answer in (client.get(address), client.post(address, {"role": "admin"})):
                assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/"), address


def test_a_form_forged_by_another_site_is_refused_at_every_address(people):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["admin"], backend="django.contrib.auth.backends.ModelBackend")
    found = [address for address, _ in ours()]
    found += ["/accounts/login/", "/accounts/signup/", "/accounts/email/", "/accounts/password/change/"]
    found += ["/accounts/2fa/totp/activate/", "/accounts/2fa/recovery-codes/generate/"]
    answers = {
        address: browser.post(address, {"next": "/"}, headers={"origin": "https://evil.example"}).status_code
        for address in found
    }

    assert len(answers) > 40
    assert {address: status for address, status in answers.items() if status not in (403, 405)} == {}


def test_a_session_opens_nothing_of_the_api_and_a_token_nothing_of_the_pages(people, signed_in):
    browser = signed_in("admin")
    assert browser.get("/api/v1/me/watches").status_code == 401
    assert browser.post("/api/v1/proposals", {"page": "alpha"}).status_code == 401
    stranger = Client().get("/account/", headers={"authorization": "Bearer angelshare_" + "x" * 43})
    assert stranger.status_code == 302


@pytest.mark.parametrize("there", [
    "https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example/",
    "/\t/evil.example/", "\t//evil.example", "https:evil.example", "http:///evil.example", "javascript:alert(1)",
    "/%2f%2fevil.example/%0d%0aSet-Cookie:x=1", "//testserver@evil.example/", "data:text/html,x",
])  # fmt: skip
def test_signing_in_leads_to_a_page_of_ours_whatever_is_asked(people, there):
    user = people["researcher"]
    user.set_password("a long and quiet password")
    user.save()
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    form = {"login": user.email, "password": "a long and quiet password", "next": there}
    answer = Client().post("/accounts/login/", form)

    assert answer.status_code == 302
    assert re.fullmatch(r"/(?![/\\])[!-~]*", answer["Location"]), answer["Location"]


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "most"), [
    ("/upload/", LIMITS.archive_bytes + ROOM), ("/api/v1/proposals", LIMITS.archive_bytes + ROOM),
    ("/accounts/login/", 2_621_440), ("/api/v1/pages", 2_621_440), ("/nothing-of-the-kind/", 2_621_440),
])  # fmt: skip
def test_a_body_that_is_too_large_is_refused_before_it_is_read(client, address, most):
    class Untouched(io.BytesIO):
        def read(self, *_how_much):
            raise AssertionError("the body was read")

    answer = client.generic("POST", address, CONTENT_LENGTH=str(most + 1), **{"wsgi.input": Untouched()})

    assert answer.status_code == 413
    assert f"{most:,} bytes: send less" in answer.content.decode()
    assert client.generic("POST", address, b"x").status_code != 413


@pytest.mark.parametrize("length", ["-1", "lots", "1e9", "²", "9" * 5_000])
def test_a_length_that_is_none_is_refused(client, length):
    assert client.generic("POST", "/upload/", CONTENT_LENGTH=length).status_code == 413


def test_an_oversized_upload_is_refused_and_leaves_nothing(signed_in, workspace, make_dossier, monkeypatch, now):
    publish(make_dossier("alpha"), message="x", author=None, reviewer=None, now=now)
    monkeypatch.setattr("angelshare.workbench.bodies.ROOM", 10 << 20)  # as if the form around it were large
    sent = io.BytesIO(b"\0" * (LIMITS.archive_bytes + 1))
    sent.name = "run.zip"
    answer = signed_in("researcher").post("/upload/", {"page": "alpha", "archive": sent})

    assert answer.status_code == 400
    assert "an upload may have" in answer.content.decode()
    assert list(workspace.glob("uploads/*")) == []


@pytest.mark.parametrize("path", [
    "/static/../secret", "/static/%2e%2e/secret", "/static/..%2f..%2fsecret", "/../secret", "/secret",
    "/workbench.sqlite3", "/embed/..%2f..%2fsecret/x.svg", "/runs/..%2fsecret/", "/palette-../../secret.css",
    "/api/v1/runs/..%2f..%2fsecret", "/mail/",
])  # fmt: skip
def test_no_address_leads_out_of_the_pages_into_the_workspace(client, workspace, path):
    secret = (workspace / "secret").read_bytes()
    answer = client.get(path)
    said = b"".join(answer.streaming_content) if answer.streaming else answer.content

    assert len(secret) > 40
    assert answer.status_code in (301, 302, 400, 404)
    assert secret not in said


# --- markup ---------------------------------------------------------------------------------------


@pytest.fixture
def hostile(make_dossier, claim, tmp_path, now):
    """Pages and a run whose every text is markup; published past the checks that would refuse some of it."""
    folder = audit_run(tmp_path / "run")
    report = json.loads((folder / "report.json").read_text())
    report["plan"] = MARKUP
    for name in ("task", "student", "teacher"):
        report["header"][name] = MARKUP
    report["verdict"]["sentence"] = MARKUP
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "manifest.json").unlink()
    subject = Subject(kind="measure", name=MARKUP, sha256="0" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    run = import_run(folder, by=None, now=now)
    source = CataloguedSource(id="act", title=MARKUP, url="https://example.org/", publisher=MARKUP, note=MARKUP)
    cells = (Cell(instrument="alpha", topic="beta", relation="governs", claim="not-addressed", pinpoint=MARKUP),)
    given = {
        "title": MARKUP, "label": MARKUP, "definition": MARKUP, "note": MARKUP, "facts": {MARKUP: MARKUP},
        "scope": (f"{MARKUP} [claims: not-addressed]",), "claims": (claim(statement=MARKUP, note=MARKUP),),
        "sources": (source,), "measured": (block(run),), "related": (MARKUP,), "used_by": (MARKUP,), "cells": cells,
    }  # fmt: skip
    for slug, kind in (("alpha", "instrument"), ("beta", "topic"), ("gamma", "concept")):
        publish(make_dossier(slug, kind=kind, **given), message=MARKUP, author=None, reviewer=None, now=now)
    return run


class Live(HTMLParser):
    """Collect what in a page would run, or lead to something that would."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.found += [] if given.get("type") == "application/ld+json" else [tag]
        self.found += [tag] if tag in ("img", "iframe", "object", "style", "base") else []
        self.found += [f"{name}={value}" for name, value in attrs if name.startswith("on") or name == "style"]
        links = [given.get(name) or "" for name in ("href", "src", "action", "formaction", "xlink:href")]
        self.found += [link for link in links if link.strip().lower().startswith(("javascript:", "data:", "vbscript:"))]


def live_in(text):
    page = Live()
    page.feed(text)
    return page.found


def addresses(run):
    for slug in Page.objects.values_list("slug", flat=True):
        revision = Page.objects.get(slug=slug).head_id
        yield from (f"/{slug}/", f"/{slug}/revisions/", f"/{slug}/revisions/{revision}/", f"/{slug}/export/")
        yield f"/{slug}/cite/"
        yield f"/compare/?of={slug}&of=run:{run.sha256[:12]}&of={slug}@{revision[:12]}"
    yield from ("/", "/pages/", "/matrix/", "/matrix/silent/", "/search/?q=alert", f"/runs/{run.sha256}/")
    for text in (MARKUP, "javascript:alert(1)"):
        yield from (
            f"/search/?q={text}",
            f"/compare/?of={text}",
            f"/pages/?kind={text}",
            f"/matrix/?jurisdiction={text}",
        )


def test_markup_in_any_text_of_a_page_or_a_run_is_shown_as_text_everywhere(hostile, client):
    seen = 0
    for address in addresses(hostile):
        answer = client.get(address)
        text = answer.content.decode()
        assert answer.status_code in (200, 400, 404), address
        assert live_in(text) == [], address
        seen += "&lt;script&gt;alert" in text

    assert seen > 15


def test_the_block_of_data_in_a_page_cannot_be_broken_out_of(hostile, client):
    text = client.get("/gamma/").content.decode()
    blocks = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)

    assert [kind for kind, inside in blocks if inside] == [' type="application/ld+json"']
    assert MARKUP in json.dumps(json.loads(blocks[-1][1]), ensure_ascii=False).replace('\\"', '"')


def test_feeds_pictures_and_data_are_well_formed_and_never_taken_for_pages(hostile, client, people, now):
    watch = watch_for(people["researcher"], "page", slug="gamma", now=now)
    figure = client.get("/api/v1/runs/" + hostile.sha256).json()["figures"][0]
    name = figure if isinstance(figure, str) else figure["name"]
    for address in ("/gamma/feed/", f"/feeds/watch/{watch.feed_key}/", "/sitemap.xml", f"/embed/gamma/{name}.svg"):
        answer = client.get(address)
        elements = [element.tag.rpartition("}")[2] for element in ET.fromstring(answer.content).iter()]
        assert "script" not in elements, address
        assert "html" not in answer["Content-Type"], address
        assert answer["X-Content-Type-Options"] == "nosniff", address
    for address in (
        "/gamma/cite/?style=bibtex",
        "/gamma/cite/?style=ris",
        "/matrix/?format=csv",
        "/api/v1/pages/gamma",
    ):
        answer = client.get(address)
        assert (answer.status_code, "html" in answer["Content-Type"]) == (200, False), address
        assert answer["X-Content-Type-Options"] == "nosniff", address


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil",
    "java\nscript:alert(1)",
])  # fmt: skip
def test_a_source_that_is_no_web_address_cannot_be_proposed(make_dossier, people, now, url):
    head = publish(make_dossier(), message="x", author=None, reviewer=None, now=now)
    bad = replace(make_dossier(note="N."), sources=(replace(make_dossier().sources[0], url=url),))

    with pytest.raises(AddressError):
        propose(bad, base=head.sha256, message="Why", author=people["editor"], now=now)
    assert Proposal.objects.count() == 0


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [
    "GET /feeds/watch/{}/", "GET /feeds/watches/3/{}/", "GET /shared/{}/?x=1", "GET /accounts/confirm-email/{}/",
    "GET /accounts/password/reset/key/{}/", "Authorization: Bearer angelshare_{}", "https://hooks.slack.com/services/{}",
    "POST https://discord.com/api/webhooks/1/{}",
])  # fmt: skip
def test_what_opens_something_never_stands_in_a_log_line(line):
    secret = "Zm9vYmFyLWJhei1xdXV4LTEyMzQ1Njc4OTAxMjM0NTY3ODk"

    assert secret not in without_secrets(line.format(secret))


def test_the_log_of_deeds_never_holds_the_address_of_a_webhook(people, signed_in, make_dossier, now):
    publish(make_dossier("alpha"), message="x", author=None, reviewer=None, now=now)
    hook = "https://hooks.example.org/services/a-secret-of-its-own"
    watch_for(people["researcher"], "page", slug="alpha", webhook_url=hook, by_email=False, now=now)
    publish(make_dossier("alpha", note="N."), message="x", author=None, reviewer=None, now=now)
    owed = people["researcher"].messages.get()
    people["researcher"].messages.update(state="dead", error="x")
    signed_in("admin").post(f"/deliveries/{owed.key}/retry/")

    assert "a-secret-of-its-own" not in signed_in("admin").get("/staff/log/").content.decode()
    assert "a-secret-of-its-own" not in signed_in("admin").get("/staff/deliveries/").content.decode()
    assert "hooks.example.org" in signed_in("admin").get("/staff/deliveries/").content.decode()


def test_nobody_becomes_more_by_naming_it_in_a_form(signed_in, people):
    browser = signed_in("researcher")
    for address in ("/account/", "/accounts/signup/"):
        browser.post(address, {"role": "admin", "is_superuser": "1", "is_staff": "1", "verified_reason": "x"})

    user = User.objects.get(pk=people["researcher"].pk)
    assert (user.role, user.is_superuser, user.is_staff, user.verified_reason) == ("researcher", False, False, "")


def test_what_is_of_one_person_is_found_by_no_number(signed_in, people, make_dossier, now):
    publish(make_dossier("alpha"), message="x", author=None, reviewer=None, now=now)
    watch = watch_for(people["researcher"], "page", slug="alpha", now=now)
    other = signed_in("civil_society")
    for address in (f"/watches/{watch.pk}/", f"/feeds/watches/{people['researcher'].pk}/{watch.feed_key}/"):
        assert other.get(address).status_code == 404
    assert other.post(f"/watches/{watch.pk}/stop/").status_code == 404
    assert Watch.objects.count() == 1
    assert Run.objects.count() == 0
