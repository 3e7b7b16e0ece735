"""Reading: without an account, without scripts, without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
PAGE = "/model-distillation-risk/"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_visitor_reads_what_was_measured_claimed_and_revised(opened, scripts):
    page = opened(java_script_enabled=scripts)

    page.goto("/")
    page.get_by_role("main").get_by_role("heading", name="Model distillation risk").get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Model distillation risk")
    measured = page.locator("#measured")
    expect(measured.locator(".numbers li").first).to_contain_text(
        re.compile(r"Recovery\s*0\.\d+\s*\[0\.\d+, \d\.\d+\]")
    )
    expect(measured.locator(".numbers .refused").first).to_contain_text("not stated")
    expect(measured.locator("figure svg").first).to_be_visible()
    assert measured.locator("figure svg path, figure svg line").count() > 10
    expect(page.locator("#claim-distillation-not-addressed s")).to_be_visible()
    expect(page.locator("#claim-distillation-not-addressed")).to_contain_text("superseded")
    assert page.locator("#claims tbody tr").count() >= 10
    expect(page.locator("#history")).to_contain_text("Revision 1")

    measured.get_by_role("link", name=re.compile("^[0-9a-f]{64}$")).click()

    expect(page.get_by_role("heading", name="Manifest")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("plan_sha256")


def test_a_visitor_searches_and_opens_what_was_found(visitor):
    visitor.goto("/")
    visitor.get_by_role("search").get_by_role("searchbox").fill("watermark")
    visitor.get_by_role("search").get_by_role("button").click()

    expect(visitor.get_by_role("heading", level=1)).to_have_text(re.compile(r"\d pages? for “watermark”"))
    visitor.get_by_role("main").get_by_role("link", name="What a watermark can prove").click()

    expect(visitor.get_by_role("heading", level=1)).to_have_text("What a watermark can prove")


def test_two_revisions_of_one_page_stand_side_by_side_with_their_differences_marked(visitor):
    visitor.goto(f"{PAGE}revisions/")
    visitor.get_by_role("link", name="Side by side with the one before").first.click()

    table = visitor.get_by_role("table")
    expect(table.locator("caption")).to_contain_text(re.compile(r"\d+ fields differ"))
    recovery = table.locator("tr.differs", has_text="[0.3, 1.4]").first
    expect(recovery.get_by_role("rowheader")).to_contain_text("(differs)")
    expect(recovery).to_contain_text("not there")


def test_two_days_of_one_page_are_compared_with_their_differences_marked(visitor):
    visitor.goto("/dated/")
    visitor.get_by_label("As of").fill("2026-11-05")
    visitor.get_by_role("button", name="Show that day").click()
    expect(visitor.get_by_role("note")).to_contain_text("As it stood on 5 November 2026")
    expect(visitor.get_by_role("main")).to_contain_text("What was thought first.")
    visitor.get_by_role("link", name="Compare with it").click()

    table = visitor.get_by_role("table")
    differing = table.locator("tr.differs")
    expect(differing).to_have_count(2)
    expect(differing.first).to_contain_text("What was thought first.")
    expect(differing.first).to_contain_text("What is known now.")

    visitor.get_by_label("Show").select_option("differences alone")
    visitor.get_by_role("button", name="Compare").click()

    expect(visitor).to_have_url(re.compile(r"of=dated%402026-11-05&of=dated&.*only=differences"))
    expect(table.locator("tbody tr:not(.group)")).to_have_count(2)


def test_a_reader_with_a_keyboard_skips_to_the_text_searches_and_opens_a_result(visitor):
    def focused():
        return visitor.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")

    visitor.goto("/")
    visitor.keyboard.press("Tab")
    assert focused() == "Skip to the text"
    expect(visitor.get_by_role("link", name="Skip to the text")).to_be_in_viewport()
    visitor.keyboard.press("Enter")
    assert visitor.evaluate("document.activeElement.id") == "main"

    visitor.goto("/")
    for _ in range(20):
        visitor.keyboard.press("Tab")
        if visitor.evaluate("document.activeElement.id") == "find":
            break
    visitor.keyboard.type("watermark")
    visitor.keyboard.press("Enter")
    expect(visitor).to_have_url(re.compile("q=watermark"))

    reached = []
    for _ in range(40):
        visitor.keyboard.press("Tab")
        reached.append(focused())
        if reached[-1] == "What a watermark can prove":
            break
    visitor.keyboard.press("Enter")

    expect(visitor.get_by_role("heading", level=1)).to_have_text("What a watermark can prove")
