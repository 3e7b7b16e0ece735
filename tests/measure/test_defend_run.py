from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from angelshare.cli import app
from angelshare.cli.defending import defend_matrix, reread_defend
from angelshare.core.defend import DefendReport
from angelshare.core.errors import RunFolderError
from angelshare.core.marks import WatermarkKey
from angelshare.core.records import Estimate, Refusal
from angelshare.core.strict import decode_json
from angelshare.defences.watermark.keys import fingerprint, write_key

pytestmark = pytest.mark.slow  # each run trains a few dozen students for a moment
SECRET = "5ec7e75ec7e75ec7e75ec7e75ec7e75e"
MATRIX = """
name = "tiny"
question = "Does the lab hold together?"
budgets = [8, 16]
curve_budgets = [4, 24]
seeds = [1, 2]
items = 6
decoys = 19
elicitation = ["zero_shot"]
public_labels = { default = 4, cipher = 0 }
task = { use = "skills" }
teacher = { use = "hf", options = { path = "bundled:teacher", name = "closed" } }
base = { use = "hf", options = { path = "bundled:base", name = "open" } }
recipe = { use = "sequence", options = { base = "bundled:base", max_steps = 3 } }
threat = { interface = "text", data_budget = "4 examples", adaptive = true }

[[defence]]
name = "bare"
use = "answers-only"

[[defence]]
name = "deaf"
use = "rate-refusal"
options = { share = 0.5 }

[[defence]]
name = "marked"
use = "watermark"
options = { key = "KEY" }

[[defence]]
name = "hot"
use = "temperature"
options = { value = 3.0 }
control = true

[[student]]
name = "passive"

[[student]]
name = "after"
tactic = "clean-after"

[[student]]
name = "invert"
tactic = "invert"
options = { rounds = 1, draws = 1 }

[[student]]
name = "small"
base = { use = "hf", options = { path = "bundled:small", name = "smaller" } }
recipe = { use = "sequence", options = { base = "bundled:small", max_steps = 3 } }
"""


@pytest.fixture(scope="module")
def matrix_file(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("matrix")
    key = WatermarkKey(scheme="kgw", secret=SECRET, vocabulary_size=99, window=1, delta=3.0)
    write_key(folder / "key.toml", key)
    (folder / "tiny.toml").write_text(MATRIX.replace("KEY", str(folder / "key.toml")))
    return folder / "tiny.toml"


@pytest.fixture(scope="module")
def run(matrix_file) -> tuple[DefendReport, Path]:
    report, _ = defend_matrix(matrix_file, matrix_file.parent / "runs", workers=2, ray_address=None)
    return report, Path(report.run)


def cells(report, **wanted):
    return [cell for cell in report.cells if all(getattr(cell, key) == value for key, value in wanted.items())]


def test_every_defence_meets_every_student_at_every_dose_and_a_control_the_first_alone(run):
    report, _ = run

    assert len(cells(report, defence="bare")) == 4 * 2
    assert len(cells(report, defence="hot")) == 1 * 2
    assert len(cells(report, defence="none")) == 4 * 4
    assert [row.defence for row in report.defences] == ["none", "bare", "deaf", "marked", "hot"]


def test_the_interface_hides_what_the_defence_says_and_counts_what_was_delivered(run):
    report, _ = run

    assert all(cell.delivered == 1.0 for cell in cells(report, defence="bare"))
    assert all(0.1 < cell.delivered < 0.9 for cell in cells(report, defence="deaf", budget=16))
    rows = {row.defence: row for row in report.defences}
    assert 0.2 < rows["deaf"].refused.value < 0.8
    assert rows["bare"].refused.value == 0.0
    assert rows["bare"].likelihood_cost.value > 1.0


def test_a_mark_is_looked_for_in_every_student_and_its_secret_stands_nowhere(run):
    report, folder = run

    assert {(point.student, point.budget) for point in report.traces} >= {("teacher", 0), ("passive", 16), ("small", 8)}
    assert all(cell.trace_p is not None and cell.trace_decoy_p >= 1 / 20 for cell in cells(report, defence="marked"))
    assert all(cell.trace_p is None for cell in cells(report, defence="bare"))
    texts = [
        path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".json", ".jsonl", ".html", ".csv", ".svg", ".toml")
    ]
    key = WatermarkKey(scheme="kgw", secret=SECRET, vocabulary_size=99, window=1, delta=3.0)
    assert not any(SECRET in text for text in texts)
    assert any(fingerprint(key) in text for text in texts)


