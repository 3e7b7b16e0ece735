"""Trials of the dose-response read-outs on truths inside and outside the fitted families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.records import Refusal
from angelshare.stats.calibration.naive import bootstrap_average, refit_hill
from angelshare.stats.calibration.points_study import LEVEL
from angelshare.stats.calibration.trial import Trial, judge, judge_ends
from angelshare.stats.calibration.truths import ALL, INSIDE, Truth, draw_truth
from angelshare.stats.calibration.worlds import Gap, draw_items, reply, student_accuracy
from angelshare.stats.curve import CurveFit, fit_curve
from angelshare.stats.intervals import percentile_ends
from angelshare.stats.panel import FloatArray, Panel
from angelshare.stats.points import DosePoints, dose_points

BEYOND = np.array([1.0, 3.0, 10.0])
"""Where the curve is judged, in multiples of the largest dose."""

LUCK = (0.0, 0.02, 0.05)


class Design(NamedTuple):
    """Doses, students per dose and test items."""

    name: str
    doses: FloatArray
    seeds: int
    items: int


DESIGNS: Sequence[Design] = (
    Design("4 doses 100-3,000, 2 seeds, 400 items", np.array([100.0, 300.0, 1000.0, 3000.0]), 2, 400),
    Design("4 doses 100-3,000, 3 seeds, 800 items", np.array([100.0, 300.0, 1000.0, 3000.0]), 3, 800),
    Design("6 doses 30-10,000, 3 seeds, 500 items", np.geomspace(30, 10_000, 6), 3, 500),
    Design("6 doses 30-10,000, 5 seeds, 2,000 items", np.geomspace(30, 10_000, 6), 5, 2000),
)


def study_curve(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try one curve: a truth of each kind in turn, each design in turn; every other world has more luck mid-curve."""
    kinds = list(ALL)
    kind, design = kinds[index % len(kinds)], DESIGNS[index // len(kinds) % len(DESIGNS)]
    truth = draw_truth(kind, design.doses, rng)
    luck = LUCK[index // (len(kinds) * len(DESIGNS)) % len(LUCK)]
    points = _simulate(design, truth, luck, rng, uneven=index % 2 == 1)
    if isinstance(points, Refusal):
        return []
    fit = fit_curve(design.doses, points.recoveries, points.item_covariance, level=LEVEL, rng=rng)
    if isinstance(fit, Refusal):
        return []
    where = f"{'inside' if kind in INSIDE else 'outside'} the families"
    trials = _extrapolation(fit, points, truth, rng)
    pair = int(rng.integers(design.doses.size - 1))
    between = float(np.sqrt(design.doses[pair] * design.doses[pair + 1]))
    trials.append(judge("recovery between two doses", "", fit.at(between), float(truth(np.array([between]))[0])))
    trials += _readouts(fit, truth, rng)
    cells = (where, f"truth: {kind}", design.name)
    return [trial._replace(cell=cell) for trial in trials for cell in cells]


def _simulate(
    design: Design, truth: Truth, luck: float, rng: np.random.Generator, *, uneven: bool
) -> DosePoints | Refusal:
    domains = 4
    items = draw_items(design.items, domains, rng)
    gap = Gap(rng.uniform(0.15, 0.3, domains), rng.uniform(0.85, 0.95, domains))
    floor, teacher = reply(items, gap.floor[None], rng), reply(items, gap.teacher[None], rng)
    panels = []
    for dose in design.doses:
        share = float(truth(np.array([dose]))[0])
        size = luck * (0.4 + 2.4 * abs(share) * abs(1 - share) if uneven else 1.0)
        accuracy = student_accuracy(gap, np.full(domains, share), rng.normal(0, size, design.seeds))
        panels.append(Panel(student=reply(items, accuracy, rng), floor=floor, teacher=teacher, domain=items.domain))
    return dose_points(panels, level=LEVEL)


def _extrapolation(fit: CurveFit, points: DosePoints, truth: Truth, rng: np.random.Generator) -> list[Trial]:
    at = fit.largest_dose * BEYOND
    doses = fit.data.dose
    naive = {
        "resample seeds, refit Hill": refit_hill(doses, list(points.recoveries), at, rng),
        "parametric bootstrap of the AICc average": bootstrap_average(fit.data, at, rng),
    }
    trials = []
    for place, (dose, true) in enumerate(zip(at, truth(at), strict=True)):
        claim = f"recovery at {BEYOND[place]:g}x"
        trials.append(judge(claim, "", fit.at(float(dose)), float(true)))
        trials += [
            judge_ends(claim, "", percentile_ends(draws[:, place], LEVEL), float(true), method=name)
            for name, draws in naive.items()
        ]
    return trials


def _readouts(fit: CurveFit, truth: Truth, rng: np.random.Generator) -> list[Trial]:
    doses = fit.data.dose
    inside = np.geomspace(doses[0], doses[-1], 201)
    values = truth(inside)
    slope = float((values[-1] - values[0]) / np.log10(doses[-1] / doses[0]))
    area = float((values[1:] + values[:-1]).mean() / 2)
    plateau = float(truth(np.array([1e60]))[0])
    trials = [
        judge("gain per decade", "", fit.per_decade(), slope),
        judge("area under the curve", "", fit.area(), area),
        judge("ceiling", "", fit.ceiling(), plateau),
        judge("held-out error holds 0", "", fit.held_out_error(rng), 0.0),
    ]
    for share in (0.5, 0.8):
        true, number, claim = _true_dose(truth, share, fit), fit.dose_to(share), f"dose to {100 * share:g} %"
        trials.append(judge(claim, "", number, true))
        if np.isfinite(true):
            trials.append(judge(f"{claim}, reached within 10x", "", number, true))
    return trials


def _true_dose(truth: Truth, share: float, fit: CurveFit) -> float:
    """Give the smallest dose with true recovery `share`; infinite beyond the claim limit."""
    dose = np.geomspace(fit.data.dose[0] / 1e6, fit.claim_limit, 20_001)
    reached = truth(dose) >= share
    return float(dose[reached.argmax()]) if reached.any() else float("inf")
