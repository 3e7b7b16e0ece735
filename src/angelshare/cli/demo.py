"""`angelshare demo`: the smallest real audit, from what the package carries."""

from __future__ import annotations

from pathlib import Path

import click

from angelshare.cli import options


@click.command()
@options.out_folder
@options.workers
@options.as_json
def demo(out: Path, workers: int, as_json: bool) -> None:
    """Audit the bundled teacher in about a minute: few doses, few seeds, wide intervals."""
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.cli.auditing import audit_plan, show
    from angelshare.cli.shipped import shipped_plan

    audit, _ = audit_plan(shipped_plan("demo"), out, workers=workers, ray_address=None)
    show(audit, as_json=as_json)
