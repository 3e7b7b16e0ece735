"""What each action of `angelshare serve` does, once the workspace is known."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from angelshare.core.errors import PlanError, WorkspaceError
from angelshare.core.strict import plain
from angelshare.workbench.workspaces import open_workspace, prepare

if TYPE_CHECKING:
    from angelshare.workbench.server import Place


def place(workspace: Path, host: str, port: int, *, workers: int, deliver: bool) -> Place:
    """Open the workspace for serving and say where."""
    open_workspace(workspace, collected=True)
    from angelshare.workbench.server import Place

    return Place(workspace=workspace.resolve(), host=host, port=port, workers=workers, deliver=deliver)


def run(place: Place, *, demo: bool, as_json: bool) -> None:
    """Bring the workspace up to date, seed it, and serve until stopped."""
    from django.conf import settings

    from angelshare.workbench.seed import seed_catalogue
    from angelshare.workbench.server import check_place, serve
    from angelshare.workbench.serving import lead_to_the_last

    check_place(place, deployed=settings.DEPLOYED)  # before anything is made or seeded
    _refuse_database()
    lead_to_the_last(place.workspace)
    prepare(place.workspace)
    if published := seed_catalogue(now=_now(), demo_run=demo):
        _say(f"published {published} revisions from the catalogue that travels with the package")
    if settings.DEPLOYED:
        _warn_of_what_is_unsafe()

    mail = settings.EMAIL_FILE_PATH

    def ready(address: str) -> None:
        if as_json:
            _print_json({"address": address, "workspace": str(place.workspace)})
        else:
            click.echo(f"angelshare workbench: {address} (workspace {place.workspace}; stop with Ctrl-C)")
            if not settings.EMAIL_URL:
                click.echo(f"no mail server: letters, also those that verify an address, are files in {mail}")
        sys.stdout.flush()

    serve(place, deployed=settings.DEPLOYED, ready=ready)


def check(workspace: Path, *, deploy: bool, as_json: bool) -> None:
    """Say what is wrong with settings and database; ends the process with 0, 1 or 2."""
    open_workspace(workspace)
    from django.core.checks import ERROR

    from angelshare.workbench.deploy import pending_migrations, problems

    found = [
        {"id": problem.id, "error": problem.level >= ERROR, "found": problem.msg, "do": problem.hint}
        for problem in (*problems(deploy=deploy), *pending_migrations())
    ]
    if as_json:
        _print_json({"deploy": deploy, "problems": found})
    else:
        for problem in found:
            kind = "error" if problem["error"] else "warning"
            click.echo(f"{kind} {problem['id']}: {problem['found']}" + (f"; {problem['do']}" if problem["do"] else ""))
        click.echo(f"{len(found)} problem{'' if len(found) == 1 else 's'}")
    sys.exit(2 if any(problem["error"] for problem in found) else min(1, len(found)))


def audit(workspace: Path, *, as_json: bool) -> None:
    """Verify every chain of revisions; ends the process with 1 if one is broken."""
    _open_current(workspace)
    from angelshare.workbench.chain import verify
    from angelshare.workbench.models import Page, Revision

    broken = list(verify())
    counted = {"pages": Page.objects.count(), "revisions": Revision.objects.count()}
    if as_json:
        _print_json({**counted, "broken": broken})
    else:
        for line in broken:
            click.echo(line)
        click.echo(f"{counted['revisions']} revisions of {counted['pages']} pages: {len(broken)} broken")
    sys.exit(min(1, len(broken)))


def deliver(workspace: Path, every: float | None, *, as_json: bool) -> None:
    """Send what is due, once or for good."""
    _open_current(workspace)
    from angelshare.workbench.serving import do_as_the_server

    do_as_the_server(workspace)
    from angelshare.workbench.deliver import deliver_due
    from angelshare.workbench.tending import deliver_until_stopped

    done = deliver_due(_now, rng=Random()) if every is None else deliver_until_stopped(every)
    if as_json:
        _print_json(plain(done))
    else:
        click.echo(f"{done.sent} sent, {done.failed} failed")
    # of a loop, failures are tried again by the loop itself
    sys.exit(min(1, done.failed) if every is None else 0)


def backup(workspace: Path, archive: Path, *, as_json: bool) -> None:
    """Copy database and secret into an archive."""
    _open_existing(workspace)
    from angelshare.workbench.backups import back_up

    made = back_up(workspace, archive, _now())
    if as_json:
        _print_json({"file": str(archive), **plain(made)})
    else:
        click.echo(f"{archive}: {', '.join(made.sha256)}; keep it as safe as the server")


def put_back(workspace: Path, archive: Path, *, force: bool, as_json: bool) -> None:
    """Put an archive back, bring its database up to date and verify its chain; ends the process with 1 if broken."""
    from angelshare.workbench.backups import restore

    made = restore(archive, workspace, force=force)
    open_workspace(workspace)
    from django.core.management import call_command

    from angelshare.workbench.chain import verify

    call_command("migrate", verbosity=0, interactive=False)
    broken = list(verify())
    if as_json:
        _print_json({"workspace": str(workspace), **plain(made), "broken": broken})
    else:
        for line in broken:
            click.echo(line)
        click.echo(f"{workspace}: as of {made.made_at}; {len(broken)} broken revisions")
    sys.exit(min(1, len(broken)))


def admin(workspace: Path, email: str, *, as_json: bool) -> None:
    """Make an administrator of an address, or of the account that has it already."""
    open_workspace(workspace)
    _refuse_database()
    from django.core.management import call_command

    from angelshare.workbench.first_administrator import make_administrator

    call_command("migrate", verbosity=0, interactive=False)
    made = make_administrator(email, _password, _now())
    if as_json:
        _print_json({"email": email, "username": made})
    else:
        click.echo(f"{email} is an administrator, user name '{made}'; set up a second factor at /accounts/2fa/")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise PlanError("no password: answer the prompt, or give it as the first line of standard input")
    return given


def _warn_of_what_is_unsafe() -> None:
    from angelshare.workbench.deploy import problems

    for problem in problems(deploy=True):
        _say(f"unsafe: {problem.msg}; {problem.hint or problem.id}")


def _open_existing(workspace: Path) -> None:
    """Open a workspace that a server has run on; nothing is made where there is none."""
    here = (workspace / "workbench.sqlite3").is_file() or bool(os.environ.get("DATABASE_URL"))
    if not (workspace.is_dir() and here):
        raise WorkspaceError(f"{workspace}: no such workspace; give the --workspace of a server that has run")
    open_workspace(workspace)


def _open_current(workspace: Path) -> None:
    """Open a workspace whose database is as this version writes it."""
    _open_existing(workspace)
    from angelshare.workbench.deploy import pending_migrations

    for problem in pending_migrations():
        raise WorkspaceError(" ".join(f"{workspace}: {problem.msg}; {problem.hint}".split()))


def _refuse_database() -> None:
    """Say in one line that the database cannot be used, before anything runs into it."""
    from django.core.checks import ERROR

    from angelshare.workbench.deploy import pending_migrations

    for problem in pending_migrations():
        if problem.level >= ERROR:
            raise WorkspaceError(" ".join(f"{problem.msg}; {problem.hint}".split()))


def _say(text: str) -> None:
    click.echo(text, err=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _print_json(document: Mapping[str, object]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
