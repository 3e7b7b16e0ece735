"""From cells' scores to the arrays that statistics take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import RefusedError
from angelshare.core.records import ArmKind, Cell, CellResult, Extractor, Plan, Ring, Score
from angelshare.core.seeds import stream
from angelshare.measure.grid import holds_anchors
from angelshare.measure.plans import budgets, controls, seeds
from angelshare.measure.run import Results
from angelshare.stats.panel import Panel, StylePanel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Bench:
    """Results laid out for measuring: every array has its items in the same order."""

    def __init__(self, results: Results) -> None:
        self.results, self.plan, self.task = results, results.plan, results.task
        self._by_arm: dict[tuple[ArmKind, int], list[CellResult]] = {}
        for cell, result in sorted(results.cells.items(), key=_order):
            self._by_arm.setdefault((cell.arm.kind, cell.arm.budget), []).append(result)
        self.floor, self.teacher = self._by_arm["floor", 0][0], self._by_arm["teacher", 0][0]
        self.headline: ArmKind = headline_of(self.plan)

    @property
    def kinds(self) -> list[ArmKind]:
        """Arms with students, teacher arms first."""
        return [*dict.fromkeys(self.plan.arms), *controls(self.plan)]

    def arms(self) -> Iterator[tuple[ArmKind, int]]:
        """Walk over every arm and dose."""
        for kind in self.kinds:
            for budget in budgets(self.plan, kind):
                yield kind, budget

    def doses(self, kind: ArmKind) -> tuple[int, ...]:
        """Doses of an arm."""
        return budgets(self.plan, kind)

    def cells(self, kind: ArmKind, budget: int) -> Sequence[CellResult]:
        """Results of one arm and dose, by seed."""
        return self._by_arm.get((kind, budget), [])

    def rng(self, *words: str | int) -> np.random.Generator:
        """Open the stream of one number, so that no number depends on which others were computed."""
        return stream("measure", self.plan.name, *words)

    def domains(self, ring: Ring) -> list[str]:
        """Domains of a ring, in order of appearance."""
        return list(dict.fromkeys(score.domain for score in self._ring(self.floor, ring)))

    def panel(
        self, kind: ArmKind, budget: int, ring: Ring = "near", *, extractor: Extractor | None = None, domain: str = ""
    ) -> Panel:
        """Lay out scores of an arm, the floor and the teacher on the items of a ring (and domain).

        Raises RefusedError if the ring was not asked at this dose.
        """
        name = extractor or self.plan.extractor
        if ring == "queried" and not holds_anchors(self.plan, budget):
            raise RefusedError("the smallest dose is drawn afresh per seed and does not hold the shared queried items")
        blocks = [
            self._matrix(cells, ring, lambda score: float(getattr(score, name)), domain)
            for cells in (self.cells(kind, budget), [self.floor], [self.teacher])
        ]
        if not blocks[1].size:
            raise RefusedError(f"the task has no {ring.replace('_', '-')} items")
        return Panel(
            student=blocks[0], floor=blocks[1], teacher=blocks[2], domain=self.codes(ring, domain),
            cluster=self.clusters(ring, domain),
        )  # fmt: skip

    def students(self, kind: ArmKind, budget: int, ring: Ring = "near") -> Floats:
        """(seeds, items) scores of an arm."""
        return self._matrix(self.cells(kind, budget), ring, lambda score: float(getattr(score, self.plan.extractor)))

    def styles(self, kind: ArmKind, budget: int) -> list[StylePanel]:
        """Lay out every style feature on the near ring."""
        return [
            StylePanel(
                name=name,
                student=self._matrix(self.cells(kind, budget), "near", _feature(k)),
                floor=self._matrix([self.floor], "near", _feature(k)),
                teacher=self._matrix([self.teacher], "near", _feature(k)),
                domain=self.codes("near"),
                cluster=self.clusters("near"),
            )
            for k, name in enumerate(self.task.style_features)
        ]

    def answers(self, kind: ArmKind, budget: int) -> tuple[Ints, Ints]:
        """Code answers on the near ring: (seeds, items) and (items,); equal codes are equal answers, -1 is none."""
        teacher = [score.answer for score in self._ring(self.teacher, "near") if score.draw == 0]
        codes: list[dict[str, int]] = [{} for _ in teacher]
        own = [_code(codes[k], answer) for k, answer in enumerate(teacher)]
        rows = [
            [_code(codes[k], score.answer) for k, score in enumerate(self._ring(cell, "near"))]
            for cell in self.cells(kind, budget)
        ]
        return np.array(rows, dtype=np.int64), np.array(own, dtype=np.int64)

    def codes(self, ring: Ring, domain: str = "") -> Ints:
        """(items,) domain codes of a ring."""
        names = self.domains(ring)
        kept = [score.domain for score in self._ring(self.floor, ring) if domain in ("", score.domain)]
        return np.array([0 if domain else names.index(name) for name in kept], dtype=np.int64)

    def clusters(self, ring: Ring, domain: str = "") -> Ints | None:
        """(items,) cluster codes of a ring, items without a cluster each alone; None if no item has one."""
        kept = [score.item for score in self._ring(self.floor, ring) if domain in ("", score.domain)]
        names = [self.results.clusters.get(item, f"alone: {item}") for item in kept]
        if not set(kept) & set(self.results.clusters):
            return None
        codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
        return np.array([codes[name] for name in names], dtype=np.int64)

    def scores(self, cells: Sequence[CellResult], ring: Ring = "near") -> list[Score]:
        """List the scores of some cells on a ring."""
        return [score for cell in cells for score in self._ring(cell, ring)]

    def _ring(self, cell: CellResult, ring: Ring) -> list[Score]:
        return [score for score in cell.scores if score.ring == ring]

    def _matrix(self, cells: Sequence[CellResult], ring: Ring, read: Any, domain: str = "") -> Floats:  # noqa: ANN401 - a reader of scores
        rows: list[list[float]] = []
        for cell in cells:
            kept = [score for score in self._ring(cell, ring) if domain in ("", score.domain)]
            draws = sorted({score.draw for score in kept})
            rows += [[read(score) for score in kept if score.draw == draw] for draw in draws]
        return np.array(rows, dtype=np.float64)

    def seeds(self, kind: ArmKind) -> Sequence[int]:
        """Seeds of an arm."""
        return sorted(seeds(self.plan, kind))


def headline_of(plan: Plan) -> ArmKind:
    """The arm the verdict is about: the plan's, or the last arm that learns from the teacher's own replies."""
    return plan.headline or [kind for kind in plan.arms if kind not in ("gold_all", "corrupted")][-1]


def _order(entry: tuple[Cell, CellResult]) -> tuple[str, int, int]:
    cell = entry[0]
    return cell.arm.kind, cell.arm.budget, cell.seed


def _feature(k: int) -> Any:  # noqa: ANN401 - a reader of scores
    return lambda score: float(score.style[k])


def _code(known: dict[str, int], answer: str) -> int:
    return -1 if answer == "" else known.setdefault(answer, len(known))
