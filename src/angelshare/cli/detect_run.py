"""What `angelshare detect LOGS` does: the run folder that may be published, and beside it the cases that may not."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from angelshare import __version__
from angelshare.cli.progress import Bar
from angelshare.core.errors import RunFolderError
from angelshare.core.records import FORMAT_VERSION
from angelshare.core.strict import decode_json, plain
from angelshare.core.traffic import CaseFile, CaseVerdict, DetectReport
from angelshare.detect.actions import actions_csv, proposed
from angelshare.detect.case import CASE, CASE_PAGE, CaseDocument, case_bytes, closed, verified
from angelshare.detect.chain import CaseContext
from angelshare.detect.ocsf import findings
from angelshare.detect.run import Asked, Made, make_report, request_hash
from angelshare.detect.share import members_class
from angelshare.detect.shown import without_accounts
from angelshare.detect.sign import KEY_NAME, SHOWN, signing_key
from angelshare.detect.state import State
from angelshare.detect.stix import Entry, Terms, bundle
from angelshare.report.detect_case_page import case_page
from angelshare.report.detect_publish import REPORT, publish_detect
from angelshare.report.detect_terminal import detect_summary
from angelshare.store.files import atomic_write, make_folder, storage_errors
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import Subject, seal, source_state, verify_run
from angelshare.store.runs import PLAN, Begun, run_folder, run_path

KIND = "detect"
STATE = "state"
HOLDS_DAYS = 30
"""Days that a proposed action holds, and that an exported campaign may be used."""


class Done(NamedTuple):
    """A finished run."""

    report: DetectReport
    """With account ids."""

    folder: Path
    """The run folder."""

    cases: Path
    """The folder of its cases."""


def detect_logs(asked: Asked, out: Path, *, state_folder: Path | None, key: Path | None) -> Done:
    """Make the run of a request, or read the finished one; a run that was killed goes on where it was."""
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    state = State(state_folder or make_folder(out) / STATE)
    digest = request_hash(asked, state, __version__)
    folder = run_path(out, KIND, digest)
    cases = folder.with_name(f"{folder.name}-cases")
    if (folder / MANIFEST).exists():
        return Done(reread(folder, cases), folder, cases)
    commit, dirty = source_state()
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=digest, version=__version__,
        started_at=started.isoformat(timespec="seconds"), commit=commit + ("+dirty" if dirty else ""),
    )  # fmt: skip
    secret = state.key(key)
    with run_folder(folder, as_toml(asked), begun) as run, Bar() as bar:
        made = make_report(asked, state, key=secret.secret, now=started, version=__version__, progress=bar)
        _write_cases(made, cases, _Origin(folder.name, digest), state)
        publish_detect(without_accounts(made.report), folder, command=command(asked))
        shutil.rmtree(run.scratch, ignore_errors=True)
        seal(folder, Subject(kind=KIND, name=KIND, sha256=digest, seeds=[]), started_at=run.begun.started_at,
             seconds=time.monotonic() - clock)  # fmt: skip
    return Done(made.report, folder, cases)


def reread(folder: Path, cases: Path) -> DetectReport:
    """Verify a finished run and put the accounts of its case files back into its report."""
    import dataclasses

    verify_run(folder)
    report = decode_json((folder / REPORT).read_bytes(), DetectReport, str(folder / REPORT))

    def named(found: Sequence[CaseFile]) -> Sequence[CaseFile]:
        return [read_case(cases / case.id).case for case in found]

    return dataclasses.replace(
        report, campaigns=named(report.campaigns), look_alikes=named(report.look_alikes),
        insufficient=named(report.insufficient),
    )  # fmt: skip


def show_published(folder: Path, out: Path | None, *, as_json: bool) -> None:
    """Verify a run folder and show its report, which names no account; with `out`, write it again there."""
    import tomllib

    verify_run(folder)
    report = decode_json((folder / REPORT).read_bytes(), DetectReport, str(folder / REPORT))
    if out is not None:
        asked = tomllib.loads((folder / PLAN).read_text(encoding="utf-8"))
        publish_detect(report, out, command=asked["command"])
    show(Done(report, folder, folder.with_name(f"{folder.name}-cases")), as_json=as_json)


def read_case(path: Path, *, pinned: str | None = None) -> CaseDocument:
    """Read and verify a case, given by its folder or file; raises RunFolderError, StorageError."""
    file = path / CASE if path.is_dir() or not path.suffix else path
    if not file.exists():
        raise RunFolderError(f"{file}: no such case; give its folder, under the run's name with -cases")
    with storage_errors(file, "read this case"):
        return verified(file.read_bytes(), str(file), pinned=pinned)


def write_case(document: CaseDocument, folder: Path) -> None:
    """Write a case and its page, each whole or not at all."""
    make_folder(folder)
    atomic_write(folder / CASE_PAGE, page_of(document).encode())
    atomic_write(folder / CASE, case_bytes(document))


def page_of(document: CaseDocument) -> str:
    """Write the page of a case file."""
    context = document.context
    origin = (
        f"Run {context.run}, {context.period}, calibrated on {context.history}; budget {context.budget}; "
        f"angelshare {context.version}."
    )
    return case_page(document.case, origin=origin, signed_by=f"{document.seals[0].public_key[:SHOWN]}…")


def show(done: Done, *, as_json: bool) -> None:
    """Print the one JSON object, or the summary and where things are."""
    if as_json:
        text = json.dumps(json_of(done.report), indent=2, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(f"{text}\n")
        return
    from rich.console import Console

    Console(width=80).print(detect_summary(done.report))
    click.echo(f"report: {done.folder}/report.html")
    click.echo(f"cases:  {done.cases}")


def json_of(report: DetectReport) -> Mapping[str, Any]:
    """Give the report as plain data, `members` as account ids and what is known of each in `membership`."""
    whole: dict[str, Any] = plain(report)
    for verdict in ("campaigns", "look_alikes", "insufficient"):
        for case in whole[verdict]:
            case["membership"] = case["members"]
            case["members"] = [member["account"] for member in case["membership"]]
    return whole


def command(asked: Asked) -> str:
    """Spell the command again, files by name, options that differ from their defaults."""
    usual, (kind, _, mapping) = Asked(logs=(), benign=()), (asked.reader or "").partition(":")
    named = {
        "--allow": asked.allow and asked.allow.name, "--truth": asked.truth and asked.truth.name,
        "--reader": kind if kind and not mapping else None, "--mapping": Path(mapping).name if mapping else None,
        "--budget": None if asked.budget == usual.budget else asked.budget,
        "--tolerate": None if asked.tolerate == usual.tolerate else f"{asked.tolerate:g}",
        "--engine": None if asked.engine == usual.engine else asked.engine,
    }  # fmt: skip
    words = ["angelshare", "detect", *(path.name for path in asked.logs)]
    words += [word for path in asked.benign for word in ("--calibrate", path.name)]
    words += [word for name, value in named.items() if value is not None for word in (name, str(value))]
    return shlex.join([*words, *["--no-text"] * (not asked.text)])


def as_toml(asked: Asked) -> str:
    """Write the request as the folder's plan; of the operator's key, nothing."""
    lines = ["# What this run was asked for.", f"command = {json.dumps(command(asked))}",
             f"budget = {json.dumps(asked.budget)}", f"text = {json.dumps(asked.text)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


class _Origin(NamedTuple):
    run: str
    sha256: str


def _write_cases(made: Made, folder: Path, origin: _Origin, state: State) -> None:
    """Write every case, signed, then the exports that follow from them."""
    report, key = made.report, signing_key(state.folder / KEY_NAME, create=True)
    context = CaseContext(
        run=origin.run, run_sha256=origin.sha256, period=report.period, history=" to ".join(made.history),
        budget=report.calibration.budget, version=report.version, made_at=report.made_at,
        detectors_off=report.detectors_off,
    )  # fmt: skip
    everything = [*report.campaigns, *report.look_alikes, *report.insufficient]
    for case in everything:
        write_case(closed(case, context, key, at=report.made_at), folder / case.id)
    until = (dt.datetime.fromisoformat(report.made_at).date() + dt.timedelta(days=HOLDS_DAYS)).isoformat()
    make_folder(folder)
    atomic_write(folder / "actions.csv", actions_csv(proposed(everything, until=until)).encode())
    atomic_write(
        folder / "ocsf.jsonl",
        findings(everything, provider="this provider", version=report.version, made_at=report.made_at),
    )
    terms = Terms(marking="TLP:AMBER", expires_on=until, provider="this provider", made_at=report.made_at)
    atomic_write(folder / "stix.json", bundle([_entry(case) for case in report.campaigns], terms))


def _entry(case: CaseFile) -> Entry:
    """Describe a campaign by counts, for a bundle that names no account."""
    verdict: CaseVerdict = case.verdict
    signals = ", ".join(item.signal for item in case.evidence if item.role != "context")
    return Entry(
        name=case.id, first_on=case.first_at[:10], last_on=case.last_at[:10], sketch="",
        says=f"{members_class(len(case.members))} accounts; verdict: {verdict}; signals: {signals or 'none'}.",
    )  # fmt: skip
