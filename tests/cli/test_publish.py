import http.server
import json
import threading

import pytest
from click.testing import CliRunner

from angelshare.cli import app
from angelshare.core.errors import AuthorisationError, EndpointError, PlanError, RunFolderError
from workbench.runs import audit_run, ledger_run

TOKEN = "angelshare_secret-of-the-test"


@pytest.fixture
def run(tmp_path):
    return audit_run(tmp_path / "run")


@pytest.fixture
def server():
    """A server that answers as it is told, and remembers what came."""

    class Answers(http.server.BaseHTTPRequestHandler):
        came: list = []  # noqa: RUF012 - one server, one list
        status, body, location = 201, b'{"id": 7, "state": "open"}', ""

        def do_POST(self):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            Answers.came.append((self.path, self.headers["Authorization"], data))
            self.send_response(Answers.status)
            if Answers.location:
                self.send_header("Location", Answers.location)
            self.send_header("Content-Length", str(len(Answers.body)))
            self.end_headers()
            self.wfile.write(Answers.body)

        def log_message(self, *_words):
            """Say nothing."""

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    Answers.url = f"http://127.0.0.1:{served.server_port}"
    yield Answers
    served.shutdown()
    thread.join()
    served.server_close()


def publish(run, url, *more, token=TOKEN):
    arguments = ["publish", str(run), "--to", url, "--page", "alpha", *more]
    done = CliRunner(env={"ANGELSHARE_TOKEN": token}).invoke(app, arguments)
    assert TOKEN not in done.output + str(done.exception)
    return done


@pytest.mark.parametrize("make", [audit_run, ledger_run])
def test_a_verified_run_is_packed_and_sent_with_the_token_and_the_proposal_is_named(make, server, tmp_path):
    done = publish(make(tmp_path / "folder"), server.url, "--message", "Ours")
    assert done.exit_code == 0, done.output
    assert f"{server.url}/proposals/7/" in done.output
    ((path, authorization, data),) = server.came
    assert (path, authorization) == ("/api/v1/proposals", f"Bearer {TOKEN}")
    assert b"\x1f\x8b" in data
    assert b"alpha" in data


def test_the_json_is_the_answer_with_the_address_of_the_proposal(server, run):
    done = publish(run, server.url, "--json")
    assert json.loads(done.output) == {"id": 7, "state": "open", "url": f"{server.url}/proposals/7/"}


def test_an_altered_run_is_refused_before_anything_is_sent(server, run):
    (run / "report.json").write_text("{}")
    assert isinstance(publish(run, server.url).exception, RunFolderError)
    assert server.came == []


def test_a_folder_that_is_no_run_is_refused(server, tmp_path):
    assert isinstance(publish(tmp_path / "none", server.url).exception, RunFolderError)
    assert server.came == []


@pytest.mark.parametrize(
    "url", ["http://workbench.example", "ftp://127.0.0.1", "workbench.example", "http://127.0.0.1.example", "https://"]
)
def test_a_token_is_never_sent_in_the_clear_beyond_this_machine(url, run):
    assert isinstance(publish(run, url).exception, PlanError)


def test_without_a_token_it_says_where_to_get_one(server, run):
    done = publish(run, server.url, token="")
    assert isinstance(done.exception, AuthorisationError)
    assert "ANGELSHARE_TOKEN" in str(done.exception)


def test_what_the_workbench_refuses_is_said_in_its_words_without_control_characters(server, run):
    server.status, server.body = 409, json.dumps({"error": {"kind": "StaleError", "says": "moved\x1b[2J on"}}).encode()
    done = publish(run, server.url)
    assert isinstance(done.exception, EndpointError)
    assert "StaleError: moved[2J on" in str(done.exception)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (500, b""), (201, b"[]"), (201, b'{"id": 1'), (404, b'{"error": 1}')]
)
def test_a_server_that_is_no_workbench_is_named_as_such(server, run, status, body):
    server.status, server.body = status, body
    done = publish(run, server.url)
    assert isinstance(done.exception, EndpointError)
    assert "is the address right?" in str(done.exception)


def test_a_redirect_is_not_followed_with_the_token(server, run):
    server.status, server.body, server.location = 307, b"", f"{server.url}/elsewhere"
    assert isinstance(publish(run, server.url).exception, EndpointError)
    assert len(server.came) == 1


def test_nobody_there_is_said(run):
    assert "no answer" in str(publish(run, "http://127.0.0.1:9").exception)


def test_a_file_that_is_no_archive_never_leaves_this_machine(server, tmp_path):
    (tmp_path / "letters.txt").write_text("private")
    done = publish(tmp_path / "letters.txt", server.url)

    assert isinstance(done.exception, RunFolderError)
    assert "not a zip or tar archive" in str(done.exception)
    assert server.came == []


@pytest.mark.parametrize("token", ["angelshare_tök", "angelshare_a\nX-Forged: 1"])
def test_what_is_no_token_is_said_without_being_sent_or_shown(run, server, token):
    done = publish(run, server.url, token=token)

    assert isinstance(done.exception, AuthorisationError)
    assert "is no token" in str(done.exception)
    assert token not in str(done.exception)
    assert server.came == []
