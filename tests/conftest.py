"""Plans and runs that many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

TINY = """
name = "tiny"
question = "Does the machinery hold together?"
budgets = [48, 96]
seeds = [1, 2]
arms = ["answers", "traces"]
headline = "traces"
items = 30
ring_items = 12
task = { use = "skills" }
teacher = { use = "hf", options = { path = "bundled:teacher", name = "closed" } }
base = { use = "hf", options = { path = "bundled:base", name = "open-base" } }
student = { use = "sequence", options = { base = "bundled:base", max_steps = 12 } }
public_labels = { default = 10, cipher = 0 }

[[prices]]
model = "closed"
usd_per_million_in = 1.0
usd_per_million_out = 5.0
on = "2026-11-24"
source = "a test"
"""
"""A plan of twenty students that train for a second each."""


@pytest.fixture(scope="session")
def tiny_text() -> str:
    return TINY


@pytest.fixture
def tiny_plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory):
    """The tiny plan, run once per session with two workers: (audit, plan, run folder)."""
    from angelshare.cli.auditing import audit_plan  # noqa: PLC0415 - tests that need no run stay light

    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.toml").write_text(TINY)
    audit, plan = audit_plan(folder / "tiny.toml", folder / "runs", workers=2, ray_address=None)
    return audit, plan, Path(audit.run)
