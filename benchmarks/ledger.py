"""How many rows a second the ledger makes durable, and how fast it reopens."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from angelshare.store.ledger import Ledger
from angelshare.store.rows import Answer

ROWS = 10_000


def row(number: int) -> Answer:
    body = b'{"choices": [{"message": {"role": "assistant", "content": "' + b"x" * 600 + b'"}}]}'
    return Answer(
        request_sha256=f"{number:064x}", request="{}" * 200, model="m", status=200, response=body,
        usage='{"prompt_tokens": 10}', tokens_in=10, tokens_out=20, tokens_delivered=20, usage_estimated=False,
        price="", cost_usd=0.001, sent_at="2026-11-24T08:00:00+00:00", seconds=0.1, attempts=1,
    )  # fmt: skip


def measure() -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        rows = [row(number) for number in range(ROWS)]
        with Ledger(path) as ledger:
            start = time.perf_counter()
            # 32 in flight, as a client has them: each wave waits until all of it is on disk
            for wave in range(0, ROWS, 32):
                for done in [ledger.append(each) for each in rows[wave : wave + 32]]:
                    done.result()
            waves = ROWS / (time.perf_counter() - start)
        with Ledger(Path(folder) / "bulk.sqlite") as ledger:
            start = time.perf_counter()
            for done in [ledger.append(each) for each in rows]:
                done.result()
            bulk = ROWS / (time.perf_counter() - start)
        start = time.perf_counter()
        Ledger(path).close()
        reopen = ROWS / (time.perf_counter() - start)
    return [
        ("ledger, durable rows, 32 in flight", waves, "records/s"),
        ("ledger, durable rows, all queued", bulk, "records/s"),
        ("ledger, opened with every row checked", reopen, "records/s"),
    ]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.0f} {unit}")
