"""A browser, and a workbench for it to visit: Debian's Chromium against `angelshare serve --demo`.

Without a browser these tests are skipped, and say so; with ANGELSHARE_BROWSER=require, as in CI, they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from workbench.browser.place import Place, served
from workbench.browser.post import HERE, Mailbox, mail_server
from workbench.browser.window import sign_in

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "NO BROWSER: the workbench's stories were not told; apt-get install chromium"
SLOWEST_MILLISECONDS = 40_000
"""For one step; a machine shared with other tests is slow."""


@pytest.fixture(autouse=True)
def rows() -> None:
    """Nothing of the other tests' database: the server has its own, and Django refuses it beside a browser's loop."""


@pytest.fixture(autouse=True)
def letters() -> None:
    """Letters go to a real mail server here."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("ANGELSHARE_BROWSER") == "require":
        pytest.fail(MISSING)
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser a module: it must be gone before tests that use Django's database here go on."""
    expect.set_options(timeout=SLOWEST_MILLISECONDS)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mailbox, dict[str, str]]]:
    """The mail server of this module's workbench."""
    with mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture(scope="module")
def mailbox(post: tuple[Mailbox, dict[str, str]]) -> Mailbox:
    """Every letter this module's workbench sent."""
    return post[0]


@pytest.fixture(scope="module")
def place(
    chromium: str, tmp_path_factory: pytest.TempPathFactory, post: tuple[Mailbox, dict[str, str]]
) -> Iterator[Place]:
    """The workbench of this module; never started without a browser to visit it."""
    settings = {**post[1], "ANGELSHARE_WEBHOOK_NETWORKS": f"{HERE}/32"}
    with served(tmp_path_factory.mktemp("served") / "workbench", settings) as place:
        yield place


@pytest.fixture(autouse=True)
def no_faults(place: Place) -> Iterator[None]:
    """Hold the server to a clean log after every story; a fault fails all that follow it, which is loud but never hidden."""
    yield
    assert place.troubles() == [], place.log.read_text()


@pytest.fixture
def opened(browser: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """Open a window with cookies of its own: opened(java_script_enabled=False); no page may break its own rules."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def open_window(**options: object) -> Page:
        context = browser.new_context(base_url=place.url, **options)
        context.set_default_timeout(SLOWEST_MILLISECONDS)
        contexts.append(context)
        context.on("weberror", lambda error: broken.append(str(error.error)))
        context.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert broken == []


@pytest.fixture
def visitor(opened: Callable[..., Page]) -> Page:
    """A window of somebody without an account."""
    return opened()


@pytest.fixture(scope="module")
def cookies() -> dict[str, object]:
    """What each signed-in person's browser keeps, so that nobody signs in twice a module: sign-ins are limited."""
    return {}


@pytest.fixture
def signed_in(opened: Callable[..., Page], cookies: dict[str, object]) -> Callable[..., Page]:
    """Open a window of somebody who signed in: signed_in("edith"), with options of the window."""

    def open_window(name: str, **options: object) -> Page:
        if name not in cookies:
            page = opened()
            sign_in(page, f"{name}@example.org")
            cookies[name] = page.context.storage_state()
        return opened(storage_state=cookies[name], **options)

    return open_window
