"""Bad input to `angelshare serve`: one clear error, exit code 2, no traceback, nothing left behind."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from hashlib import sha256

import pytest

from cli.test_serve import run

pytestmark = pytest.mark.slow

NOWHERE = "postgres://u:hush-hush@127.0.0.1:1/db"


def refused(*arguments, says, env=None):
    done = run(*arguments, env=env)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "hush-hush" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("action", [["run", "--port", "0"], ["audit"], ["deliver"], ["admin", "ann@example.org"]])
def test_a_database_that_is_away_is_said_in_one_line(tmp_path, action):
    refused(*action, "--workspace", tmp_path, env={"DATABASE_URL": NOWHERE}, says="127.0.0.1")


@pytest.mark.parametrize(("name", "value"), [
    ("DATABASE_URL", "mysql://u:hush-hush@x/y"),
    ("ANGELSHARE_ORIGIN", "workbench.example"),
    ("ANGELSHARE_PROXIES", "two"),
    ("ANGELSHARE_WEBHOOK_NETWORKS", "10.0.0.0/33"),
])  # fmt: skip
def test_an_environment_that_cannot_be_meant_is_said_by_name(tmp_path, name, value):
    refused("check", "--workspace", tmp_path / "new", env={name: value}, says=f"PlanError: {name}")


@pytest.mark.parametrize("action", ["audit", "deliver", "backup"])
def test_a_folder_that_is_no_workspace_is_left_as_it_is(tmp_path, action):
    target = [tmp_path / "kept.zip"] if action == "backup" else []
    refused(action, *target, "--workspace", tmp_path, says="no such workspace")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("action", ["run", "audit", "deliver", "backup"])
def test_a_damaged_database_is_said_in_one_line(tmp_path, action):
    (tmp_path / "workbench.sqlite3").write_text("not a database")
    more = {"run": ["--port", "0"], "backup": [tmp_path / "kept.zip"]}.get(action, [])
    refused(action, *more, "--workspace", tmp_path, says="file is not a database")


def test_a_database_of_an_earlier_version_is_neither_audited_nor_delivered_from(tmp_path):
    with closing(sqlite3.connect(tmp_path / "workbench.sqlite3")) as database:
        database.execute("CREATE TABLE x (y)")
    for action in ("audit", "deliver"):
        refused(action, "--workspace", tmp_path, says="migrations are to be applied")


def test_an_address_that_may_not_be_served_is_refused_before_anything_is_seeded(tmp_path):
    refused("--host", "nonsense.invalid", "--workspace", tmp_path / "new", says="reaches beyond this machine")

    assert not (tmp_path / "new/workbench.sqlite3").exists()


def test_a_restore_from_nothing_makes_no_folder(tmp_path):
    for archive in (tmp_path / "nowhere.zip", tmp_path):
        refused("restore", archive, "--workspace", tmp_path / "new", says="is no whole backup")

    assert not (tmp_path / "new").exists()


def test_an_archive_whose_database_is_none_restores_nothing_though_its_hash_holds(tmp_path):
    data = b"not a database"
    made = {"format": 1, "version": "0", "made_at": "now", "sha256": {"workbench.sqlite3": sha256(data).hexdigest()}}
    with zipfile.ZipFile(tmp_path / "kept.zip", "w") as packed:
        packed.writestr("workbench.sqlite3", data)
        packed.writestr("manifest.json", json.dumps(made))
    refused("restore", tmp_path / "kept.zip", "--workspace", tmp_path / "new", says="its database is damaged")

    assert not (tmp_path / "new/workbench.sqlite3").exists()


@pytest.mark.parametrize("seconds", ["nan", "-1", "inf", "soon"])
def test_a_pause_that_is_none_is_refused(tmp_path, seconds):
    done = run("deliver", "--every", seconds, "--workspace", tmp_path)

    assert done.returncode == 2
    assert "--every" in done.stderr
