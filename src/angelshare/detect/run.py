"""From logs to cases: ingest, sketch, find, and hold a naive rule beside it; every step is kept in the state folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.traffic import CaseFile, CaseVerdict, DetectReport, Lines
from angelshare.detect.accounts import load
from angelshare.detect.allow import Allowed, read_allow
from angelshare.detect.budget import DEFAULT, parse_budget
from angelshare.detect.coverage import coverage
from angelshare.detect.engine import Limits, connect
from angelshare.detect.find import Found, find
from angelshare.detect.ingest import TOLERATED, files_of, ingest, together
from angelshare.detect.naive import naive_rules
from angelshare.detect.state import State
from angelshare.detect.ties import KINDS, tied
from angelshare.detect.truth import Label, held_against, read_truth
from angelshare.store.files import sha256_file, storage_errors

SHORT_DAYS = 7
"""Days of history below which a week's rhythm is not in it."""
Period = tuple[str, str]


class Progress(Protocol):
    """What is told how far a run has come."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` units; 0 where they are not known beforehand."""

    def advance(self, units: int) -> None:
        """Finish some units."""


@record
class Asked:
    """What a run is asked for."""

    logs: Sequence[Path]
    """Logs to look at."""

    benign: Sequence[Path]
    """Logs taken for honest, of other days; none takes every earlier day of the state."""

    budget: str = DEFAULT
    """False campaigns allowed."""

    allow: Path | None = None
    """File of declared programmes."""

    truth: Path | None = None
    """Truth file of a simulated or labelled provider."""

    reader: str | None = None
    """Reader by name; None tells the format by looking."""

    tolerate: float = TOLERATED
    """Largest share of bad lines of a file."""

    text: bool = True
    """Whether features of prompts are computed and used."""

    engine: str = "duckdb"
    """What runs the tables; results do not depend on it."""


@record
class Made:
    """What a run gave."""

    report: DetectReport
    """The report, with account ids."""

    period: Period
    """First and last day looked at."""

    history: Period
    """First and last day of the history."""


