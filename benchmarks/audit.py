"""Wall time and peak memory of the quick plan, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from angelshare.core.records import Manifest
from angelshare.core.strict import decode_json

PLAN = Path(__file__).parents[1] / "plans" / "quick.toml"
PAUSE = 1.0


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def resident(pids: list[int]) -> int:
    """Bytes the processes hold together, pages they share counted once (proportional set size)."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def measure() -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "angelshare", "measure", str(PLAN), "--out", folder, "--workers", "2"]
        peak = 0
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while running.poll() is None:
            peak = max(peak, resident(family(running.pid)))
            time.sleep(PAUSE)
        # the verdict may set exit code 1, which is an answer and not a failure
        assert running.returncode in (0, 1), f"{' '.join(command)} ended with {running.returncode}"
        path = next(Path(folder).glob("*/manifest.json"))
        manifest = decode_json(path.read_bytes(), Manifest, str(path))
    used = os.times()
    return [
        ("audit of plans/quick.toml, two workers, wall", manifest.seconds / 60, "minutes, at most 5"),
        ("audit of plans/quick.toml, CPU", (used.children_user + used.children_system) / 60, "CPU-minutes"),
        ("audit of plans/quick.toml, peak memory of all processes", peak / 2**30, "GiB, at most 2"),
    ]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
