"""Run every benchmark, print one table, and write docs/benchmarks.md: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
LINEAGE = "\n## Lineage on real students\n"
NAMES = (
    "training", "decoding", "marking", "ledger", "client", "delay", "workers", "workbench", "audit", "marks",
    "detect_speed", "detect_windows", "detect_goals",
)  # fmt: skip
GOALS = {
    "ledger, durable rows, 32 in flight": "at least 2,000",
    "client with ledger, 32 in flight": "at least 300",
}
"""Goals of figures whose own module names a unit alone."""
HOW = (
    "Written by `make bench` (`python -m benchmarks`; it also takes names: `{names}`, and then `--page` renews their "
    "rows alone). Do not edit by hand."
)
MARKS = (
    "A detector is timed by its CPU time on one stream of Zipf's frequencies: ours over 16 million tokens, "
    "de-duplicated and with an exact p-value, the peers over its beginning (4,000 tokens, or 100,000 where they are "
    "fast) with their own de-duplication and p-value; where a schedule is a peer's, counts are compared with it on the "
    "same tokens. vLLM is 0.33.0, textseal 0.0.5; sbw 1.0.0's `selfhash` is that of lm-watermarking, which is not on "
    "PyPI. Compiling happens once a process, or once in all where NUMBA_CACHE_DIR names a folder. "
    "How often each raises a false alarm on text without a mark is in "
    "[calibration.md](calibration.md#watermark-tests-false-alarms-on-text-without-a-mark)."
)
SKETCHES = (
    "Sketches and accounts of `detect` are made of drawn requests that have every column, features of prompts among "
    "them; each size runs in a process of its own with two threads, and of its rounds the fastest counts. Wall time "
    "is that of a machine that other work shares; divided by the threads, CPU time says what an idle one would take at "
    "best. `ANGELSHARE_SPEED=full` adds fifty million rows."
)
TURNS = (
    "What is compared takes turns, and a ratio is the median over rounds. Training, decoding and marking are CPU "
    "time of one thread, which other work on the machine disturbs little; the audit, the workers, the ledger and the "
    "client are wall time and need idle cores."
)
PEERS = (
    "The bare loop sees the same batches as ours and does what a notebook would: pad, cross-entropy, clip, AdamW. "
    "TRL's SFTTrainer trains all weights in float32, checkpointing off, with the same batch size and epochs; only "
    "`train()` is timed. `generate()` decodes one query at a time, greedily, with its own cache. scipy fits one "
    "resample of interval-censored lags at a time, to the same optimum."
)
READERS = (
    "The workbench holds 1,000 pages, 10,000 claims and a matrix of thousands of squares, and is served by `angelshare "
    "serve` as it ships. Locust's fifty readers each ask once a second for an address by chance, mostly dossiers, a "
    "tenth of them signed in; times count from the instant a request was due and begin with cold caches, and a "
    "revision comes out every ten seconds. `make postgres` measures the same on PostgreSQL beside."
)
PACKAGES = ("torch", "transformers", "trl", "accelerate")


class Line(NamedTuple):
    """One figure with its goal, if it has one."""

    what: str
    value: float
    unit: str
    goal: str

    @property
    def kept(self) -> str:
        """Whether the goal is kept; nothing where there is none."""
        found = re.fullmatch(r"at (least|most) ([\d.,]+)", self.goal)
        if found is None:
            return ""
        bound = float(found[2].replace(",", ""))
        return "yes" if (self.value >= bound if found[1] == "least" else self.value <= bound) else "no"

    @property
    def figure(self) -> str:
        return f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:.2f}"


def lines_of(name: str) -> list[Line]:
    """Run one benchmark."""
    module = __import__(f"benchmarks.{name}", fromlist=["measure"])
    out = []
    for what, value, said in module.measure():
        unit, _, goal = said.partition(", ")
        out.append(Line(what, value, unit, goal or GOALS.get(what, "")))
    return out


def machine() -> str:
    """Describe the machine without naming it."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} logical cores ({platform.machine()}), {pages:.0f} GiB of memory, no GPU used; "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )


def page(lines: list[Line], loads: tuple[float, float]) -> str:
    """Write the page."""
    rows = [f"| {line.what} | {line.figure} {line.unit} | {line.goal} | {line.kept} |" for line in lines]
    text = [
        "# Speed, beside the peers",
        HOW.format(names=" ".join(NAMES)),
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}. Load average {loads[0]:.1f} before and "  # noqa: ISC004 - one paragraph
        f"{loads[1]:.1f} after; on an idle machine it is about 0 before. {TURNS}",
        "\n".join(["| what | figure | goal | kept |", "|---|---|---|---|", *rows]),
        PEERS,
        MARKS,
        SKETCHES,
        READERS,
    ]
    return "\n\n".join(text) + "\n"


def renewed(old: str, names: list[str], lines: list[Line], loads: tuple[float, float]) -> str:
    """Put the rows of some benchmarks in the place of the same on the page, or after the others, and say when."""
    rows = {line.what: f"| {line.what} | {line.figure} {line.unit} | {line.goal} | {line.kept} |" for line in lines}
    said = f"Rows of {', '.join(names)}: "
    text = old.rstrip("\n").split("\n")
    text = [rows.pop(line.split(" | ")[0].removeprefix("| "), line) for line in text if not line.startswith(said)]
    last = max(at for at, line in enumerate(text) if line.startswith("| "))
    text[last + 1 : last + 1] = rows.values()
    for name, note in (("marks", MARKS), ("detect_speed", SKETCHES)):
        if note not in text and name in names:
            text += ["", note]
    dated = (
        f"{said}measured on {datetime.now(UTC):%Y-%m-%d}, load average {loads[0]:.1f} before and {loads[1]:.1f} after."
    )
    while text[-1] == "":
        text.pop()
    return "\n".join([*text, "", dated]) + "\n"


def with_lineage(text: str) -> str:
    """Put the section of lineage, which is written by itself, after the rest of the page."""
    _, head, section = PAGE.read_text().partition(LINEAGE) if PAGE.exists() else ("", "", "")
    return text.partition(LINEAGE)[0].rstrip("\n") + "\n" + head + section


def main(given: list[str]) -> int:
    if given[:1] == ["lineage"]:  # a table of its own, on data that not everyone has
        __import__("benchmarks.lineage", fromlist=["main"]).main(given[1:])
        return 0
    names = [name for name in given if name not in ("--page", "--quick")]
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"no benchmark named {unknown}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    before = os.getloadavg()[0]
    lines: list[Line] = []
    for name in names or NAMES:
        print(f"{name} …", file=sys.stderr)
        lines += lines_of(name)
    if "--page" in given:
        old = PAGE.read_text().partition(LINEAGE)[0]
        PAGE.write_text(with_lineage(renewed(old, names, lines, (before, os.getloadavg()[0]))))
    table = Table("what", "figure", "goal", "kept")
    for line in lines:
        table.add_row(line.what, f"{line.figure} {line.unit}", line.goal, line.kept)
    Console().print(table)
    if not names:
        PAGE.write_text(with_lineage(page(lines, (before, os.getloadavg()[0]))))
        print(f"written: {PAGE.relative_to(Path.cwd())}" if PAGE.is_relative_to(Path.cwd()) else f"written: {PAGE}")
    return 1 if any(line.kept == "no" for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
