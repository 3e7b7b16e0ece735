from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
SCORES = ROOT.parent / "shared" / "data" / "delay" / "eci_2026-08-22.csv"


def said(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "angelshare", *arguments, "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_the_delay_of_the_readme_is_what_the_command_says():
    if not SCORES.is_file():
        pytest.skip(f"{SCORES.name} is not beside the project: real scores are not part of it")
    report = said("delay", str(SCORES))
    panel = [row["months"]["value"] for row in report["estimators"] if "value" in row["months"]]
    (default,) = [row for row in report["estimators"] if row["default"]]
    months = default["months"]
    assert f"within {months['value']:.1f} months [{months['low']:.1f}, {months['high']:.1f}]" in README
    assert f"other criteria say {min(panel):.1f} to {max(panel):.1f}" in README
    assert (default["censored"], default["matched"] + default["censored"]) == (4, 23)
    assert "four of 23 records still stand" in README


def test_the_share_of_distillation_in_the_readme_is_what_the_ledger_says():
    rows = said("ledger", "bundled:r1-distill-qwen-32b")["rows"]
    (share,) = [row["share"] for row in rows if row["share"]]
    assert f"{100 * share['low']:.2f} to {100 * share['high']:.2f} % of the base's compute" in README
