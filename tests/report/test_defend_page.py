from __future__ import annotations

import csv
import dataclasses
import json
import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from angelshare.core.audit import CostSheet
from angelshare.core.defend import (
    UNDEFENDED,
    DefenceRow,
    DefendCell,
    DefendHeader,
    DefendReport,
    PublicRow,
    SizeRow,
    TracePoint,
)
from angelshare.core.records import Estimate, Refusal, ThreatModel
from angelshare.core.strict import decode_json
from angelshare.report.defend_figures import defend_figures, defend_label, defend_numbers
from angelshare.report.defend_page import defend_page
from angelshare.report.defend_publish import publish_defend
from angelshare.report.documents import report_json

HOSTILE = '<script>alert("x")</script>'


def number(value, half=0.05, **more):
    return Estimate(value=value, low=value - half, high=value + half, level=0.95, n=9, method="given", **more)


def cell(defence, student, budget, recovery):
    none = Refusal(refused=UNDEFENDED)
    reduction = none if defence == "none" else number(0.7 - recovery)
    return DefendCell(
        defence=defence, student=student, budget=budget, recovery=number(recovery), reduction=reduction, kept=reduction,
        at_matched_utility=reduction, multiplier=none if defence == "none" else number(3.0, 1.0), teacher_loss=reduction,
        trace_p=None, trace_log10_p=None, trace_decoy_p=None, finding="raises cost", verdict="raises cost ×3.0",
        delivered=1.0, pairs=budget, student_flop=1e9, undertrained=0,
    )  # fmt: skip


def row(defence, passive, worst, loss, **more):
    none = Refusal(refused=UNDEFENDED)
    first = defence == "none"
    return DefenceRow(
        defence=defence, control=False, passive=number(passive), worst_case=number(worst), worst_student="invert",
        adaptive_gap=number(worst - passive, caution="best of two"), reduction=none if first else number(0.7 - worst),
        multiplier=none if first else number(3.0, 1.0), finding="raises cost", verdict="raises cost ×3.0",
        accuracy=number(1 - loss), teacher_loss=none if first else number(loss), likelihood_cost=none, refused=number(0.1),
        malformed=number(0.1), distinct=none, slowdown=none, extra_passes=none, days_to_notice=none,
    )  # fmt: skip


@pytest.fixture
def report() -> DefendReport:
    rows = [row("none", 0.7, 0.7, 0.0), row("bare", 0.2, 0.6, 0.0), row(HOSTILE, 0.5, 0.55, 0.2)]
    cells = [
        cell(one.defence, student, budget, value * budget / 1000)
        for one in rows
        for student, value in (("passive", one.passive.value), ("invert", one.worst_case.value))
        for budget in (100, 1000)
    ]
    header = DefendHeader(
        question="Does it hold?", task="skills", teacher="closed", bases=["open"], budgets=[100, 1000], seeds=3, items=40,
        level=0.95, threat=ThreatModel(interface="text", data_budget="ten examples", adaptive=True), contained_below=0.2,
        regression_items=200, authorisation="none needed", made_at="2026-11-24T10:00:00+00:00", version="0", commit="x",
        command="angelshare defend m.toml",
    )  # fmt: skip
    traces = [
        TracePoint(defence="bare", student=who, budget=dose, log10_p=[-dose / 50, -dose / 40], decoy_p=0.005, n=900)
        for who in ("passive", "invert")
        for dose in (100, 1000)
    ]
    size = SizeRow(
        defence="bare", tactic="passive", first="passive", second="small", reduction_first=number(0.3),
        reduction_second=number(-0.2), sign="flips",
    )  # fmt: skip
    costs = CostSheet(
        teacher_calls=1, tokens_in=1, tokens_out=1, tokens_delivered=1, usage_estimated=0, refused=0, truncated=0,
        cost_usd=None, training_flop=1.0, training_cpu_seconds=1.0, evaluation_replies=1, prices=[],
    )  # fmt: skip
    return DefendReport(
        plan="m", run="runs/m", sentence="It does not hold.", cells=cells, defences=rows,
        public=[PublicRow(student="passive", recovery=number(0.1))], sizes=[size], traces=traces, header=header,
        tactics={"passive": "As they come.", "invert": "Derives steps."}, costs=costs, cautions=["Few seeds."],
    )  # fmt: skip


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
