"""What people do in every story."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from workbench.browser.place import PASSWORD


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    page.goto("/accounts/login/")
    main = page.get_by_role("main")
    main.get_by_label("E-mail").fill(email)
    main.get_by_label("Password").fill(password)
    main.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def visit_anew(page: Page, path: str) -> None:
    """Go where the password is asked for once more, and give it if it is."""
    page.goto(path)
    if "/reauthenticate/" in page.url:
        page.get_by_role("main").get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(path))
