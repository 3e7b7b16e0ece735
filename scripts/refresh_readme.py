"""Put a run's terminal output and figures into the README, and the pictures of what it means beside them.

    python scripts/refresh_readme.py RUN

The picture of the delay needs Epoch AI's dated scores, which are not part of the project; without them it stays.
"""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from angelshare.core.audit import Audit
from angelshare.core.errors import PlanError
from angelshare.core.strict import decode_json
from angelshare.report.terminal import summary
from angelshare.store.manifest import verify_run

ROOT = Path(__file__).resolve().parents[1]
FIGURES = {"recovery_curve.svg": "quick-recovery.svg", "false_promise_plane.svg": "quick-plane.svg"}
"""Figure of the run to its name in docs/img."""
SCORES = ROOT.parent / "shared" / "data" / "delay" / "eci_2026-08-22.csv"
"""Epoch AI's scores, CC BY 4.0."""
DONE = {0, 1}
"""Exit codes of a verb that has done its work."""
BLOCK = re.compile(r"(<!-- quick:begin -->\n).*?(<!-- quick:end -->)", re.DOTALL)


def terminal_text(audit: Audit) -> str:
    """Give what the terminal shows of an audit, 80 columns wide, without colour."""
    out = io.StringIO()
    Console(file=out, width=80, color_system=None, legacy_windows=False).print(summary(audit))
    return "\n".join(line.rstrip() for line in out.getvalue().strip("\n").splitlines())


def refreshed(readme: str, audit: Audit) -> str:
    """Put an audit's terminal text between the markers; raises PlanError if there are none."""
    if not BLOCK.search(readme):
        raise PlanError("the README has no <!-- quick:begin --> … <!-- quick:end -->; put the two markers back")
    return BLOCK.sub(lambda found: f"{found[1]}```text\n{terminal_text(audit)}\n```\n{found[2]}", readme)


def refresh(run: Path, root: Path) -> None:
    """Check a finished run, then rewrite `root`'s README.md and docs/img from it; raises RunFolderError."""
    verify_run(run)
    audit = decode_json((run / "report.json").read_bytes(), Audit, str(run / "report.json"))
    readme = root / "README.md"
    readme.write_text(refreshed(readme.read_text(encoding="utf-8"), audit), encoding="utf-8")
    images = root / "docs" / "img"
    images.mkdir(parents=True, exist_ok=True)
    for figure, name in FIGURES.items():
        shutil.copyfile(run / "figures" / figure, images / name)


def draw_meaning(images: Path, scores: Path = SCORES) -> None:
    """Draw again which thresholds see a model, and, with the scores at hand, how long closed records stood."""
    with tempfile.TemporaryDirectory() as folder:
        _run(["ledger", "bundled:r1-distill-qwen-32b", "--out", folder])
        shutil.copyfile(Path(folder) / "figures" / "thresholds.svg", images / "ledger-thresholds.svg")
        if not scores.is_file():
            print(f"no {scores.name} beside the project: docs/img/delay-frontier.svg stays", file=sys.stderr)  # noqa: T201 - a script's message
            return
        _run(["delay", str(scores), "--out", folder])
        drawn = next(Path(folder).glob("delay-*/figures/frontier.svg"))
        shutil.copyfile(drawn, images / "delay-frontier.svg")


def _run(arguments: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own verbs
        [sys.executable, "-m", "angelshare", *arguments], check=False, capture_output=True, text=True
    )
    if done.returncode not in DONE:
        raise PlanError(f"angelshare {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and a run
        sys.exit("usage: python scripts/refresh_readme.py RUN")
    refresh(Path(sys.argv[1]), ROOT)
    draw_meaning(ROOT / "docs" / "img")
