"""The grid of B3, B4 and B6: one ordinary plan on the bundled skills, run once and read three times."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from angelshare.measure.panels import Bench
from reproductions.runs import bench_of

PLAN = Path(__file__).parents[1] / "plans" / "reproductions" / "skills.toml"


@lru_cache(maxsize=1)
def grid(out: Path, workers: int) -> Bench:
    """Run the plan under `out`, or go on with it."""
    return bench_of(PLAN.read_text(encoding="utf-8"), str(PLAN), out, workers=workers)
