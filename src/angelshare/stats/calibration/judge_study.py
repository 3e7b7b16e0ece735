"""Trials of judge inflation: a judge who likes length, students who learn length before skill."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.calibration.points_study import DOMAINS, LEVEL, LUCK, SEEDS, draw_panel
from angelshare.stats.calibration.trial import Trial, judge, judge_ends
from angelshare.stats.calibration.worlds import DIFFICULTY, Gap, Items, draw_gap, draw_items, student_accuracy
from angelshare.stats.judge import Lengths, judge_inflation, length_controlled, win_rate
from angelshare.stats.panel import FloatArray, Panel

POINTS = ndtri((np.arange(201) + 0.5) / 201)
"""A standard normal as equally likely points, for the truths."""


class Taste(NamedTuple):
    """How much the judge likes length, and how long replies are beyond the reference's, in standard deviations."""

    liking: float
    """Probits per unit of tanh(excess / sd)."""

    student: float
    floor: float
    teacher: float


def study_judge(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try judge inflation, raw and at equal length, on the verifiable items or on others; and one win rate."""
    seeds, luck, same = SEEDS[index % 3], LUCK[index // 3 % 4], index // 12 % 2 == 0
    gap, judged_gap = draw_gap(DOMAINS, rng), Gap(rng.uniform(0.15, 0.3, DOMAINS), rng.uniform(0.65, 0.85, DOMAINS))
    items = draw_items((400, 1600)[index // 24 % 2], DOMAINS, rng)
    share, shown = rng.uniform(0.1, 0.7), rng.uniform(0.2, 0.9)
    drawn = rng.normal(0, luck, seeds)
    verifiable = draw_panel(items, gap, np.full(DOMAINS, share), drawn, rng)
    asked = items if same else draw_items(800, DOMAINS, rng)
    taste = Taste(rng.uniform(0.2, 1.0), *rng.uniform((0.2, -0.8, 0.2), (1.0, 0.0, 1.0)))
    wins, lengths = _judged(asked, judged_gap, student_accuracy(judged_gap, np.full(DOMAINS, shown), drawn), taste, rng)
    raw_truth, rate = _raw_truth(judged_gap, shown, luck, taste)
    cell = f"{seeds} seeds, {'same' if same else 'other'} items"
    raw = judge_inflation(wins, verifiable, same_items=same, level=LEVEL, rng=rng)
    controlled = length_controlled(wins, lengths)
    trials = [judge("judge inflation, raw", cell, raw, raw_truth - share)]
    if isinstance(controlled, Refusal):
        return [*trials, judge("judge inflation, equal length", cell, controlled, shown - share)]
    equal = judge_inflation(controlled.panel, verifiable, same_items=same, level=LEVEL, rng=rng)
    right = win_rate(controlled.panel.student, asked.domain, level=LEVEL, rng=rng, trained=True)
    trials += [
        judge("judge inflation, equal length", cell, equal, shown - share),
        judge("win rate at equal length", cell, right, rate),
    ]
    if isinstance(raw, Estimate) and isinstance(equal, Estimate):
        ends = (raw.low or 0.0, raw.high or 0.0)
        trials.append(judge_ends("judge inflation, equal length", cell, ends, shown - share, method="raw win rates"))
    return trials


def _judged(
    items: Items, gap: Gap, students: FloatArray, taste: Taste, rng: np.random.Generator
) -> tuple[Panel, Lengths]:
    """Draw preferences and lengths; `gap` and `students` are win rates at equal length."""

    def drawn(rates: FloatArray, mean: float) -> tuple[FloatArray, FloatArray]:
        excess = rng.normal(mean, 1.0, (rates.shape[0], items.domain.size))
        bent = ndtri(rates)[:, items.domain] + taste.liking * np.tanh(excess)
        chance = ndtr((bent - DIFFICULTY * items.difficulty) / np.sqrt(1 - DIFFICULTY**2))
        return np.asarray(rng.random(chance.shape) < chance, dtype=np.float64), 60.0 * excess

    student, long = drawn(students, taste.student)
    floor, long_floor = drawn(gap.floor[None], taste.floor)
    teacher, long_teacher = drawn(gap.teacher[None], taste.teacher)
    return (
        Panel(student=student, floor=floor, teacher=teacher, domain=items.domain),
        Lengths(student=long, floor=long_floor, teacher=long_teacher),
    )


def _raw_truth(gap: Gap, shown: float, luck: float, taste: Taste) -> tuple[float, float]:
    """Give the true recovery by raw win rates, and the students' win rate at equal length."""

    def raw(rates: FloatArray, mean: float) -> FloatArray:
        return np.asarray(ndtr(ndtri(rates)[..., None] + taste.liking * np.tanh(mean + POINTS)).mean(axis=-1))

    students = student_accuracy(gap, np.full(DOMAINS, shown), luck * POINTS)
    floor, teacher = raw(gap.floor, taste.floor), raw(gap.teacher, taste.teacher)
    share = (raw(students, taste.student).mean(axis=0) - floor) / (teacher - floor)
    return float(share.mean()), float(students.mean())
