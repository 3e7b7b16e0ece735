"""`angelshare demo`: the smallest real audit, from what the package carries."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for the run; nothing is written outside it.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="Local processes; results do not depend on it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the same as report.json.")
def demo(out: Path, workers: int, as_json: bool) -> None:
    """Audit the bundled teacher in about a minute: few doses, few seeds, wide intervals."""
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.cli.auditing import audit_plan, show
    from angelshare.cli.shipped import shipped_plan

    audit, _ = audit_plan(shipped_plan("demo"), out, workers=workers, ray_address=None)
    show(audit, as_json=as_json)
