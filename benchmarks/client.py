"""How many requests a second the client drives against a stub in another process, ledger included."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from angelshare.core.records import Authorisation, Limits, Message, Query
from angelshare.models.endpoint import EndpointModel

STUB = Path(__file__).parents[1] / "tests" / "stub_server.py"
CALLS = 3000
LEAVE = Authorisation(by="benchmark", reference="own stub", until="9999-12-31")


def queries() -> list[Query]:
    return [Query(id=str(k), messages=[Message(role="user", content=f"question {k} " * 20)]) for k in range(CALLS)]


def seconds(model: EndpointModel, ledger: Path) -> float:
    model.open(ledger, authorisation=LEAVE, limits=Limits(), prices=(), now=lambda: datetime.now(UTC))
    start = time.perf_counter()
    answered = sum(1 for _ in model.answer(queries()))
    spent = time.perf_counter() - start
    model.close()
    assert answered == CALLS
    return spent


def measure() -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory() as folder:
        stub = subprocess.Popen([sys.executable, str(STUB)], stdout=subprocess.PIPE, text=True)
        try:
            assert stub.stdout is not None
            model = EndpointModel(f"http://127.0.0.1:{int(stub.stdout.readline())}/ok/v1", "m", concurrency=32)
            ledger = Path(folder) / "ledger.sqlite"
            fresh, again = seconds(model, ledger), seconds(model, ledger)
        finally:
            stub.kill()
            stub.wait()
            assert stub.stdout is not None
            stub.stdout.close()
    return [
        ("client with ledger, 32 in flight", CALLS / fresh, "requests/s"),
        ("client, answers already in the ledger", CALLS / again, "answers/s"),
    ]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.0f} {unit}")
