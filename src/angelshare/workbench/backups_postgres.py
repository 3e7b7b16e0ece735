"""PostgreSQL's part of a backup: its own pg_dump and pg_restore, told where the database is without a password seen."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import dj_database_url

from angelshare.core.errors import WorkspaceError
from angelshare.core.record import record

DUMP = "workbench.dump"
"""Name of the copy: pg_dump's custom format."""


@record
class Postgres:
    """Where a database is."""

    host: str
    """Name, address, or folder of its socket; "" for libpq's own choice."""

    port: str
    """Port; "" for libpq's own choice."""

    user: str
    """Role."""

    password: str
    """Its password."""

    name: str
    """Name of the database."""

    options: Mapping[str, str]
    """What else the address says, such as sslmode."""


def named_by(url: str) -> Postgres | None:
    """Read DATABASE_URL; None where it names no PostgreSQL."""
    told = dj_database_url.parse(url) if url else {}
    if not str(told.get("ENGINE", "")).endswith("postgresql"):
        return None
    options = {str(key): str(value) for key, value in dict(told.get("OPTIONS") or {}).items()}
    said = {key: str(told.get(key.upper()) or "") for key in ("host", "port", "user", "password", "name")}
    return Postgres(**said, options=options)


def dump(database: Postgres, target: Path) -> None:
    """Copy the database as one transaction sees it, while others read and write; raises WorkspaceError."""
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], database)


def put_back(database: Postgres, copy: Path) -> None:
    """Put a copy in place of what stands, all of it or nothing; raises WorkspaceError."""
    how = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", [*how, f"--dbname={database.name}", str(copy)], database)


def check(copy: Path) -> None:
    """Raise WorkspaceError for a file that is no copy of a database."""
    _run("pg_restore", ["--list", str(copy)], None)


def holds_anything(database: Postgres) -> bool:
    """Say whether there is a table of ours; raises WorkspaceError when the database cannot be reached."""
    import psycopg  # noqa: PLC0415 - only servers on PostgreSQL need it

    reached = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    given = {key: value for key, value in {**reached, **database.options}.items() if value}
    try:
        with psycopg.connect(dbname=database.name, **given) as connection:  # type: ignore[arg-type]  # all of it is text
            found = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
    except psycopg.Error as error:
        raise WorkspaceError(f"the database cannot be reached ({str(error).strip()}); mend DATABASE_URL") from None
    return bool(found and found[0])


def _run(program: str, arguments: Sequence[str], database: Postgres | None) -> None:
    if shutil.which(program) is None:
        raise WorkspaceError(
            f"the database is PostgreSQL and {program} is not here: install PostgreSQL's client programs "
            "(on Debian: apt install postgresql-client), of the server's version or later"
        )
    environment = os.environ | (_environment(database) if database else {})
    command = [program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise WorkspaceError(f"{program} failed: {done.stderr.strip()[-500:]}")


def _environment(database: Postgres) -> Mapping[str, str]:
    """Say where the database is in libpq's own variables: arguments can be read by everyone on the machine."""
    said = {
        "PGHOST": database.host, "PGPORT": database.port, "PGUSER": database.user, "PGPASSWORD": database.password,
        "PGDATABASE": database.name, **{f"PG{key.upper()}": value for key, value in database.options.items()},
    }  # fmt: skip
    return {key: value for key, value in said.items() if value}
