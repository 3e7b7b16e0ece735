"""The workbench as people meet it: its own server in a process of its own, on a workspace and a port of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 90
STOP_SECONDS = 30
PASSWORD = "a-teacher-answers-a-student-learns"
"""Of everybody whom `peopled.py` makes."""

PEOPLE = Path(__file__).with_name("peopled.py")
FOREIGN = ("ANGELSHARE_", "DJANGO_", "DATABASE_URL", "EMAIL_URL", "PYTHONPATH")
"""Set by the other tests of this process, or by a developer: none of the server's business."""

TROUBLE = ("Traceback", " ERROR ", " CRITICAL ")
"""What no story may make the server say."""


@dataclass
class Place:
    """A running workbench."""

    url: str
    """Where it is, without a slash at the end."""

    workspace: Path
    """Its folder."""

    log: Path
    """What server and deliverer said on standard error."""

    environment: Mapping[str, str]
    """Its environment, for commands beside it."""

    server: subprocess.Popen[bytes]
    """Its process."""

    def troubles(self) -> list[str]:
        """Give the lines of the log that tell of a fault, and the end of the server if it came."""
        ended = [] if self.server.poll() is None else [f"the server ended with code {self.server.returncode}"]
        return [line for line in self.log.read_text().splitlines() if any(word in line for word in TROUBLE)] + ended

    def command(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `angelshare` beside the server, with environment variables of its own."""
        return subprocess.run(
            [sys.executable, "-m", "angelshare", *arguments],
            check=False, capture_output=True, text=True, timeout=120, env={**self.environment, **more},
        )  # fmt: skip


@contextmanager
def served(workspace: Path, settings: Mapping[str, str]) -> Iterator[Place]:
    """Serve the demo with a deliverer beside it, people of every role in it, until the block ends."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    environment = {**ours, **settings}
    workspace.mkdir()
    log = workspace.parent / f"{workspace.name}.log"
    command = [sys.executable, "-m", "angelshare", "serve", "--demo", "--port", "0", "--json"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*command, "--workspace", str(workspace)], stdout=subprocess.PIPE, stderr=errors, env=environment
        ) as server,
    ):
        try:
            place = Place(_address(server, log), workspace, log, environment, server)
            _people(place)
            yield place
        finally:
            server.terminate()
            server.wait(STOP_SECONDS)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    said, until = b"", time.monotonic() + START_SECONDS
    while time.monotonic() < until and (line := server.stdout.readline()):
        said += line
        if line.strip() == b"}":
            return json.loads(said)["address"].rstrip("/")
    raise AssertionError(f"the server did not start: {log.read_text()}")


def _people(place: Place) -> None:
    told = {"ANGELSHARE_WORKSPACE": str(place.workspace), "DJANGO_SETTINGS_MODULE": "angelshare.workbench.settings"}
    subprocess.run([sys.executable, str(PEOPLE), PASSWORD], check=True, env={**place.environment, **told}, timeout=60)
