"""What `angelshare lineage collect` does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from angelshare.cli.progress import Bar
from angelshare.lineage.collect import collect, read_plan, read_probes


def collect_answers(path: Path, out: Path) -> Iterator[Path]:
    """Ask every model of the plan at `path`, showing how far it has come; gives the files."""
    plan = read_plan(path)
    probes = read_probes(path.parent / plan.prompts)
    with Bar() as bar:
        bar.stage("answers", len(probes) * len(plan.ask))
        yield from collect(plan, probes, out, now=lambda: datetime.now(UTC), advance=bar.advance)
