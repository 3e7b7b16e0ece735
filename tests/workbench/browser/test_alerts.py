"""Alerts: someone watches, a run is published by two others, and the change is told everywhere it was asked for."""

from __future__ import annotations

import dataclasses
import json
import re
import tarfile
from datetime import UTC, datetime
from importlib.resources import as_file, files
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from angelshare.core.audit import Audit
from angelshare.core.strict import decode_json
from angelshare.report.publish import publish
from angelshare.store.manifest import Subject, seal
from angelshare.workbench.webhooks import genuine
from workbench.browser.post import waited, webhook_receiver
from workbench.browser.window import visit_anew

pytestmark = pytest.mark.slow
PAGE = "model-distillation-risk"
NUMBER = "measured/audit/numbers/recovery"
ATOM = "{http://www.w3.org/2005/Atom}"


def measured_again(folder):
    """Seal a run like the one that travels with the package, whose students recovered less."""
    with (
        as_file(files("angelshare.workbench") / "data" / "first-look.tar.xz") as archive,
        tarfile.open(archive) as packed,
    ):
        inside = next(name for name in packed.getnames() if name.endswith("report.json"))
        audit = decode_json(packed.extractfile(inside).read(), Audit, inside)
    less = dataclasses.replace(audit.verdict.recovery, value=0.41, low=0.35, high=0.47)
    publish(dataclasses.replace(audit, verdict=dataclasses.replace(audit.verdict, recovery=less)), folder)
    seal(folder, Subject(kind="measure", name="second-look", sha256="2" * 64, seeds=[3]),
         started_at="2026-11-24T12:00:00Z", seconds=1.0)  # fmt: skip
    return folder


def make_token(page):
    """Make a token that may propose, and read it off the page."""
    visit_anew(page, "/account/tokens/")
    page.get_by_label("Name").fill("publish from a terminal")
    page.get_by_label("propose").check()
    page.get_by_role("button", name="Make the token").click()
    return page.get_by_role("status").locator("code").first.inner_text()


def watch(page, kind, *, target="", side="", line="", webhook=""):
    """Fill the form of watches; gives the secret of a webhook."""
    page.goto(f"/watches/?slug={PAGE}")
    page.get_by_label("Watch", exact=True).select_option(kind)
    page.get_by_label("Which").fill(target)
    page.get_by_label("Tell me when the number").select_option(side)
    page.get_by_label("Bound", exact=True).fill(line)
    page.get_by_label("By webhook").fill(webhook)
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("You will hear of")
    return page.get_by_role("status").locator("code").first.inner_text() if webhook else ""


def test_a_published_run_is_told_in_app_by_atom_by_letter_and_at_a_webhook(
    signed_in, visitor, mailbox, place, tmp_path
):
    cyrus, rosa, edith, rufus = (signed_in(name) for name in ("cyrus", "rosa", "edith", "rufus"))
    with webhook_receiver() as (address, taken):
        secret = watch(cyrus, "page", webhook=address)
        watch(cyrus, "threshold", target=NUMBER, side="below", line="0.5")

        run = measured_again(tmp_path / "run")
        sent = place.command("publish", str(run), "--to", place.url, "--page", PAGE, ANGELSHARE_TOKEN=make_token(rosa))
        assert sent.returncode == 0, sent.stderr
        proposal = re.search(r"http://\S+", sent.stdout)[0]
        edith.goto(proposal)
        expect(edith.get_by_role("main")).to_contain_text("recovery 0.8 [0.3, 1.4] → 0.41 [0.35, 0.47]")
        expect(edith.get_by_role("button", name="Publish")).to_have_count(0)
        rufus.goto(proposal)
        rufus.get_by_role("button", name="Publish").click()
        expect(rufus.get_by_role("status")).to_contain_text("Published as revision 4")

        visitor.goto(f"/{PAGE}/")
        expect(visitor.locator("#measured .numbers li").first).to_contain_text("0.41")
        cyrus.goto("/notices/")
        expect(cyrus.get_by_role("main")).to_contain_text("2 unread")
        expect(cyrus.get_by_role("main")).to_contain_text("recovery 0.8 [0.3, 1.4] → 0.41 [0.35, 0.47]")
        expect(cyrus.get_by_role("main")).to_contain_text("recovery below 0.5")
        cyrus.get_by_role("button", name="Mark all as read").click()
        expect(cyrus.get_by_role("main")).to_contain_text("Nothing unread")

        feed = ET.fromstring(visitor.request.get(f"/{PAGE}/feed/").text())
        newest = feed.find(f"{ATOM}entry")
        assert newest.findtext(f"{ATOM}title") == "Model distillation risk: revision 4"
        assert "recovery 0.8 [0.3, 1.4] → 0.41 [0.35, 0.47]" in newest.findtext(f"{ATOM}content")

        letter = mailbox.letter("cyrus@example.org", "Model distillation risk").get_content()
        assert "recovery" in letter
        assert place.url in letter

        headers, body = waited(lambda: taken[0] if taken else None, "a delivery")
    assert genuine(headers, body, secret=secret, now=datetime.now(UTC))
    assert not genuine(headers, body + b" ", secret=secret, now=datetime.now(UTC))
    told = json.loads(body)
    assert told["page"] == f"{place.url}/{PAGE}/"
    assert any("recovery 0.8 [0.3, 1.4] → 0.41 [0.35, 0.47]" in change for change in told["changes"])


def test_a_run_comes_by_the_form_too_and_an_altered_one_is_refused(signed_in, tmp_path):
    edith = signed_in("edith")
    run = measured_again(tmp_path / "run")
    (run / "report.json").write_bytes((run / "report.json").read_bytes() + b" ")
    altered = tmp_path / "altered.tar"
    with tarfile.open(altered, "w") as packed:
        packed.add(run, arcname="run")

    edith.goto(f"/upload/?page={PAGE}")
    edith.get_by_label("Run folder").set_input_files(altered)
    edith.get_by_role("button", name="Verify and propose").click()

    expect(edith.get_by_role("main")).to_contain_text("report.json")
    expect(edith.get_by_role("heading", level=1)).to_have_text("Bring a run")
