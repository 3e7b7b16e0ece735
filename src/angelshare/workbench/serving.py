"""What a server was last run with, kept in the workspace, so that `serve deliver` from cron does as it would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from django.conf import settings

from angelshare.core.errors import WorkspaceError
from angelshare.core.record import record
from angelshare.core.strict import decode_json, encode
from angelshare.workbench.outbox import ADDRESS

FILE = "serving.json"


@record
class Serving:
    """How a workspace is served; nothing in it is secret."""

    address: str
    """Where people read it: its origin, or where the server answered on this machine."""

    mail: Literal["server", "files"]
    """Letters go to a mail server, or are kept as files."""

    database: Literal["postgresql", "sqlite"]
    """Where the rows are."""


def remember(workspace: Path, address: str) -> None:
    """Keep what this server runs with; the last one to start is the one remembered."""
    fresh = workspace / f"{FILE}.{os.getpid()}"
    fresh.write_bytes(encode(_here(settings.ORIGIN or address)))
    fresh.replace(workspace / FILE)


def recall(workspace: Path) -> Serving | None:
    """Give what the last server ran with; None if none did. Raises PlanError for a file that is not ours."""
    place = workspace / FILE
    return decode_json(place.read_bytes(), Serving, str(place)) if place.exists() else None


def lead_to_the_last(workspace: Path) -> None:
    """Let links lead where the last server was read, until this one knows where it answers itself."""
    served = recall(workspace)
    if served is not None and not settings.ORIGIN:
        os.environ.setdefault(ADDRESS, served.address)


def do_as_the_server(workspace: Path) -> None:
    """Let links lead where the last server was read, and refuse to deliver what it would deliver elsewhere.

    Raises WorkspaceError when nothing says where links are to lead, when letters that should go to a mail server would
    be kept as files, or when this is not the server's database.
    """
    served = recall(workspace)
    if not (settings.ORIGIN or os.environ.get(ADDRESS)):
        if served is None:
            raise WorkspaceError(
                f"{workspace}: nobody has served it yet, so links in letters would lead nowhere; "
                "set ANGELSHARE_ORIGIN to the address people use"
            )
        lead_to_the_last(workspace)
    if served is None:
        return
    here = _here(served.address)
    if (served.mail, here.mail) == ("server", "files"):
        raise WorkspaceError(
            f"{workspace}: the server sends e-mail, but EMAIL_URL is not set here, so letters would only be kept as "
            "files; give this command the server's environment"
        )
    if served.database != here.database:
        raise WorkspaceError(
            f"{workspace}: the server's database is {served.database}, here it is {here.database}; "
            "give this command the server's DATABASE_URL"
        )


def _here(address: str) -> Serving:
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return Serving(
        address=address,
        mail="server" if settings.EMAIL_URL else "files",
        database="sqlite" if on_sqlite else "postgresql",
    )
