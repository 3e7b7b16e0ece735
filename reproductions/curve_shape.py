"""B4: the dose-response curve keeps its shape, so the largest dose can be foretold from the smaller ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from angelshare.core.records import ArmKind, Estimate, Refusal
from angelshare.measure.panels import Bench, Floats
from angelshare.report.numbers import phrase
from angelshare.stats.curve import fit_curve
from angelshare.stats.points import dose_points
from reproductions.claims import Check, Outcome, cpu_seconds
from reproductions.skills_grid import grid

LEVEL = 0.90
WANTED = 0.85
"""Share of curves whose largest dose must fall inside its band."""
ARMS: tuple[ArmKind, ...] = ("answers", "traces")


class Foretold(NamedTuple):
    """One curve whose largest dose was left out."""

    name: str
    found: Estimate
    """Observed minus predicted, with the band of the difference."""

    log_linear: float
    """Observed minus what a straight line in log dose says."""

    @property
    def inside(self) -> bool:
        """Whether the observation lies in the band."""
        low, high = self.found.low, self.found.high
        return low is not None and high is not None and low <= 0 <= high


def reproduce(out: Path, *, workers: int) -> Outcome:
    """Run the grid, leave the largest dose out of every curve and foretell it."""
    before = cpu_seconds()
    bench = grid(out, workers)
    told = [one for kind in ARMS for skill in bench.task.domains if (one := foretell(bench, kind, skill)) is not None]
    return Outcome(
        id="B4",
        claim="Fine-tuning gains show a flat phase before a power law and then saturate, so two-point log-linear "
        "extrapolation from small doses is biased.",
        source="rectified law, arXiv 2402.02314; distillation scaling law, Apple, arXiv 2502.08606",
        miniature=f"{len(bench.plan.budgets)} doses from {min(bench.plan.budgets)} to {max(bench.plan.budgets)} "
        f"queries, {len(bench.plan.seeds)} seeds; {len(told)} curves (skills by arms); the largest dose foretold from "
        "the others by the AICc-weighted fit.",
        checks=judged(told, skipped=len(ARMS) * len(bench.task.domains) - len(told)),
        remarks=[
            f"{one.name}: observed minus foretold {phrase(one.found)}, {'inside' if one.inside else 'outside'}; "
            f"log-linear {one.log_linear:+.2f}"
            for one in told
        ],
        how="python -m reproductions --only B4 (the plan alone: angelshare measure plans/reproductions/skills.toml)",
        cpu_seconds=cpu_seconds() - before,
    )


def judged(told: Sequence[Foretold], *, skipped: int) -> list[Check]:
    """Hold all curves together against the criteria."""
    inside = sum(one.inside for one in told)
    ours = float(np.mean([abs(one.found.value) for one in told]))
    line = float(np.mean([abs(one.log_linear) for one in told]))
    note = f"; {skipped} curves refused" if skipped else ""
    return [
        Check(
            criterion=f"largest dose inside its {LEVEL:.0%} band in at least {WANTED:.0%} of curves",
            found=f"{inside} of {len(told)}{note}",
            passed=bool(told) and inside >= WANTED * len(told),
        ),
        Check(
            criterion="mean absolute error of the averaged fit below that of a log-linear fit",
            found=f"{ours:.3f} against {line:.3f} (recovery, {len(told)} curves)",
            passed=ours < line,
        ),
    ]


def foretell(bench: Bench, kind: ArmKind, skill: str) -> Foretold | None:
    """Leave the largest dose of one curve out; None if no curve can be fitted."""
    doses = np.array(bench.doses(kind), dtype=np.float64)
    points = dose_points([bench.panel(kind, int(dose), domain=skill) for dose in doses], level=bench.plan.level)
    if isinstance(points, Refusal):
        return None
    rng = bench.rng("B4", kind, skill)
    fit = fit_curve(doses, points.recoveries, points.item_covariance, level=LEVEL, rng=rng)
    if isinstance(fit, Refusal):
        return None
    found = fit.held_out_error(rng)
    if not isinstance(found, Estimate):
        return None
    means = np.array([values.mean() for values in points.recoveries])
    return Foretold(f"{skill}, {kind}", found, line_error(doses, means))


def line_error(doses: Floats, means: Floats) -> float:
    """Give observed minus foretold at the largest dose, by least squares on log dose over the others."""
    slope, start = np.polyfit(np.log10(doses[:-1]), means[:-1], 1)
    return float(means[-1] - (start + slope * np.log10(doses[-1])))
