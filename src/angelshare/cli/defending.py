"""What `defend` and `report` share: run a matrix, analyse, publish, read again, show."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from angelshare import __version__
from angelshare.cli.auditing import FinishedRun, NothingLeft, Quiet, alike, commit_now
from angelshare.cli.progress import Bar
from angelshare.core.defend import DefendReport, Matrix
from angelshare.core.errors import PlanError, RunFolderError
from angelshare.core.records import FORMAT_VERSION, Manifest
from angelshare.core.strict import decode_json, plain
from angelshare.measure.defend_analyse import analyse_matrix
from angelshare.measure.defend_plans import check_matrix, matrix_hash, parse_matrix
from angelshare.measure.defend_run import Lab, run_matrix
from angelshare.measure.engines import LocalEngine, RayEngine
from angelshare.report.defend_publish import publish_defend
from angelshare.report.defend_terminal import defend_summary
from angelshare.report.documents import report_json
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import Subject, seal, verify_run
from angelshare.store.runs import Begun, RunFolder, run_folder, run_path

KIND = "defend"
"""Kind of these runs in a manifest."""


def read_matrix(path: Path) -> tuple[str, Matrix]:
    """Read a matrix file; raises PlanError if it is absent or wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(
            f"{path}: cannot read the matrix ({error}); give a TOML file such as plans/defend-small.toml"
        ) from None
    return text, parse_matrix(text, str(path))


def defend_matrix(path: Path, out: Path, *, workers: int, ray_address: str | None) -> tuple[DefendReport, Matrix]:
    """Run a matrix in its folder under `out`, or go on with it, and write its report; the manifest comes last."""
    text, matrix = read_matrix(path)
    check_matrix(matrix)
    started, clock = datetime.now(UTC), time.monotonic()
    digest = matrix_hash(matrix)
    folder = run_path(out, matrix.name, digest)
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=digest, version=__version__,
        started_at=started.isoformat(timespec="seconds"), commit=commit_now(),
    )  # fmt: skip
    if (folder / MANIFEST).exists():  # a finished run is checked and shown, never written again
        return reread_defend(folder)[0], matrix
    with run_folder(folder, text, begun) as run, Bar() as bar:
        lab = _run(matrix, run, bar, workers=workers, ray_address=ray_address)
        bar.stage("measuring", 1)
        report = analyse_matrix(
            lab, run=str(folder), command=f"angelshare defend {path.name}", made_at=started, version=__version__,
            commit=commit_now(),
        )  # fmt: skip
        publish_defend(report, folder)
        shutil.rmtree(run.scratch, ignore_errors=True)
        bar.advance(1)
        subject = Subject(kind=KIND, name=matrix.name, sha256=digest, seeds=list(matrix.seeds))
        seal(folder, subject, started_at=run.begun.started_at, seconds=time.monotonic() - clock)
    return report, matrix


def reread_defend(folder: Path) -> tuple[DefendReport, Manifest]:
    """Verify a finished run, recompute its numbers from its cells, and refuse if they differ from its report.json."""
    manifest = verify_run(folder)
    _, matrix = read_matrix(folder / "plan.toml")
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=matrix_hash(matrix), version=manifest.version, started_at=manifest.started_at
    )
    lab = run_matrix(matrix, FinishedRun(folder, begun), engine=NothingLeft(folder, KIND), now=_now, progress=Quiet())
    text = (folder / "report.json").read_bytes()
    filed = decode_json(text, DefendReport, str(folder / "report.json"))
    made = analyse_matrix(
        lab, run=filed.run, command=filed.header.command, made_at=datetime.fromisoformat(filed.header.made_at),
        version=manifest.version, commit=filed.header.commit,
    )  # fmt: skip
    there = set(json.loads(text)) - {"run"}
    names = [field.name for field in dataclasses.fields(DefendReport) if field.name in there]
    differing = [name for name in names if not alike(plain(getattr(made, name)), plain(getattr(filed, name)))]
    if differing:
        raise RunFolderError(
            f"{folder}: recomputed from its cells, {', '.join(differing)} of report.json differ; it was made at commit "
            f"{filed.header.commit} (here: {commit_now()}), or altered by hand: defend again with another --out"
        )
    return dataclasses.replace(filed, run=str(folder)), manifest


def show_defend(report: DefendReport, *, as_json: bool) -> None:
    """Print the one JSON object, or the table of defences and where the page is."""
    if as_json:
        sys.stdout.write(report_json(report).decode())
        return
    from rich.console import Console

    Console(width=80).print(defend_summary(report))
    click.echo(f"report: {report.run}/report.html")


def _run(matrix: Matrix, run: RunFolder, bar: Bar, *, workers: int, ray_address: str | None) -> Lab:
    engine = RayEngine(ray_address) if ray_address else LocalEngine(workers)
    try:
        return run_matrix(matrix, run, engine=engine, now=_now, progress=bar)
    finally:
        engine.close()


def _now() -> datetime:
    return datetime.now(UTC)
