import json

import pytest

from angelshare.core.dossier import Measured
from angelshare.core.records import Estimate, Refusal
from angelshare.core.strict import convert, encode
from angelshare.workbench.imports import import_run
from angelshare.workbench.measured import block, figures
from workbench.runs import audit_run, delay_run, ledger_run

MAKERS = {"audit": audit_run, "delay": delay_run, "ledger": ledger_run}


@pytest.fixture(params=MAKERS)
def run(request, tmp_path, now):
    return import_run(MAKERS[request.param](tmp_path / "run"), by=None, now=now)


def test_a_block_names_its_run_and_holds_only_estimates_and_refusals(run):
    shown = block(run)
    assert (shown.run, shown.kind) == (run.sha256, run.kind)
    assert shown.sentence
    assert shown.numbers
    assert all(isinstance(number, Estimate | Refusal) for number in shown.numbers.values())


def test_a_block_comes_back_whole_from_what_a_revision_stores(run):
    shown = block(run)
    assert encode(convert(json.loads(encode(shown)), Measured, "block")) == encode(shown)


def test_the_numbers_are_those_of_the_report(tmp_path, now):
    run = import_run(audit_run(tmp_path / "run"), by=None, now=now)
    numbers = block(run).numbers
    assert numbers["recovery"].value == run.report["verdict"]["recovery"]["value"]
    headline, top = run.report["header"]["headline_arm"], run.report["header"]["headline_budget"]
    (point,) = [one for one in run.report["points"] if (one["arm"], one["budget"]) == (headline, top)]
    assert numbers[f"recovery_at_{top}"].value == point["recovery"]["value"]


def test_a_delay_run_gives_the_months_that_its_sentence_is_about(tmp_path, now):
    run = import_run(delay_run(tmp_path / "run"), by=None, now=now)
    default = next(one for one in run.report["estimators"] if one["default"] and one["benchmark"].startswith("ECI"))
    assert block(run).numbers["delay_months"].value == default["months"]["value"]


def test_figures_are_drawn_from_the_report_and_never_taken_from_the_upload(tmp_path, now):
    folder = tmp_path / "run"
    audit_run(folder)
    run = import_run(folder, by=None, now=now)
    kept = json.dumps([run.report, run.manifest])
    assert "<svg" not in kept
    drawn = figures(run)
    assert len(drawn) == len(list((folder / "figures").glob("*.svg")))
    assert all("<script" not in figure.body for figure in drawn)


def test_every_figure_has_a_name_a_title_and_words_for_those_who_cannot_see_it(run):
    drawn = figures(run)
    assert len({figure.name for figure in drawn}) == len(drawn) > 0
    assert all(figure.title and figure.description and figure.caption for figure in drawn)
