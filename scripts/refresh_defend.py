"""Take what a finished run of the defence lab measured into the documentation: `python scripts/refresh_defend.py RUN`.

The run's rows go to docs/data/NAME.json, from which `write_reference.py` writes the tables of docs/defend.md, and its
figures to docs/img.
"""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import dataclasses
import shutil
import sys
from pathlib import Path

from angelshare.cli.defending import reread_defend
from angelshare.report.documents import report_json

ROOT = Path(__file__).resolve().parents[1]
FIGURES = {
    "defend": {"frontier.svg": "defend-frontier.svg"},
    "defend-marks": {"trace-survival.svg": "defend-survival.svg"},
}
"""By matrix: figure of the run to its name in docs/img."""


def main() -> None:
    """Verify the run, compute its numbers again, and keep what the page shows."""
    run = Path(sys.argv[1])
    report, _ = reread_defend(run)
    # cells at smaller doses stay in the run: the page shows what each defence does at the largest
    most = max(report.header.budgets)
    cells = [cell for cell in report.cells if cell.budget == most]
    kept = dataclasses.replace(report, cells=cells if report.traces else (), run="")
    folder = ROOT / "docs" / "data"
    folder.mkdir(exist_ok=True)
    (folder / f"{report.plan}.json").write_bytes(report_json(kept))
    for figure, name in FIGURES.get(report.plan, {}).items():
        shutil.copyfile(run / "figures" / figure, ROOT / "docs" / "img" / name)


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and a run
        sys.exit("usage: python scripts/refresh_defend.py RUN")
    main()
