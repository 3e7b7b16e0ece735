"""Keep a deliverer alive beside the server: start it, start it again when it dies, stop it when the server is gone."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from random import Random
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from angelshare.workbench.deliver import Delivered

LOG = logging.getLogger("angelshare.deliverer")
LOOK_SECONDS = 1.0
"""How often it looks whether its parent is still there."""

LONGEST_PAUSE_SECONDS = 60.0
"""At most this long before a deliverer that died is started again."""


def tend(command: list[str], stop: threading.Event, *, parent: int) -> None:
    """Run a command, and again whenever it fails, until `stop` is set or the parent is gone; pauses double."""
    pause = LOOK_SECONDS
    while not stop.is_set() and os.getppid() == parent:
        # what it delivered is not the server's to print
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:  # noqa: S603 - our own program
            lived = 0.0
            while child.poll() is None and not stop.wait(LOOK_SECONDS) and os.getppid() == parent:
                lived += LOOK_SECONDS
            if child.poll() is None:
                child.terminate()
                return
        pause = LOOK_SECONDS if lived > LONGEST_PAUSE_SECONDS else min(2 * pause, LONGEST_PAUSE_SECONDS)
        LOG.warning("the deliverer ended with code %s; starting it again in %g s", child.returncode, pause)
        stop.wait(pause)


def deliver_until_stopped(every_seconds: float) -> Delivered:
    """Deliver in a loop until SIGTERM, SIGINT or the end of the parent; the message under way is finished first.

    Gives what all passes did together.
    """
    from angelshare.workbench.deliver import keep_delivering  # noqa: PLC0415 - it needs Django, `tend` does not

    stop, parent = stopped_by_signals(), os.getppid()

    def watch() -> None:
        while not stop.wait(LOOK_SECONDS):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return keep_delivering(lambda: datetime.now(UTC), rng=Random(), stop=stop, every_seconds=every_seconds)


def stopped_by_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


if __name__ == "__main__":
    workspace = os.environ["ANGELSHARE_WORKSPACE"]
    deliverer = [sys.executable, "-m", "angelshare", "serve", "deliver", "--every", "5", "--workspace", workspace]
    tend(deliverer, stopped_by_signals(), parent=os.getppid())
