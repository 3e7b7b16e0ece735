"""`angelshare measure`: run an extraction audit and write its report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from angelshare.cli import options


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@options.out_folder
@options.workers
@options.ray_address
@options.as_json
def measure(plan: Path, out: Path, workers: int, ray_address: str | None, as_json: bool) -> None:
    """Measure how much of a teacher's capability students recover, as PLAN says.

    Finished work is kept: run the same command again to go on after a stop. Exit code 1 if recovery at the largest
    dose is above the plan's threshold.
    """
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.cli.auditing import audit_plan, crossed, show

    audit, parsed = audit_plan(plan, out, workers=workers, ray_address=ray_address)
    show(audit, as_json=as_json)
    sys.exit(1 if crossed(audit, parsed) else 0)
