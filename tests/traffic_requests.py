"""Small request tables for the tests of room detect: columns that a test does not name are null."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from angelshare.detect.schema import REQUESTS, RFF

MONDAY = datetime(2026, 9, 21, tzinfo=UTC)


def at(hour=0, minute=0, second=0, *, day=0, micro=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute, seconds=second, microseconds=micro)


def table(*rows):
    """Make a request table of dicts; each gets an id and a model unless it names them."""
    filled = [{"request_id": f"r{n}", "model": "m"} | row for n, row in enumerate(rows)]
    return pa.Table.from_pylist([{name: row.get(name) for name in REQUESTS.names} for row in filled], schema=REQUESTS)


def state(folder: Path, **days):
    """Write tables into a state folder by day: `d21=table` is 2026-09-21."""
    for day, requests in days.items():
        put(folder, f"2026-09-{day[1:]}", "first", requests)
    return SimpleNamespace(folder=folder)


def put(folder: Path, day: str, name: str, requests):
    place = folder / "requests" / f"day={day}"
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(requests, place / f"{name}.parquet")


def mixed(n: int, *, day=0, accounts=7, seed=0):
    """Draw requests that use every column, some with nulls, ties in time and negative hashes among them."""
    rng = np.random.default_rng([seed, day])
    rows = []
    for index in range(n):
        account = int(rng.integers(accounts))
        row = {
            "request_id": f"{day}-{index}", "account_id": f"a{account}", "org_id": f"o{account % 2}",
            "ts": at(day=day, micro=int(rng.integers(86_400)) * 1_000_000 + int(rng.choice([0, 1, 999_999]))),
            "api_key_id": f"k{rng.integers(3)}", "end_user_id": f"u{rng.integers(9)}", "session_id": f"s{rng.integers(9)}",
            "provider": str(rng.choice(["one", "two"])), "model": f"m{rng.integers(3)}", "operation": "chat",
            "status": int(rng.choice([200, 200, 403, 429, 503])), "input_tokens": int(rng.integers(4_000)),
            "output_tokens": int(rng.integers(4_000)), "reasoning_tokens": int(rng.integers(400)),
            "cached_tokens": int(rng.integers(400)), "latency_ms": float(rng.gamma(2.0, 400.0)),
            "ttft_ms": float(rng.gamma(2.0, 40.0)), "temperature": float(rng.choice([0.0, 0.7, 1.0])),
            "top_p": float(rng.choice([0.95, 1.0])), "seed": 7, "n_choices": int(rng.choice([1, 4])),
            "max_tokens": int(rng.choice([256, 4096])), "logprobs": bool(rng.integers(2)), "stream": bool(rng.integers(2)),
            "tools_n": int(rng.integers(2)), "finish_reason": str(rng.choice(["stop", "length"])),
            "ip_prefix": f"192.0.2.{rng.integers(4)}", "asn": int(rng.integers(64_496, 64_500)),
            "country": str(rng.choice(["DE", "SG"])), "user_agent_hash": f"g{rng.integers(3)}", "payment_hash": "p",
            "email_domain_hash": "e", "plan": str(rng.choice(["free", "pro"])), "account_created_at": at(day=-account - 1, micro=3),
            "skeleton": int(rng.integers(-9, 9)) * 2**58, "simhash": int(rng.integers(-9, 9)), "cot": bool(rng.integers(2)),
            "rubric": bool(rng.integers(2)), "language": str(rng.choice(["en", "zh", "ü"])), "capability": "code",
            "prompt_chars": int(rng.integers(9_000)), "rff": rng.uniform(-0.18, 0.18, RFF).astype(np.float32).tolist(),
        }  # fmt: skip
        needed = {"ts", "request_id", "account_id", "model"}
        rows.append({name: value for name, value in row.items() if name in needed or rng.random() > 0.15})
    return table(*rows)
