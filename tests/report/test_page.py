from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
import report_sample

from angelshare.core.records import Estimate
from angelshare.report.notes import collect
from angelshare.report.numbers import parts, phrase
from angelshare.report.page import render_page
from angelshare.report.words import threat_line


def tree(page):
    """Parse the page as XML; raises if an element is left open or a character is not allowed."""
    assert page.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(page.split("\n", 1)[1])


def words(element):
    return " ".join(" ".join(element.itertext()).split())


def without_styles(page):
    return re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


class Loads(HTMLParser):
    """Collects whatever makes a browser run or fetch something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, name, attributes):
        if name in {
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "link",
            "video",
            "audio",
            "base",
            "form",
            "image",
            "use",
        }:
            self.found.append(name)
        for key, value in attributes:
            if key in {"src", "srcset", "action", "data", "poster", "xlink:href", "style"} or key.startswith("on"):
                self.found.append(key)
            if key == "href" and not (value or "").startswith("#"):
                self.found.append(value)


def test_the_page_is_well_formed_whatever_the_audit(any_audit, manifest):
    body = tree(render_page(any_audit, manifest=manifest))
    assert [child.tag for child in body] == ["head", "body"]


def test_the_page_runs_and_loads_nothing(any_audit, manifest):
    page = render_page(any_audit, manifest=manifest)
    loads = Loads()
    loads.feed(page)
    assert loads.found == []
    css = "".join(re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL))
    assert "@import" not in css
    assert not re.search(r"url\((?!#)", page)
    policy = tree(page).find("head/meta[@http-equiv='Content-Security-Policy']")
    assert policy.get("content").startswith("default-src 'none'")


def test_hostile_words_stay_words(manifest):
    page = render_page(report_sample.hostile(), manifest=manifest)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x00" not in page
    assert "\x1b" not in page


def test_ids_are_unique_and_every_reference_has_its_target(any_audit, manifest):
    root = tree(render_page(any_audit, manifest=manifest))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        if element.tag == "a":
            assert element.get("href").removeprefix("#") in ids
        for reference in (element.get("aria-labelledby") or "").split():
            assert reference in ids
        clip = re.fullmatch(r"url\(#(.+)\)", element.get("clip-path") or "")
        assert clip is None or clip[1] in ids


def test_the_parts_stand_in_the_order_of_the_design(audit, manifest):
    page = without_styles(render_page(audit, manifest=manifest))
    places = ["<header>", 'id="verdict"', *(f">Figure {number}<" for number in range(1, 7)),
              *(f'id="table-{letter}"' for letter in "ABCDEFGHI"), 'id="again"', 'id="words"', "<footer>"]  # fmt: skip
    found = [page.index(place) for place in places]
    assert found == sorted(found)


def test_the_verdict_box_holds_five_numbers_with_their_intervals(audit):
    verdict = tree(render_page(audit)).find(".//section[@id='verdict']")
    items = verdict.findall(".//ul[@class='numbers']/li")
    assert len(items) == 5
    for item, number in zip(items, (audit.verdict.recovery, audit.verdict.attributable_recovery,
                                    audit.verdict.false_promise_index), strict=False):  # fmt: skip
        assert parts(number).value in words(item)
        assert parts(number).interval in words(item)
    assert "1,900 queries [1,400, 2,600]" in words(items[3])
    assert "not stated" in words(items[4])
    for change in audit.would_change:
        assert change in words(verdict)


def test_every_figure_carries_the_threat_model_in_caption_and_description(audit):
    root = tree(render_page(audit))
    figures = root.findall(".//section[@class='figure']")
    assert len(figures) == 6
    for figure in figures:
        assert threat_line(audit.header) in words(figure.find(".//figcaption"))
        assert threat_line(audit.header) in figure.find(".//svg/desc").text
        assert figure.find(".//svg/title").text


def test_a_missing_control_is_announced_and_a_full_set_is_not(audit):
    lacking = report_sample.sample(arms=("answers", "traces", "gold", "self"))
    assert "Raw, not attributable: no shuffled control." in render_page(lacking)
    assert "Raw, not attributable" not in render_page(audit)


def test_every_refusal_of_the_audit_stands_in_table_h(any_audit):
    table = tree(render_page(any_audit)).find(".//div[@id='table-H']")
    said = words(table)
    for note in (*collect(any_audit).refusals, *collect(any_audit).cautions):
        assert f"{note.mark} " in said
        assert " ".join(re.sub(r"[\x00-\x08\x0b-\x1f]", "\ufffd", note.text).split()) in said


def test_every_table_has_a_caption_and_named_columns(audit):
    tables = [table for table in tree(render_page(audit)).iter("table") if table.find("thead") is not None]
    assert len(tables) == 14
    for table in tables:
        assert words(table.find("caption"))
        assert all(head.get("scope") == "col" and words(head) for head in table.findall("thead/tr/th"))
        assert all(row.find("th") is not None or row.find("td").get("colspan") for row in table.findall("tbody/tr"))


def test_an_estimate_in_a_table_tells_its_method_on_hover(audit):
    cell = tree(render_page(audit)).find(".//div[@id='table-A']//td[@title]")
    assert report_sample.METHOD in cell.get("title")
    assert "n = 800" in cell.get("title")


def test_no_seed_is_printed_as_a_finding(audit):
    told = tuple(dataclasses.replace(dot, recovery=0.123456789) for dot in audit.dots)
    assert "0.123" not in without_styles(render_page(dataclasses.replace(audit, dots=told)))


def test_all_refused_is_a_page_of_reasons_not_of_numbers():
    refused = report_sample.refused_everywhere("gap not identified")
    root = tree(render_page(refused))
    for item in root.findall(".//ul[@class='numbers']/li"):
        assert "not stated gap not identified" in words(item)
    assert words(root.find(".//figure")).startswith("Recovery of the gap")
    assert "No recovery could be stated" in words(root)


def test_the_page_without_a_manifest_still_says_how_to_run_it_again(audit, manifest):
    again = words(tree(render_page(audit)).find(".//section[@id='again']"))
    assert audit.header.command in again
    assert manifest.plan_sha256 not in again
    assert manifest.plan_sha256 in render_page(audit, manifest=manifest)


@pytest.mark.parametrize("place", ["recovery", "attributable_recovery", "dose_to_50"])
def test_a_one_sided_answer_prints_its_bound_and_no_point(audit, place):
    bound = Estimate(value=77777.0, low=3147.0, high=None, level=0.95, n=12, method="fits")
    page = render_page(dataclasses.replace(audit, verdict=dataclasses.replace(audit.verdict, **{place: bound})))
    assert "&gt; 3,100" in page
    assert "77,777" not in page
    assert "> 3,100" in phrase(bound)


def test_the_page_sets_the_logit_after_table_a_and_divergence_after_fidelity(audit):
    text = render_page(audit)
    places = [text.index(words) for words in (
        "Fidelity at the largest dose", "Divergence from the teacher’s distribution, in nats per token",
        "Table A. Arms and doses", "Recovery on two scales", "Table B.",
    )]  # fmt: skip
    assert places == sorted(places)


def test_a_report_made_before_those_numbers_has_no_empty_tables(audit):
    older = dataclasses.replace(audit, logit_recovery=(), divergences=(), long_prompts=())
    text = render_page(older)
    assert "Recovery on two scales" not in text
    assert "in nats per token" not in text
