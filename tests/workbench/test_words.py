"""How words are set: units stay with their numbers, headings are sentences, alerts are short until asked for more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.template import engines
from django.utils.safestring import SafeString, mark_safe

from angelshare.workbench.chain import publish
from angelshare.workbench.templatetags.workbench_words import sentence_case, unbroken, whole_days
from angelshare.workbench.watches import watch_for


@pytest.mark.parametrize(
    ("given", "set_as"),
    [
        ("closed 84 % (31 to 139 %)", "closed 84\u00a0% (31 to 139\u00a0%)"),
        ("5.6 months, US$ 4.27, 12 days", "5.6\u00a0months, US$\u00a04.27, 12\u00a0days"),
        ("3 doses; a % alone", "3 doses; a % alone"),
    ],
)
def test_a_unit_stays_on_the_line_of_its_number(given, set_as):
    assert unbroken(given) == set_as


def test_words_that_were_not_safe_stay_unsafe():
    page = engines["django"].from_string("{% load workbench_words %}{{ said|unbroken }}")

    assert page.render({"said": "<b>5 %</b>"}) == "&lt;b&gt;5\u00a0%&lt;/b&gt;"
    assert isinstance(unbroken(mark_safe("5 %")), SafeString)


def test_a_day_is_never_broken_at_its_hyphens_and_can_still_be_copied():
    assert whole_days("in force since 2025-08-02") == 'in force since <span class="day">2025-08-02</span>'
    assert whole_days("<b>2025-08-02") == '&lt;b&gt;<span class="day">2025-08-02</span>'
    assert whole_days("slug-2025-08-02, 12025-08-02") == "slug-2025-08-02, 12025-08-02"


@pytest.mark.parametrize(
    ("given", "set_as"),
    [
        ("\n Sign Up \n", "\n Sign up \n"),
        ("Two-Factor Authentication", "Two-factor authentication"),
        ("Generate Recovery Codes, or a QR Code", "Generate recovery codes, or a QR code"),
        ("Email Addresses", "E-mail addresses"),
        ("Add Email", "Add e-mail"),
        ("Remove Ann@Example.org", "Remove Ann@Example.org"),
        ('Go <a href="/Some Place">Home</a>', 'Go <a href="/Some Place">Home</a>'),
    ],
)
def test_headings_in_title_case_become_sentences(given, set_as):
    assert sentence_case(given) == set_as


def test_the_pages_of_the_library_that_signs_people_in_are_set_like_ours(client):
    page = client.get("/accounts/signup/").content.decode()

    assert "Sign up" in page
    assert "Sign Up" not in page


@pytest.mark.parametrize(
    "path",
    ["/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/confirm-email/"],
)
def test_pages_for_who_cannot_sign_in_say_what_to_do_and_spell_as_we_do(path, client):
    text = re.sub(r"<[^>]*>", " ", client.get(path).content.decode())

    assert "ontact us" not in text
    assert not re.search(r"\bemail\b", text, flags=re.IGNORECASE)


def test_an_alert_shows_three_lines_and_opens_to_all_of_them(signed_in, people, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    watch_for(people["researcher"], "page", slug="distillation-risk", now=now)
    facts = {f"fact {number}": "x" for number in range(5)}
    publish(make_dossier(facts=facts), message="M", author=None, reviewer=None, now=now + timedelta(seconds=1))

    page = signed_in("researcher").get("/notices/").content.decode()

    short, _, whole = page.partition("<summary>In full: 6 lines</summary>")
    assert "fact 4" not in short
    assert "fact 4" in whole
