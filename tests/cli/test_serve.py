"""`angelshare serve`: a server from nothing, and the commands that keep one in order; each in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SECONDS = 60
PASSWORD = "a long and quiet password"
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("ANGELSHARE_", "DJANGO_")) and name not in ("DATABASE_URL", "EMAIL_URL")
}

pytestmark = pytest.mark.slow


def run(*arguments, env=None, stdin="", cwd=None):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "angelshare", "serve", *map(str, arguments)],
        capture_output=True, text=True, input=stdin, env=CLEAN | (env or {}), cwd=cwd, timeout=SECONDS, check=False,
    )  # fmt: skip


def get(address, path="/", **headers):
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=SECONDS)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())


class Started:
    """A server that was started as people start it."""

    def __init__(self, workspace: Path, *options: str, env=None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "angelshare", "serve", "--workspace", workspace, "--port", "0", "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=CLEAN | (env or {}), start_new_session=True,
        )  # fmt: skip
        said = ""
        while not said.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            said += line
        self.address = json.loads(said)["address"]

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode


def children(pid):
    """Processes below one, with their command lines, from /proc."""
    below = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended while we looked
                continue
            if fields[0] != "Z":
                below[int(place.name)] = (int(fields[1]), command)
    found, wanted = {}, {pid}
    for _ in range(4):
        new = {child for child, (parent, _) in below.items() if parent in wanted} - set(found)
        found |= {child: below[child][1] for child in new}
        wanted |= new
    return found


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A workspace that was served once, and what the server said of itself."""
    workspace = tmp_path_factory.mktemp("served") / "workbench"
    server = Started(workspace, "--demo", "--no-deliver")
    pages = {
        path: get(server.address, path)
        for path in ("/", "/model-distillation-risk/", "/accounts/login/", "/model-distillation-risk/feed/")
    }
    feed = pages.pop("/model-distillation-risk/feed/")[1]
    assert f'href="{server.address}model-distillation-risk/' in feed, "links in feeds lead to the port that answers"
    held = run("restore", "x.zip", "--workspace", workspace, "--force")
    code = server.stop()
    return workspace, pages, code, held


@pytest.fixture
def workspace(served, tmp_path):
    """A copy of that workspace, to do with as one likes."""
    return Path(shutil.copytree(served[0], tmp_path / "workbench"))


# --- serving --------------------------------------------------------------------------------------


def test_a_first_start_shows_a_measured_page_and_stops_cleanly(served):
    _, pages, code, _ = served

    assert {path: status for path, (status, _, _) in pages.items()} == dict.fromkeys(pages, 200)
    assert "95\N{NO-BREAK SPACE}% interval" in pages["/model-distillation-risk/"][1]
    assert code == 0


def test_every_answer_carries_the_strict_headers(served):
    for _, _, headers in served[1].values():
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


def test_nothing_is_written_outside_the_workspace(served):
    workspace, *_ = served

    assert [path.name for path in workspace.parent.iterdir()] == ["workbench"]
    assert stat.S_IMODE((workspace / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o700


def test_a_workspace_cannot_be_replaced_under_a_running_server(served):
    held = served[3]

    assert held.returncode == 2
    assert "a server runs on this workspace" in held.stderr


@pytest.mark.slow  # two starts of a server
def test_the_deliverer_runs_beside_is_started_again_and_ends_with_the_server(workspace):
    server = Started(workspace)

    def deliverers():
        return [child for child, command in children(server.process.pid).items() if "serve deliver" in command]

    assert eventually(lambda: len(deliverers()) == 1)
    first = deliverers()[0]
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: deliverers() not in ([], [first]))
    below = list(children(server.process.pid))
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.communicate()
    assert len(below) >= 3
    assert eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in below))

    again = Started(workspace)
    assert eventually(lambda: any("serve deliver" in command for command in children(again.process.pid).values()))
    below = list(children(again.process.pid))
    assert again.stop(signal.SIGTERM) == 0
    assert eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in below))


def test_an_address_beyond_this_machine_needs_an_https_origin(workspace):
    done = run("--workspace", workspace, "--host", "0.0.0.0", "--port", "0")

    assert done.returncode == 2
    assert "set ANGELSHARE_ORIGIN" in done.stderr


