"""Accessibility, by axe-core: no serious or critical violation on any main page, in light and in dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from workbench.browser.window import visit_anew

pytestmark = pytest.mark.slow
DOSSIER = "/model-distillation-risk/"
OPEN_TO_ALL = (
    "/", DOSSIER, "/us-hr-8283/", "/pages/", "/matrix/", "/matrix/silent/", "/search/?q=distillation",
    "/compare/?of=model-distillation-risk&of=compute-threshold", f"{DOSSIER}revisions/", f"{DOSSIER}cite/",
    f"{DOSSIER}export/", "/accounts/signup/", "/accounts/login/", "/accounts/password/reset/", "/no-such-page/",
)  # fmt: skip
SIGNED_IN = (
    "/collections/", "/watches/", "/notices/", "/proposals/", f"{DOSSIER}propose/", "/upload/", "/account/",
    "/account/tokens/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/totp/activate/",
    "/staff/", "/staff/log/", "/staff/deliveries/",
)  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
GRAVE = ("serious", "critical")


def violations(page):
    """Give what axe holds against a page, as "rule: where", the grave ones alone."""
    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 10  # else it looked at nothing
    return [f"{rule['id']}: {node['target'][0]}: {node['failureSummary']}" for rule in found["violations"] if rule["impact"] in GRAVE
            for node in rule["nodes"]]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_that_are_open_to_all_have_no_serious_violation(opened, scheme):
    page = opened(color_scheme=scheme, reduced_motion="reduce")
    against = {}

    for path in OPEN_TO_ALL:
        page.goto(path)
        against[path] = violations(page)

    assert {path: found for path, found in against.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_those_who_signed_in_have_no_serious_violation(signed_in, scheme):
    page = signed_in("ada", color_scheme=scheme, reduced_motion="reduce")
    against = {}

    for path in SIGNED_IN:
        visit_anew(page, path)
        against[path] = violations(page)

    assert {path: found for path, found in against.items() if found} == {}


def test_the_scan_would_see_a_violation(visitor):
    visitor.goto("/")
    visitor.evaluate("document.querySelector('#find').labels[0].remove()")
    visitor.evaluate("document.querySelector('#find').removeAttribute('placeholder')")

    assert any(line.startswith("label: #find") for line in violations(visitor))
