"""Run the reproductions, print what was found and write the page: `python -m reproductions [--out DIR] [--only B1]`."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from angelshare.core.errors import AngelshareError
from angelshare.core.strict import decode_json, encode
from angelshare.store.files import atomic_write, make_folder
from reproductions import (
    broad_local,
    corrupted,
    curve_shape,
    fingerprint,
    published_table,
    radioactivity,
    soft_labels,
    trace_answer,
)
from reproductions.claims import Outcome
from reproductions.page import page, shown

ALL: Mapping[str, Callable[..., Outcome]] = {
    "B1p": published_table.reproduce,
    "B2": soft_labels.reproduce,
    "B1": broad_local.reproduce,
    "B3": trace_answer.reproduce,
    "B4": curve_shape.reproduce,
    "B6": corrupted.reproduce,
    "R1": radioactivity.reproduce,
    "R2": fingerprint.reproduce,
}
"""Cheapest first; B3, B4 and B6 share one grid, which the first of them pays for."""
PAGE = Path(__file__).parents[1] / "docs" / "reproductions.md"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), help="Folder for runs.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(ALL)), help="Run these alone; the page is then left as it is."
)
@click.option("--docs", type=click.Path(path_type=Path), default=PAGE, help="Page to write when all have run.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, help="Local processes.")
def main(*, out: Path, only: tuple[str, ...], docs: Path, workers: int) -> None:
    """Run the reproductions and say, for each criterion, what was found and whether it is met.

    Exit code 0 also when criteria are not met: the table is the result. 2 if one could not be run.
    """
    outcomes = []
    try:
        for name in only or ALL:
            outcomes.append(priced(ALL[name](out, workers=workers), out))
            say(outcomes[-1])
        if not only:
            atomic_write(docs, page(outcomes).encode())
            click.echo(f"written: {docs}")
    except AngelshareError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


def priced(outcome: Outcome, out: Path) -> Outcome:
    """Keep the cost of the dearest sitting under `out`, since a later one finds its cells finished."""
    path = out / "reproduction-costs.json"
    known: dict[str, float] = decode_json(path.read_bytes(), dict[str, float], str(path)) if path.exists() else {}
    dearest = max(outcome.cpu_seconds, known.get(outcome.id, 0.0))
    make_folder(out)
    atomic_write(path, encode({**known, outcome.id: dearest}) + b"\n")
    return dataclasses.replace(outcome, cpu_seconds=dearest)


def say(outcome: Outcome) -> None:
    """Print one reproduction."""
    verdict = "all criteria met" if outcome.passed else "not all criteria met"
    verdict += f"; {outcome.caveat}" if outcome.caveat else ""
    click.echo(f"\n{outcome.id}  {verdict}  ({outcome.cpu_seconds:.0f} CPU-s)\n  published: {outcome.claim}")
    for check in outcome.checks:
        click.echo(f"  {'pass' if check.passed else 'FAIL'}  {check.criterion}: {shown(check)}")
    for remark in outcome.remarks:
        click.echo(f"  note  {remark}")


if __name__ == "__main__":
    main()
