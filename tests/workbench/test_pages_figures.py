"""The map of concepts, the palette and the figures of runs: drawn on the server, safe to stand in a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from angelshare.report.palette import DARK, LIGHT
from angelshare.workbench import chain
from angelshare.workbench.anatomy import threshold_words
from angelshare.workbench.graph import HEIGHT, WIDTH, Node, draw, related_map
from angelshare.workbench.imports import import_run
from angelshare.workbench.look import palette_rules, palette_version
from angelshare.workbench.measured import block, figures
from angelshare.workbench.runs_shown import own_ids
from angelshare.workbench.templatetags.workbench_look import here
from workbench.runs import audit_run, delay_run

MIDDLE = Node(slug="middle", title="Middle", near=True)


def nodes(count):
    return [Node(slug=f"page-{n}", title=f"Page {n} with a rather long title", near=n % 2 == 0) for n in range(count)]


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_a_map_is_well_formed_and_stays_inside_its_frame(count):
    svg = ET.fromstring(draw(MIDDLE, nodes(count), {("page-0", "page-1")}))

    places = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in svg.iter("circle")]
    assert len(places) == count + 1
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)
    assert len(set(places)) == count + 1
    assert {link.get("href") for link in svg.iter("a")} == {f"/page-{n}/" for n in range(count)}


def test_a_map_ties_near_pages_to_the_middle_and_only_those(make_dossier, now):
    for slug, related in (("one", ("two",)), ("two", ("far",)), ("far", ())):
        chain.publish(make_dossier(slug, related=related, title=slug), message="x", author=None, reviewer=None, now=now)

    drawn = related_map("middle", "Middle", ["one", "two", "no-such-page"])

    assert len(re.findall(r'class="edge"', drawn)) == 2
    assert len(re.findall(r'class="edge far"', drawn)) == 2
    assert 'href="/far/"' in drawn
    assert "no-such-page" not in drawn
    assert related_map("middle", "Middle", ["no-such-page"]) == ""


def test_the_words_of_a_map_are_escaped():
    assert "<b>" not in draw(MIDDLE, [Node(slug="x", title="<b>bold</b>", near=True)], ())


def test_two_runs_fit_on_one_page_because_each_keeps_its_own_ids():
    svg = (
        '<svg aria-labelledby="f-title f-desc"><title id="f-title"/><clipPath id="c"/><path clip-path="url(#c)"/></svg>'
    )

    first, second = own_ids(svg, "aa"), own_ids(svg, "bb")

    assert set(re.findall(r'id="([^"]+)"', first)).isdisjoint(re.findall(r'id="([^"]+)"', second))
    assert 'aria-labelledby="aa-f-title aa-f-desc"' in first
    assert "url(#aa-c)" in first


def test_the_palette_holds_every_colour_of_the_reports_at_an_address_that_changes_with_it(client):
    sheet = client.get(f"/palette-{palette_version()}.css")

    assert sheet.content.decode() == palette_rules()
    assert "immutable" in sheet["Cache-Control"]
    for palette in (LIGHT, DARK):
        assert f"--ink:{palette.ink}" in palette_rules()
        assert f"--accent:{palette.accent}" in palette_rules()
    assert client.get("/palette-000000000000.css").status_code == 404


def test_the_navigation_marks_where_one_is_and_leaves_out_what_is_not_there(rf):
    from django.template import Context  # noqa: PLC0415 - needs the settings of the session

    context = Context({"request": rf("/matrix/")})

    assert 'aria-current="page"' in here(context, "matrix", "Matrix")
    assert "aria-current" not in here(context, "compare", "Compare")
    assert here(context, "no-such-address", "Nowhere") == ""


@pytest.fixture
def rf():
    from django.test import RequestFactory  # noqa: PLC0415 - needs the settings of the session

    return RequestFactory().get


@pytest.fixture
def run(tmp_path, now):
    """A real audit run, imported."""
    return import_run(audit_run(tmp_path / "audit"), by=None, now=now)


def test_an_imported_run_is_drawn_anew_on_every_page_that_shows_it(run, client, make_dossier, now):
    chain.publish(make_dossier(measured=(block(run),)), message="x", author=None, reviewer=None, now=now)

    page = client.get("/distillation-risk/").content.decode()
    own = client.get(f"/runs/{run.sha256}/").content.decode()

    for shown in (page, own):
        found = re.findall(r'\sid="([^"]+)"', shown)
        assert len(found) == len(set(found))
        assert shown.count('<svg class="fig"') >= len(figures(run))
        assert not re.search(r"<style|\sstyle=", shown)
        assert run.sha256 in shown
    assert f'href="/runs/{run.sha256}/"' in page
    assert 'href="/distillation-risk/"' in own
    assert "Files:" in own


def test_two_runs_on_one_page_share_no_id(run, tmp_path, client, make_dossier, now):
    other = import_run(delay_run(tmp_path / "delay"), by=None, now=now)
    blocks = (block(run), block(other))
    chain.publish(make_dossier(measured=blocks), message="x", author=None, reviewer=None, now=now)

    found = re.findall(r'\sid="([^"]+)"', client.get("/distillation-risk/").content.decode())

    assert len(found) == len(set(found))


def test_a_run_nobody_imported_has_no_page(client):
    assert client.get(f"/runs/{'0' * 64}/").status_code == 404


def test_a_run_can_be_compared_by_the_first_digits_of_its_hash(run, client):
    page = client.get(f"/compare/?of=run:{run.sha256[:10]}").content.decode()

    assert run.sha256 in page
    assert f'href="/runs/{run.sha256}/"' in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("training flop above 1e+25", "training FLOP above 10²⁵"),
        ("revenue usd above 5e+08", "revenue in US$ above 5 × 10⁸"),
        ("users at least 10000", "users at least 10,000"),
        ("a line in words", "a line in words"),
    ],
)
def test_a_threshold_is_written_for_people(given, said):
    assert threshold_words(given) == said
