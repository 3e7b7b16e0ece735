"""Joining: sign up, verify the address, sign in, a second factor; staff verify a policymaker."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time

import pytest
from playwright.sync_api import expect

from workbench.browser.place import PASSWORD
from workbench.browser.window import sign_in, visit_anew

pytestmark = pytest.mark.slow
CHOSEN = "something-only-i-would-say"
LONGEST_TYPING_SECONDS = 8


def sign_up(page, mailbox, name, *, role="Researcher", affiliation=""):
    """Sign up by the form, and follow the link in the letter."""
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    main = page.get_by_role("main")
    main.get_by_label("E-mail").fill(f"{name}@example.org")
    main.get_by_label("Username").fill(name)
    main.get_by_label("I am").select_option(role)
    main.get_by_label("Affiliation").fill(affiliation)
    main.get_by_label("Password", exact=True).fill(CHOSEN)
    main.get_by_label("Password (again)").fill(CHOSEN)
    main.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verify")
    letter = mailbox.letter(f"{name}@example.org", "onfirm").get_content()
    page.goto(re.search(r"http://\S+confirm-email\S+", letter)[0])
    page.get_by_role("main").get_by_role("button", name="Confirm").click()


def test_someone_signs_up_verifies_the_address_by_letter_and_signs_in(visitor, mailbox):
    sign_up(visitor, mailbox, "nora")

    sign_in(visitor, "nora@example.org", CHOSEN)

    visitor.get_by_role("link", name="nora").click()
    expect(visitor.get_by_role("main")).to_contain_text("nora · Researcher")


def test_an_address_that_was_not_verified_opens_nothing(visitor, mailbox):
    visitor.goto("/accounts/signup/")
    main = visitor.get_by_role("main")
    for label, text in (("E-mail", "umut@example.org"), ("Username", "umut"), ("Password (again)", CHOSEN)):
        main.get_by_label(label, exact=True).fill(text)
    main.get_by_label("Password", exact=True).fill(CHOSEN)
    main.get_by_role("button", name="Sign up").click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Verify")

    visitor.goto("/collections/")

    expect(visitor).to_have_url(re.compile("/accounts/login/"))
    mailbox.letter("umut@example.org", "onfirm")


def test_staff_verify_a_policymaker_for_a_recorded_reason(opened, signed_in, mailbox):
    polly = opened()
    sign_up(polly, mailbox, "polly", role="Policymaker", affiliation="Ministry of Digital Affairs")
    sign_in(polly, "polly@example.org", CHOSEN)
    polly.goto("/account/")
    expect(polly.get_by_role("main")).to_contain_text("Staff have yet to verify it")
    ada = signed_in("ada")
    reason = "Listed in the ministry's directory, and answered from that address."

    ada.goto("/staff/")
    expect(ada.get_by_role("row", name=re.compile("polly")).first).to_contain_text("Ministry of Digital Affairs")
    visit_anew(ada, ada.get_by_role("link", name="Decide about polly").get_attribute("href"))
    ada.get_by_label("Decision").select_option("Verify")
    ada.get_by_label("Reason").fill(reason)
    ada.get_by_role("button", name="Record the decision").click()

    expect(ada.get_by_role("status")).to_contain_text("Decided about polly")
    ada.goto("/staff/log/")
    entry = ada.get_by_role("row", name=re.compile("policymaker verified"))
    expect(entry).to_contain_text("polly")
    expect(entry).to_contain_text(reason)
    polly.reload()
    expect(polly.get_by_role("main")).to_contain_text("polly · Policymaker · verified")


def test_staff_must_give_a_reason(opened, signed_in, mailbox):
    paul = opened()
    sign_up(paul, mailbox, "paul", role="Policymaker", affiliation="A town hall")
    ada = signed_in("ada")

    ada.goto("/staff/")
    visit_anew(ada, ada.get_by_role("link", name="Decide about paul").get_attribute("href"))
    ada.get_by_label("Reason").fill("Yes.")
    ada.get_by_role("button", name="Record the decision").click()
    assert ada.get_by_label("Reason").evaluate("field => !field.validity.valid")
    ada.locator("form.stack").evaluate("form => form.noValidate = true")
    ada.get_by_role("button", name="Record the decision").click()

    expect(ada.get_by_role("main")).to_contain_text("at least 10 characters")


def code_of(secret):
    """Give the six digits that an authenticator app shows (RFC 6238, SHA-1, 30 seconds), while they last a while."""
    at = time.time()
    if (left := 30 - at % 30) < LONGEST_TYPING_SECONDS:
        time.sleep(left)
        at += left
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // 30), "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_second_factor_is_set_up_and_then_asked_for_at_sign_in(opened, signed_in):
    totila = signed_in("totila")
    totila.goto("/account/")
    totila.get_by_role("link", name="Second factor").click()
    visit_anew(totila, totila.get_by_role("link", name="Activate").get_attribute("href"))
    expect(totila.locator("main img")).to_be_visible()
    secret = totila.get_by_label("Authenticator secret").input_value()
    totila.get_by_label("Authenticator code").fill(code_of(secret))
    totila.get_by_role("button", name="Activate").click()
    expect(totila.get_by_role("main")).to_contain_text("recovery codes")

    again = opened()
    again.goto("/accounts/login/")
    again.get_by_role("main").get_by_label("E-mail").fill("totila@example.org")
    again.get_by_role("main").get_by_label("Password").fill(PASSWORD)
    again.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("main")).to_contain_text("authenticator")
    again.get_by_label("Code").fill("000000")
    again.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("main")).to_contain_text("Incorrect code")
    again.get_by_label("Code").fill(code_of(secret))
    again.get_by_role("main").get_by_role("button", name="Sign in").click()

    expect(again.get_by_role("button", name="Sign out")).to_be_visible()
