"""How pages look: at the width of a phone, on paper, in the dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
DOSSIER = "/model-distillation-risk/"
OPEN_TO_ALL = (
    "/", DOSSIER, "/us-hr-8283/", "/topic-distilled-students/", "/pages/", "/matrix/", "/matrix/silent/",
    "/search/?q=distillation", "/compare/?of=model-distillation-risk&of=compute-threshold", f"{DOSSIER}revisions/",
    f"{DOSSIER}cite/", f"{DOSSIER}export/", "/accounts/login/", "/accounts/signup/", "/no-such-page/",
)  # fmt: skip
SIGNED_IN = (
    "/collections/", "/watches/", "/notices/", "/proposals/", f"{DOSSIER}propose/", "/upload/", "/account/",
    "/accounts/2fa/", "/accounts/email/", "/staff/", "/staff/log/", "/staff/deliveries/",
)  # fmt: skip
PHONE = {"width": 360, "height": 740}
TOO_WIDE = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


def test_no_page_scrolls_sideways_on_a_phone(opened, signed_in):
    visitor, ada = opened(viewport=PHONE), signed_in("ada", viewport=PHONE)
    too_wide = {}

    for page, paths in ((visitor, OPEN_TO_ALL), (ada, SIGNED_IN)):
        for path in paths:
            page.goto(path)
            too_wide[path] = page.evaluate(TOO_WIDE)

    assert {path: pixels for path, pixels in too_wide.items() if pixels} == {}
    assert len(too_wide) == len(OPEN_TO_ALL) + len(SIGNED_IN)


def test_a_dossier_prints_without_navigation_and_with_all_it_says(visitor):
    visitor.goto(DOSSIER)
    expect(visitor.get_by_role("navigation", name="Main")).to_be_visible()

    visitor.emulate_media(media="print")

    for gone in (".mast nav", ".find", ".who", "nav.contents", "#further"):
        expect(visitor.locator(gone)).to_be_hidden()
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.locator("#measured figure svg").first).to_be_visible()
    expect(visitor.locator("#claims tbody tr").first).to_be_visible()
    printed = visitor.pdf(format="A4")
    assert printed.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 30


def test_a_reader_whose_system_is_dark_gets_light_words_on_a_dark_page(opened):
    def colours(scheme):
        page = opened(color_scheme=scheme)
        page.goto(DOSSIER)
        seen = page.evaluate(
            "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.body))"
        )
        return [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in seen]

    (light_paper, light_ink), (dark_paper, dark_ink) = colours("light"), colours("dark")

    assert light_paper > 700
    assert light_ink < 150
    assert dark_paper < 150
    assert dark_ink > 600


def test_a_number_and_its_per_cent_sign_stay_on_one_line(visitor):
    visitor.goto(DOSSIER)

    sentence = visitor.locator("#measured .sentence").first.inner_text()

    assert "\u00a0%" in sentence
    assert " %" not in sentence