def request_hash(asked: Asked, state: State, version: str) -> str:
    """Hash what the cases depend on: contents of the logs, settings, version, and the history where it is the state's.

    Raises PlanError for a path that is not there.
    """
    files = {name: [sha256_file(path) for path in files_of(paths)] if paths else []
             for name, paths in (("logs", asked.logs), ("benign", asked.benign))}  # fmt: skip
    single = {name: sha256_file(path) for name, path in (("allow", asked.allow), ("truth", asked.truth)) if path}
    earlier = [] if asked.benign else [one.sha256 for one in state.inputs() if one.sha256 not in files["logs"]]
    parts = {
        "files": files, "single": single, "earlier": earlier, "budget": str(parse_budget(asked.budget)),
        "reader": asked.reader, "tolerate": asked.tolerate, "text": asked.text, "version": version,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def make_report(asked: Asked, state: State, *, key: bytes, now: dt.datetime, version: str, progress: Progress) -> Made:
    """Do everything from logs to report; what a killed run had taken in or sketched is not done again.

    Raises LogError, PlanError, StorageError, RunFolderError, MissingExtraError or EndpointError.
    """
    budget = parse_budget(asked.budget)
    if not asked.engine.startswith(("duckdb", "spark", "sc://")):
        connect(asked.engine)  # says that there is none of that name, before the logs are read
    lines = _ingest(asked, state, key, progress)
    period, history = _periods(asked, state)
    allowed = _allowed(asked, period[1])
    progress.stage("sketching days and finding groups", 1)
    found = find(
        state, asked.engine, budget=budget, allow=allowed.programmes, period=period, history=history, text=asked.text,
        limits=Limits(spill=state.scratch),
    )  # fmt: skip
    progress.advance(1)
    report = _report(asked, state, found, period=period, allowed=allowed, lines=lines, now=now, version=version)
    return Made(report=report, period=period, history=history)


def _ingest(asked: Asked, state: State, key: bytes, progress: Progress) -> Lines:
    progress.stage("reading logs", 0)
    parts = [
        ingest(paths, state, key=key, reader=asked.reader, tolerate=asked.tolerate, text=asked.text,
               advance=progress.advance)
        for paths in (asked.benign, asked.logs)
        if paths
    ]  # fmt: skip
    return together(parts)


def _periods(asked: Asked, state: State) -> tuple[Period, Period]:
    """Give the days to look at and the days to calibrate on; they may not meet."""
    days = {one.sha256: one.days for one in state.inputs()}
    period = _span([day for path in files_of(asked.logs) for day in days[sha256_file(path)]], "the logs")
    if asked.benign:
        history = _span([day for path in files_of(asked.benign) for day in days[sha256_file(path)]], "--calibrate")
    else:
        earlier = [day.isoformat() for day in state.known_days() if day.isoformat() < period[0]]
        if not earlier:
            raise PlanError(
                f"no benign history: the state has no day before {period[0]}; give honest logs by --calibrate"
            )
        history = (earlier[0], earlier[-1])
    if history[1] >= period[0]:
        raise PlanError(
            f"the benign history, {history[0]} to {history[1]}, does not end before the logs, {period[0]} to "
            f"{period[1]}; split them by day, so that no day is both calibrated on and judged"
        )
    return period, history


def _span(days: Sequence[str], what: str) -> Period:
    if not days:
        raise PlanError(f"{what} hold no request; nothing can be said of them")
    return min(days), max(days)


def _allowed(asked: Asked, last: str) -> Allowed:
    if asked.allow is None:
        return Allowed(programmes={}, expired=[])
    with storage_errors(asked.allow, "read this allow-list"):
        data = asked.allow.read_bytes()
    try:
        return read_allow(data.decode(), asked.allow.name, on=dt.date.fromisoformat(last))
    except UnicodeDecodeError:
        raise PlanError(f"{asked.allow}: not UTF-8; an allow-list is TOML") from None


def _report(
    asked: Asked,
    state: State,
    found: Found,
    *,
    period: Period,
    allowed: Allowed,
    lines: Lines,
    now: dt.datetime,
    version: str,
) -> DetectReport:
    current = load(state, *period, kinds=KINDS)
    truth = read_truth(asked.truth) if asked.truth else {}
    cases = [tied(case, current) for case in found.cases]
    by_verdict = {verdict: [case for case in cases if case.verdict == verdict] for verdict in _VERDICTS}
    campaigns = by_verdict["campaign"]
    known = {**allowed.programmes, **_honest(truth)}
    return DetectReport(
        campaigns=campaigns, look_alikes=by_verdict["look-alike"], insufficient=by_verdict["insufficient evidence"],
        calibration=found.calibration, lines=lines, coverage=coverage(text=asked.text),
        naive=naive_rules(state.days, current, campaigns, known=known), detectors_off=list(found.off),
        accounts=len(current), days=len(current.days), period=f"{period[0]} to {period[1]}", text=asked.text,
        engine=asked.engine, sentence=sentence(by_verdict, found.calibration.budget),
        made_at=now.isoformat(timespec="seconds"), version=version,
        planted=held_against(truth, current.ids.tolist(), campaigns) if truth else (),
        cautions=_cautions(asked, found, allowed),
    )  # fmt: skip


_VERDICTS: tuple[CaseVerdict, ...] = ("campaign", "look-alike", "insufficient evidence")


def sentence(cases: Mapping[CaseVerdict, Sequence[CaseFile]], budget: str) -> str:
    """Say in one sentence what was found at which budget."""
    campaigns = cases["campaign"]
    n, accounts = len(campaigns), sum(len(case.members) for case in campaigns)
    head = (
        f"No group of accounts is a campaign at a budget of {budget}"
        if not n
        else f"{n} group{'s' if n > 1 else ''} of accounts ({accounts:,} accounts) "
        f"{'are campaigns' if n > 1 else 'is a campaign'} at a budget of {budget}"
    )
    alike, open_ = len(cases["look-alike"]), len(cases["insufficient evidence"])
    return (
        f"{head}; {alike} more {'is' if alike == 1 else 'are'} explained by an honest workload, "
        f"{open_} cannot be decided on this evidence."
    )


def _honest(truth: Mapping[str, Label]) -> Mapping[str, str]:
    return {account: label.name for account, label in truth.items() if label.honest}


def _cautions(asked: Asked, found: Found, allowed: Allowed) -> Sequence[str]:
    said = []
    if allowed.expired:
        said.append(f"Declared programmes that have run out, and were not spared: {', '.join(allowed.expired)}.")
    if not asked.benign:
        said.append(
            "The history is every earlier day of the state, which nobody declared honest: a campaign that was already "
            "there is taken for usual."
        )
    if found.calibration.benign_days < SHORT_DAYS:
        said.append(f"The history has {found.calibration.benign_days} days: no whole week, so no weekend or few.")
    if not asked.text:
        said.append("Prompts were not read: what a group asks for is judged by counts and parameters alone.")
    return said
