"""Publisher and deliverer are killed with SIGKILL at random; every alert must arrive all the same, and say one thing."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from angelshare.workbench.webhooks import genuine

FULL = os.environ.get("ANGELSHARE_KILL_TEST") == "full"
KILLS, REVISIONS = (50, 200) if FULL else (8, 40)
WORKER = Path(__file__).with_name("killed_worker.py")
PATIENCE_SECONDS = 240
SET_UP = """
import django; django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
call_command("migrate", verbosity=0)
from angelshare.core.dossier import Dossier
from angelshare.workbench.chain import publish
from angelshare.workbench.models import User
from angelshare.workbench.watches import watch_for
import sys
now = datetime.now(UTC)
first = Dossier(slug="killed", kind="concept", title="Killed", label="Test", definition="State 1.")
publish(first, message="First", author=None, reviewer=None, now=now)
user = User.objects.create(username="ann", email="ann@example.org")
for kind in ("page", "field"):
    watch = watch_for(user, kind, slug="killed", target="definition", webhook_url=sys.argv[1], now=now)
    print(watch.webhook_secret)
"""
CHECK = """
import django; django.setup()
import json
from collections import Counter
from angelshare.workbench.chain import verify
from angelshare.workbench.models import Message, Notice, Revision
print(json.dumps({
    "broken": list(verify()),
    "revisions": Revision.objects.count(),
    "notices": Notice.objects.count(),
    "states": Counter(Message.objects.values_list("state", flat=True)),
    "webhooks": sorted(Message.objects.filter(channel="webhook").values_list("key", flat=True)),
}))
"""


class Receiver(ThreadingHTTPServer):
    """Logs every delivery; now and then it dawdles, so that a deliverer is killed while it waits for the answer."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.log: list[tuple[dict, bytes, datetime]] = []
        self.chance = random.Random(5)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # its sender was killed in the middle: no message yet (RFC 9112, section 8)
            return
        self.server.log.append(({name.lower(): value for name, value in self.headers.items()}, body, datetime.now(UTC)))
        time.sleep(self.server.chance.choice([0, 0, 0, 0.1]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def python(workspace: Path, *arguments: str, wait: bool = True):
    environment = os.environ | {
        "ANGELSHARE_WORKSPACE": str(workspace),
        "ANGELSHARE_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "angelshare.workbench.settings",
    }
    command = [sys.executable, *arguments]
    if wait:
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.slow
@pytest.mark.timeout(1800 if FULL else 600)
def test_every_alert_arrives_though_publisher_and_deliverer_are_killed_at_random(receiver, tmp_path, committed):
    secrets = python(tmp_path, "-c", SET_UP, receiver.url).split()
    chance = random.Random(11)
    start = {
        "publisher": lambda: python(tmp_path, str(WORKER), "publisher", str(REVISIONS + 1), wait=False),
        "deliverer": lambda: python(tmp_path, str(WORKER), "deliverer", wait=False),
    }
    running = {name: begin() for name, begin in start.items()}
    kills = 0

    while kills < KILLS:
        # long enough for a process to come up and do some work, short enough to catch it at it
        time.sleep(chance.uniform(0.3, 1.6))
        name = chance.choice(sorted(running))
        if running[name].poll() is None:
            running[name].send_signal(signal.SIGKILL)
            kills += 1
        elif name == "publisher" and running[name].returncode == 0 and chance.random() < 0.5:
            name = "deliverer"
            running[name].send_signal(signal.SIGKILL)
            kills += 1
        running[name].communicate()
        running[name] = start[name]()
    errors = [process.communicate()[1] for name, process in running.items() if name == "publisher"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    found = json.loads(python(tmp_path, "-c", CHECK))
    while found["states"].get("pending") and time.monotonic() < deadline:
        time.sleep(0.5)
        found = json.loads(python(tmp_path, "-c", CHECK))
    running["deliverer"].send_signal(signal.SIGKILL)
    running["deliverer"].communicate()

    assert errors == [b""]
    assert found["broken"] == []
    assert found["revisions"] == REVISIONS + 1
    assert found["notices"] == 2 * REVISIONS
    assert found["states"] == {"sent": 4 * REVISIONS}  # two watches, by e-mail and by webhook
    said = defaultdict(set)
    for headers, body, received_at in receiver.log:
        said[headers["idempotency-key"]].add(body)
        said_so = [genuine(headers, body, secret=secret, now=received_at) for secret in secrets]
        assert any(said_so), (headers, body, received_at)
    assert sorted(said) == found["webhooks"]
    assert {key: len(bodies) for key, bodies in said.items() if len(bodies) != 1} == {}
    letters = "".join(file.read_text() for file in (tmp_path / "mail").iterdir())
    assert len(set(re.findall(r"^Message-ID: (<.+>)$", letters, re.MULTILINE))) == 2 * REVISIONS
