"""Fifty readers a second of a workbench of 1,000 pages and 10,000 claims, asked by Locust while revisions come out.

The server is `angelshare serve` as it ships, begun cold. Readers ask for pages by chance over all addresses, a tenth
of them signed in, so that neither warm caches nor a favourite page help. PostgreSQL is measured beside where
ANGELSHARE_TEST_DATABASE_URL names an empty database (`make postgres` makes one).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.audit import family, resident

READERS, SECONDS, PUBLISH_EVERY, SETTLE_SECONDS = 50, 60, 10, 5
READER = Path(__file__).with_name("workbench_readers.py")
LOCUST = Path(sys.prefix) / "load" / "bin" / "locust"
EXPORTS = (
    "/api/v1/claims.jsonl",
    "/export/?form=json",
    "/export/?form=csv",
    "/export/?form=jsonld",
    "/export/?form=ris",
)


class Asked(NamedTuple):
    """One request."""

    kind: str
    milliseconds: float
    size: int
    failed: str | None


def measure() -> list[tuple[str, float, str]]:
    lines = _measure("SQLite", "")
    if database := os.environ.get("ANGELSHARE_TEST_DATABASE_URL"):
        lines += _measure("PostgreSQL", database)
    return lines


def _measure(name: str, database: str) -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), database) as (address, plan, server):
        before = cpu_seconds(family(server))
        asked = load(Path(folder), address, plan, database)
        spent = cpu_seconds(family(server)) - before
        grown = growth(address, server)
    pages = [one.milliseconds for one in asked if not one.kind.startswith("API")]
    kinds = {
        kind: percentile([one.milliseconds for one in asked if one.kind == kind], 99) for kind in plan["addresses"]
    }
    slowest = max(kinds, key=lambda kind: kinds[kind])
    print(*(f"  {kind}: p99 {spent:.0f} ms" for kind, spent in sorted(kinds.items())), sep="\n", file=sys.stderr)
    where = f"workbench on {name}"
    return [
        (f"{where}: requests answered", len(asked) / SECONDS, "requests/s, at least 49"),
        (f"{where}: page, median", percentile(pages, 50), "ms"),
        (f"{where}: page, 99th percentile", percentile(pages, 99), "ms, at most 100"),
        (f"{where}: everything asked, 99th percentile", percentile([one.milliseconds for one in asked], 99), "ms"),
        (f"{where}: slowest kind ({slowest}), 99th percentile", kinds[slowest], "ms"),
        (f"{where}: processor time of the server for a request", 1_000 * spent / len(asked), "ms"),
        (f"{where}: server grows while 10,000 claims and all exports are fetched", grown / 2**20, "MiB, at most 64"),
    ]


@contextmanager
def serving(folder: Path, database: str) -> Iterator[tuple[str, Mapping[str, dict[str, list[str]]], int]]:
    """Serve a workbench of full size; gives its address, what can be asked for, and the server's process."""
    workspace = folder / "workspace"
    environment = os.environ | {"DATABASE_URL": database, "OMP_NUM_THREADS": "1"}
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.workbench_data", str(workspace)],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    plan = json.loads(made.stdout) | {"readers": READERS}
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-m", "angelshare", "serve", "--workspace", str(workspace), "--port", "0", "--json"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        said = ""
        while not said.rstrip().endswith("}"):
            line = server.stdout.readline()
            assert line, f"{' '.join(command)} ended before it served"
            said += line
        time.sleep(SETTLE_SECONDS)  # until every process of the server has come up
        yield json.loads(said)["address"], plan, server.pid
    finally:
        server.terminate()
        server.communicate()


def load(folder: Path, address: str, plan: Mapping[str, object], database: str) -> Sequence[Asked]:
    """Have the readers read, and revisions published meanwhile; gives every request. Fails if one went wrong."""
    if not LOCUST.exists():
        raise SystemExit(f"{LOCUST} is missing: `make bench` puts the load tool there")
    times = folder / "times"
    environment = os.environ | {
        "ANGELSHARE_LOAD_PLAN": str(folder / "plan.json"), "ANGELSHARE_LOAD_TIMES": str(times),
        "DATABASE_URL": database, "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    publish = [sys.executable, "-m", "benchmarks.workbench_data", str(folder / "workspace"), "--publish"]
    publisher = subprocess.Popen([*publish, str(PUBLISH_EVERY)], env=environment)
    try:
        subprocess.run(
            [str(LOCUST), "-f", str(READER), "--headless", "--only-summary", "--users", str(READERS), "--spawn-rate",
             str(READERS), "--run-time", f"{SECONDS + 1}s", "--host", address.rstrip("/"), "--stop-timeout", "5"],
            env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        print(error.stderr.decode()[-3000:], file=sys.stderr)
        raise
    finally:
        died = publisher.poll()
        publisher.terminate()
        publisher.wait()
    assert died is None, f"the publisher ended with {died}"
    asked = [Asked(*json.loads(line)) for line in times.read_text().splitlines()]
    wrong = [one for one in asked if one.failed or not one.size]
    assert not wrong, f"{len(wrong)} of {len(asked)} requests went wrong, the first: {wrong[0]}"
    assert {one.kind for one in asked} <= set(plan["addresses"])  # type: ignore[call-overload]
    return asked


def growth(address: str, server: int) -> int:
    """Fetch the long answers, one after the other; gives by how many bytes the server's processes grow meanwhile."""
    before = peak = resident(family(server))
    for path in EXPORTS:
        with urllib.request.urlopen(address.rstrip("/") + path) as answer:
            size = 0
            while chunk := answer.read(1 << 20):
                size += len(chunk)
                peak = max(peak, resident(family(server)))
        assert size > 100_000, f"{path}: {size} bytes are too few for 1,000 pages"
    return peak - before


def cpu_seconds(pids: Sequence[int]) -> float:
    """Give the processor time that processes have used so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(its[11]) + int(its[12]) for its in fields) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: int) -> float:
    """Give the value that so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * share // 100) - 1]


if __name__ == "__main__":
    for what, value, unit in measure():
        print(f"{what}: {value:,.2f} {unit}")
