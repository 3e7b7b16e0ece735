"""Killed with -9 twice on the way, a run pays for no answer twice and loses none it received."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from angelshare.store.ledger import Ledger

QUERIES = 120
ASK = """
import pathlib, sys
from datetime import UTC, datetime
from angelshare.core.records import Authorisation, Limits, Message, Query
from angelshare.models.endpoint import EndpointModel

model = EndpointModel(f"http://127.0.0.1:{sys.argv[1]}/slow/v1", "m", concurrency=4)
leave = Authorisation(by="A", reference="r", until="9999-12-31")
model.open(pathlib.Path(sys.argv[2]), authorisation=leave, limits=Limits(), prices=(), now=lambda: datetime.now(UTC))
queries = [Query(id=str(k), messages=[Message(role="user", content=f"text {k}")]) for k in range(int(sys.argv[3]))]
for done in model.answer(queries):
    print(done.query_id, done.text, flush=True)
model.close()
"""


@pytest.fixture
def port() -> Iterator[int]:
    script = Path(__file__).parents[1] / "stub_server.py"
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def sitting(port: int, path: Path, *, kill_after: int = 0) -> list[str]:
    """Run the asking process; kill it with -9 once it has handed over `kill_after` answers. Give its lines."""
    command = [sys.executable, "-c", ASK, str(port), str(path), str(QUERIES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if not kill_after:
            return process.stdout.read().splitlines()
        lines = [process.stdout.readline() for _ in range(kill_after)]
        time.sleep(0.03)  # somewhere between two answers
        process.send_signal(signal.SIGKILL)
        return [line.strip() for line in lines + process.stdout.readlines() if line.endswith("\n")]


def counted(port: int) -> dict[str, int]:
    """Say how often the server was asked each question, by its own count."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/counts")
    counts = json.loads(connection.getresponse().read())
    connection.close()
    return {json.loads(body)["messages"][-1]["content"]: times for body, times in counts.items()}


def recorded(path: Path) -> list[str]:
    if not path.exists():
        return []
    with Ledger(path) as ledger:
        return [json.loads(row.request)["body"]["messages"][-1]["content"] for row in ledger.answers()]


def test_killed_twice_nothing_is_paid_twice_and_nothing_received_is_lost(port, tmp_path):
    path = tmp_path / "ledger.sqlite"
    for handed_over in (20, 30, 0):  # killed twice, then left to finish
        before, kept = counted(port), recorded(path)
        lines = sitting(port, path, kill_after=handed_over)
        assert {f"text {line.split()[0]}" for line in lines} <= set(recorded(path))  # durable before handed over
        asked = {text for text, times in counted(port).items() if times > before.get(text, 0)}
        assert not asked & set(kept)  # what had been recorded was not asked again
        assert asked
    asked_often = counted(port)
    assert lines == [f"{k} {f'text {k}'[::-1]}" for k in range(QUERIES)]
    assert sorted(recorded(path)) == sorted(f"text {k}" for k in range(QUERIES))
    # only calls in flight at a kill, four at most each time, can have been asked twice; the ledger owns up to them
    twice = sum(times - 1 for times in asked_often.values())
    with Ledger(path) as ledger:
        assert twice <= ledger.totals().unsure <= 8
