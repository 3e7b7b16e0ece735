"""Take the pictures of the workbench that docs/workbench.md shows: the demo, visited by two people.

    python scripts/screenshots.py

Needs Debian's chromium. One of the two proposes a change to a page that the other watches and publishes.
"""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from angelshare.core.errors import WorkbenchError

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
PEOPLE = ("edith", "rufus")
PASSWORD = "shown-in-pictures-only"  # noqa: S105 - of a workbench that lives for a minute
PAGE = "/model-distillation-risk/"
NOTE = " Name the teacher, or say that it is not known."
DESK, PHONE = (1280, 860), (375, 812)
COLOURS = 64
MOST_BYTES = 150_000


def main() -> None:
    """Serve the demo in a workspace of its own, visit it, and keep the pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium found; on Debian: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder) / "workbench") as url, sync_playwright() as tool:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = tool.chromium.launch(executable_path=chromium, args=sandbox)
        _reading(browser, url)
        _working(browser, url)
        browser.close()


@contextmanager
def _served(workspace: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "angelshare", "serve"]
    place = ["--workspace", str(workspace)]
    for name in PEOPLE:
        admin = [*command, "admin", f"{name}@example.org", *place]
        subprocess.run(admin, input=PASSWORD, text=True, check=True, capture_output=True)  # noqa: S603 - ourselves
    serving = [*command, "--demo", "--port", "0", "--json", *place]
    with subprocess.Popen(serving, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            yield _address(server)
        finally:
            server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    said = ""
    for line in server.stdout or ():
        said += line
        if line.strip() == "}":
            return str(json.loads(said)["address"]).rstrip("/")
    raise WorkbenchError("the server ended before it said where it is")


def _window(browser: Browser, url: str, *, size: tuple[int, int] = DESK, dark: bool = False) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    scheme = "dark" if dark else "light"
    return browser.new_context(base_url=url, viewport=viewport, color_scheme=scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]  # a TypedDict


def _reading(browser: Browser, url: str) -> None:
    page = _window(browser, url)
    page.goto("/")
    _keep(page, "home")
    page.goto(f"{PAGE}#measured")
    _keep(page, "measured")
    page.goto("/matrix/")
    _keep(page, "matrix")
    page.goto(f"{PAGE}revisions/")
    page.get_by_role("heading", name="Revision 2").evaluate("heading => heading.scrollIntoView()")
    _keep(page, "revisions")
    beside = page.get_by_role("link", name="Side by side with the one before").last.get_attribute("href")
    dark = _window(browser, url, dark=True)
    dark.goto(f"{beside}&only=differences")
    _keep(dark, "compare")
    phone = _window(browser, url, size=PHONE, dark=True)
    phone.goto(f"{PAGE}#measured")
    _keep(phone, "phone")


def _working(browser: Browser, url: str) -> None:
    edith, rufus = (_signed_in(browser, url, name) for name in PEOPLE)
    rufus.goto(f"/watches/?slug={PAGE.strip('/')}")
    rufus.get_by_role("button", name="Watch", exact=True).click()
    edith.goto(f"{PAGE}propose/")
    note = edith.get_by_label("Editorial note")
    note.fill(note.input_value() + NOTE)
    edith.get_by_label("Why").fill("Asks for the teacher's name, on which every number depends.")
    edith.get_by_role("button", name="Propose").click()
    rufus.goto(edith.url)
    _keep(rufus, "proposal")
    rufus.get_by_role("button", name="Publish").click()
    rufus.goto("/notices/")
    _keep(rufus, "alerts")


def _signed_in(browser: Browser, url: str, name: str) -> Page:
    page = _window(browser, url)
    page.goto("/accounts/login/")
    main = page.get_by_role("main")
    main.get_by_label("E-mail").fill(f"{name}@example.org")
    main.get_by_label("Password").fill(PASSWORD)
    main.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def _keep(page: Page, name: str) -> None:
    """Write a picture with few colours; raises WorkbenchError if it is too large for a repository all the same."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = PICTURES / f"{name}.png"
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise WorkbenchError(f"{path}: {path.stat().st_size} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    main()
