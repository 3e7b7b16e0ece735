"""Options that several verbs share, each written once."""

from __future__ import annotations

import os
from pathlib import Path

import click

out_folder = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for the run; nothing is written outside it.",
)

workers = click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="Local processes; results do not depend on it.",
)

ray_address = click.option(
    "--ray",
    "ray_address",
    metavar="ADDRESS",
    default=None,
    help="Run cells as Ray tasks on this cluster ('local' starts one here); results do not depend on it.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the same as report.json.")
