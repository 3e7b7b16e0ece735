"""Bad input at the command line: one clear message, exit code 2, nothing lost, nothing half-written."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from angelshare.models.checkpoint import checkpoint_path
from stub_server import StubServer

REMOTE = """
name = "remote"
question = "Is a bad endpoint named?"
budgets = [8]
seeds = [1]
arms = ["answers"]
items = 6
ring_items = 4
leave_out = ["gold", "self", "shuffled"]
elicitation = ["zero_shot"]
shared_queries = true
task = { use = "skills" }
teacher = { use = "openai", options = { url = "URL", model = "m", retries = 1, timeout_seconds = 5, patience_seconds = 1 } }
base = { use = "hf", options = { path = "bundled:base" } }
student = { use = "sequence", options = { base = "bundled:base", max_steps = 2 } }
authorisation = { by = "A. Person", reference = "letter 7", until = "2099-12-31" }
"""


@pytest.fixture(scope="module")
def stub():
    with StubServer() as server:
        yield server


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def one_message(err: str) -> str:
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


def test_a_typo_in_a_plan_key_names_its_nearest_spelling(say, tmp_path, tiny_text):
    plan = write(tmp_path / "x.toml", tiny_text.replace("ring_items", "ring_itms"))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert code == 2
    assert (
        one_message(err) == f"angelshare: UnknownKeyError: {plan}: unknown key 'ring_itms'; did you mean 'ring_items'?"
    )
    assert not (tmp_path / "runs").exists()


def test_a_plan_that_is_not_there_or_not_toml_is_named(say, tmp_path):
    code, _, err = say("measure", tmp_path / "no.toml", "--out", tmp_path / "runs")
    assert (code, "cannot read the plan" in one_message(err)) == (2, True)
    code, _, err = say("measure", write(tmp_path / "x.toml", "name = "), "--out", tmp_path / "runs")
    assert (code, "not valid TOML" in one_message(err)) == (2, True)


def test_a_missing_extra_says_what_to_install(tmp_path, tiny_plan_file):
    # an installation without the train extra, made by hiding torch from a fresh interpreter
    hidden = "import sys; sys.modules['torch'] = None; from angelshare.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "measure", str(tiny_plan_file), "--out", str(tmp_path / "runs")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "MissingExtraError" in one_message(done.stderr)
    assert "pip install 'angelshare[train]'" in one_message(done.stderr)


def test_an_unknown_plugin_lists_what_is_installed(say, tmp_path, tiny_text):
    plan = write(tmp_path / "x.toml", tiny_text.replace('task = { use = "skills" }', 'task = { use = "skils" }'))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert code == 2
    assert "no tasks named 'skils'; did you mean 'skills'?" in one_message(err)


def test_a_budget_larger_than_the_task_says_how_many_queries_there_are(say, tmp_path, tiny_text):
    lines = "".join(json.dumps({"prompt": f"say {k}", "answer": str(k)}) + "\n" for k in range(60))
    data = write(tmp_path / "data.jsonl", lines)
    task = f'task = {{ use = "jsonl", options = {{ path = "{data}" }} }}'
    plan = write(tmp_path / "x.toml", tiny_text.replace('task = { use = "skills" }', task).replace(", cipher = 0", ""))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert code == 2
    assert "lower budgets" in one_message(err)


@pytest.mark.slow
def test_a_teacher_no_better_than_the_floor_is_refused_in_the_verdict(say, tmp_path, tiny_text):
    plan = write(tmp_path / "x.toml", tiny_text.replace("bundled:teacher", "bundled:base").replace("[1, 2]", "[1]"))
    code, out, _ = say("measure", plan, "--out", tmp_path / "runs", "--json", "--workers", "1")
    assert code == 0
    verdict = json.loads(out)["verdict"]
    assert verdict["recovery"]["refused"].startswith("gap not identified")
    assert verdict["sentence"].startswith("Cannot tell")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("html", "HTML"),
        ("notjson", "JSON"),
        ("nochoices", "choices"),
        ("nomessage", "message"),
        ("half", "cut|broke|incomplete|closed"),
        ("storm", "429|throttl"),
        ("denied", "401"),
        ("nomodel", "404"),
    ],
)
def test_a_lying_endpoint_is_named_and_loses_nothing(say, stub, tmp_path, behaviour, message):
    plan = write(tmp_path / "x.toml", REMOTE.replace("URL", stub.url(behaviour)))
    code, out, err = say("measure", plan, "--out", tmp_path / "runs")
    said = one_message(err)
    assert (code, out) == (2, "")
    assert said.startswith("angelshare: EndpointError: ")
    assert any(word.lower() in said.lower() for word in message.split("|")), said
    assert not list((tmp_path / "runs").glob("*/manifest.json"))


def test_a_dead_endpoint_is_named_and_the_same_command_goes_on_when_it_is_back(say, stub, tmp_path):
    plan = write(tmp_path / "x.toml", REMOTE.replace("URL", "http://127.0.0.1:9/v1"))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert (code, "EndpointError" in one_message(err), "127.0.0.1:9" in err) == (2, True, True)


def test_a_secret_in_an_address_is_refused_before_anything_is_written(say, tmp_path):
    plan = write(tmp_path / "x.toml", REMOTE.replace("URL", "https://user:SECRETPW@api.example.org/v1"))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert code == 2
    assert "SECRETPW" not in err
    assert not (tmp_path / "runs").exists()


def test_a_wrong_option_of_the_base_is_found_before_the_teacher_is_paid(say, stub, tmp_path):
    before = stub.calls()
    text = REMOTE.replace("URL", stub.url("ok")).replace('path = "bundled:base" }', 'path = "bundled:base", bach = 3 }')
    code, _, err = say("measure", write(tmp_path / "x.toml", text), "--out", tmp_path / "runs")
    assert (code, "did you mean 'batch'" in one_message(err)) == (2, True)
    assert stub.calls() == before


@pytest.mark.slow
def test_a_cap_stops_cleanly_and_the_next_sitting_pays_nothing_twice(say, stub, tmp_path):
    text = REMOTE.replace("URL", stub.url("ok"))
    before = dict(stub.counts)
    capped = write(tmp_path / "x.toml", text + "limits = { calls = 5 }\n")
    code, _, err = say("measure", capped, "--out", tmp_path / "runs")
    assert (code, "LimitReached" in one_message(err)) == (2, True)
    code, _, err = say("measure", capped, "--out", tmp_path / "runs")
    assert (code, "LimitReached" in one_message(err)) == (2, True)
    called = {key: n - before.get(key, 0) for key, n in stub.counts.items() if n != before.get(key, 0)}
    assert set(called.values()) == {1}


@pytest.mark.slow
def test_a_corrupt_ledger_row_is_named_and_not_trusted(say, stub, tmp_path):
    plan = write(tmp_path / "x.toml", REMOTE.replace("URL", stub.url("ok")) + "limits = { calls = 5 }\n")
    say("measure", plan, "--out", tmp_path / "runs")
    (ledger,) = (tmp_path / "runs").glob("*/ledger.sqlite")
    corrupt(ledger)
    code, _, err = say("measure", plan, "--out", tmp_path / "runs")
    assert (code, "LedgerError" in one_message(err)) == (2, True)
    assert "row" in one_message(err)


def corrupt(ledger: Path) -> None:
    """Change one byte of one stored reply, as a bad disk or a hand would: triggers are dropped first."""
    with sqlite3.connect(ledger) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
            body = next((column for column in columns if column in ("response", "body", "raw")), None)
            if body:
                database.execute(f"update {table} set {body} = replace(cast({body} as text), 'm', 'n') where rowid = 2")
                break
        else:
            pytest.fail("no column with raw responses")
    database.close()


def test_a_checkpoint_without_tokenizer_is_named(say, tmp_path, tiny_text):
    broken = tmp_path / "broken"
    shutil.copytree(checkpoint_path("bundled:teacher"), broken)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (broken / name).unlink()
    plan = write(tmp_path / "x.toml", tiny_text.replace("bundled:teacher", str(broken)))
    code, _, err = say("measure", plan, "--out", tmp_path / "runs", "--workers", "1")
    assert code == 2
    assert "CheckpointError" in one_message(err)
    assert "no a tokenizer" not in err
    assert "tokenizer" in one_message(err)


@pytest.mark.slow
def test_a_tampered_run_folder_is_refused_by_every_verb(say, tiny_run, tmp_path, tiny_plan_file):
    _, _, whole = tiny_run
    out = tmp_path / "runs"
    shutil.copytree(whole, out / whole.name)
    cell = next((out / whole.name / "cells").glob("traces-*.json"))
    cell.write_text(cell.read_text().replace('"flexible":0.0', '"flexible":1.0', 3))
    for arguments in (("report", out / whole.name), ("measure", tiny_plan_file, "--out", out)):
        code, printed, err = say(*arguments)
        assert (code, printed) == (2, "")
        assert "RunFolderError" in one_message(err)
        assert cell.name in one_message(err)


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_same_command_ends_the_run_once_there_is_room(tmp_path, tiny_plan_file):
    if not can_unshare("--mount"):
        pytest.skip("this system lets no user make a mount namespace, so no disk can be filled safely")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f"{sys.executable} -m angelshare measure {tiny_plan_file} --out {disk} --json"
    inside = (
        f"mount -t tmpfs -o size=400k none {disk}; {command} 2> {tmp_path}/first; echo $? > {tmp_path}/code;"
        f"mount -o remount,size=200m {disk}; {command} > {tmp_path}/second.json 2> {tmp_path}/second"
    )
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", inside], check=False)

    said = one_message((tmp_path / "first").read_text())
    assert (tmp_path / "code").read_text().strip() == "2"
    assert "StorageError" in said
    assert "the disk is full" in said
    assert done.returncode == 0, (tmp_path / "second").read_text()
    assert json.loads((tmp_path / "second.json").read_text())["plan"] == "tiny"


@pytest.mark.slow
def test_with_the_network_off_an_audit_runs_as_ever(tmp_path, tiny_plan_file, tiny_run):
    if not can_unshare("--net"):
        pytest.skip("this system lets no user make a network namespace, so the network cannot be taken away")
    command = [
        sys.executable,
        "-m",
        "angelshare",
        "measure",
        str(tiny_plan_file),
        "--out",
        str(tmp_path / "runs"),
        "--json",
    ]
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    audit, _, _ = tiny_run
    assert json.loads(done.stdout)["verdict"]["sentence"] == audit.verdict.sentence


def can_unshare(what: str) -> bool:
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", what, "--map-root-user", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
def test_nothing_is_written_outside_out(tmp_path, tiny_run):
    _, _, folder = tiny_run
    assert sorted(path.name for path in folder.parents[1].iterdir()) == ["runs", "tiny.toml"]
