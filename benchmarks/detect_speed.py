"""How long a provider's day of requests takes to become accounts: sketched once, loaded as arrays, on two cores.

Requests are drawn, not real: what counts here is how many rows, accounts and different values there are. Features of
prompts are computed at ingest and are in the rows already. Each size runs in a process of its own, for its memory.
`python -m benchmarks.detect_speed ROWS ACCOUNTS DAYS` measures any size once. The largest goal takes 17 GB of disk and
half an hour to draw alone, so it is measured with ANGELSHARE_SPEED=full only. ANGELSHARE_SPEED_DIR is where files go.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from angelshare.detect.accounts import load
from angelshare.detect.engine import Limits, close, connect
from angelshare.detect.schema import REQUESTS, RFF
from angelshare.detect.sketch import update

SIZES = ((100_000, 3), (1_000_000, 3), (10_000_000, 1))
"""Rows of one day, and how often each is measured."""
MANY, LARGEST = (8_400_000, 500_000, 3), (50_000_000, 500_000, 5)
"""Rows, accounts and days: half a million light accounts for three days, and the largest goal."""
PER_ACCOUNT = 20
"""Requests of an account and day on average, between the documented 5.6 and 26 of a campaign's accounts."""
CHUNK = 500_000
MONDAY_US = 1_790_553_600 * 1_000_000
DAY_US = 86_400 * 1_000_000
MEASURED = """
import json, sys
from benchmarks.detect_speed import timed
print(json.dumps(timed(sys.argv[1])))
"""


