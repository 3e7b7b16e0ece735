"""Saving: a page with a note, shared by link, read by somebody without an account."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
NOTE = "Read before the hearing; mind the interval."


def test_a_page_saved_with_a_note_and_shared_by_link_is_read_signed_out(visitor, signed_in):
    rosa = signed_in("rosa")
    rosa.goto("/collections/")
    rosa.get_by_label("Name").fill("For the hearing")
    rosa.get_by_role("button", name="Make it").click()
    rosa.get_by_label("Address of the page").fill("model-distillation-risk")
    rosa.locator("#add-note").fill(NOTE)
    rosa.get_by_role("button", name="Add it").click()
    expect(rosa.get_by_role("link", name="Model distillation risk")).to_be_visible()
    own = rosa.url
    rosa.get_by_role("button", name="Share by link").click()
    shared = rosa.get_by_role("link", name="/shared/").get_attribute("href")

    visitor.goto(shared)

    expect(visitor.get_by_role("heading", level=1)).to_have_text("For the hearing")
    expect(visitor.get_by_role("main")).to_contain_text(NOTE)
    expect(visitor.get_by_role("main").get_by_role("button")).to_have_count(0)
    visitor.get_by_role("link", name="Model distillation risk").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Model distillation risk")

    assert visitor.goto(own).url.endswith(f"/accounts/login/?next={own.removeprefix(own.split('/collections')[0])}")
    rosa.get_by_role("button", name="Make it private again").click()
    expect(rosa.get_by_role("main")).to_contain_text("Seen by you alone")
    assert visitor.goto(shared).status == 404


def test_save_on_a_page_puts_it_into_the_reading_list(signed_in):
    cyrus = signed_in("cyrus")

    cyrus.goto("/article-watermark-proof/")
    cyrus.get_by_role("button", name="Save").click()

    expect(cyrus.get_by_role("status")).to_contain_text("Saved in")
    expect(cyrus.get_by_role("link", name="What a watermark can prove")).to_be_visible()
