"""Editing: two people for every change, and a rejection that keeps its reason."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
NOTE = "Say which threshold is meant."
REASON = "The note repeats the definition; say instead which threshold is meant."


def propose(page, slug, note, why):
    """Propose an editorial note for a page, and come to the proposal."""
    page.goto(f"/{slug}/")
    page.get_by_role("link", name="Propose a change").click()
    page.get_by_label("Editorial note").fill(note)
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status")).to_contain_text("Someone other than you decides")
    return page.url


def test_what_a_reviewer_rejects_comes_back_to_its_author_with_the_reason(signed_in):
    edith, rufus = signed_in("edith"), signed_in("rufus")
    address = propose(edith, "compute-threshold", "Compute is a threshold.", "Adds a note.")
    expect(edith.locator(".diff")).to_contain_text("Compute is")
    expect(edith.get_by_role("button", name="Publish")).to_have_count(0)
    expect(edith.get_by_role("main")).to_contain_text("Someone other than you decides on it.")

    rufus.goto(address)
    rufus.get_by_label("Why it is rejected").fill(REASON)
    rufus.get_by_role("button", name="Reject").click()
    expect(rufus.get_by_role("status")).to_contain_text("Rejected")

    edith.goto("/proposals/")
    row = edith.get_by_role("row", name=re.compile("compute-threshold"))
    expect(row).to_contain_text(REASON)
    row.get_by_role("link", name="compute-threshold").click()
    expect(edith.get_by_role("note")).to_contain_text("Rejected by rufus")
    expect(edith.get_by_role("note")).to_contain_text(REASON)
    edith.goto("/compute-threshold/")
    expect(edith.get_by_role("main")).not_to_contain_text("Compute is a threshold.")


def test_what_an_editor_proposes_and_a_reviewer_publishes_stands_under_both_names(signed_in, visitor):
    edith, rufus = signed_in("edith"), signed_in("rufus")
    address = propose(edith, "capability-elicitation", NOTE, "Says what was left open.")

    rufus.goto(address)
    rufus.get_by_role("button", name="Publish").click()

    expect(rufus.get_by_role("status")).to_contain_text("Published as revision 2")
    visitor.goto("/capability-elicitation/")
    expect(visitor.locator("#note")).to_contain_text(NOTE)
    expect(visitor.locator("#history")).to_contain_text("edith · reviewed by rufus")


def test_a_reviewer_cannot_publish_their_own_proposal(signed_in):
    rufus = signed_in("rufus")

    address = propose(rufus, "ai-supply-chain", NOTE, "My own.")

    expect(rufus.get_by_role("button", name="Publish")).to_have_count(0)
    token = rufus.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    answer = rufus.request.post(
        address, form={"decision": "publish", "csrfmiddlewaretoken": token}, headers={"Referer": address}
    )
    assert answer.status == 403
