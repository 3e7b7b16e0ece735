from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from angelshare.core.audit import Audit
from angelshare.core.strict import convert

NUMBER = {"value", "low", "high", "level", "n", "method", "caution"}


def numbers(tree):
    """Find every Estimate or refusal in plain data."""
    if isinstance(tree, dict):
        if set(tree) == NUMBER or set(tree) == {"refused"}:
            yield tree
        else:
            for value in tree.values():
                yield from numbers(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from numbers(value)


@pytest.mark.slow
def test_json_is_the_report_and_has_the_fixed_names(say, tiny_run):
    audit, _, folder = tiny_run
    code, out, _ = say("report", folder, "--json")
    printed = json.loads(out)
    assert code == 0
    assert printed == json.loads((folder / "report.json").read_text())
    assert {"plan", "run", "verdict", "points"} <= set(printed)
    assert set(printed["verdict"]) == {
        "recovery", "attributable_recovery", "false_promise_index", "dose_to_50", "uplift_over_open", "sentence",
    }  # fmt: skip
    for point in printed["points"]:
        assert set(point) == {"arm", "budget", "recovery", "style", "held_out", "fidelity"}
        assert all(set(point[name]) in (NUMBER, {"refused"}) for name in ("recovery", "style", "held_out", "fidelity"))
    assert len(list(numbers(printed))) > 100
    assert convert(printed, Audit, "report.json").verdict == audit.verdict


@pytest.mark.slow
def test_every_number_recomputes_from_the_cells(say, tiny_run, tmp_path):
    _, _, folder = tiny_run
    code, _, _ = say("report", folder, "--out", tmp_path / "again")
    assert code == 0
    assert (tmp_path / "again" / "tables").is_dir()
    assert "<html" in (tmp_path / "again" / "report.html").read_text()
    again = json.loads((tmp_path / "again" / "report.json").read_text())
    assert again["verdict"] == json.loads((folder / "report.json").read_text())["verdict"]


@pytest.mark.slow
def test_looking_at_a_finished_run_writes_nothing_into_it(say, tiny_run):
    _, _, folder = tiny_run
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    say("report", folder)
    say("measure", folder.parents[1] / "tiny.toml", "--out", folder.parent)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.slow
def test_the_terminal_shows_the_verdict_and_where_the_page_is(say, tiny_run):
    audit, _, folder = tiny_run
    code, out, _ = say("report", folder)
    assert code == 0
    assert audit.verdict.sentence.split()[0] in out
    assert f"{folder}/report.html" in out.replace("\n", "")


@pytest.mark.slow
def test_a_finished_run_is_measured_again_without_training(say, tiny_run, tmp_path):
    _, _, folder = tiny_run
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "cells").glob("traces-*.json")}
    code, _, _ = say("measure", folder.parents[1] / "tiny.toml", "--out", folder.parent, "--json")
    assert code == 0
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "cells").glob("traces-*.json")} == before


@pytest.mark.slow
def test_a_threshold_that_is_crossed_gives_exit_code_one(say, tiny_run, tmp_path, tiny_text):
    plan = tmp_path / "x.toml"
    plan.write_text(
        "threshold = -5.0\n" + tiny_text.replace("seeds = [1, 2]", "seeds = [1]").replace("items = 30", "items = 20")
    )
    code, _, _ = say("measure", plan, "--out", tmp_path / "runs", "--json")
    assert code == 1


def test_plugins_lists_every_socket(say):
    code, out, _ = say("plugins", "--json")
    table = json.loads(out)
    assert code == 0
    assert set(table) == {"models", "students", "tasks", "defences", "readers", "detectors"}
    assert {"sequence", "trace", "logits", "trl", "command"} <= set(table["students"])


def test_help_names_every_verb():
    done = subprocess.run([sys.executable, "-m", "angelshare", "--help"], capture_output=True, text=True, check=True)
    assert all(verb in done.stdout for verb in ("measure", "demo", "report", "plugins"))


def test_a_wrong_option_is_a_usage_error(say):
    code, _, err = say("measure", "plan.toml", "--worker", "2")
    assert code == 2
    assert "--workers" in err


@pytest.mark.slow
def test_an_interrupt_stops_with_130_and_says_how_to_go_on(tiny_plan_file, tmp_path):
    # a shell that starts the tests in the background has its children ignore Ctrl-C; this one must not
    script = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    script += "from angelshare.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, "measure", str(tiny_plan_file), "--out", str(tmp_path / "runs")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "runs").glob("*/transcripts/*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in err
    assert "Traceback" not in err
