"""What `measure`, `demo` and `report` share: run, analyse, publish, show."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from angelshare import __version__
from angelshare.cli.progress import Bar
from angelshare.core.audit import Audit
from angelshare.core.errors import PlanError, RunFolderError
from angelshare.core.records import FORMAT_VERSION, CellResult, Manifest, Plan, Transcript
from angelshare.core.strict import decode_json, plain
from angelshare.measure.analyse import analyse
from angelshare.measure.engines import Engine, LocalEngine, RayEngine
from angelshare.measure.plans import parse_plan, plan_hash
from angelshare.measure.run import Results, preflight, run_plan
from angelshare.measure.verdict import above
from angelshare.report.documents import report_json
from angelshare.report.publish import publish
from angelshare.report.terminal import summary
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import source_state, verify_run, write_manifest
from angelshare.store.runs import Begun, RunFolder, run_folder, run_path


def read_plan(path: Path) -> tuple[str, Plan]:
    """Read a plan file; raises PlanError if it is absent or wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot read the plan ({error}); give a TOML file such as plans/quick.toml") from None
    return text, parse_plan(text, str(path))


def audit_plan(path: Path, out: Path, *, workers: int, ray_address: str | None) -> tuple[Audit, Plan]:
    """Run a plan in its folder under `out`, or go on with it, and write its report; the manifest comes last."""
    text, plan = read_plan(path)
    preflight(plan)
    started, clock = datetime.now(UTC), time.monotonic()
    digest = plan_hash(plan)
    folder = run_path(out, plan.name, digest)
    begun = Begun(
        format=FORMAT_VERSION,
        plan_sha256=digest,
        version=__version__,
        started_at=started.isoformat(timespec="seconds"),
        commit=commit_now(),
    )
    if (folder / MANIFEST).exists():  # a finished run is checked and shown, never written again
        return reread(folder)[0], plan
    with run_folder(folder, text, begun) as run, Bar() as bar:
        results = _run(plan, run, _now, bar, lambda: RayEngine(ray_address) if ray_address else LocalEngine(workers))
        bar.stage("measuring", 1)
        audit = analyse(
            results, run=str(folder), command=f"angelshare measure {path.name}", made_at=started,
            version=__version__,
            commit=commit_now(), begun_at_commit=run.begun.commit,
        )  # fmt: skip
        publish(audit, folder)
        shutil.rmtree(run.scratch, ignore_errors=True)
        bar.advance(1)
        write_manifest(
            folder, kind="measure", plan=plan, started_at=run.begun.started_at, seconds=time.monotonic() - clock
        )
    return audit, plan


def commit_now() -> str:
    """Name the commit of the source tree, "+dirty" if changed."""
    commit, dirty = source_state()
    return commit + ("+dirty" if dirty else "")


def _run(plan: Plan, run: RunFolder, now: Callable[[], datetime], bar: Bar, engine_of: Callable[[], Engine]) -> Results:
    engine = engine_of()
    try:
        return run_plan(plan, run, engine=engine, now=now, progress=bar)
    finally:
        engine.close()


def reread(folder: Path) -> tuple[Audit, Manifest]:
    """Verify a finished run, recompute its numbers from its cells, and refuse if they differ from its report.json."""
    manifest = verify_run(folder)
    _, plan = read_plan(folder / "plan.toml")
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=plan_hash(plan), version=manifest.version, started_at=manifest.started_at
    )
    run = FinishedRun(folder, begun)
    results = run_plan(plan, run, engine=NothingLeft(folder), now=_now, progress=Quiet())
    return _recomputed(folder, results, manifest), manifest


class FinishedRun(RunFolder):
    """A finished run is only read: whatever would be written differs from what its manifest vouches for."""

    def save_cell(self, name: str, result: CellResult) -> None:  # noqa: ARG002 - the same shape as its parent's
        """Refuse."""
        raise RunFolderError(
            f"{self.path}: recomputed from its transcripts, {name} differs from the cell on file; it was made by "
            "another version of angelshare or from other data: measure again with another --out"
        )

    def save_record(self, name: str, value: object) -> None:  # noqa: ARG002 - the same shape as its parent's
        """Refuse."""
        raise RunFolderError(f"{self.path}: {name}.json is missing or differs; measure again with another --out")

    def save_transcripts(self, name: str, rows: Iterable[Transcript]) -> None:  # noqa: ARG002 - the same shape as its parent's
        """Refuse."""
        raise RunFolderError(f"{self.path}: transcripts/{name}.jsonl is missing; measure again with another --out")


class NothingLeft:
    """The engine of a finished run: any job left to do means that the run is not whole."""

    def __init__(self, folder: Path, verb: str = "measure") -> None:
        self._folder, self._verb = folder, verb

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[tuple[int, Any]]:  # noqa: ARG002 - the socket's shape
        """Refuse any job."""
        if jobs:
            raise RunFolderError(
                f"{self._folder}: {len(jobs)} cells are missing; finish it with `angelshare {self._verb}`"
            )
        return iter(())

    def close(self) -> None:
        """Hold nothing."""


class Quiet:
    """Progress nobody looks at."""

    def stage(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self, units: int) -> None:
        """Say nothing."""


def show(audit: Audit, *, as_json: bool) -> None:
    """Print the one JSON object, or the verdict box and where the page is."""
    if as_json:
        sys.stdout.write(report_json(audit).decode())
        return
    from rich.console import Console

    Console().print(summary(audit))
    click.echo(f"report: {audit.run}/report.html")


def crossed(audit: Audit, plan: Plan) -> bool:
    """Say whether recovery's lower bound is above the plan's threshold."""
    return above(audit.verdict.recovery, plan.threshold)


def _now() -> datetime:
    return datetime.now(UTC)


def _recomputed(folder: Path, results: Results, manifest: Manifest) -> Audit:
    """Compute the audit again and hold it against the report on file, within what processors differ by."""
    text = (folder / "report.json").read_bytes()
    filed = decode_json(text, Audit, str(folder / "report.json"))
    audit = analyse(
        results, run=filed.run, command=filed.header.command, made_at=datetime.fromisoformat(filed.header.made_at),
        version=manifest.version, commit=filed.header.commit, begun_at_commit=filed.header.commit,
    )  # fmt: skip
    # a report made before a number was measured lacks it, and is held to what it says
    there = set(json.loads(text)) - {"run", "deviations"}
    names = (field.name for field in dataclasses.fields(Audit) if field.name in there)
    differing = [name for name in names if not alike(plain(getattr(audit, name)), plain(getattr(filed, name)))]
    if differing:
        raise RunFolderError(
            f"{folder}: recomputed from its cells, {', '.join(differing)} of report.json differ; it was made at commit "
            f"{filed.header.commit} (here: {commit_now()}), with the package versions in manifest.json, or altered by "
            "hand: measure again with another --out"
        )
    return dataclasses.replace(filed, run=str(folder))


def alike(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - plain data
    """Compare plain data: numbers within rounding of linear algebra, words with a figure in them not at all."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return set(ours) == set(theirs) and all(alike(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return math.isclose(ours, theirs, rel_tol=1e-4, abs_tol=1e-6)
    if isinstance(ours, str) and isinstance(theirs, str):
        return re.sub(r"[\d.,]+", "", ours) == re.sub(r"[\d.,]+", "", theirs)
    return bool(ours == theirs)
