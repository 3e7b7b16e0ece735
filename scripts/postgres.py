"""Hold the workbench against PostgreSQL: `make postgres`, or `python scripts/postgres.py COMMAND ...` for one command.

PostgreSQL comes from Debian when it is missing (as root; elsewhere say where its programs are with PG_BIN). A cluster
of our own is made in a temporary folder, listens on a socket in it alone, runs as an unprivileged user, and is removed
at the end. Each command finds the address of an empty database in ANGELSHARE_TEST_DATABASE_URL.
"""

# ruff: noqa: INP001, S603, S607, T201 - scripts are no package; every command is put together here, and says how it went
from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
OWNER = "angelshare"
STEPS: Sequence[tuple[str, Sequence[str], Mapping[str, str]]] = (
    ("tests of the workbench", ("-m", "pytest", "-q", "-n", "0", "tests/workbench"), {"ANGELSHARE_KILL_TEST": "full"}),
    ("load", ("-m", "benchmarks", "workbench"), {}),
)
"""What `make postgres` runs, each on a database of its own: name, arguments of Python, what the environment gets."""


def programs() -> Path:
    """Give the folder of PostgreSQL's server programs; install them from Debian if they are missing."""
    if given := os.environ.get("PG_BIN"):
        return Path(given)
    for attempt in range(2):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if found:
            return found[-1].parent
        if attempt == 0 and os.geteuid() == 0 and shutil.which("apt-get"):
            # without the cluster that Debian would make and start at once
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            for command in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
                subprocess.run(["apt-get", "-q", *command], check=True, env=environment)
    raise SystemExit("PostgreSQL's server programs are missing; install them and set PG_BIN to the folder of initdb")


@contextmanager
def cluster(where: Path) -> Iterator[Path]:
    """Run a cluster whose files are in a new folder; gives the folder of its socket."""
    with tempfile.TemporaryDirectory(prefix="angelshare-pg-") as folder:
        place = Path(folder)
        user = unprivileged()
        if user is not None:
            entry = pwd.getpwnam(user)
            os.chown(place, entry.pw_uid, entry.pw_gid)
        data, log = place / "data", place / "log"
        run([where / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], user)
        options = f"-c listen_addresses='' -c unix_socket_directories='{place}'"
        try:
            run([where / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start"], user)
            yield place
        finally:
            run([where / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], user)


def unprivileged() -> str | None:
    """Name the user that the cluster runs as: PostgreSQL refuses root; None for whoever runs this."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def run(command: Sequence[str | Path], user: str | None) -> None:
    """Run one of PostgreSQL's programs as a user; what it says is shown only if it fails."""
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def with_database(
    where: Path, socket: Path, name: str, *, command: Sequence[str], more: Mapping[str, str]
) -> int:  # fmt: skip
    """Run a command on an empty database; gives its exit code."""
    run([where / "createdb", "-h", socket, "-U", OWNER, name], None)
    address = f"postgres://{OWNER}@{quote(str(socket), safe='')}/{name}"
    environment = os.environ | more | {"ANGELSHARE_TEST_DATABASE_URL": address}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main(command: Sequence[str]) -> int:
    """Run one command, or every step; gives the worst exit code."""
    where = programs()
    steps = (
        [("command", command, {})] if command else [(said, [sys.executable, *rest], more) for said, rest, more in STEPS]
    )
    with cluster(where) as socket:
        codes = {}
        for number, (said, its, more) in enumerate(steps):
            print(f"{said} …", file=sys.stderr)
            codes[said] = with_database(where, socket, f"empty_{number}", command=its, more=more)
    for said, code in codes.items():
        print(f"{said}: {'passed' if code == 0 else f'failed with {code}'}", file=sys.stderr)
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
