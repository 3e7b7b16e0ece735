"""Back a workspace up while it is served, and put it back: one archive of the database, the secret and their hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from angelshare import __version__
from angelshare.core.errors import WorkspaceError
from angelshare.core.record import record
from angelshare.core.strict import decode_json, encode
from angelshare.workbench import backups_postgres as postgres
from angelshare.workbench.workspaces import held

FORMAT = 1
DATABASE, SECRET, MANIFEST = "workbench.sqlite3", "secret", "manifest.json"


@record
class Backup:
    """What an archive holds."""

    format: int
    """Version of the archive's layout."""

    version: str
    """Version of angelshare that wrote it."""

    made_at: str
    """When, UTC."""

    sha256: Mapping[str, str]
    """File name to hash."""


def back_up(workspace: Path, archive: Path, now: datetime) -> Backup:
    """Write a consistent copy of the database, with the workspace's secret, to an archive only its owner can read.

    The copy is made by SQLite's online backup or by pg_dump, while others read and write. The archive holds people's
    addresses and the secret that their second factors are encrypted under: keep it as safe as the server.

    Raises WorkspaceError when there is no database, pg_dump is missing, or `archive` exists.
    """
    server = postgres.named_by(os.environ.get("DATABASE_URL", ""))
    if server is None and not (workspace / DATABASE).exists():
        raise WorkspaceError(f"{workspace}: no {DATABASE} to back up; give the --workspace of a server that has run")
    if archive.exists():
        raise WorkspaceError(f"{archive} exists; give another file")
    with tempfile.TemporaryDirectory(dir=workspace) as scratch:
        if server is None:
            _copy(workspace / DATABASE, Path(scratch) / DATABASE)
        else:
            postgres.dump(server, Path(scratch) / postgres.DUMP)
        if (workspace / SECRET).exists():
            shutil.copyfile(workspace / SECRET, Path(scratch) / SECRET)
        names = [name for name in (DATABASE, postgres.DUMP, SECRET) if (Path(scratch) / name).exists()]
        hashes = {name: _sha256(Path(scratch) / name) for name in names}
        made = Backup(format=FORMAT, version=__version__, made_at=now.isoformat(), sha256=hashes)
        _pack(Path(scratch), names, made, archive)
    return made


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
            database.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite3.DatabaseError as error:
        raise WorkspaceError(f"{source} cannot be copied ({error}); restore an earlier backup") from None


def restore(archive: Path, workspace: Path, *, force: bool) -> Backup:
    """Put an archive's database and secret in place of a workspace's; what stood there is kept beside, as `*.before`.

    Raises WorkspaceError when the archive is not whole or of another kind of database, a server runs on the workspace,
    or the workspace or its PostgreSQL is not empty and `force` is not given.
    """
    if not workspace.exists() and not zipfile.is_zipfile(archive):  # found out before a folder is made
        raise WorkspaceError(f"{archive} is no whole backup (not there, or no zip archive); take another")
    server = postgres.named_by(os.environ.get("DATABASE_URL", ""))
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    standing = [name for name in (DATABASE, SECRET) if (workspace / name).exists()]
    full = server is not None and postgres.holds_anything(server)
    if (standing or full) and not force:
        held_there = [*standing, *(["its database on PostgreSQL"] if full else [])]
        raise WorkspaceError(f"{workspace} holds {' and '.join(held_there)} already; --force replaces it")
    with held(workspace, "serve.lock", alone=True), tempfile.TemporaryDirectory(dir=workspace) as scratch:
        made = _unpack(archive, Path(scratch), DATABASE if server is None else postgres.DUMP)
        if server is not None:
            _replace_on_server(server, Path(scratch) / postgres.DUMP, workspace, full=full)
        for name in made.sha256.keys() - {postgres.DUMP}:
            for log in ("", "-wal", "-shm"):  # a log left behind would be read into the new database
                if (workspace / f"{name}{log}").exists():
                    (workspace / f"{name}{log}").replace(workspace / f"{name}.before{log}")
            (Path(scratch) / name).replace(workspace / name)
    return made


def _replace_on_server(server: postgres.Postgres, copy: Path, workspace: Path, *, full: bool) -> None:
    if full:
        before = workspace / f"{postgres.DUMP}.before"
        before.touch(mode=0o600)
        postgres.dump(server, before)
    postgres.put_back(server, copy)


def _pack(folder: Path, names: list[str], made: Backup, archive: Path) -> None:
    try:
        handle = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WorkspaceError(f"{archive}: cannot be written ({error.strerror})") from None
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.write(folder / name, name)
        packed.writestr(MANIFEST, encode(made))  # last: an archive cut short has none


def _unpack(archive: Path, folder: Path, database: str) -> Backup:
    try:
        with zipfile.ZipFile(archive) as packed:
            made = decode_json(packed.read(MANIFEST), Backup, f"{archive}: {MANIFEST}")
            if made.format != FORMAT:
                raise WorkspaceError(
                    f"{archive} has format {made.format}, not {FORMAT}; take the angelshare that wrote it"
                )
            _check_names(archive, made, database)
            for name in made.sha256:
                handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600)
                with packed.open(name) as inside, os.fdopen(handle, "wb") as file:
                    shutil.copyfileobj(inside, file)
    except (OSError, KeyError, zipfile.BadZipFile, json.JSONDecodeError) as error:
        raise WorkspaceError(f"{archive} is no whole backup ({error}); take another") from None
    for name, expected in made.sha256.items():
        if _sha256(folder / name) != expected:
            raise WorkspaceError(f"{archive}: {name} does not match its hash; take another backup")
    if database == DATABASE:
        _check_sqlite(archive, folder / DATABASE)
    else:
        postgres.check(folder / database)
    return made


def _check_names(archive: Path, made: Backup, database: str) -> None:
    kinds = {DATABASE: "an SQLite database: unset DATABASE_URL", postgres.DUMP: "PostgreSQL: set DATABASE_URL"}
    listed = set(made.sha256) - {SECRET}
    if listed == set(kinds) - {database}:
        raise WorkspaceError(f"{archive} is a backup of {kinds[listed.pop()]} to restore it")
    if listed != {database}:
        raise WorkspaceError(f"{archive} lists {', '.join(made.sha256)}, not a database and its secret")


def _check_sqlite(archive: Path, database: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as opened:
            said = opened.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise WorkspaceError(f"{archive}: its database is damaged ({said}); take another backup")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
