"""Run the studies in processes, print the claims, write docs/calibration.md; exit code 1 when a claim fails."""

# ruff: noqa: T201 - a script that prints
from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from angelshare.stats.calibration.summary import failures, pooled, run_study
from angelshare.stats.calibration.trial import OURS, Trial
from calibration import lineage, lineage_page, marks
from calibration.mark_corpora import ANSWERS
from calibration.mark_page import START, section
from calibration.page import distinct, put, render

WORLDS: Mapping[str, int] = {
    "recovery": 4800,
    "attribution": 1440,
    "contrasts": 600,
    "style": 600,
    "answers": 960,
    "judge": 960,
    "curve": 2000,
    "tests": 4000,
    "logit": 2304,
    "divergence": 1440,
    "delay": 800,
}
"""Simulated worlds per study at full size: multiples of the number of conditions."""


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument(
        "part", nargs="?", default="all", choices=["all", "intervals", "marks", "lineage"], help="what to run"
    )
    parser.add_argument("--share", type=float, default=1.0, help="part of the full number of worlds (default: all)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    parser.add_argument("--out", type=Path, default=Path("docs/calibration.md"), help="page to write")
    parser.add_argument("--quick", action="store_true", help="marks, lineage: a small part of it")
    parser.add_argument("--answers", type=Path, default=ANSWERS, help=f"marks: replies of models (default: {ANSWERS})")
    parser.add_argument("--keep", type=Path, help="marks: file of finished parts, to go on after a stop")
    options = parser.parse_args()
    held = {"intervals": _intervals, "marks": _marks, "lineage": _lineage}
    return max(run(options) for part, run in held.items() if options.part in ("all", part))


def _intervals(options: argparse.Namespace) -> int:
    """Run the simulated audits and write the page anew, but for the section on marks."""
    started = time.monotonic()
    trials = {name: _study(name, round(options.share * worlds), options.workers) for name, worlds in WORLDS.items()}
    rows = pooled(distinct(trial for study in trials.values() for trial in study))
    for row in sorted(rows, key=lambda row: (row.claim, row.method != OURS)):
        print(f"{row.claim:40} {row.method:42} {row.trials:6d} worlds  covers {row.coverage:.3f}")
    command = "make calibrate" if options.share == 1.0 else f"python -m calibration --share {options.share:g}"
    page = render(trials, seconds=_cpu_seconds(), command=command)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    kept = START + _page(options.out).partition(START)[2] if START in _page(options.out) else ""
    options.out.write_text(page + ("\n" + kept if kept else ""), encoding="utf-8")
    failed = failures(rows)
    for row in failed:
        print(f"FAILS: {row.claim} covers {row.coverage:.3f} of {row.trials}", file=sys.stderr)
    print(f"wrote {options.out} in {time.monotonic() - started:.0f} s: {len(failed)} claims fail")
    return 1 if failed else 0


def _marks(options: argparse.Namespace) -> int:
    """Run the marks study and put its section at the end of the page."""
    size = marks.QUICK if options.quick else marks.FULL
    study = marks.run(options.answers, size, options.workers, keep=options.keep)
    command = "python -m calibration marks --quick" if options.quick else "python -m calibration marks"
    put(options.out, START, section(study, command))
    wrong = marks.failed(study)
    for line in wrong:
        print(f"FAILS: {line}", file=sys.stderr)
    skipped = f" ({study.skipped})" if study.skipped else ""
    print(f"wrote {options.out} in {study.seconds:.0f} s: {len(wrong)} claims on marks fail{skipped}")
    return 1 if wrong else 0


def _lineage(options: argparse.Namespace) -> int:
    """Run the lineage study and put its section into the page."""
    size = lineage.QUICK if options.quick else lineage.FULL
    size = size._replace(worlds=max(round(options.share * size.worlds), 1))
    study = lineage.run(size, options.workers)
    share = "" if options.share == 1.0 else f" --share {options.share:g}"
    command = f"python -m calibration lineage{' --quick' if options.quick else ''}{share}"
    put(options.out, lineage_page.START, lineage_page.section(study, command))
    wrong = lineage.failed(study)
    for line in wrong:
        print(f"FAILS: {line}", file=sys.stderr)
    print(f"wrote {options.out} in {study.seconds:.0f} s: {len(wrong)} claims on lineage fail")
    return 1 if wrong else 0


def _page(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _cpu_seconds() -> float:
    """Give processor time of this process and its finished children: what does not depend on who else is running."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _study(name: str, worlds: int, workers: int) -> list[Trial]:
    started = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        done: list[Trial] = []
        for index, trials in enumerate(pool.map(run_study, [name] * worlds, range(worlds), chunksize=10), start=1):
            done += trials
            if index % 100 == 0 and sys.stderr.isatty():
                print(f"\r{name}: {index} of {worlds}", end="", file=sys.stderr)
    print(f"\r{name}: {worlds} worlds, {time.monotonic() - started:.0f} s", file=sys.stderr)
    return done


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # workers are forked after the tokenizer is trained
    sys.exit(main())
