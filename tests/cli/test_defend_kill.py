"""The small matrix that ships, as a user runs it: killed half-way, gone on with, and read for what it is there to show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from angelshare.core.defend import DefendReport
from angelshare.core.records import Estimate
from angelshare.core.strict import decode_json

# 18 students and their helpers: three minutes on two idle cores, much longer beside other tests
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
PLAN = Path(__file__).resolve().parents[2] / "plans" / "defend-small.toml"
HALF = 9
"""Of the matrix's 18 cells, public rows among them."""
PATIENCE_SECONDS = 1500.0
"""For one sitting, on a machine that is busy with other tests."""


def start(out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "angelshare", "defend", str(PLAN), "--out", str(out), "--workers", "2", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def finished(out: Path) -> dict[str, int]:
    """Every cell on file, by name, with the instant of its writing in nanoseconds."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob("defend-small-*/cells/*.json")}


def killed_half_way(out: Path) -> dict[str, int]:
    """Kill the command and its workers once half of the cells are on file; give what was."""
    process, until = start(out), time.monotonic() + PATIENCE_SECONDS
    try:
        while len(finished(out)) < HALF and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    return finished(out)


def gone_on_with(out: Path) -> DefendReport:
    process = start(out)
    try:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 0
    return decode_json(said, DefendReport, "what --json prints")


@pytest.fixture(scope="module")
def sittings(tmp_path_factory) -> tuple[dict[str, int], DefendReport, Path]:
    out = tmp_path_factory.mktemp("lab")
    before = killed_half_way(out)
    return before, gone_on_with(out), out


def test_no_cell_that_a_killed_run_had_finished_is_computed_twice(sittings):
    before, report, out = sittings
    after = finished(out)

    assert HALF <= len(before) < len(after) == 18
    assert {name: after[name] for name in before} == before
    assert (Path(report.run) / "manifest.json").exists()


def test_a_cell_made_before_the_kill_and_one_made_after_come_out_the_same_in_one_sitting(sittings, tmp_path):
    before, report, out = sittings
    run = Path(report.run)
    alike = [name for name in finished(out) if name.startswith("answers-only.passive-")]
    texts = {name: (run / "cells" / name).read_bytes() for name in alike}
    for name in (*(f"cells/{name}" for name in alike), "manifest.json", "report.json", "report.html"):
        (run / name).rename(tmp_path / Path(name).name)

    again = gone_on_with(out)

    assert len(alike) == 3
    for name in alike:
        own, first = json.loads((run / "cells" / name).read_bytes()), json.loads(texts[name])
        assert own["result"]["scores"] == first["result"]["scores"], name
    assert again.cells == report.cells
    assert len(before) == len(set(before) & set(finished(out)))


def test_hidden_traces_look_strong_to_a_passive_student_and_lose_to_one_who_derives_them(sittings):
    _, report, _ = sittings
    cells = {(cell.defence, cell.student): cell for cell in report.cells}
    row = next(row for row in report.defences if row.defence == "answers-only")

    passive, adaptive = cells["answers-only", "passive"], cells["answers-only", "invert"]
    assert passive.finding == "raises cost"
    assert passive.recovery.value < 0.75 * cells["none", "passive"].recovery.value
    assert row.worst_student == "invert"
    assert isinstance(row.adaptive_gap, Estimate)
    assert row.adaptive_gap.value == pytest.approx(adaptive.recovery.value - passive.recovery.value, abs=1e-9)
    assert row.adaptive_gap.low > 0
    assert adaptive.recovery.low > passive.recovery.high
