"""The verb on the shipped plan: planted campaigns found, nobody wronged, within time and memory.

The goal is three of the four: the fixed prompt, the failover pools, and the relay in one case with most of the hydra.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

PLAN = Path(__file__).resolve().parents[2] / "plans" / "detect.toml"
SECONDS, GIBIBYTES = 300.0, 4.0
REACHED = 3
"""Planted campaigns found when last measured; raise it when more are, up to the goal of three and beyond."""
LEAST_SHARE = 0.25
"""Share of a planted campaign's accounts that a case must hold; most of the case's own members must be of it too."""


def found(said, truth) -> set[str]:
    """Name the planted campaigns of which some case decided as a campaign mostly consists."""
    of = dict(zip(truth["account_id"].to_pylist(), truth["campaign"].to_pylist(), strict=True))
    shares = {one["name"]: one["largest_share"] for one in said["planted"] if not one["honest"]}
    names = set()
    for case in said["campaigns"]:
        (name, members), *_ = Counter(of[account] for account in case["members"]).most_common(1)
        if name is not None and members > len(case["members"]) / 2 and shares[name] >= LEAST_SHARE:
            names.add(name)
    return names


@pytest.mark.slow  # a provider of six thousand accounts, some six hundred thousand requests
@pytest.mark.timeout(2400)
def test_planted_campaigns_are_found_within_budget_time_and_memory_and_no_look_alike_is(tmp_path):
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
    wronged = [one["name"] for one in said["planted"] if one["honest"] and one["in_campaigns"]]

    assert done.returncode == 1
    assert len(found(said, pq.read_table(world / "truth.parquet"))) >= REACHED, said["planted"]
    assert wronged == []
    assert (seconds < SECONDS, memory < GIBIBYTES) == (True, True), (seconds, memory)
    assert any("nightly-evaluation" in rule["banned_honest"] and rule["missed"] for rule in said["naive"])
    assert "campaigns" in said["calibration"]["attainable"]
