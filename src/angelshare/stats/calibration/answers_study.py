"""Trials of style recovery, the false-promise index, the item ledger and fidelity."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from angelshare.stats.calibration.points_study import DOMAINS, LEVEL, LUCK, SEEDS, draw_panel
from angelshare.stats.calibration.trial import Trial, judge
from angelshare.stats.calibration.worlds import DIFFICULTY, Gap, Items, draw_gap, draw_items, student_accuracy
from angelshare.stats.fidelity import agreement, chance_adjusted, error_inheritance
from angelshare.stats.ledger import item_ledger
from angelshare.stats.panel import FloatArray, IntArray, StylePanel
from angelshare.stats.style import false_promise, median_style, style_recovered

OPTIONS = 5
"""Answers to choose from in simulated fidelity."""


def study_style(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try style recovery of one feature, the median of five and the false-promise index."""
    seeds, luck = SEEDS[index % 3], LUCK[index // 3 % 4]
    items, gap, cell = draw_items(400, DOMAINS, rng), draw_gap(DOMAINS, rng), f"{seeds} seeds"
    share = rng.uniform(-0.1, 0.8)
    panel = draw_panel(items, gap, np.full(DOMAINS, max(share, 0.0)), rng.normal(0, luck, seeds), rng)
    moved = rng.uniform(0.3, 1.0) + rng.uniform(-0.2, 0.2, 5)
    features = [_feature(items, part + rng.normal(0, luck, seeds), place, rng) for place, part in enumerate(moved)]
    first, truth = features[0], float(np.median(moved))
    one = style_recovered(first.student, first.floor, first.teacher, first.domain, level=LEVEL, rng=rng)
    return [
        judge("style recovery, one feature", cell, one, float(moved[0])),
        judge("style recovery, median of five", cell, median_style(features, level=LEVEL, rng=rng), truth),
        judge(
            "false-promise index", cell, false_promise(panel, features, level=LEVEL, rng=rng), truth - max(share, 0.0)
        ),
    ]


def study_answers(index: int, rng: np.random.Generator) -> list[Trial]:
    """Try the ledger's three shares, agreement, its chance-adjusted form and error inheritance."""
    seeds, luck = SEEDS[index % 3], LUCK[index // 3 % 4]
    items = draw_items((200, 800)[index // 12 % 2], DOMAINS, rng)
    gap = Gap(rng.uniform(0.1, 0.4, DOMAINS), rng.uniform(0.6, 0.95, DOMAINS))
    share, cell = rng.uniform(0.1, 0.8), f"{seeds} seeds"
    drawn = rng.normal(0, luck, seeds)
    panel = draw_panel(items, gap, np.full(DOMAINS, share), drawn, rng)
    truths = _ledger_truths(gap, share, luck)
    trials = [
        judge(f"ledger: {name}", cell, number, truth)
        for name, number, truth in zip(
            ("recovered", "lost", "beyond teacher"), item_ledger(panel, level=LEVEL, rng=rng), truths, strict=True
        )
    ]
    copied = rng.uniform(0.05, 0.8)
    teacher, students = _codes(panel.teacher[0], panel.student, copied, rng)
    right = (panel.student, panel.teacher[0])
    agreed, accuracies = _agreement_truth(gap, share, luck, copied)
    expected = float((accuracies[0] * accuracies[1] + (1 - accuracies[0]) * (1 - accuracies[1]) / (OPTIONS - 1)).mean())
    kappa = chance_adjusted(
        students, teacher, *right, level=LEVEL, rng=rng, options=OPTIONS, domain=panel.domain
    )  # fmt: skip
    return [
        *trials,
        judge("agreement", cell, agreement(students, teacher, level=LEVEL, rng=rng), agreed),
        judge("chance-adjusted agreement", cell, kappa, (agreed - expected) / (1 - expected)),
        judge("error inheritance", cell, error_inheritance(students, teacher, *right, level=LEVEL, rng=rng), copied),
    ]


def _feature(items: Items, parts: FloatArray, place: int, rng: np.random.Generator) -> StylePanel:
    """Simulate a feature, (seeds,) parts moved: share of replies with a list (even places) or length in words (odd)."""
    seeds = parts.size
    if place % 2 == 0:
        level = 0.1 + 0.75 * np.concatenate([[0.0, 1.0], parts])
        values = np.asarray(rng.random((seeds + 2, items.domain.size)) < level[:, None], dtype=np.float64)
    else:
        level = 40.0 - 18.0 * np.concatenate([[0.0, 1.0], parts])
        values = level[:, None] + 6.0 * items.difficulty + rng.normal(0, 8.0, (seeds + 2, items.domain.size))
    return StylePanel(
        name=f"feature {place}", student=values[2:], floor=values[:1], teacher=values[1:2], domain=items.domain
    )


def _codes(
    teacher_right: FloatArray, student_right: FloatArray, copied: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Code answers: 0 is right, 1 to 4 wrong; a wrong student copies a wrong teacher with probability `copied`."""
    wrong = rng.integers(1, OPTIONS, teacher_right.size)
    teacher = np.where(teacher_right > 0, 0, wrong)
    other = (wrong - 1 + rng.integers(1, OPTIONS - 1, student_right.shape)) % (OPTIONS - 1) + 1
    chosen = np.where(rng.random(student_right.shape) < copied, wrong, other)
    return teacher, np.where(student_right > 0, 0, chosen)


def _by_difficulty(gap: Gap, share: float, luck: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give (domains, points) chances of floor, teacher and average student over equally likely difficulties."""
    points = ndtri((np.arange(400) + 0.5) / 400)
    draws = luck * ndtri((np.arange(81) + 0.5) / 81)
    students = student_accuracy(gap, np.full(DOMAINS, share), draws)

    def chance(mean: FloatArray) -> FloatArray:
        return np.asarray(ndtr((ndtri(mean)[..., None] - DIFFICULTY * points) / np.sqrt(1 - DIFFICULTY**2)))

    return chance(gap.floor), chance(gap.teacher), chance(students).mean(axis=0)


def _ledger_truths(gap: Gap, share: float, luck: float) -> tuple[float, float, float]:
    floor, teacher, student = _by_difficulty(gap, share, luck)
    gained, kept, neither = teacher * (1 - floor), floor, (1 - teacher) * (1 - floor)
    return (
        float((student * gained).sum() / gained.sum()),
        float(((1 - student) * kept).sum() / kept.sum()),
        float((student * neither).sum() / neither.sum()),
    )


def _agreement_truth(gap: Gap, share: float, luck: float, copied: float) -> tuple[float, tuple[FloatArray, FloatArray]]:
    _, teacher, student = _by_difficulty(gap, share, luck)
    both = float((teacher * student).mean())
    agreed = both + copied * float(((1 - teacher) * (1 - student)).mean())
    return agreed, (student.mean(axis=1), teacher.mean(axis=1))
