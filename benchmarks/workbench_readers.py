"""Readers of the workbench, for Locust: fifty, each asking once a second at its own instant, whatever answers take.

Run by `benchmarks.workbench`, which puts the plan of addresses and the file for the times into the environment. Nothing
of ours is imported: Locust lives in an environment of its own. A time is counted from the instant a request was due.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import gevent
from locust import FastHttpUser, events, task

PLAN = json.loads(Path(os.environ["ANGELSHARE_LOAD_PLAN"]).read_text())
OUT = Path(os.environ["ANGELSHARE_LOAD_TIMES"]).open("w", buffering=1)  # noqa: SIM115 - it ends with the process
WEIGHTS = {
    "dossier": 56, "home": 6, "list": 3, "search": 8, "matrix": 4, "silent": 1, "revision": 4, "history": 2,
    "as of a day": 3, "compare": 4, "cite": 1, "run": 1, "feed": 1, "API: page": 3, "API: claims": 2, "API: search": 1,
}  # fmt: skip
KINDS = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
numbers = count()


class Reader(FastHttpUser):
    def on_start(self) -> None:
        number = next(numbers)
        self.chance = random.Random(number)
        sessions = PLAN["sessions"]
        self.headers = {"Cookie": f"sessionid={sessions[number]}"} if number < len(sessions) else {}
        # Locust starts them together; spread over the second, requests are due at even distances
        self.due = time.perf_counter() + number / PLAN["readers"]
        gevent.sleep(number / PLAN["readers"])

    def wait_time(self) -> float:
        self.due += 1
        return max(0.0, self.due - time.perf_counter())

    @task
    def read(self) -> None:
        late = max(0.0, time.perf_counter() - self.due)
        kind = self.chance.choice(KINDS)
        address = self.chance.choice(PLAN["addresses"][kind])
        self.client.get(address, name=kind, headers=self.headers, context={"late": late})


@events.request.add_listener
def note(
    name: str, response_time: float, response_length: int, exception: object, context: Mapping[str, float],
    **_others: object,
) -> None:  # fmt: skip
    failed = None if exception is None else str(exception)
    OUT.write(json.dumps([name, response_time + 1_000 * context["late"], response_length, failed]) + "\n")
