"""From a lab's scores to the arrays that statistics take, and the numbers of one cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from angelshare.core.defend import CONTROL, UNDEFENDED, DefendedStudent
from angelshare.core.records import Estimate, Number, Refusal, Score
from angelshare.core.seeds import stream
from angelshare.measure.defend_material import PUBLIC, Where
from angelshare.measure.defend_plans import NONE, columns_of, doses, rows_of
from angelshare.measure.defend_run import Lab
from angelshare.stats.curve import CurveFit, fit_curve
from angelshare.stats.defended import break_even, mixture
from angelshare.stats.panel import Panel
from angelshare.stats.points import dose_points
from angelshare.stats.recovery import accuracy, difference, ratio, recovered

Floats = NDArray[np.float64]


class LabBench:
    """A lab laid out for measuring: every array has the test items in the same order."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.matrix = lab, lab.matrix
        self.level = lab.matrix.level
        self.rows = rows_of(lab.matrix)
        self.controls = tuple(defence.name for defence in lab.matrix.defence if defence.control)
        self.passive = lab.matrix.student[0].name
        self.largest = max(lab.matrix.budgets)
        names = list(dict.fromkeys(item.domain for item in lab.items))
        self.domain = np.array([names.index(item.domain) for item in lab.items], dtype=np.int64)
        self.fit = cache(self._fit)
        self.recovery = cache(self._recovery)

    def rng(self, *words: str | int) -> np.random.Generator:
        """Open the stream of one number, so that no number depends on which others were computed."""
        return stream("defend", self.matrix.name, *words)

    def students(self, defence: str) -> list[str]:
        """Columns of a row."""
        return [student.name for student in columns_of(self.matrix, defence)]

    def made(self, defence: str, student: str, budget: int) -> list[DefendedStudent]:
        """Results of a cell, by seed."""
        return [self.lab.students[Where(defence, student, budget, seed)] for seed in self.matrix.seeds]

    def panel(self, defence: str, student: str, budget: int) -> Panel:
        """Lay out a cell's students, their own base and the undefended teacher."""
        return self._panel(self._scores([one.result.scores for one in self.made(defence, student, budget)]), student)

    def teacher(self, defence: str) -> Floats:
        """(1, items) scores of a defended teacher."""
        return self._scores([self.lab.teachers[defence]])

    def loss(self, defence: str) -> Number:
        """Estimate the accuracy that honest users lose, on the same items."""
        if defence == NONE:
            return Refusal(refused=UNDEFENDED)
        values = self.teacher(NONE) - self.teacher(defence)
        return accuracy(values, self.domain, level=self.level, rng=self.rng("loss", defence), trained=False)

    def reduction(self, defence: str, student: str, budget: int) -> Number:
        """Estimate what the defence takes from a student, paired by seed."""
        if defence == NONE:
            return Refusal(refused=UNDEFENDED)
        pair = self.panel(NONE, student, budget), self.panel(defence, student, budget)
        return difference(*pair, level=self.level, rng=self.rng("reduction", defence, student, budget))

    def kept(self, defence: str, student: str, budget: int) -> Number:
        """Estimate the share of its undefended recovery that a student keeps."""
        if defence == NONE:
            return Refusal(refused=UNDEFENDED)
        pair = self.panel(defence, student, budget), self.panel(NONE, student, budget)
        rng = self.rng("kept", defence, student, budget)
        return ratio(*pair, level=self.level, rng=rng, same_items=True)

    def multiplier(self, defence: str, student: str, budget: int, *, of: str = "") -> Number:
        """Estimate the break-even multiplier of a cell against the undefended curve of `of`, or of the same student."""
        if defence == NONE:
            return Refusal(refused=UNDEFENDED)
        return break_even(self.fit(of or student), self.recovery(defence, student, budget), budget)

    def at_matched_utility(self, defence: str, student: str, budget: int) -> Number:
        """Estimate recovery from an undefended teacher with the same loss, minus recovery here; see `DefendCell`.

        Between two controls the scores of their students are mixed in the proportion that gives the loss.
        """
        if defence == NONE or defence in self.controls or student != self.passive:
            return Refusal(refused=CONTROL)
        losses = {name: float((self.teacher(NONE) - self.teacher(name)).mean()) for name in (NONE, *self.controls)}
        wanted = max(0.0, float((self.teacher(NONE) - self.teacher(defence)).mean()))
        below = [name for name in losses if losses[name] <= wanted]
        above = [name for name in losses if losses[name] >= wanted]
        if not above:
            return Refusal(
                refused=f"no control loses as much accuracy ({wanted:.2f}; at most {max(losses.values()):.2f}): add one"
            )
        first, last = max(below, key=lambda name: losses[name]), min(above, key=lambda name: losses[name])
        room = losses[last] - losses[first]
        share = (wanted - losses[first]) / room if room > 0 else 0.0
        panels = [self.panel(name, student, budget) for name in (first, last)]
        mixed = self._panel(mixture(panels[0].student, panels[1].student, share), student)
        found = difference(
            mixed, self.panel(defence, student, budget), level=self.level, rng=self.rng("matched", defence, budget)
        )
        against = f"{1 - share:.0%} {first}, {share:.0%} {last}" if share else first
        return _noted(found, f"held against {against}")

    def gap(self, first: tuple[str, str], second: tuple[str, str], level: float) -> Number:
        """Estimate recovery of one (defence, student) minus that of another, both at the largest dose."""
        panels = [self.panel(*cell, self.largest) for cell in (first, second)]
        return difference(*panels, level=level, rng=self.rng("gap", *first, *second))

    def public(self, student: str) -> Number:
        """Estimate what a column has from public examples alone."""
        places = [Where(PUBLIC, student, max(doses(self.matrix, NONE)), seed) for seed in self.matrix.seeds]
        if any(place not in self.lab.students for place in places):
            return Refusal(refused="nothing is public in this matrix")
        scores = self._scores([self.lab.students[place].result.scores for place in places])
        return recovered(self._panel(scores, student), level=self.level, rng=self.rng("public", student))

    def at_level(self, defence: str, student: str, level: float) -> Number:
        """Estimate recovery at the largest dose at another level."""
        rng = self.rng("recovery", defence, student, self.largest)
        return recovered(self.panel(defence, student, self.largest), level=level, rng=rng)

    def _recovery(self, defence: str, student: str, budget: int) -> Number:
        rng = self.rng("recovery", defence, student, budget)
        return recovered(self.panel(defence, student, budget), level=self.level, rng=rng)

    def _fit(self, student: str) -> CurveFit | Refusal:
        """Fit the dose-response curve of a student of the undefended teacher."""
        at = doses(self.matrix, NONE)
        points = dose_points([self.panel(NONE, student, dose) for dose in at], level=self.level)
        if isinstance(points, Refusal):
            return points
        rng = self.rng("curve", student)
        x = np.array(at, dtype=np.float64)
        return fit_curve(x, points.recoveries, points.item_covariance, level=self.level, rng=rng)

    def _panel(self, students: Floats, student: str) -> Panel:
        floor, teacher = self._scores([self.lab.floors[student]]), self.teacher(NONE)
        return Panel(student=students, floor=floor, teacher=teacher, domain=self.domain)

    def _scores(self, rows: Sequence[Sequence[Score]]) -> Floats:
        name = self.matrix.extractor
        return np.array([[float(getattr(score, name)) for score in row] for row in rows], dtype=np.float64)


def _noted(number: Number, words: str) -> Number:
    if isinstance(number, Refusal):
        return number
    return Estimate(
        value=number.value, low=number.low, high=number.high, level=number.level, n=number.n, method=number.method,
        caution="; ".join(part for part in (number.caution, words) if part),
    )  # fmt: skip
