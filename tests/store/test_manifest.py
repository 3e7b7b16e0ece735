from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from angelshare.core.errors import RunFolderError
from angelshare.core.records import FORMAT_VERSION, Plan, Use
from angelshare.store import manifest as module
from angelshare.store.ledger import Ledger
from angelshare.store.manifest import plan_sha256, source_state, verify_run, write_manifest

USE = Use(use="skills")
PLAN = Plan(name="p", question="q", task=USE, teacher=USE, student=USE, base=USE, budgets=[30], seeds=[1, 2])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "a.json").write_text("{}")
    (tmp_path / "plan.toml").write_text("name = 'p'")
    write_manifest(tmp_path, kind="measure", plan=PLAN, started_at="2026-11-24T08:00:00Z", seconds=1.5)
    return tmp_path


def test_a_finished_run_verifies_and_says_what_made_it(run):
    found = verify_run(run)
    assert set(found.files) == {"cells/a.json", "plan.toml"}
    assert (found.kind, found.plan, found.seeds, found.seconds) == ("measure", "p", [1, 2], 1.5)
    assert found.plan_sha256 == plan_sha256(PLAN)
    assert found.packages["numpy"]
    assert "python" in found.packages


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda run: (run / "plan.toml").write_text("name = 'q'"), r"'plan\.toml' was altered"),
        (lambda run: (run / "cells" / "a.json").unlink(), r"'cells/a\.json' is missing"),
        (lambda run: (run / "cells" / "b.json").write_text("{}"), r"'cells/b\.json' is not in manifest\.json"),
        (lambda run: (run / "manifest.json").unlink(), r"no manifest\.json: the run is unfinished"),
        (lambda run: (run / "manifest.json").write_text("{"), "the manifest is damaged"),
        (shutil.rmtree, "no such run folder"),
    ],
)
def test_whatever_was_done_to_a_run_is_named(run, harm, message):
    harm(run)
    with pytest.raises(RunFolderError, match=message):
        verify_run(run)


def test_a_manifest_of_a_newer_format_is_refused(run):
    path = run / "manifest.json"
    path.write_text(path.read_text().replace(f'"format":{FORMAT_VERSION}', '"format":999'))
    with pytest.raises(RunFolderError, match="format 999 is newer"):
        verify_run(run)


def test_parts_that_a_killed_writer_left_do_not_enter_the_manifest(run):
    (run / ".scores.jsonl.abc.part").write_text("half")
    found = write_manifest(run, kind="measure", plan=PLAN, started_at="2026-11-24T08:00:00Z", seconds=1.0)
    assert not [name for name in found.files if name.endswith(".part")]
    assert verify_run(run) == found


def test_the_journal_of_a_killed_sitting_is_folded_in_before_the_ledger_is_hashed(run):
    script = (
        "import os, pathlib, sys\n"
        "from angelshare.store.ledger import Ledger\n"
        "from angelshare.store.rows import Attempt\n"
        "ledger = Ledger(pathlib.Path(sys.argv[1]))\n"
        "ledger.append(Attempt(request_sha256='0' * 64, at='2026-11-24T08:00:00+00:00', event='sent')).result()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(run / "ledger.sqlite")], check=False)
    assert (run / "ledger.sqlite-wal").exists()
    write_manifest(run, kind="measure", plan=PLAN, started_at="2026-11-24T08:00:00Z", seconds=1.0)
    with Ledger(run / "ledger.sqlite") as ledger:
        assert ledger.totals().unsure == 1
    assert "ledger.sqlite" in verify_run(run).files


def test_outside_a_work_tree_or_without_git_the_commit_is_unknown(tmp_path, monkeypatch):
    assert source_state(tmp_path) == ("unknown", False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert source_state() == ("unknown", False)


def test_in_a_work_tree_the_commit_and_a_change_to_a_tracked_file_are_seen(tmp_path):
    def git(*arguments: str) -> str:
        config = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *config, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    tracked = tmp_path / Path(module.__file__).name
    tracked.write_text("1")
    assert source_state(tmp_path) == ("unknown", False)  # a tree that does not track us is not our source
    git("add", ".")
    git("commit", "-qm", "first")
    assert source_state(tmp_path) == (git("rev-parse", "HEAD"), False)
    tracked.write_text("2")
    assert source_state(tmp_path) == (git("rev-parse", "HEAD"), True)
