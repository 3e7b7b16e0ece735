"""What `angelshare lineage test` does: read, check the registration, test, and write a run folder if asked."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.markup import escape

from angelshare import __version__
from angelshare.core.lineage import LineageReport
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION
from angelshare.core.strict import decode_json, encode
from angelshare.lineage.folders import Given, read_given
from angelshare.lineage.imported import ImportedResult, parse_imported, with_imported
from angelshare.lineage.seal import parse_seal, require_registered
from angelshare.lineage.study import LineageFindings, lineage_test
from angelshare.report.documents import report_json
from angelshare.report.lineage_publish import REPORT, publish_lineage
from angelshare.report.lineage_tables import verdicts_table
from angelshare.store.files import atomic_write, storage_errors
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import Subject, seal, source_state, verify_run
from angelshare.store.runs import Begun, run_folder, run_path

UNREGISTERED = (
    "This test was not registered before the answers were read: nothing shows that prompts, panel, candidates and "
    "level were not chosen after a look at the result."
)
INPUTS = "inputs.json"
"""Hashes of everything that was read, in a run folder."""


@record
class Request:
    """What was asked for on the command line."""

    suspect: Path
    """The suspect's answers."""

    teachers: Path
    """Folder of candidates."""

    panel: Path
    """Folder of the panel."""

    siblings: Path | None
    """Folder of siblings."""

    prereg: Path | None
    """Seal of the registration."""

    imported: Path | None
    """Results of other tools."""

    alpha: float
    """Level over all teachers."""

    seed: int
    """Deal of prompts to bags."""


class _Made(NamedTuple):
    given: Given
    registered: str
    imported: list[ImportedResult]
    digest: str


def make_lineage(request: Request, out: Path | None) -> tuple[LineageReport, Path | None]:
    """Make the report, or read the one that the same request left under `out`; gives its folder, None without one."""
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    made = _read(request)
    folder = None if out is None else run_path(out, "lineage", made.digest)
    if folder is None:
        return _tested(request, made, started), None
    if (folder / MANIFEST).exists():  # a finished run is checked and shown, never written again
        verify_run(folder)
        return decode_json((folder / REPORT).read_bytes(), LineageReport, str(folder / REPORT)), folder
    commit, dirty = source_state()
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=made.digest, version=__version__, started_at=started,
        commit=commit + ("+dirty" if dirty else ""),
    )  # fmt: skip
    report = _tested(request, made, started)
    with run_folder(folder, _as_toml(request), begun) as run:
        publish_lineage(report, folder, command=command(request))
        atomic_write(folder / INPUTS, encode(_inputs(made)) + b"\n")
        if request.prereg is not None:
            shutil.copyfile(request.prereg, folder / "seal.json")
        shutil.rmtree(run.scratch, ignore_errors=True)
        subject = Subject(kind="lineage", name=report.suspect, sha256=made.digest, seeds=[request.seed])
        seal(folder, subject, started_at=run.begun.started_at, seconds=time.monotonic() - clock)
    return report, folder


def show(report: LineageReport, folder: Path | None, *, as_json: bool) -> None:
    """Print the report to standard output."""
    if as_json:
        sys.stdout.write(report_json(report).decode())
        return
    console = Console()
    console.print(verdicts_table(report))
    console.print(escape(report.sentence), highlight=False)
    for caution in report.cautions:
        console.print(escape(caution), highlight=False, style="dim")
    if folder is not None:
        click.echo(f"report: {folder}/report.html")


def command(request: Request) -> str:
    """Spell the command again: files by name, options that differ from their defaults."""
    words = ["angelshare", "lineage", "test", request.suspect.name]
    named = {
        "--teachers": request.teachers.name, "--panel": request.panel.name,
        "--siblings": request.siblings and request.siblings.name, "--prereg": request.prereg and request.prereg.name,
        "--import": request.imported and request.imported.name,
        "--alpha": None if request.alpha == 0.05 else f"{request.alpha:g}", "--seed": request.seed or None,  # noqa: PLR2004 - the default
    }  # fmt: skip
    words += [word for name, value in named.items() if value is not None for word in (name, str(value))]
    return shlex.join(words)


def _read(request: Request) -> _Made:
    """Read everything; the registration first, and the suspect's answers only against it."""
    sealed = None
    if request.prereg is not None:
        with storage_errors(request.prereg, "read this registration"):
            sealed = parse_seal(request.prereg.read_bytes(), request.prereg.name)
    given = read_given(request.suspect, request.teachers, request.panel, siblings=request.siblings)
    if sealed is not None:
        require_registered(sealed, given, alpha=request.alpha, seed=request.seed, method=__version__)
        keep = set(sealed.registration.prompts)
        suspect = given.suspect
        given = given._replace(
            suspect=type(suspect)(suspect.name, {key: one for key, one in suspect.replies.items() if key in keep})
        )
    imported: list[ImportedResult] = []
    if request.imported is not None:
        with storage_errors(request.imported, "read these results"):
            imported = list(parse_imported(request.imported.read_bytes(), request.imported.name))
    registered = sealed.sha256 if sealed else ""
    parts = {
        "inputs": _hashes(given), "alpha": request.alpha, "seed": request.seed, "registered": registered,
        "imported": encode(imported).decode(), "version": __version__,
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return _Made(given, registered, imported, digest)


def _tested(request: Request, made: _Made, at: str) -> LineageReport:
    found = lineage_test(
        made.given.suspect, made.given.teachers.members, made.given.as_panel(),
        siblings=made.given.siblings.members if made.given.siblings else (), alpha=request.alpha, seed=request.seed,
        advance=lambda step: click.echo(step, err=True),
    )  # fmt: skip
    return assembled(found, made.given.suspect.name, registered=made.registered, imported=made.imported, at=at)


def assembled(
    found: LineageFindings, suspect: str, *, registered: str, imported: list[ImportedResult], at: str
) -> LineageReport:
    """Put what the test found together with what is known besides."""
    return LineageReport(
        suspect=suspect, verdicts=found.verdicts, none_of_them=found.none_of_them,
        claims=with_imported(found.claims, imported), n_prompts=found.n_prompts,
        laundered=found.laundered, panel=found.panel, confounders=found.confounders, registered=registered,
        not_shown=found.not_shown, alternatives=found.alternatives, sentence=found.sentence, made_at=at,
        version=__version__, cautions=[*([] if registered else [UNREGISTERED]), *found.cautions],
    )  # fmt: skip


def _hashes(given: Given) -> dict[str, dict[str, str]]:
    folders = {"teachers": given.teachers, "panel": given.panel}
    if given.siblings is not None:
        folders["siblings"] = given.siblings
    lists = {name: folder.list_sha256 for name, folder in folders.items()}
    files = {name: dict(folder.hashes) for name, folder in folders.items()}
    return {"suspect": {given.suspect.name: given.suspect_sha256}, "lists": lists} | files


def _inputs(made: _Made) -> dict[str, dict[str, str]]:
    prompts = {
        key: one.prompt_sha256 for key, one in sorted(made.given.suspect.replies.items()) if one.prompt_sha256
    }  # fmt: skip
    return _hashes(made.given) | {"prompts": prompts}


def _as_toml(request: Request) -> str:
    lines = ["# What this run was asked for.", f"command = {json.dumps(command(request))}"]
    return "\n".join([*lines, f"alpha = {request.alpha!r}", f"seed = {request.seed}"]) + "\n"
