"""The map of concepts, the palette and the figures of runs: drawn on the server, safe to stand in a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from angelshare.report.palette import DARK, LIGHT
from angelshare.workbench import chain
from angelshare.workbench.graph import HEIGHT, WIDTH, Node, draw, related_map
from angelshare.workbench.look import palette_rules, palette_version
from angelshare.workbench.runs_shown import own_ids
from angelshare.workbench.templatetags.workbench_look import here

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
