"""Find campaigns in a state folder: sketches, candidates, calibration on benign days, decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from angelshare.core.errors import PlanError
from angelshare.core.seeds import stream
from angelshare.core.traffic import CaseFile, FalseCampaigns
from angelshare.detect.accounts import Accounts, load
from angelshare.detect.budget import Budget
from angelshare.detect.calibrate import Calibration, Window, calibrate
from angelshare.detect.candidates import candidates
from angelshare.detect.decide import attainable, decide
from angelshare.detect.engine import Limits, close, connect
from angelshare.detect.signals import SIGNALS, SignalSpec, off
from angelshare.detect.sketch import Folder, update
from angelshare.detect.textless import without_text

WINDOWS = 3
"""Benign windows at most; more only adds time, since they come to overlap."""
LEAST_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found in a period."""

    cases: Sequence[CaseFile]
    """Cases, campaigns first."""

    calibration: FalseCampaigns
    """How the budget was held."""

    off: Sequence[str]
    """Signals that could not run, and why."""

    accounts: int
    """Accounts of the period."""

    days: Sequence[str]
    """Its days."""


def find(state: Folder, engine: str, *, budget: Budget, allow: Mapping[str, str], period: tuple[str, str],
         history: tuple[str, str], text: bool, limits: Limits | None = None) -> Found:  # fmt: skip
    """Sketch what is new, then find and decide the cases of a period.

    Args:
        state: folder that logs were taken into.
        engine: one of `engine.ENGINES`.
        budget: false campaigns allowed.
        allow: programme by account id.
        period: first and last day to look at, ISO dates.
        history: first and last day held to be benign, before the period.
        text: False leaves out every signal that needs features of prompts.
        limits: of the embedded engine; by default what does not fit in memory spills to the state folder.

    Raises PlanError if the history has fewer than two days or is not before the period.
    """
    if history[1] >= period[0]:
        raise PlanError(
            f"history to {history[1]} and period from {period[0]} overlap; end the history before the period"
        )
    backend = connect(engine, limits or Limits(spill=state.folder / "scratch"))
    try:
        update(state, backend)
    finally:
        close(backend)
    current, before = _loaded(state, *period, text=text), _loaded(state, *history, text=text)
    if len(before.days) < LEAST_DAYS:
        raise PlanError(
            f"benign history from {history[0]} to {history[1]} has {len(before.days)} day with requests; "
            f"at least {LEAST_DAYS} are needed, one to be held against another"
        )
    specs = usable(current, text=text)
    windows = [
        Window(current=_loaded(state, first, last, text=text), history=_loaded(state, before.days[0], end, text=text))
        for first, last, end in spans(before.days, len(current.days))
    ]
    calibration = calibrate(windows, budget=budget, rng=stream("detect", "calibrate", before.days[0]), specs=specs)
    cases = decide(candidates(current, before), current, before, calibration=calibration, allow=allow, text=text)
    return Found(
        cases=cases, calibration=_said(calibration), off=_off(current, text=text), accounts=len(current),
        days=current.days,
    )  # fmt: skip


def _loaded(state: Folder, first: str, last: str, *, text: bool) -> Accounts:
    accounts = load(state, first, last)
    return accounts if text else without_text(accounts)


def usable(current: Accounts, *, text: bool) -> Sequence[SignalSpec]:
    """Give the signals that can run on these logs."""
    missing = {line.split(":", 1)[0] for line in off(current)}
    return [spec for spec in SIGNALS if spec.name not in missing and (text or not spec.needs_text)]


def spans(days: Sequence[str], length: int) -> Sequence[tuple[str, str, str]]:
    """Choose benign windows: first and last day of each, and the last day of the history before it.

    Windows are as long as the period, or half the history where that is shorter, with at least as many days before;
    up to `WINDOWS` of them, as evenly spread as the days allow, the last at the end.
    """
    size = max(1, min(length, len(days) // 2))
    last = len(days) - size
    n = min(WINDOWS, last - size + 1)
    starts = sorted({round(size + (last - size) * place / max(n - 1, 1)) for place in range(n)} | {last})
    return [(days[start], days[start + size - 1], days[start - 1]) for start in starts]


def _off(current: Accounts, *, text: bool) -> Sequence[str]:
    said = list(off(current))
    if not text:
        named = {line.split(":", 1)[0] for line in said}
        said += [f"{spec.name}: needs features of prompts, which were not to be used"
                 for spec in SIGNALS if spec.needs_text and spec.name not in named]  # fmt: skip
    return said


def _said(calibration: Calibration) -> FalseCampaigns:
    return FalseCampaigns(
        budget=str(calibration.budget), realised=calibration.realised, benign_accounts=calibration.accounts,
        benign_days=calibration.days, attainable=attainable(calibration),
    )  # fmt: skip
