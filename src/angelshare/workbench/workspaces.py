"""Open a workspace: tell Django where it is, bring its database up to date, keep others off while it is replaced."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from angelshare.core.errors import WorkspaceError


def open_workspace(workspace: Path, *, collected: bool = False) -> None:
    """Point Django at a workspace, once in a process and before anything of the room is used; the folder is made.

    Args:
        workspace: folder of the database, the secret and captured e-mail.
        collected: serve static files under hashed names, from the workspace, as `prepare` gathers them.

    Raises WorkspaceError when the folder cannot be written.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
        (workspace / "scratch").mkdir(exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{workspace}: cannot be used as a workspace ({error.strerror}); give another") from None
    os.environ["ANGELSHARE_WORKSPACE"] = str(workspace.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "angelshare.workbench.settings"
    if collected:
        os.environ["ANGELSHARE_STATIC"] = "collected"
    django.setup()


def prepare(workspace: Path) -> None:
    """Bring the database up to date and gather the static files; two servers that start together take turns."""
    with held(workspace, "prepare.lock", alone=True, wait=True):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("clearsessions")
        call_command("collectstatic", verbosity=0, interactive=False)


@contextmanager
def held(workspace: Path, name: str, *, alone: bool, wait: bool = False) -> Iterator[None]:
    """Hold a lock of the workspace: servers share `serve.lock`, a restore needs it alone.

    The lock goes with the process that holds it, and with those it forked, whatever ends them.

    Raises WorkspaceError when someone else holds it and `wait` is not given.
    """
    handle = os.open(workspace / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            other = "a server runs on this workspace" if alone else "a restore is under way"
            raise WorkspaceError(f"{workspace}: {other}; stop it first, or wait for it") from None
        yield
    finally:
        os.close(handle)
