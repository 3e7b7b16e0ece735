from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import delay_sample

from angelshare.core.records import Refusal
from angelshare.govern.delay_words import in_front
from angelshare.report.delay_figures import delay_figures
from angelshare.report.delay_notes import collect_delay
from angelshare.report.delay_page import render_delay
from angelshare.report.numbers import parts

RUNS = {"script", "img", "iframe", "object", "embed", "link", "video", "audio", "base", "form", "image", "use"}


def tree(page):
    """Parse the page as XML; raises if an element is left open or a character is not allowed."""
    assert page.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(page.split("\n", 1)[1])


def words(element):
    return " ".join(" ".join(element.itertext()).split())


class Loads(HTMLParser):
    """Collects whatever makes a browser run or fetch something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, name, attributes):
        if name in RUNS:
            self.found.append(name)
        for key, value in attributes:
            if key in {"src", "srcset", "action", "data", "poster", "xlink:href", "style"} or key.startswith("on"):
                self.found.append(key)
            if key == "href" and not (value or "").startswith("#"):
                self.found.append(value)


def test_the_page_is_well_formed_whatever_the_report(any_delay, manifest):
    assert [child.tag for child in tree(render_delay(any_delay, manifest=manifest))] == ["head", "body"]


def test_the_page_runs_and_loads_nothing(any_delay, manifest):
    page = render_delay(any_delay, manifest=manifest)
    loads = Loads()
    loads.feed(page)
    assert loads.found == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    policy = tree(page).find("head/meta[@http-equiv='Content-Security-Policy']")
    assert policy.get("content").startswith("default-src 'none'")


def test_hostile_words_stay_words():
    page = render_delay(delay_sample.hostile())
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x00" not in page
    assert "\x1b" not in page


def test_ids_are_unique_and_every_reference_has_its_target(any_delay, manifest):
    root = tree(render_delay(any_delay, manifest=manifest))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        if element.tag == "a":
            assert element.get("href").removeprefix("#") in ids
        for reference in (element.get("aria-labelledby") or "").split():
            assert reference in ids


def test_the_parts_stand_in_order(delay, manifest):
    page = re.sub(r"<style>.*?</style>", "", render_delay(delay, manifest=manifest), flags=re.DOTALL)
    places = ["<header>", 'id="verdict"', *(f">Figure {number}<" for number in range(1, 8)),
              *(f'id="table-{letter}"' for letter in "ABCDEFGHI"), 'id="again"', 'id="words"', "<footer>"]  # fmt: skip
    found = [page.index(place) for place in places]
    assert found == sorted(found)


def test_the_verdict_box_says_the_sentence_both_estimates_the_range_and_who_waits(delay):
    verdict = tree(render_delay(delay)).find(".//section[@id='verdict']")
    said = words(verdict)
    ours = [entry for entry in delay.estimators if entry.benchmark == "ECI"]
    for number in (ours[0].months, ours[1].months, delay.false_promise, delay.attributable.months_saved):
        printed = parts(number, unit="months", level=delay.level)
        assert printed.value in said
        assert printed.interval in said
    waiting = [spell for spell in delay.benchmarks[0].spells if spell.matched_on is None]
    assert waiting
    assert f"{len(waiting)} of {len(delay.benchmarks[0].spells)}" in said
    assert all(spell.closed in said for spell in waiting)
    assert delay.sentence in said
    assert delay.attributable.sentence in said
    assert "2.8 to" in said
    assert "6 estimators, 1 more not stated" in said


def test_without_a_campaign_the_page_says_how_to_get_one_and_has_no_figures_of_it():
    report = delay_sample.report(attributable=False)
    root = tree(render_delay(report))
    assert len(root.findall(".//section[@class='figure']")) == 5
    assert "--run" in words(root.find(".//section[@id='verdict']"))
    assert "add --run RUN --campaign NAME" in words(root.find(".//div[@id='table-F']"))


def test_every_figure_says_what_it_assumes_in_caption_and_description(any_delay):
    root = tree(render_delay(any_delay))
    figures = root.findall(".//section[@class='figure']")
    drawn = delay_figures(any_delay)
    assert len(figures) == len(drawn) > 0
    for section, figure in zip(figures, drawn, strict=True):
        assert f"Data as of {any_delay.as_of}" in words(section.find(".//figcaption"))
        assert f"Data as of {any_delay.as_of}" in section.find(".//svg/desc").text
        assert section.find(".//svg/title").text == figure.title


def test_every_assumption_is_listed_with_its_months_and_the_switch_that_changes_it(delay):
    table = tree(render_delay(delay)).find(".//div[@id='table-F']")
    rows = {words(row.find("th")): words(row) for row in table.findall(".//tbody/tr")}
    assert set(rows) == {entry.name for entry in delay.attributable.assumptions}
    assert "--without transfer" in rows["transfer"]
    assert "--set NAME=VALUE" in words(table.find(".//caption"))
    assert "0.20 3.10" in rows["transfer"]
    assert "leave out --without training_days" in rows["training_days"]


def test_every_refusal_and_caution_stands_in_table_h(any_delay):
    said = words(tree(render_delay(any_delay)).find(".//div[@id='table-H']"))
    for note in (*collect_delay(any_delay).refusals, *collect_delay(any_delay).cautions):
        assert f"{note.mark} " in said
        assert " ".join(re.sub(r"[\x00-\x08\x0b-\x1f]", "\ufffd", note.text).split()) in said


def test_every_table_has_a_caption_and_named_columns(any_delay):
    tables = [table for table in tree(render_delay(any_delay)).iter("table") if table.find("thead") is not None]
    assert len(tables) >= 9
    for table in tables:
        assert words(table.find("caption"))
        assert all(head.get("scope") == "col" and words(head) for head in table.findall("thead/tr/th"))
        assert all(row.find("th") is not None or row.find("td").get("colspan") for row in table.findall("tbody/tr"))


def test_a_page_of_refusals_states_no_number():
    verdict = tree(render_delay(delay_sample.refused())).find(".//section[@id='verdict']")
    stated = verdict.findall(".//li[@class='refused']")
    assert len(stated) == 4
    assert all("not stated" in words(item) for item in stated)
    assert "unidentified: 0 open models" in words(stated[0])


def test_a_one_sided_delay_prints_its_bound_and_no_point(delay):
    bound = dataclasses.replace(delay.false_promise, value=777.0, low=3.14, high=None)
    page = render_delay(dataclasses.replace(delay, false_promise=bound))
    assert "&gt; 3.1 months" in page
    assert "777" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_the_figures_are_about_the_benchmark_that_the_sentence_speaks_of(delay):
    refused = dataclasses.replace(delay.benchmarks[0], refused="unidentified: 1 open model")
    told = dataclasses.replace(delay, benchmarks=[refused, *delay.benchmarks[1:]])
    facts = words(tree(render_delay(told)).find(".//header"))

    assert refused.benchmark.name == "ECI"
    assert f"Figures are about {in_front(told.benchmarks).benchmark.name}" in facts
    assert "Figures are about ECI" not in facts


def test_the_page_names_inputs_by_hash_and_how_to_run_it_again(delay, manifest):
    root = tree(render_delay(delay))
    assert delay.command in words(root.find(".//section[@id='again']"))
    assert delay.files[0].url in words(root.find(".//div[@id='table-I']"))
    assert manifest.plan_sha256 not in words(root)
    assert manifest.plan_sha256 in render_delay(delay, manifest=manifest)


def test_an_estimator_with_a_caution_bears_a_mark_that_leads_to_it(delay):
    root = tree(render_delay(delay))
    weak = next(entry for entry in delay.estimators if entry.caution)
    row = next(row for row in root.findall(".//div[@id='table-A']//tbody/tr") if weak.name in words(row))
    mark = row.find(".//a").get("href").removeprefix("#")
    assert weak.caution in words(next(entry for entry in root.iter("tr") if entry.get("id") == mark))


def test_a_benchmark_that_is_refused_points_to_its_reason(delay):
    table = tree(render_delay(delay)).find(".//div[@id='table-D']")
    row = next(row for row in table.findall(".//tbody/tr") if "SimpleQA" in words(row))
    cell = row.find("td[@class='n']")
    assert "unidentified: 0 open models" in cell.get("title")
    assert cell.find("a").get("href").startswith("#R")
    assert not any(isinstance(entry.months, Refusal) and not entry.months.refused for entry in delay.estimators)
