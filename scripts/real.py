# ruff: noqa: INP001, S603 - scripts are no package; every command is put together here
"""Run plans/real-model.toml end to end: prepare its folder, serve the teacher, measure, stop the server.

    python scripts/real.py --out runs [--data PATH] [--kill-twice]

With --kill-twice the measuring process is killed with -9 twice on the way and started again; afterwards the ledger and
the server's own count must agree that no answer was paid for twice.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from prepare_real import TEACHER, prepare

from angelshare.core.errors import AngelshareError, EndpointError, MissingExtraError
from angelshare.store.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "plans" / "real-model.toml"
DATA = ROOT.parent / "shared" / "data" / "traffic" / "prompts" / "benign_banking77_support.jsonl.gz"
HOST, PORT = "127.0.0.1", 8642
IN_FLIGHT = 12
"""Concurrency of the plan: most calls that one kill can leave unanswered."""
READY_SECONDS = 300.0
KILL_AT = (200, 700)
"""Answers in the ledger at which the measuring process is killed."""


def main() -> int:
    """Do as the command line says; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder for everything that is written")
    parser.add_argument("--data", type=Path, default=DATA, help="BANKING77 as JSON Lines or CSV")
    parser.add_argument("--kill-twice", action="store_true", help="kill the run with -9 twice, then check the books")
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    folder = out / "real"
    try:
        say(f"preparing {folder}")
        prepare(folder, chosen.data)
        with served(folder):
            if chosen.kill_twice:
                return killed_twice(folder, out)
            return subprocess.call(command(out), cwd=folder)
    except AngelshareError as error:
        say(f"error: {error}")
        return 2


def command(out: Path) -> list[str]:
    """The command that measures; its working folder holds what the plan's paths name."""
    return [str(Path(sys.executable).with_name("angelshare")), "measure", str(PLAN), "--out", str(out)]


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Serve the teacher while the block runs, without a network; raises EndpointError if it does not come up."""
    for package in ("fastapi", "uvicorn"):
        if find_spec(package) is None:
            raise MissingExtraError(f"`transformers serve` (it imports {package})", "real")
    if health():
        raise EndpointError(f"something answers on {HOST}:{PORT} already; stop it first")
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    # one thread and shared prefixes: the examples before each question are worked through once, not 1,310 times
    options = [
        "--device", "cpu", "--dtype", "float32", "--host", HOST, "--port", str(PORT), "--continuous-batching",
        "--attn-implementation", "sdpa", "--cb-num-blocks", "64", "--cb-block-size", "32",
        "--cb-max-batch-tokens", "256",
    ]  # fmt: skip
    serve = [sys.executable, "-m", "transformers.cli.transformers", "serve", TEACHER, *options]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(serve, cwd=folder, env=os.environ | offline, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(server, folder / "server.log")
            yield
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_until_ready(server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server says it is healthy."""
    say("starting the server")
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise EndpointError(f"the server stopped at once; its last words are in {log}")
        if health():
            return
        time.sleep(0.5)
    raise EndpointError(f"the server was not ready after {READY_SECONDS:.0f} s; see {log}")


def health() -> bool:
    """Ask the server whether it is up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{PORT}/health", timeout=5) as reply:
            return bool(reply.status == 200)  # noqa: PLR2004 - HTTP OK
    except (urllib.error.URLError, OSError):
        return False


def killed_twice(folder: Path, out: Path) -> int:
    """Measure with two kills on the way, then check the books; give the exit code."""
    before = set(out.glob("real-model-*"))
    if before:
        say(f"error: {min(before)} is there already; give an --out without it, so that every call is seen")
        return 2
    for answers in KILL_AT:
        process = subprocess.Popen(command(out), cwd=folder, start_new_session=True)
        while process.poll() is None and recorded(out) < answers:
            time.sleep(0.1)
        if process.poll() is not None:
            say("error: the run ended before it could be killed")
            return 2
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        say(f"killed with -9 at {recorded(out)} answers")
    code = subprocess.call(command(out), cwd=folder)
    return code or check_books(ledger_path(out), folder / "server.log")


def ledger_path(out: Path) -> Path:
    """Where the run keeps its ledger."""
    return next(out.glob("real-model-*/ledger.sqlite"), out / "absent")


def recorded(out: Path) -> int:
    """Count the answers in the ledger of a run under way."""
    path = ledger_path(out)
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
        except sqlite3.OperationalError:  # it is being made at this moment
            return 0


def check_books(path: Path, log: Path) -> int:
    """Compare ledger and server: no request answered twice, and no more calls than the ledger knows of."""
    with Ledger(path) as ledger:
        requests = [row.request_sha256 for row in ledger.answers()]
        totals = ledger.totals()
    served_calls = log.read_bytes().count(b"[Request received]")
    twice = len(requests) - len(set(requests))
    say(
        f"ledger: {totals.answers} answers, {twice} of them to a request answered before; "
        f"{totals.unsure} calls were in flight at a kill. Server: {served_calls} calls."
    )
    faults: Sequence[tuple[bool, str]] = (
        (twice == 0, "a request was paid for twice"),
        (totals.unsure <= IN_FLIGHT * len(KILL_AT), "more calls are unaccounted for than were in flight"),
        (totals.answers <= served_calls <= totals.calls, "the server counted other calls than the ledger"),
    )
    for good, fault in faults:
        if not good:
            say(f"error: {fault}")
    return 0 if all(good for good, _ in faults) else 1


def say(text: str) -> None:
    """Tell the user."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