def write(folder: Path, rows: int, accounts: int, *, days: int) -> None:
    """Write requests of `days` days, sorted by instant as a log is; heavy-tailed rates, text known for all."""
    rng = np.random.default_rng(rows)
    rates = rng.lognormal(0, 1.5, accounts)
    for day in range(days):
        name = np.datetime64(MONDAY_US + day * DAY_US, "us").astype("datetime64[D]")
        place = folder / "requests" / f"day={name}"
        place.mkdir(parents=True)
        left = rows // days
        with pq.ParquetWriter(place / "drawn.parquet", REQUESTS, compression="zstd") as writer:
            pieces = -(-left // CHUNK)
            for piece in range(pieces):
                n = min(CHUNK, left - piece * CHUNK)
                who = rng.choice(accounts, n, p=rates / rates.sum())
                start = MONDAY_US + day * DAY_US + piece * DAY_US // pieces
                at = np.sort(rng.integers(start, start + DAY_US // pieces, n))
                writer.write_table(drawn(who, at, rng))


def drawn(who: np.ndarray, at: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """Draw requests: a few keys, networks and templates an account, and parameters of its kind."""
    n = len(who)

    def text(prefix: str, codes: np.ndarray) -> pa.Array:
        found, place = np.unique(codes, return_inverse=True)
        words = pa.array([f"{prefix}{code:x}" for code in found])
        return words.take(pa.array(place))

    def own(several: int) -> np.ndarray:
        return who * several + rng.integers(0, several, n)

    kind = who % 97
    columns: dict[str, pa.Array] = {
        "ts": pa.array(at).cast(pa.timestamp("us", tz="UTC")),
        "request_id": text("r", at * 1_000 + np.arange(n) % 1_000),
        "account_id": text("account-", who * 0x9E3779B1 % 2**32 * 2**20 + who),
        "org_id": text("o", who // 3), "api_key_id": text("k", own(2)), "end_user_id": text("u", own(9)),
        "session_id": text("s", own(30)), "provider": text("p", who % 2), "model": text("m", (who + (own(4) == 0)) % 5),
        "operation": text("chat", np.zeros(n, int)), "status": pa.array(rng.choice([200] * 97 + [429, 403, 500], n)),
        "input_tokens": pa.array(rng.geometric(1 / 700, n)), "output_tokens": pa.array(rng.geometric(1 / 300, n)),
        "reasoning_tokens": pa.array(rng.geometric(1 / 100, n)), "cached_tokens": pa.array(rng.geometric(1 / 90, n)),
        "latency_ms": pa.array(rng.gamma(2, 900, n)), "ttft_ms": pa.array(rng.gamma(2, 90, n)),
        "temperature": pa.array(np.array([0, 0.7, 1.0])[kind % 3]), "top_p": pa.array(np.array([0.95, 1.0])[kind % 2]),
        "max_tokens": pa.array(256 << kind % 5), "n_choices": pa.array(np.ones(n, int)),
        "logprobs": pa.array(kind < 3), "stream": pa.array(kind > 40), "tools_n": pa.array(kind % 4),
        "finish_reason": text("stop", np.zeros(n, int)), "ip_prefix": text("n", own(3) // 2),
        "asn": pa.array(64_512 + who % 900), "country": text("c", who % 60), "user_agent_hash": text("g", who % 400),
        "payment_hash": text("pay", who), "email_domain_hash": text("e", who // 5), "plan": text("plan", who % 4),
        "account_created_at": pa.array(MONDAY_US - who * 1_000_000).cast(pa.timestamp("us", tz="UTC")),
        "simhash": pa.array(own(20) * 0x9E3779B97F4A7 % 2**62),
        "skeleton": pa.array(np.where(kind < 20, own(12) % 9_973, own(12)) * 0x9E3779B97F4A7 % 2**62),
        "cot": pa.array(rng.random(n) < 0.05), "rubric": pa.array(rng.random(n) < 0.02),
        "language": text("l", (who + rng.integers(0, 2, n)) % 12), "capability": text("cap", own(3) % 11),
        "prompt_chars": pa.array(rng.geometric(1 / 2_500, n)),
        "rff": waves(n, rng),
    }  # fmt: skip
    return pa.table(
        [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in REQUESTS], schema=REQUESTS
    )


def waves(n: int, rng: np.random.Generator) -> pa.Array:
    values = ((rng.random(n * RFF, dtype=np.float32) - 0.5) * np.float32(0.35)).astype(np.float32)
    return pa.ListArray.from_arrays(np.arange(0, n * RFF + 1, RFF, dtype=np.int32), values)


def timed(folder: str) -> dict[str, float]:
    """Sketch and load all days of a state folder: wall and CPU seconds, and the process's highest memory in GiB."""
    state = SimpleNamespace(folder=Path(folder))
    start, cpu = time.perf_counter(), time.process_time()
    backend = connect("duckdb", Limits(spill=state.folder / "scratch"))
    days = update(state, backend)
    close(backend)
    sketched, sketched_cpu = time.perf_counter(), time.process_time()
    accounts = load(state, days[0], days[-1])
    return {
        "update_s": sketched - start, "load_s": time.perf_counter() - sketched,
        "update_cpu_s": sketched_cpu - cpu, "load_cpu_s": time.process_time() - sketched_cpu,
        "peak_gib": peak_gib(), "accounts": len(accounts),
        "links": sum(one.counts.nnz for one in accounts.links.values()),
    }  # fmt: skip


def peak_gib() -> float:
    """Give the highest memory this process has had."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20


def once(rows: int, accounts: int, *, days: int = 1) -> dict[str, float]:
    """Write requests, and measure them in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="angelshare-speed-", dir=os.environ.get("ANGELSHARE_SPEED_DIR")) as folder:
        write(Path(folder), rows, accounts, days=days)
        done = subprocess.run([sys.executable, "-c", MEASURED, folder], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def exponent(rows: list[int], seconds: list[float]) -> tuple[float, float, float]:
    """Fit seconds = c * rows^exponent by least squares of logarithms; the exponent and its 95 % t-interval."""
    fit = stats.linregress(np.log(rows), np.log(seconds))
    half = float(stats.t.ppf(0.975, len(rows) - 2) * fit.stderr)
    return float(fit.slope), float(fit.slope) - half, float(fit.slope) + half


def lines(what: str, found: dict[str, float], *, wall: str = "s", memory: str = "GiB") -> list[tuple[str, float, str]]:
    wall_s, cpu_s = (found[f"update_{unit}"] + found[f"load_{unit}"] for unit in ("s", "cpu_s"))
    return [
        (f"detect, {what}: sketched and loaded, wall", wall_s, wall),
        (f"detect, {what}: the same, CPU", cpu_s, "CPU-s"),
        (f"detect, {what}: loading alone, CPU", found["load_cpu_s"], "CPU-s"),
        (f"detect, {what}: peak memory", found["peak_gib"], memory),
    ]


def of_sizes(found: dict[int, list[dict[str, float]]]) -> list[tuple[str, float, str]]:
    """Say what the rounds of each size gave; of them the fastest, since other work on the machine only adds."""
    out, rows, seconds = [], [], []
    for size, rounds in found.items():
        rows += [size] * len(rounds)
        seconds += [one["update_cpu_s"] + one["load_cpu_s"] for one in rounds]
        least = min(rounds, key=lambda one: one["update_s"] + one["load_s"])
        peak = {"peak_gib": max(one["peak_gib"] for one in rounds)}
        goals = {"wall": "s, at most 60"} if size == 1_000_000 else {}
        out += lines(f"{size:,} rows in a day", least | peak, **goals)
    for name, value in zip(("fitted", "lower bound", "upper bound"), exponent(rows, seconds), strict=True):
        goal = ", at most 1.1" if name == "upper bound" else ""
        out.append((f"detect, exponent of CPU time over rows, {name}", value, f"(95 % t-interval){goal}"))
    return out


def measure() -> list[tuple[str, float, str]]:
    out = of_sizes({size: [once(size, size // PER_ACCOUNT) for _ in range(times)] for size, times in SIZES})
    what = f"{MANY[0]:,} rows, {MANY[1]:,} accounts, {MANY[2]} days"
    out += lines(what, once(*MANY[:2], days=MANY[2]), memory="GiB, at most 4")
    if os.environ.get("ANGELSHARE_SPEED") == "full":
        what = f"{LARGEST[0]:,} rows, {LARGEST[1]:,} accounts, {LARGEST[2]} days"
        out += lines(what, once(*LARGEST[:2], days=LARGEST[2]), wall="s, at most 1,800", memory="GiB, at most 6")
    return out


if __name__ == "__main__":
    n_rows, n_accounts, n_days = map(int, sys.argv[1:4])
    for line in lines(
        f"{n_rows:,} rows, {n_accounts:,} accounts, {n_days} days", once(n_rows, n_accounts, days=n_days)
    ):
        print(*line)
