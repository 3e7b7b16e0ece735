"""A workbench on PostgreSQL is backed up and put back by PostgreSQL's own programs; `make postgres` runs all of this."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from angelshare.core.errors import WorkspaceError
from angelshare.workbench import backups_postgres
from angelshare.workbench.backups_postgres import Postgres, named_by

SERVER = os.environ.get("ANGELSHARE_TEST_DATABASE_URL", "")
needs_server = pytest.mark.skipif(
    not SERVER, reason="ANGELSHARE_TEST_DATABASE_URL names no PostgreSQL: `make postgres`"
)
THERE = Postgres(
    host="db.example", port="6543", user="ann", password="hush-hush", name="bench", options={"sslmode": "require"}
)


def test_an_address_is_read_with_its_password_and_options():
    assert named_by("postgres://ann:hush-hush@db.example:6543/bench?sslmode=require") == THERE


@pytest.mark.parametrize("url", ["", "sqlite:///somewhere.sqlite3"])
def test_what_is_no_postgresql_is_left_to_sqlite(url):
    assert named_by(url) is None


def test_a_missing_program_is_named_with_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkspaceError, match="pg_dump is not here: install PostgreSQL's client programs"):
        backups_postgres.dump(THERE, tmp_path / "copy")


def test_the_password_reaches_the_program_in_its_environment_and_never_in_its_arguments(tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "$PGPASSWORD $PGSSLMODE $PGHOST" > {tmp_path}/told\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")

    backups_postgres.dump(THERE, tmp_path / "copy")

    assert (tmp_path / "told").read_text() == "hush-hush require db.example\n"
    assert "hush-hush" not in (tmp_path / "arguments").read_text()
    assert "--format=custom" in (tmp_path / "arguments").read_text()


@pytest.fixture
def database(request):
    """Make an empty database beside the one of the tests; gives its address."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(SERVER.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{SERVER.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def serve(url: str, *arguments: object):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANGELSHARE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "angelshare", "serve", *map(str, arguments)],
        env=environment | {"DATABASE_URL": url}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
@needs_server
def test_a_backup_comes_back_whole_and_what_stood_is_kept(database, tmp_path: Path):
    first, second, archive = tmp_path / "first", tmp_path / "second", tmp_path / "kept.zip"
    assert (
        serve(database, "admin", "ann@example.org", "--workspace", first).returncode == 2
    )  # no password: only migrated
    done = serve(database, "backup", archive, "--workspace", first)
    assert done.returncode == 0, done.stderr
    assert "workbench.dump, secret" in done.stdout

    refused = serve(database, "restore", archive, "--workspace", second)
    assert refused.returncode == 2
    assert "its database on PostgreSQL already; --force replaces it" in refused.stderr

    with psycopg.connect(database.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute("DELETE FROM django_migrations")
        forced = serve(database, "restore", archive, "--workspace", second, "--force")
        assert forced.returncode == 0, forced.stderr
        assert connection.execute("SELECT count(*) > 10 FROM django_migrations").fetchone() == (True,)
    assert (second / "workbench.dump.before").stat().st_mode & 0o777 == 0o600
    assert (second / "secret").read_text() == (first / "secret").read_text()


@pytest.mark.slow
@needs_server
def test_a_backup_of_one_kind_of_database_is_not_restored_into_the_other(database, tmp_path: Path):
    archive = tmp_path / "kept.zip"
    serve("", "admin", "ann@example.org", "--workspace", tmp_path / "sqlite")
    assert serve("", "backup", archive, "--workspace", tmp_path / "sqlite").returncode == 0

    done = serve(database, "restore", archive, "--workspace", tmp_path / "new")

    assert done.returncode == 2
    assert "a backup of an SQLite database: unset DATABASE_URL" in done.stderr
