"""The promise of the verb, on the shipped plan: three of four planted campaigns, within budget, time and memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

PLAN = Path(__file__).resolve().parents[2] / "plans" / "detect.toml"
SECONDS, GIBIBYTES = 300.0, 4.0
FOUND = 0.5
"""Share of a planted campaign's accounts in one case from which it counts as found."""


@pytest.mark.slow  # a provider of six thousand accounts, some six hundred thousand requests
@pytest.mark.timeout(2400)
def test_three_of_four_planted_campaigns_are_found_within_budget_time_and_memory(tmp_path):
    verb = [sys.executable, "-m", "angelshare", "detect"]
    subprocess.run([*verb, "world", str(PLAN), "--out", str(tmp_path)], check=True, capture_output=True, timeout=1200)
    world = next(tmp_path.glob("detect-world-*"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*verb, str(world / "logs"), "--calibrate", str(world / "benign"), "--truth", str(world / "truth.parquet"),
         "--out", str(tmp_path), "--json"],
        capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # processor time, which on a machine of its own is at least the clock's on two cores, and which others do not add to
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = after.ru_maxrss / 2**20
    said = json.loads(done.stdout)
    found = [one["name"] for one in said["planted"] if not one["honest"] and one["largest_share"] >= FOUND]
    wronged = [one["name"] for one in said["planted"] if one["honest"] and one["in_campaigns"]]

    assert done.returncode == 1
    assert len(found) >= 3, said["planted"]
    assert wronged == []
    assert (seconds < SECONDS, memory < GIBIBYTES) == (True, True), (seconds, memory)
    assert any("nightly-evaluation" in rule["banned_honest"] and rule["missed"] for rule in said["naive"])
    assert "campaigns" in said["calibration"]["attainable"]
