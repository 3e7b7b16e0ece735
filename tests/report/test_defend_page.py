from __future__ import annotations

import csv
import dataclasses
import json
import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from angelshare.core.defend import (
    DefendReport,
)
from angelshare.core.records import Estimate, Refusal
from angelshare.core.strict import decode_json
from angelshare.report.defend_figures import defend_figures, defend_label, defend_numbers
from angelshare.report.defend_page import defend_page
from angelshare.report.defend_publish import publish_defend
from angelshare.report.documents import report_json
from report.defend_sample import HOSTILE, lab


@pytest.fixture
def report() -> DefendReport:
    return lab()


def parsed(page: str) -> ET.Element:
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def test_the_page_is_well_formed_loads_nothing_and_runs_nothing(report):
    page = defend_page(report)

    tree = parsed(page)
    assert not [node for node in tree.iter() if node.tag in ("script", "img", "link", "iframe")]
    assert HOSTILE not in page
    assert "url(" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


def test_every_figure_states_the_threat_model_in_its_caption(report):
    tree = parsed(defend_page(report))

    captions = ["".join(node.itertext()) for node in tree.iter("figcaption")]
    assert len(captions) == 3
    for caption in captions:
        assert "at most 1,000 queries" in caption
        assert "interface: text" in caption
        assert "ten examples" in caption
        assert "adaptive" in caption


def test_without_a_mark_there_is_no_figure_of_traces(report):
    bare = dataclasses.replace(report, traces=[])

    assert [figure.name for figure in defend_figures(bare)] == ["frontier", "heat-map"]
    assert "Survival of the marks" not in defend_page(bare)


def test_the_heat_map_prints_every_recovery_at_the_largest_dose(report):
    (heat,) = [figure for figure in defend_figures(report) if figure.name == "heat-map"]

    said = re.findall(r">(0\.\d\d)</text>", str(heat.body))
    assert sorted(said) == sorted(["0.70", "0.70", "0.20", "0.60", "0.50", "0.55"])


def test_a_report_without_numbers_says_why_instead_of_drawing(report):
    none = Refusal(refused="gap not identified")
    rows = [dataclasses.replace(one, reduction=none, worst_case=none, teacher_loss=none) for one in report.defences]
    cells = [dataclasses.replace(one, recovery=none, reduction=none) for one in report.cells]

    page = defend_page(dataclasses.replace(report, defences=rows, cells=cells))

    parsed(page)
    assert "gap not identified" in page
    assert "No defence has both" in page


def test_everything_is_written_and_reads_back(report, tmp_path):
    publish_defend(report, tmp_path)

    assert decode_json((tmp_path / "report.json").read_bytes(), DefendReport, "report") == decode_json(
        report_json(report), DefendReport, "x"
    )
    assert json.loads((tmp_path / "report.json").read_text())["cells"][0]["verdict"] == "raises cost ×3.0"
    rows = list(csv.DictReader(StringIO((tmp_path / "tables/cells.csv").read_text())))
    assert len(rows) == len(report.cells)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "frontier.svg",
        "heat-map.svg",
        "trace-survival.svg",
    }
    for path in (tmp_path / "figures").iterdir():
        ET.fromstring(path.read_text())


def test_the_numbers_in_front_are_estimates_or_refusals_under_lasting_names(report):
    numbers = defend_numbers(report)

    assert defend_label(report) == "skills: defences of closed"
    assert numbers["worst_case under bare"] == report.defences[1].worst_case
    assert "reduction by none" not in numbers
    assert all(isinstance(value, Estimate | Refusal) for value in numbers.values())
