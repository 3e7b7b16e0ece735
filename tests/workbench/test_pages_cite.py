"""Citations lead to the revision that was read, in forms that reference managers take."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from angelshare.workbench import chain
from angelshare.workbench.cite import STYLES, Cited, citation

CITED = Cited(
    slug="model-distillation-risk",
    title="Model distillation risk",
    number=2,
    sha256="ab12" * 16,
    published_on=date(2026, 11, 3),
    accessed_on=date(2026, 11, 24),
    url="https://workbench.example/model-distillation-risk/revisions/ab12/",
)


@pytest.mark.parametrize("style", STYLES)
def test_every_form_names_page_revision_and_address(style):
    text = citation(CITED, style)

    assert "Model distillation risk" in text
    assert "evision 2, ab12ab12ab12" in text
    assert CITED.url in text


@pytest.mark.parametrize(
    ("style", "published", "accessed"),
    [
        ("apa", "(2026, November 3)", "Retrieved November 24, 2026"),
        ("chicago", "Last modified November 3, 2026", "Accessed November 24, 2026"),
        ("harvard", "angelshare (2026)", "(Accessed: 24 November 2026)"),
        ("oscola", "3 November 2026", "accessed 24 November 2026"),
        ("bibtex", "month = nov", "Accessed 2026-11-24"),
        ("ris", "DA  - 2026/11/03", "Y2  - 2026/11/24"),
    ],
)
def test_every_form_dates_the_revision_and_the_reading_in_its_own_way(style, published, accessed):
    text = citation(CITED, style)

    assert published in text
    assert accessed in text


def test_a_title_cannot_break_out_of_bibtex_or_ris():
    evil = Cited(
        **{name: getattr(CITED, name) for name in CITED.__slots__} | {"title": "50 % {of} it\nER  - \nTY  - BOOK"}
    )

    bib, ris = citation(evil, "bibtex"), citation(evil, "ris")

    assert r"50 \% \{of\} it" in bib
    assert bib.count("{") - bib.count(r"\{") == bib.count("}") - bib.count(r"\}")
    assert re.findall(r"^TY  - ", ris, re.MULTILINE) == ["TY  - "]
    assert ris.endswith("ER  - \r\n")


def test_csl_is_json_that_states_both_dates():
    (item,) = json.loads(citation(CITED, "csl-json"))

    assert item["issued"] == {"date-parts": [[2026, 11, 3]]}
    assert item["accessed"] == {"date-parts": [[2026, 11, 24]]}
    assert item["type"] == "webpage"


def test_the_page_cites_the_revision_that_was_read_also_after_a_later_one(client, make_dossier, now):
    first = chain.publish(make_dossier(), message="x", author=None, reviewer=None, now=now)
    chain.publish(make_dossier(definition="Other."), message="x", author=None, reviewer=None, now=now)

    page = client.get(f"/distillation-risk/cite/?revision={first.sha256[:16]}").content.decode()
    file = client.get(f"/distillation-risk/cite/?revision={first.sha256[:16]}&style=ris")

    assert f"http://testserver/distillation-risk/revisions/{first.sha256}/" in page
    assert f"UR  - http://testserver/distillation-risk/revisions/{first.sha256}/" in file.content.decode()
    assert file["Content-Disposition"].endswith(f'distillation-risk-{first.sha256[:12]}.ris"')
    assert client.get("/distillation-risk/cite/?style=aap").status_code == 400