def test_few_steps_teach_nothing_and_the_lab_says_no_more_than_that(run):
    report, _ = run

    assert {row.finding for row in report.defences} <= {"no effect shown", "cannot tell"}
    assert "prevent" not in (Path(report.run) / "report.html").read_text().split("What the numbers do not show")[0]
    assert all(isinstance(cell.reduction, Refusal) for cell in cells(report, defence="none"))
    assert all(isinstance(cell.recovery, Estimate) for cell in report.cells)


def test_bases_of_two_sizes_are_held_against_each_other(run):
    report, _ = run

    assert {(row.first, row.second) for row in report.sizes} == {("passive", "small")}
    assert {row.sign for row in report.sizes} <= {"same", "flips", "cannot tell"}


def test_a_finished_run_is_read_again_to_the_same_numbers(run):
    report, folder = run

    again, manifest = reread_defend(folder)

    assert manifest.kind == "defend"
    assert again.cells == report.cells or [c.verdict for c in again.cells] == [c.verdict for c in report.cells]
    assert decode_json((folder / "report.json").read_bytes(), DefendReport, "report") == dataclasses.replace(
        again, run=report.run
    )


def test_work_that_was_done_before_a_kill_is_kept_and_the_rest_comes_out_the_same(run, matrix_file, tmp_path):
    report, folder = run
    half = tmp_path / folder.name
    shutil.copytree(folder, half)
    for name in (
        "manifest.json",
        "report.json",
        "report.html",
        "cells/bare.invert-16-s1.json",
        "traces/marked.small-8-s2.json",
    ):
        (half / name).unlink()
    kept = (half / "cells/bare.passive-16-s1.json").stat().st_mtime_ns

    again, _ = defend_matrix(matrix_file, tmp_path, workers=1, ray_address=None)

    assert (half / "cells/bare.passive-16-s1.json").stat().st_mtime_ns == kept
    lost = json.loads((folder / "cells/bare.invert-16-s1.json").read_text())
    made = json.loads((half / "cells/bare.invert-16-s1.json").read_text())
    assert made["result"]["scores"] == lost["result"]["scores"]
    assert [cell.recovery for cell in again.cells] == [cell.recovery for cell in report.cells]


def test_an_altered_report_is_refused(run, tmp_path):
    _, folder = run
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "cells/bare.passive-16-s1.json").write_text("{}")

    with pytest.raises(RunFolderError, match="altered"):
        reread_defend(copy)


def test_students_that_would_learn_the_same_are_trained_once(run):
    _, folder = run
    made = [json.loads(path.read_text()) for path in sorted((folder / "cells").iterdir())]
    first = [one for one in made if not one["result"]["notes"]]
    twins = [one for one in made if one["result"]["notes"]]

    assert len(twins) > 0
    for twin in twins:
        (note,) = twin["result"]["notes"]
        student, defence, dose = re.fullmatch(
            r"learned the same from the same base as (\S+) under (\S+) at (\d+) queries", note
        ).groups()
        (own,) = [
            one
            for one in first
            if (one["student"], one["defence"]) == (student, defence)
            and one["result"]["cell"]["arm"]["budget"] == int(dose)
            and one["result"]["cell"]["seed"] == twin["result"]["cell"]["seed"]
        ]
        assert own["result"]["scores"] == twin["result"]["scores"]


def test_the_command_prints_one_json_object_with_the_promised_keys(run, matrix_file):
    _, folder = run

    done = CliRunner().invoke(app, ["defend", str(matrix_file), "--out", str(folder.parent), "--json"])

    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    promised = {"defence", "student", "budget", "recovery", "reduction", "teacher_loss", "trace_p", "verdict"}
    assert promised <= set(said["cells"][0])
