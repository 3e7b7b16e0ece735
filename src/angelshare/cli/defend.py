"""`angelshare defend`: which countermeasure raises the cost of distillation, for whom, and at what price."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from angelshare.cli import options


@click.command()
@click.argument("matrix", type=click.Path(path_type=Path), metavar="MATRIX.toml")
@options.out_folder
@options.workers
@options.ray_address
@options.as_json
def defend(matrix: Path, out: Path, workers: int, ray_address: str | None, as_json: bool) -> None:
    """Measure every defence of MATRIX.toml against every student it names, passive and adaptive.

    Finished work is kept: run the same command again to go on after a stop. Exit code 1 if a defence's worst-case
    student recovers more than the matrix's threshold for certain.
    """
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.cli.defending import defend_matrix, show_defend
    from angelshare.measure.defend_words import crossed

    report, parsed = defend_matrix(matrix, out, workers=workers, ray_address=ray_address)
    show_defend(report, as_json=as_json)
    sys.exit(1 if crossed(report.defences, parsed.threshold) else 0)
