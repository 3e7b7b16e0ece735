"""`angelshare serve`: the workbench, and what keeps one in order."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import click

from angelshare.core.errors import MissingExtraError

NEEDED = ("django", "allauth", "gunicorn", "whitenoise", "csp", "django_htmx", "dj_database_url")
TARGETS = {"backup": "FILE", "restore": "FILE", "admin": "EMAIL"}
"""Actions that need a TARGET, and what it is."""

ONLY = {
    "host": "run", "port": "run", "demo": "run", "workers": "run", "no_deliver": "run",
    "every": "deliver", "deploy": "check", "force": "restore",
}  # fmt: skip
"""Option to the one action it belongs to."""


def _refuse_nan(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):  # no range refuses it
        raise click.BadParameter("'nan' is no number of seconds")
    return value


@click.command()
@click.argument(
    "action",
    type=click.Choice(["run", "check", "audit", "deliver", "backup", "restore", "admin"]),
    default="run",
)
@click.argument("target", required=False)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    default=Path("workbench"),
    show_default=True,
    envvar="ANGELSHARE_WORKSPACE",
    help="Folder of the database, the secret and captured e-mail; nothing is written outside it.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to; loopback unless deployed.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 for any free one."
)
@click.option("--demo", is_flag=True, help="Show the measured run that travels with the package on its page.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Server processes, of 4 threads.")
@click.option("--no-deliver", is_flag=True, help="Do not deliver alerts beside the server; cron does it.")
@click.option(
    "--every",
    type=click.FloatRange(0.1, 86_400),
    default=None,
    callback=_refuse_nan,
    metavar="SECONDS",
    help="deliver: go on, this often.",
)
@click.option("--deploy", is_flag=True, help="check: refuse what is unsafe beyond this machine.")
@click.option("--force", is_flag=True, help="restore: replace what the workspace holds; it is kept as *.before.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def serve(
    context: click.Context, *, action: str, target: str | None, workspace: Path, host: str, port: int, demo: bool,
    workers: int, no_deliver: bool, every: float | None, deploy: bool, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Serve the workbench of dossiers, or keep one in order: ACTION is run (the default) or one of the others.

    `check` looks at settings and database: exit code 0 if nothing is wrong, 1 for warnings, 2 for errors. `audit`
    verifies the chain of revisions: 1 if it is broken. `deliver` sends what is due once, for cron: 1 if any failed.
    `backup FILE` copies database and secret while the server runs; `restore FILE` puts them back. `admin EMAIL` makes
    an administrator and asks for a password.
    """
    _check_usage(context, action, target)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"`angelshare serve` ({', '.join(missing)})", "workbench")
    from angelshare.cli import serve_actions as actions

    if action == "run":
        place = actions.place(workspace, host, port, workers=workers, deliver=not no_deliver)
        actions.run(place, demo=demo, as_json=as_json)
    elif action == "check":
        actions.check(workspace, deploy=deploy, as_json=as_json)
    elif action == "audit":
        actions.audit(workspace, as_json=as_json)
    elif action == "deliver":
        actions.deliver(workspace, every, as_json=as_json)
    elif action == "backup":
        actions.backup(workspace, Path(str(target)), as_json=as_json)
    elif action == "restore":
        actions.put_back(workspace, Path(str(target)), force=force, as_json=as_json)
    else:
        actions.admin(workspace, str(target), as_json=as_json)


def _check_usage(context: click.Context, action: str, target: str | None) -> None:
    if (target is None) == (action in TARGETS):
        wanted = f" {TARGETS[action]}" if action in TARGETS else ""
        raise click.UsageError(f"write it as: angelshare serve {action}{wanted}")
    for option, owner in ONLY.items():
        given = context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE
        if given and action != owner:
            raise click.UsageError(f"--{option.replace('_', '-')} belongs to `serve {owner}`, not to `serve {action}`")
