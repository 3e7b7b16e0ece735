"""`angelshare plugins`: what is plugged into each socket."""

from __future__ import annotations

import json

import click

SOCKETS = ("models", "students", "tasks", "defences", "readers", "detectors")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: socket to name to object.")
def plugins(as_json: bool) -> None:
    """List the installed plug-ins by socket."""
    from angelshare.core.plugins import installed

    table = {socket: {name: point.value for name, point in sorted(installed(socket).items())} for socket in SOCKETS}  # type: ignore[arg-type]  # the six literals
    if as_json:
        click.echo(json.dumps(table))
        return
    for socket, points in table.items():
        click.echo(f"{socket}: {', '.join(points) or 'none installed'}")
