"""Coverage by claim, condition and method, and whether each claim stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from angelshare.core.seeds import stream
from angelshare.stats.calibration.answers_study import study_answers, study_style
from angelshare.stats.calibration.curve_study import study_curve
from angelshare.stats.calibration.delay_study import CLAIM, study_delay
from angelshare.stats.calibration.divergence_study import study_divergence
from angelshare.stats.calibration.judge_study import study_judge
from angelshare.stats.calibration.logit_study import study_logit
from angelshare.stats.calibration.points_study import study_attribution, study_contrasts, study_recovery
from angelshare.stats.calibration.tests_study import study_tests
from angelshare.stats.calibration.trial import LABELLED, OURS, Trial

Study: TypeAlias = Callable[[int, np.random.Generator], list[Trial]]

STUDIES: Mapping[str, Study] = {
    "recovery": study_recovery,
    "attribution": study_attribution,
    "contrasts": study_contrasts,
    "style": study_style,
    "answers": study_answers,
    "judge": study_judge,
    "curve": study_curve,
    "tests": study_tests,
    "logit": study_logit,
    "divergence": study_divergence,
    "delay": study_delay,
}


class Row(NamedTuple):
    """Coverage of one method in one condition."""

    claim: str
    cell: str
    method: str
    trials: int
    refused: int
    coverage: float
    width: float
    """Median; infinite when most are one-sided."""

    bias: float | None = None
    """Median error, where the study tables it."""


def run_study(name: str, index: int) -> list[Trial]:
    """Run one simulated world of a study; the same name and index give the same trials anywhere."""
    return STUDIES[name](index, stream("calibration", name, index))


def summarise(trials: Iterable[Trial]) -> list[Row]:
    """Count coverage per claim, cell and method, in order of first appearance."""
    groups: dict[tuple[str, str, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.claim, trial.cell, trial.method].append(trial)
    rows = []
    for (claim, cell, method), members in groups.items():
        judged = [trial for trial in members if trial.covered is not None]
        coverage = float(np.mean([trial.covered for trial in judged])) if judged else 0.0
        width = float(np.median([trial.width for trial in judged])) if judged else float("inf")
        errors = [trial.error for trial in judged if trial.error is not None]
        bias = float(np.median(errors)) if errors else None
        rows.append(Row(claim, cell, method, len(judged), len(members) - len(judged), coverage, width, bias))
    return rows


def pooled(trials: Sequence[Trial]) -> list[Row]:
    """Count coverage per claim and method over all cells."""
    return summarise(trial._replace(cell="all") for trial in trials)


LEAST, MOST = 0.93, 0.99
"""What a nominal 95 % interval must cover."""

LEAST_DELAY = 0.90
"""What a nominal 90 % interval of a delay must cover: all of it, since few records leave much to assume."""

ENOUGH = 400
"""Trials from which coverage is judged without allowance for chance."""

HEADLINES = (
    "recovery",
    "attributable recovery",
    "recovery at 1x",
    "recovery at 3x",
    "recovery at 10x",
    "dose to 50 %",
    "false-promise index",
)
"""Claims that must not be too wide either; the others may cover more than 99 %."""


def least(claim: str) -> float:
    """Give the coverage that a claim must reach."""
    return LEAST_DELAY if claim.startswith(CLAIM) else LEAST


def verdict(row: Row) -> str:
    """Say whether a row's coverage stands, beyond the chance of its own trials (two binomial standard errors)."""
    floor = least(row.claim)
    slack = 2.0 * (floor * (1 - floor) / max(row.trials, 1)) ** 0.5 if row.trials < ENOUGH else 0.0
    if row.method == LABELLED and row.coverage >= floor + slack:
        return "label is stale"
    if row.coverage < floor - slack:
        return "too low"
    return "wide" if row.coverage > MOST else "holds"


def failures(rows: Iterable[Row]) -> list[Row]:
    """List our pooled rows that do not stand: coverage too low, a headline's above 99 %, a caution that is not true."""
    return [
        row
        for row in rows
        if row.trials
        and (
            verdict(row) == "label is stale"
            or (row.method == OURS and verdict(row) == "too low")
            or (row.method == OURS and row.claim in HEADLINES and verdict(row) == "wide")
        )
    ]