def test_a_port_that_is_taken_is_said_at_once(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("--workspace", workspace, "--port", taken.getsockname()[1])

    assert done.returncode == 2
    assert "cannot be bound" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    done = run("--workspace", tmp_path / "file", "--port", "0")

    assert done.returncode == 2
    assert "cannot be used as a workspace" in done.stderr


# --- check ----------------------------------------------------------------------------------------


SAFE = {
    "ANGELSHARE_ORIGIN": "https://workbench.example",
    "ANGELSHARE_HOSTS": "workbench.example",
    "EMAIL_URL": "smtp://u:hush-hush@mail.example:587",
    "ANGELSHARE_FROM": "workbench@workbench.example",
}


def test_a_workspace_as_it_comes_has_no_problems(workspace):
    done = run("check", "--workspace", workspace, "--json")

    assert (done.returncode, json.loads(done.stdout)["problems"]) == (0, [])


def test_a_deployment_set_up_as_the_documentation_says_passes_djangos_check_and_ours(workspace):
    done = run("check", "--deploy", "--workspace", workspace, "--json", env=SAFE)

    assert json.loads(done.stdout) == {"deploy": True, "problems": []}
    assert done.returncode == 0


@pytest.mark.parametrize(("change", "number"), [
    ({"ANGELSHARE_ORIGIN": ""}, "workbench.E001"),
    ({"ANGELSHARE_ORIGIN": "http://workbench.example"}, "workbench.E001"),
    ({"ANGELSHARE_HOSTS": "*"}, "workbench.E002"),
    ({"ANGELSHARE_HOSTS": ""}, "workbench.E002"),
    ({"ANGELSHARE_SECRET_KEY": "short"}, "workbench.E003"),
    ({"EMAIL_URL": ""}, "workbench.E005"),
    ({"ANGELSHARE_FROM": ""}, "workbench.E006"),
])  # fmt: skip
def test_each_unsafe_setting_is_refused(workspace, change, number):
    done = run("check", "--deploy", "--workspace", workspace, "--json", env=SAFE | change)
    found = {problem["id"] for problem in json.loads(done.stdout)["problems"] if problem["error"]}

    assert number in found
    assert done.returncode == 2
    assert "hush-hush" not in done.stdout + done.stderr


def test_a_secret_that_others_may_read_is_refused(workspace):
    (workspace / "secret").chmod(0o644)

    assert "workbench.E004" in run("check", "--deploy", "--workspace", workspace, env=SAFE).stdout


def test_a_database_behind_the_code_is_a_warning(tmp_path):
    done = run("check", "--workspace", tmp_path / "new")

    assert done.returncode == 1
    assert "workbench.W001" in done.stdout


def test_a_mail_server_that_is_none_is_said_without_its_password(workspace):
    done = run("check", "--workspace", workspace, env={"EMAIL_URL": "mail://u:hush-hush@x"})

    assert done.returncode == 2
    assert "EMAIL_URL is no mail server" in done.stderr
    assert "hush-hush" not in done.stderr


# --- audit, deliver -------------------------------------------------------------------------------


def test_an_untouched_chain_is_whole_and_a_touched_one_is_not(workspace):
    whole = run("audit", "--workspace", workspace, "--json")
    with closing(sqlite3.connect(workspace / "workbench.sqlite3")) as database, database:
        database.execute("UPDATE workbench_revision SET message = 'as it suits me' WHERE number = 2")
    broken = run("audit", "--workspace", workspace, "--json")

    assert (whole.returncode, json.loads(whole.stdout)["broken"]) == (0, [])
    assert json.loads(whole.stdout)["revisions"] > 60
    assert broken.returncode == 1
    assert "does not match its hash" in json.loads(broken.stdout)["broken"][0]


def test_delivering_once_says_how_much_was_sent(workspace):
    done = run("deliver", "--workspace", workspace, "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["sent"] == 0


# --- backup and restore ---------------------------------------------------------------------------


def people_in(workspace):
    with closing(sqlite3.connect(workspace / "workbench.sqlite3")) as database:
        return [row[0] for row in database.execute("SELECT email FROM workbench_user")]


@pytest.fixture
def archive(workspace, tmp_path):
    assert run("admin", "ann@example.org", "--workspace", workspace, stdin=PASSWORD + "\n").returncode == 0
    done = run("backup", tmp_path / "kept.zip", "--workspace", workspace)
    assert done.returncode == 0, done.stderr
    return tmp_path / "kept.zip"


def test_a_backup_comes_back_whole_in_an_empty_workspace(archive, workspace, tmp_path):
    done = run("restore", archive, "--workspace", tmp_path / "new", "--json")

    assert (done.returncode, json.loads(done.stdout)["broken"]) == (0, [])
    assert people_in(tmp_path / "new") == ["ann@example.org"]
    assert (tmp_path / "new/secret").read_text() == (workspace / "secret").read_text()
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_a_backup_made_while_others_write_is_whole(workspace, tmp_path):
    with closing(sqlite3.connect(workspace / "workbench.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE workbench_page SET title = 'half done'")
        done = run("backup", tmp_path / "kept.zip", "--workspace", workspace)
        database.execute("ROLLBACK")

    assert done.returncode == 0, done.stderr
    assert run("restore", tmp_path / "kept.zip", "--workspace", tmp_path / "new").returncode == 0


def test_what_stands_in_a_workspace_is_replaced_only_by_force_and_kept(archive, workspace):
    refused = run("restore", archive, "--workspace", workspace)
    with closing(sqlite3.connect(workspace / "workbench.sqlite3")) as database, database:
        database.execute("DELETE FROM account_emailaddress")
        database.execute("DELETE FROM workbench_user")
    forced = run("restore", archive, "--workspace", workspace, "--force")

    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert forced.returncode == 0, forced.stderr
    assert people_in(workspace) == ["ann@example.org"]
    with closing(sqlite3.connect(workspace / "workbench.sqlite3.before")) as database:
        assert database.execute("SELECT count(*) FROM workbench_user").fetchone() == (0,)


def test_an_archive_is_never_written_over(archive, workspace):
    done = run("backup", archive, "--workspace", workspace)

    assert done.returncode == 2
    assert "exists" in done.stderr


def tampered(archive, change):
    with zipfile.ZipFile(archive) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)


def other_byte(files):
    files["workbench.sqlite3"] = files["workbench.sqlite3"][:-1] + b"!"


def other_name(files):
    files["manifest.json"] = files["manifest.json"].replace(b'"secret"', b'"../secret"')
    files["../secret"] = files.pop("secret")


@pytest.mark.parametrize(("change", "says"), [
    (other_byte, "does not match its hash"),
    (other_name, "not a database and its secret"),
    (lambda files: files.pop("manifest.json"), "is no whole backup"),
    (lambda files: files.pop("workbench.sqlite3"), "is no whole backup"),
])  # fmt: skip
def test_an_archive_that_was_touched_restores_nothing(archive, tmp_path, change, says):
    tampered(archive, change)
    done = run("restore", archive, "--workspace", tmp_path / "new")

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new/workbench.sqlite3").exists()
    assert not (tmp_path / "secret").exists()


def test_a_postgresql_database_is_backed_up_by_its_own_tools(workspace, tmp_path):
    there = {"DATABASE_URL": "postgres://u:hush-hush@127.0.0.1:1/db"}
    done = run("backup", tmp_path / "kept.zip", "--workspace", workspace, env=there)

    assert done.returncode == 2
    assert "pg_dump" in done.stderr
    assert "hush-hush" not in done.stderr


# --- the first administrator ----------------------------------------------------------------------


def roles(workspace):
    with closing(sqlite3.connect(workspace / "workbench.sqlite3")) as database:
        return database.execute("SELECT username, role FROM workbench_user ORDER BY id").fetchall()


def test_the_first_administrator_is_made_from_a_shell_once(workspace):
    first = run("admin", "ann@example.org", "--workspace", workspace, "--json", stdin=PASSWORD + "\n")
    again = run("admin", "ann@example.org", "--workspace", workspace)
    other = run("admin", "ann@other.example", "--workspace", workspace, stdin=PASSWORD + "\n")

    assert json.loads(first.stdout) == {"email": "ann@example.org", "username": "ann"}
    assert (again.returncode, other.returncode) == (0, 0)
    assert roles(workspace) == [("ann", "admin"), ("ann2", "admin")]
    assert PASSWORD not in first.stdout + first.stderr


@pytest.mark.parametrize(("email", "password", "says"), [
    ("ann", PASSWORD, "valid email"), ("ann@example.org", "short", "too short"), ("ann@example.org", "", "no password"),
])  # fmt: skip
def test_no_administrator_comes_of_a_bad_address_or_password(workspace, email, password, says):
    done = run("admin", email, "--workspace", workspace, stdin=f"{password}\n")

    assert done.returncode == 2
    assert says in done.stderr
    assert roles(workspace) == []


# --- usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "says"), [
    (["backup"], "angelshare serve backup FILE"),
    (["restore"], "angelshare serve restore FILE"),
    (["admin"], "angelshare serve admin EMAIL"),
    (["audit", "x"], "angelshare serve audit"),
    (["audit", "--deploy"], "--deploy belongs to `serve check`"),
    (["check", "--port", "1"], "--port belongs to `serve run`"),
    (["--force"], "--force belongs to `serve restore`"),
    (["servee"], "is not one of"),
    (["audit", "--workspace", "nowhere"], "no such workspace"),
    (["backup", "x.zip", "--workspace", "nowhere"], "no such workspace"),
])  # fmt: skip
def test_wrong_usage_is_told_and_leaves_nothing_behind(tmp_path, arguments, says):
    done = run(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(tmp_path):
    hidden = (
        "import importlib.util as u, sys; found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'django' else found(name, *rest)\n"
        "from angelshare.cli import main; main(['serve'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, cwd=tmp_path, env=CLEAN, check=False
    )

    assert done.returncode == 2
    assert "pip install 'angelshare[workbench]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
