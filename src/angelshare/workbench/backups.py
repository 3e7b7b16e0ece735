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
    """Write a consistent copy of the workspace's database, with its secret, to an archive only its owner can read.

    The copy is made by SQLite's online backup, while others read and write. The archive holds people's addresses and
    the secret that their second factors are encrypted under: keep it as safe as the server.

    Raises WorkspaceError when there is no SQLite database, or `archive` exists.
    """
    source = workspace / DATABASE
    if not source.exists():
        raise WorkspaceError(f"{workspace}: no {DATABASE} to back up; give the --workspace of a server that has run")
    if archive.exists():
        raise WorkspaceError(f"{archive} exists; give another file")
    with tempfile.TemporaryDirectory(dir=workspace) as scratch:
        copy = Path(scratch) / DATABASE
        try:
            with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(copy)) as target:
                database.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        except sqlite3.DatabaseError as error:
            raise WorkspaceError(f"{source} cannot be copied ({error}); restore an earlier backup") from None
        if (workspace / SECRET).exists():
            shutil.copyfile(workspace / SECRET, Path(scratch) / SECRET)
        names = [name for name in (DATABASE, SECRET) if (Path(scratch) / name).exists()]
        hashes = {name: _sha256(Path(scratch) / name) for name in names}
        made = Backup(format=FORMAT, version=__version__, made_at=now.isoformat(), sha256=hashes)
        _pack(Path(scratch), names, made, archive)
    return made


def restore(archive: Path, workspace: Path, *, force: bool) -> Backup:
    """Put an archive's database and secret in place of a workspace's; what stood there is kept beside, as `*.before`.

    Raises WorkspaceError when the archive is not whole, a server runs on the workspace, or the workspace is not empty
    and `force` is not given.
    """
    if not workspace.exists() and not zipfile.is_zipfile(archive):  # found out before a folder is made
        raise WorkspaceError(f"{archive} is no whole backup (not there, or no zip archive); take another")
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    standing = [name for name in (DATABASE, SECRET) if (workspace / name).exists()]
    if standing and not force:
        raise WorkspaceError(f"{workspace} holds {' and '.join(standing)} already; --force replaces it")
    with held(workspace, "serve.lock", alone=True), tempfile.TemporaryDirectory(dir=workspace) as scratch:
        made = _unpack(archive, Path(scratch))
        for name in made.sha256:
            for log in ("", "-wal", "-shm"):  # a log left behind would be read into the new database
                if (workspace / f"{name}{log}").exists():
                    (workspace / f"{name}{log}").replace(workspace / f"{name}.before{log}")
            (Path(scratch) / name).replace(workspace / name)
    return made


def _pack(folder: Path, names: list[str], made: Backup, archive: Path) -> None:
    try:
        handle = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WorkspaceError(f"{archive}: cannot be written ({error.strerror})") from None
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.write(folder / name, name)
        packed.writestr(MANIFEST, encode(made))  # last: an archive cut short has none


def _unpack(archive: Path, folder: Path) -> Backup:
    try:
        with zipfile.ZipFile(archive) as packed:
            made = decode_json(packed.read(MANIFEST), Backup, f"{archive}: {MANIFEST}")
            if made.format != FORMAT:
                raise WorkspaceError(
                    f"{archive} has format {made.format}, not {FORMAT}; take the angelshare that wrote it"
                )
            if DATABASE not in made.sha256 or set(made.sha256) - {DATABASE, SECRET}:
                raise WorkspaceError(f"{archive} lists {', '.join(made.sha256)}, not a database and its secret")
            for name in made.sha256:
                handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600)
                with packed.open(name) as inside, os.fdopen(handle, "wb") as file:
                    shutil.copyfileobj(inside, file)
    except (OSError, KeyError, zipfile.BadZipFile, json.JSONDecodeError) as error:
        raise WorkspaceError(f"{archive} is no whole backup ({error}); take another") from None
    for name, expected in made.sha256.items():
        if _sha256(folder / name) != expected:
            raise WorkspaceError(f"{archive}: {name} does not match its hash; take another backup")
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as database:
            said = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise WorkspaceError(f"{archive}: its database is damaged ({said}); take another backup")
    return made


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
