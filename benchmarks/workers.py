"""How much sooner two workers are done than one, on equal student cells; it needs two idle cores to mean anything."""

from __future__ import annotations

import functools
import statistics
import time
from pathlib import Path

from angelshare.core.records import Arm, Cell, Pair, Plan
from angelshare.measure.cell import Training, train_cell
from angelshare.measure.engines import LocalEngine, one_thread
from angelshare.measure.plans import parse_plan
from angelshare.tasks.skills import SkillsTask

PLAN = Path(__file__).parents[1] / "plans" / "quick.toml"
CELLS = 4
BUDGET = 300
ROUNDS = 3


def work(plan: Plan) -> list[Training]:
    task = SkillsTask()
    pairs = [Pair(query=item.query, reply=item.worked or item.answer) for item in task.queries(BUDGET, seed=1)]
    cell = Cell(arm=Arm(kind="traces", budget=BUDGET), seed=1)
    return [Training(cell=cell, plan=plan, pairs=pairs, items=task.items("near", 50))] * CELLS


def seconds(engine: LocalEngine, jobs: list[Training]) -> float:
    start = time.perf_counter()
    done = list(engine.run(functools.partial(train_cell, scratch=None), jobs))
    assert len(done) == len(jobs)
    return time.perf_counter() - start


def measure() -> list[tuple[str, float, str]]:
    one_thread()
    jobs = work(parse_plan(PLAN.read_text(), str(PLAN)))
    single, double = LocalEngine(1), LocalEngine(2)
    try:
        # processes import torch once in a run; here only the cells count
        for engine in (single, double):
            seconds(engine, jobs)
        ratios = [seconds(single, jobs) / seconds(double, jobs) for _ in range(ROUNDS)]
    finally:
        single.close()
        double.close()
    return [("workers: one worker's time over two workers'", statistics.median(ratios), "x, at least 1.8")]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
