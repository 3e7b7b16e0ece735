"""Agreement with the teacher, kept apart from being right (M5).

Answers are integer codes: equal codes are the same answer to that item; NO_ANSWER never agrees with anything.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.core.records import Number, Refusal
from angelshare.stats.intervals import caution_of, estimate
from angelshare.stats.panel import FloatArray, IntArray, rows
from angelshare.stats.proportion import ONE_SEED, proportion
from angelshare.stats.sampling import RowEffects, domain_means, draw_means, draw_rows, row_effects

NO_ANSWER = -1
"""Code of a reply no answer could be read from."""

LEAST_SHARED_ERRORS = 50
"""Error inheritance needs this many (seed, item) pairs that student and teacher both get wrong (M5)."""

LEAST_WRONG_ITEMS = 10
"""... on at least this many different items, since pairs on one item are not independent."""

Flags: TypeAlias = NDArray[np.bool_]


def agreement(
    student_answers: IntArray, teacher_answers: IntArray, *, level: float, rng: np.random.Generator,
    cluster: IntArray | None = None,
) -> Number:  # fmt: skip
    """Estimate the share of items on which students give the teacher's answer.

    Args:
        student_answers: (seeds, items) codes.
        teacher_answers: (items,) codes.
        level: of the interval.
        rng: the caller owns the seed.
        cluster: (items,) items that share a template, or None.
    """
    return proportion(_same(student_answers, teacher_answers).astype(np.float64), level=level, rng=rng, cluster=cluster)


def chance_adjusted(
    student_answers: IntArray,
    teacher_answers: IntArray,
    student_right: FloatArray,
    teacher_right: FloatArray,
    *,
    level: float,
    rng: np.random.Generator,
    options: int | None = None,
    domain: IntArray | None = None,
) -> Number:
    """Estimate agreement beyond what the two accuracies alone would give (M5).

    kappa = (c_obs - c_exp) / (1 - c_exp) with c_exp = a_S a_T + (1 - a_S)(1 - a_T) / (options - 1): CAPA for hard
    answers, Goel et al. 2025, arXiv 2502.04313, section 2. With open answers (`options` None) wrong answers meet by
    chance with probability 0. 0 is chance, 1 is identical; students are averaged before the ratio.

    Args:
        student_answers: (seeds, items) codes.
        teacher_answers: (items,) codes.
        student_right: (seeds, items) scores in [0, 1].
        teacher_right: (items,) scores in [0, 1].
        level: of the interval.
        rng: the caller owns the seed.
        options: answers to choose from, or None for open answers.
        domain: (items,); chance is then taken within domains and averaged, so that easy and hard domains do not pass
            for agreement.

    Refused when chance alone would give full agreement.
    """
    items = teacher_answers.size
    right = rows(student_right, items, "student_right")
    same = _same(student_answers, teacher_answers).astype(np.float64)
    if right.shape != same.shape:
        raise ValueError(f"student_right: expected {same.shape}, found {right.shape}")
    where = np.zeros(items, dtype=np.int64) if domain is None else domain
    columns = np.stack([same.mean(axis=0), right.mean(axis=0), np.asarray(teacher_right, dtype=np.float64)])
    means = domain_means(columns, where, None, np.ones(3))
    if means.units.min() < 2:  # noqa: PLR2004 - a spread needs two
        return Refusal(refused="a domain has fewer than two items")
    expected = _expected(means.value[None], options)[0]
    if expected > 1 - 1e-3:
        return Refusal(refused="no room above chance: student and teacher are both right on all items")
    value = float(_kappa(means.value[None], options)[0])
    each = [
        domain_means(np.stack([a, r, columns[2]]), where, None, np.ones(3)).value
        for a, r in zip(same, right, strict=True)
    ]
    per_seed = _kappa(np.stack(each), options)
    slope = np.full(means.units.size, 1 / means.units.size) / (1 - expected)
    residual = row_effects(same, slope, where, None).residual
    luck = draw_rows([RowEffects(per_seed, residual)], rng)[:, 0]
    draws = np.minimum(_kappa(draw_means(means, rng), options) + luck, 1.0)
    caution = caution_of(ONE_SEED if same.shape[0] == 1 else "")
    return estimate(
        value, draws, level=level, n=items, method="items and seeds drawn jointly; t over seeds", caution=caution
    )


def error_inheritance(
    student_answers: IntArray,
    teacher_answers: IntArray,
    student_right: FloatArray,
    teacher_right: FloatArray,
    *,
    level: float,
    rng: np.random.Generator,
) -> Number:
    """Estimate, where student and teacher are both wrong, the share of the teacher's own wrong answers (M5).

    Shapes as in `chance_adjusted`. Items without a readable teacher answer are left out. Compare with the same number
    for a student that never saw this teacher. Refused below 50 shared errors or 10 different items.
    """
    items = teacher_answers.size
    right = rows(student_right, items, "student_right") >= 0.5  # noqa: PLR2004 - right from half a score on
    teacher_wrong = (np.asarray(teacher_right) < 0.5) & (teacher_answers != NO_ANSWER)  # noqa: PLR2004 - as above
    shared = ~right & teacher_wrong[None]
    inherited = shared & _same(student_answers, teacher_answers)
    pairs, different = int(shared.sum()), int(shared.any(axis=0).sum())
    if pairs < LEAST_SHARED_ERRORS or different < LEAST_WRONG_ITEMS:
        return Refusal(
            refused=f"too few shared errors: {pairs} on {different} items, "
            f"{LEAST_SHARED_ERRORS} on {LEAST_WRONG_ITEMS} are needed"
        )
    share = inherited.sum() / pairs
    # linearised ratio: per-item residuals scaled so that their mean is the share (Cochran 1977, section 6.3)
    kept = shared.any(axis=0)
    scale = kept.sum() * shared.shape[0] / pairs
    values = share + (inherited[:, kept] - share * shared[:, kept]) * scale
    return proportion(values, level=level, rng=rng)


def _same(student_answers: IntArray, teacher_answers: IntArray) -> Flags:
    students = np.atleast_2d(student_answers)
    if students.shape[1] != teacher_answers.size:
        raise ValueError(f"answers: {students.shape[1]} items from students, {teacher_answers.size} from the teacher")
    return np.asarray((students == teacher_answers[None]) & (students != NO_ANSWER))


def _expected(means: FloatArray, options: int | None) -> FloatArray:
    """Give (draws,) agreement expected by chance from (draws, domains, [same, student right, teacher right])."""
    both = means[:, :, 1] * means[:, :, 2]
    if options is not None:
        both = both + (1 - means[:, :, 1]) * (1 - means[:, :, 2]) / (options - 1)
    return np.asarray(both.mean(axis=1))


def _kappa(means: FloatArray, options: int | None) -> FloatArray:
    expected = _expected(means, options)
    return np.asarray((means[:, :, 0].mean(axis=1) - expected) / np.maximum(1 - expected, 1e-3))
