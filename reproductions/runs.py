"""Running a plan for a reproduction: the ordinary cells in the ordinary run folder, laid out for measuring."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from angelshare import __version__
from angelshare.cli.progress import Bar
from angelshare.core.records import FORMAT_VERSION
from angelshare.measure.engines import LocalEngine
from angelshare.measure.panels import Bench
from angelshare.measure.plans import parse_plan, plan_hash
from angelshare.measure.run import run_plan
from angelshare.store.runs import Begun, run_folder, run_path


def bench_of(text: str, where: str, out: Path, *, workers: int) -> Bench:
    """Run the plan `text` under `out`, or go on with it; finished cells are never redone."""
    plan = parse_plan(text, where)
    digest = plan_hash(plan)
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=digest, version=__version__, started_at=_now().isoformat(timespec="seconds")
    )
    with run_folder(run_path(out, plan.name, digest), text, begun) as folder, Bar() as bar:
        engine = LocalEngine(workers)
        try:
            return Bench(run_plan(plan, folder, engine=engine, now=_now, progress=bar))
        finally:
            engine.close()


def _now() -> datetime:
    return datetime.now(UTC)
