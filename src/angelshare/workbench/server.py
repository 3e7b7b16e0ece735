"""The server: gunicorn with threads, started from our own command, and the deliverer beside it."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.template.loader import get_template
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from angelshare.core.errors import WorkspaceError
from angelshare.core.record import record
from angelshare.workbench.deploy import is_loopback
from angelshare.workbench.matrix_grid import read_grid
from angelshare.workbench.matrix_rows import silent_items, small_row, whole_row
from angelshare.workbench.outbox import ADDRESS
from angelshare.workbench.serving import remember
from angelshare.workbench.workspaces import held

THREADS = 4
"""Requests that one process answers at a time: enough to stream a few exports beside the pages."""

STOP_SECONDS = 20
"""How long requests under way may take once the server is told to stop."""


@record
class Place:
    """Where to serve, and from what."""

    workspace: Path
    """Folder of the database."""

    host: str
    """Address to bind to."""

    port: int
    """Port; 0 for any free one."""

    workers: int
    """Processes."""

    deliver: bool
    """Whether to deliver alerts in a process beside."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn, told by us instead of by its own command line and environment."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take our settings; neither GUNICORN_CMD_ARGS nor a gunicorn.conf.py in some folder is read."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., object]:
        """Give each worker the application."""
        application: Callable[..., object] = get_wsgi_application()
        warm_up()
        return application


def serve(place: Place, *, deployed: bool, ready: Callable[[str], None]) -> None:
    """Serve until told to stop; `ready` gets the address once the port is open. Ends the process with gunicorn's code.

    Raises WorkspaceError for an address beyond this machine without an https origin, for a port that is taken, and
    while a restore is under way.
    """
    check_place(place, deployed=deployed)
    connections.close_all()  # no worker may inherit one
    with held(place.workspace, "serve.lock", alone=False):
        Server(_settings(place, ready)).run()


def warm_up() -> None:
    """Read what every page is made with and draw what is dearest, so that no reader waits for it.

    What stays for good is spared the collector, whose rounds would hold all readers up.
    """
    for name in ("page", "home", "index", "matrix", "search", "compare", "revisions", "cite", "run"):
        get_template(f"workbench/{name}.html")
    grid = read_grid()
    for row in grid.rows:
        whole_row(row, "")
        small_row(row)
        silent_items(row, "")
    connections.close_all()
    gc.collect()
    gc.freeze()


def check_place(place: Place, *, deployed: bool) -> None:
    """Raise WorkspaceError for an address beyond this machine without an https origin, or a port that is taken."""
    if not is_loopback(place.host) and not deployed:
        raise WorkspaceError(
            f"--host {place.host} reaches beyond this machine: set ANGELSHARE_ORIGIN to the https origin people use, "
            "then see `angelshare serve check --deploy`"
        )
    _check_free(place.host, place.port)


def _settings(place: Place, ready: Callable[[str], None]) -> Mapping[str, Any]:
    beside: list[subprocess.Popen[bytes]] = []

    def when_ready(arbiter: Arbiter) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        os.environ[ADDRESS] = address  # before any worker or deliverer starts: links in feeds and e-mails lead here
        remember(place.workspace, address)
        if place.deliver:
            beside.append(start_deliverer())
        ready(address)

    def on_exit(_: Arbiter) -> None:
        for child in beside:
            child.send_signal(signal.SIGTERM)
            child.wait(STOP_SECONDS)

    return {
        "bind": f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}",
        "workers": place.workers,
        "threads": THREADS,
        "worker_class": "gthread",
        "graceful_timeout": STOP_SECONDS,
        "timeout": 60,
        "worker_tmp_dir": str(place.workspace / "scratch"),
        "control_socket_disable": True,  # it would lie outside the workspace
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "error",  # it warns of every HEAD that Django answers
        "proc_name": "angelshare",
        "when_ready": when_ready,
        "on_exit": on_exit,
    }


def start_deliverer() -> subprocess.Popen[bytes]:
    """Start the process that keeps a deliverer alive; it ends by itself when this process does."""
    return subprocess.Popen([sys.executable, "-m", "angelshare.workbench.tending"])


def _check_free(host: str, port: int) -> None:
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WorkspaceError(f"{host}:{port} cannot be bound ({error.strerror}); give another --port") from None
