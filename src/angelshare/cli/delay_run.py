"""What `angelshare delay` does: read, check, estimate, and write a run folder where one is asked for."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from angelshare import __version__
from angelshare.cli.progress import Bar
from angelshare.core.audit import Audit
from angelshare.core.delay import DelayReport
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION, Estimate
from angelshare.core.strict import decode_json, encode
from angelshare.govern.assemble import Counterfactual, Made, assemble
from angelshare.govern.campaign import Campaign, parse_campaign
from angelshare.govern.campaign_presets import PRESETS, preset
from angelshare.govern.delay import Settings
from angelshare.govern.layouts_cells import day_of
from angelshare.govern.scores import read_scores
from angelshare.report.delay_publish import publish_delay
from angelshare.report.delay_words import front
from angelshare.store.files import atomic_write, make_folder, sha256_file, storage_errors
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import Subject, seal, source_state, verify_run
from angelshare.store.runs import Begun, run_folder, run_path
from angelshare.store.sheet import Sheet, read_sheet

SAMPLE = "bundled:sample"
"""Stands for the shipped file of made-up scores."""


@record
class Request:
    """What was asked for on the command line."""

    scores: Sequence[Path]
    """Score files."""

    benchmarks: Sequence[str]
    """Benchmarks wanted; empty for all."""

    as_of: str | None
    """Last day of the data."""

    since: str
    """First day of a record that begins a spell."""

    level: float
    """Level of every interval."""

    bootstraps: int
    """Resamples."""

    seed: int
    """Seed."""

    latent: bool
    """Add latent ability."""

    run: Path | None
    """Folder of an audit."""

    campaign: str | None
    """Campaign file or shipped name."""

    settings: Sequence[str]
    """Settings of single assumptions."""

    without: Sequence[str]
    """Assumptions switched off."""

    defences: Sequence[str]
    """NAME=RUN."""


def make_report(request: Request, out: Path | None) -> tuple[DelayReport, Path | None]:
    """Make the report, or read the one that the same request left under `out`; gives its folder, None without one."""
    started, clock = datetime.now(UTC), time.monotonic()
    settings = _settings(request)
    paths = [_path(path) for path in request.scores]
    sheets = [read_sheet(path) for path in paths]
    _refuse_twice(sheets)
    checked = read_scores(sheets, as_of=request.as_of, today=started.date(), only=request.benchmarks)
    counterfactual = _counterfactual(request)
    digest = _digest(request, sheets, counterfactual)
    made = Made(version=__version__, commit=_commit(), command=command(request), at=started)
    if out is None:
        with Bar() as bar:
            return assemble(checked, settings, made, progress=bar, counterfactual=counterfactual), None
    folder = run_path(out, "delay", digest)
    if (folder / MANIFEST).exists():  # a finished run is checked and shown, never written again
        verify_run(folder)
        return decode_json((folder / "report.json").read_bytes(), DelayReport, str(folder / "report.json")), folder
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=digest, version=__version__, commit=made.commit,
        started_at=started.isoformat(timespec="seconds"),
    )  # fmt: skip
    with run_folder(folder, _as_toml(request, sheets), begun) as run, Bar() as bar:
        report = assemble(checked, settings, made, progress=bar, counterfactual=counterfactual)
        for path, sheet in zip(paths, sheets, strict=True):
            atomic_write(make_folder(folder / "inputs") / sheet.name, path.read_bytes())
        publish_delay(report, folder)
        shutil.rmtree(run.scratch, ignore_errors=True)
        subject = Subject(kind="delay", name="delay", sha256=digest, seeds=[request.seed])
        seal(folder, subject, started_at=run.begun.started_at, seconds=time.monotonic() - clock)
    return report, folder


def below(report: DelayReport, months: float) -> bool:
    """Say that the default estimate does not show a lead of at least `months`: its lower end is below, or unknown."""
    number = next((row.months for row in report.estimators if row.default and row.benchmark == main_name(report)), None)
    return not (isinstance(number, Estimate) and number.low is not None and number.low >= months)


def main_name(report: DelayReport) -> str:
    """Name the benchmark that the sentence and the figures speak of; "" without one."""
    delay = front(report)
    return delay.benchmark.name if delay is not None else ""


def command(request: Request) -> str:
    """Spell the command again: files by name, options that differ from their defaults."""
    words = ["angelshare", "delay", *(str(path) if str(path) == SAMPLE else path.name for path in request.scores)]
    plain: Mapping[str, tuple[Any, Any]] = {
        "--as-of": (request.as_of, None), "--since": (request.since, "2023-03-01"), "--level": (request.level, 0.9),
        "--bootstraps": (request.bootstraps, 1000), "--seed": (request.seed, 0),
        "--run": (request.run and request.run.name, None), "--campaign": (_campaign_name(request), None),
    }  # fmt: skip
    many = {
        "--benchmark": request.benchmarks, "--set": request.settings, "--without": request.without,
        "--defence": [f"{name}={Path(run).name}" for name, run in _defences(request)],
    }  # fmt: skip
    for option, (value, default) in plain.items():
        words += [option, str(value)] if value != default else []
    for option, values in many.items():
        words += [word for value in values for word in (option, value)]
    return shlex.join([*words, *(["--latent"] if request.latent else [])])


def _settings(request: Request) -> Settings:
    if not 0.5 <= request.level < 1:  # noqa: PLR2004 - a level
        raise PlanError(f"--level must be in [0.5, 1), found {request.level:g}")
    since = day_of(request.since, "--since").isoformat()
    return Settings(
        level=request.level, bootstraps=request.bootstraps, seed=request.seed, since=since, latent=request.latent
    )


def _path(path: Path) -> Path:
    return Path(str(files("angelshare.govern") / "sample_scores.csv")) if str(path) == SAMPLE else path


def _refuse_twice(sheets: Sequence[Sheet]) -> None:
    names = [sheet.name for sheet in sheets]
    for name in names:
        if names.count(name) > 1:
            raise PlanError(f"two score files are called '{name}'; messages and the run folder name them: rename one")


def _counterfactual(request: Request) -> Counterfactual | None:
    """Read the audit and the campaign; raises PlanError if only one of them, or something that needs them, is given."""
    if request.run is None or request.campaign is None:
        given = [
            option
            for option, value in (
                ("--run", request.run), ("--campaign", request.campaign), ("--set", request.settings),
                ("--without", request.without), ("--defence", request.defences),
            )
            if value
        ]  # fmt: skip
        if given:
            raise PlanError(
                f"{', '.join(given)}: months saved need both --run (a finished audit) and --campaign "
                f"(a TOML file, or one of {', '.join(PRESETS)})"
            )
        return None
    return Counterfactual(
        audit=_audit(request.run), campaign=_campaign(request.campaign), settings=request.settings,
        without=request.without, runs={name: _audit(Path(run)) for name, run in _defences(request)},
    )  # fmt: skip


def _audit(folder: Path) -> Audit:
    """Read a finished audit whose files are as its manifest says."""
    manifest = verify_run(folder)
    if manifest.kind != "measure":
        raise PlanError(
            f"{folder}: a run of `angelshare {manifest.kind}`, not an audit; give one of `measure` or `demo`"
        )
    return decode_json((folder / "report.json").read_bytes(), Audit, str(folder / "report.json"))


def _campaign(name: str) -> Campaign:
    path = Path(name)
    if name in PRESETS or not (path.suffix or path.exists()):
        return preset(name)
    with storage_errors(path, "read this campaign"):
        text = path.read_bytes()
    try:
        return parse_campaign(text.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise PlanError(f"{path}: not UTF-8 text ({error}); give a TOML file") from None


def _campaign_name(request: Request) -> str | None:
    if request.campaign is None or request.campaign in PRESETS:
        return request.campaign
    return Path(request.campaign).name


def _defences(request: Request) -> Sequence[tuple[str, str]]:
    pairs = []
    for text in request.defences:
        name, sign, run = text.partition("=")
        if not (name and sign and run):
            raise PlanError(
                f"--defence: expected NAME=RUN, found '{text}'; for example answers-only=runs/quick-1a2b3c4d"
            )
        pairs.append((name, run))
    if len({name for name, _ in pairs}) < len(pairs):
        raise PlanError("--defence: two runs have the same name; give each its own")
    return pairs


def _digest(request: Request, sheets: Sequence[Sheet], counterfactual: Counterfactual | None) -> str:
    """Hash what the numbers depend on: contents and options, not where files lie or in which order they are given."""
    runs = [run for run in (request.run, *(Path(run) for _, run in _defences(request))) if run is not None]
    parts = {
        "options": {
            field.name: getattr(request, field.name)
            for field in dataclasses.fields(request)
            if field.name not in ("scores", "run", "campaign", "defences")
        },
        "scores": sorted([sheet.name, sheet.sha256] for sheet in sheets),
        "runs": [sha256_file(run / "report.json") for run in runs],
        "defences": [name for name, _ in _defences(request)],
        "campaign": encode(counterfactual.campaign).decode() if counterfactual else "",
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _as_toml(request: Request, sheets: Sequence[Sheet]) -> str:
    """Write the request as the folder's plan: strings, numbers and lists are spelt alike in JSON and TOML."""
    lines = ["# What this run was asked for; `inputs/` holds the score files."]
    for field in dataclasses.fields(request):
        value = getattr(request, field.name)
        if value is None or field.name == "scores":
            continue
        if field.name == "defences":
            value = [f"{name}={Path(run).name}" for name, run in _defences(request)]
        shown = value.name if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
        lines.append(f"{field.name} = {json.dumps(shown)}")
    for sheet in sorted(sheets, key=lambda sheet: sheet.name):
        lines += ["", "[[file]]", f"name = {json.dumps(sheet.name)}", f"sha256 = {json.dumps(sheet.sha256)}"]
    return "\n".join(lines) + "\n"


def _commit() -> str:
    commit, dirty = source_state()
    return commit + ("+dirty" if dirty else "")
