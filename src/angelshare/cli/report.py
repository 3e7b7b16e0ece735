"""`angelshare report`: check a finished run, recompute its numbers and write its pages again."""

from __future__ import annotations

from pathlib import Path

import click

from angelshare.cli import options


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Write the recomputed page, tables and figures here; without it nothing is written.",
)
@options.as_json
def report(run: Path, out: Path | None, as_json: bool) -> None:
    """Verify the files of RUN against its manifest, recompute every number from its cells and show the verdict."""
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.cli.auditing import reread, show
    from angelshare.core.errors import PlanError
    from angelshare.report.publish import publish
    from angelshare.store.manifest import read_manifest

    kind = read_manifest(run).kind
    if kind == "defend":
        _defended(run, out, as_json=as_json)
        return
    if kind == "detect":
        _detected(run, out, as_json=as_json)
        return
    if kind != "measure":
        raise PlanError(
            f"{run}: a run of `angelshare {kind}`, and only audits, defence labs and detect runs are read again; the "
            "command that made it, given again, checks the folder and shows it"
        )
    audit, manifest = reread(run)
    if out is not None:
        publish(audit, out, manifest=manifest)
    show(audit, as_json=as_json)


def _defended(run: Path, out: Path | None, *, as_json: bool) -> None:
    """Do the same for a run of the defence lab."""
    from angelshare.cli.defending import reread_defend, show_defend
    from angelshare.report.defend_publish import publish_defend

    found, manifest = reread_defend(run)
    if out is not None:
        publish_defend(found, out, manifest=manifest)
    show_defend(found, as_json=as_json)


def _detected(run: Path, out: Path | None, *, as_json: bool) -> None:
    """Verify a detect run and show it as it was published: requests are not kept in it, so nothing is recomputed."""
    from angelshare.cli.detect_run import show_published

    show_published(run, out, as_json=as_json)
