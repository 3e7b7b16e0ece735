"""The verb from logs to cases on a small simulated provider, and the verbs on one case."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from angelshare.core.strict import decode_json
from angelshare.core.traffic import DetectReport

WORLD = """
name = "small"
seed = 3
calibration_days = 6
budget = "1 false campaign / 30d"

[world]
start = "2026-03-02"
days = 8
honest = 500
per_account_day = 4.0

[[world.tenants]]
kind = "nightly-evaluation"
tenants = 2

[[world.campaigns]]
name = "cot"
preset = "fixed-prompt-cot"
accounts = 30
first_day = 6
days = 2
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Logs, benign history and truth of a small provider, built by the verb."""
    from click.testing import CliRunner  # noqa: PLC0415 - the fixture of the module's own verb

    from angelshare.cli import app  # noqa: PLC0415 - the same

    folder = tmp_path_factory.mktemp("world")
    (folder / "small.toml").write_text(WORLD)
    done = CliRunner().invoke(app, ["detect", "world", str(folder / "small.toml"), "--out", str(folder)])
    assert done.exit_code == 0, done.output
    assert "next: angelshare detect" in done.output
    return next(folder.glob("small-world-*"))


@pytest.fixture(scope="module")
def ran(world, tmp_path_factory):
    """The verb's whole run: its JSON, its run folder, and the folder of its cases."""
    from click.testing import CliRunner  # noqa: PLC0415 - the fixture of the module's own verb

    from angelshare.cli import app  # noqa: PLC0415 - the same

    out = tmp_path_factory.mktemp("runs")
    done = CliRunner().invoke(app, [*_arguments(world), "--out", str(out), "--json"])
    assert done.exit_code in (0, 1), done.output
    folder = next(path for path in out.glob("detect-*") if not path.name.endswith("-cases"))
    return json.loads(done.stdout), folder, out / f"{folder.name}-cases"


def _arguments(world):
    return [
        "detect",
        str(world / "logs"),
        "--calibrate",
        str(world / "benign"),
        "--truth",
        str(world / "truth.parquet"),
    ]


@pytest.fixture
def case(ran, tmp_path):
    """A copy of the first case, with the state's signing key where the verbs look for it."""
    _, folder, cases = ran
    shutil.copytree(cases, tmp_path / cases.name)
    (tmp_path / "state").mkdir()
    for name in ("signing-key", "signing-key.pub"):
        shutil.copy2(folder.parent / "state" / name, tmp_path / "state" / name)
    return min(path.parent for path in (tmp_path / cases.name).glob("*/case.json"))


def test_json_has_the_promised_shape_with_members_as_account_ids(ran, world):
    said, _, _ = ran
    accounts = set(pq.read_table(world / "truth.parquet")["account_id"].to_pylist())

    assert {"campaigns", "look_alikes", "insufficient", "calibration", "lines", "detectors_off"} <= set(said)
    assert {"budget", "realised"} <= set(said["calibration"])
    assert said["lines"]["read"] > 10_000
    assert said["lines"]["skipped"] == 0
    cases = [*said["campaigns"], *said["look_alikes"], *said["insufficient"]]
    assert cases
    for one in cases:
        assert {"id", "verdict", "members", "evidence", "first_at", "last_at", "harvested_tokens"} <= set(one)
        assert set(one["members"]) <= accounts
        assert [member["account"] for member in one["membership"]] == one["members"]


def test_a_run_folder_names_no_account_and_its_cases_do(ran, world):
    said, folder, cases = ran
    accounts = pq.read_table(world / "truth.parquet")["account_id"].to_pylist()
    published = b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode()
    words = set(re.findall(r"\w+", published))
    first = [*said["campaigns"], *said["look_alikes"], *said["insufficient"]][0]

    assert [account for account in accounts if account in words] == []
    assert first["members"][0] in (cases / first["id"] / "case.json").read_text()
    assert first["members"][0] in (cases / first["id"] / "case.html").read_text()
    report = decode_json((folder / "report.json").read_bytes(), DetectReport, "report.json")
    assert [member.account for member in [*report.campaigns, *report.look_alikes, *report.insufficient][0].members[:2]] == [
        "member 1", "member 2",
    ]  # fmt: skip


def test_neither_the_operators_key_nor_the_signing_key_is_in_what_is_written(ran):
    _, folder, cases = ran
    state = folder.parent / "state"
    secrets = [(state / "key").read_bytes().strip(), (state / "signing-key").read_bytes().splitlines()[1]]

    assert (state / "key").stat().st_mode & 0o077 == 0
    for path in [*folder.rglob("*"), *cases.rglob("*")]:
        assert not path.is_file() or not any(secret in path.read_bytes() for secret in secrets), path


def test_a_finished_run_is_verified_and_shown_again(ran, world, say):
    said, folder, _ = ran
    code, out, _ = say(*_arguments(world), "--out", folder.parent, "--json")

    assert code == (1 if said["campaigns"] else 0)
    assert _ordered(json.loads(out)) == _ordered(said)


def _ordered(said):
    return json.loads(json.dumps(said, sort_keys=True))


def test_a_run_killed_before_its_manifest_gives_the_same_when_it_is_run_again(ran, world, say, tmp_path):
    said, folder, cases = ran
    for path in (folder, cases, folder.parent / "state"):
        shutil.copytree(path, tmp_path / path.name)
    (tmp_path / folder.name / "manifest.json").unlink()
    (tmp_path / folder.name / "report.html").unlink()
    shutil.rmtree(tmp_path / cases.name)
    _, out, _ = say(*_arguments(world), "--out", tmp_path, "--json")

    again = json.loads(out)
    assert (tmp_path / folder.name / "manifest.json").exists()
    assert {**_ordered(again), "made_at": ""} == {**_ordered(said), "made_at": ""}


def test_report_shows_a_run_as_it_was_published_and_refuses_an_altered_one(ran, say, tmp_path):
    _, folder, _ = ran
    code, out, _ = say("report", folder, "--out", tmp_path / "again", "--json")

    assert code == 0
    cases = [one for kind in ("campaigns", "look_alikes", "insufficient") for one in json.loads(out)[kind]]
    assert {member.partition(" ")[0] for one in cases for member in one["members"]} == {"member"}
    assert (tmp_path / "again" / "report.html").read_bytes() == (folder / "report.html").read_bytes()

    shutil.copytree(folder, tmp_path / "altered")
    page = tmp_path / "altered" / "report.html"
    page.write_text(page.read_text() + " ")
    code, _, trouble = say("report", tmp_path / "altered")
    assert (code, "was altered after the run" in trouble) == (2, True)


def test_terminal_says_what_was_found_and_that_a_match_is_no_accusation(ran, world, say):
    _, folder, _ = ran
    _, out, _ = say(*_arguments(world), "--out", folder.parent)

    assert "A match is not an accusation." in out
    assert "A rule of more than 100 requests" in out
    assert "report.html" in out


def test_signals_that_are_off_are_said_before_anything_else(world, say, tmp_path):
    _, out, _ = say(*_arguments(world), "--out", tmp_path, "--no-text")

    assert out.startswith("OFF: ")
    assert "template-sharing" in out.split("A match")[0]


def test_verify_accepts_a_case_and_refuses_it_after_a_change_of_file_or_page(case, say):
    public = case.parent.parent / "state" / "signing-key.pub"
    code, out, _ = say("detect", "verify", case, "--public-key", public)
    assert (code, "every byte is as signed" in out) == (0, True)

    page = case / "case.html"
    page.write_text(page.read_text().replace("not an accusation", "an accusation", 1))
    code, _, trouble = say("detect", "verify", case)
    assert (code, "not the page of case.json" in trouble) == (2, True)

    data = bytearray((case / "case.json").read_bytes())
    data[len(data) // 2] ^= 1
    (case / "case.json").write_bytes(data)
    code, _, trouble = say("detect", "verify", case / "case.json")
    assert (code, "RunFolderError" in trouble) == (2, True)


def test_a_review_is_signed_and_the_earlier_file_is_kept(case, say):
    before = (case / "case.json").read_bytes()
    code, _, _ = say("detect", "review", case, "--decision", "confirm", "--by", "R. Viewer", "--reason", "Traced.")

    assert code == 0
    assert (case / "case-0.json").read_bytes() == before
    _, out, _ = say("detect", "verify", case, "--json")
    assert json.loads(out)["reviews"] == 1
    assert "R. Viewer" in (case / "case.html").read_text()


def test_a_ban_needs_a_confirmation_and_then_names_who_gave_it(case, say):
    wanted = ("detect", "act", case, "--action", "ban", "--until", "2027-01-31", "--to", case / "ban.csv")
    code, _, trouble = say(*wanted)
    assert (code, "needs a person's confirmation" in trouble) == (2, True)

    say("detect", "review", case, "--decision", "confirm", "--by", "R. Viewer", "--reason", "Traced.")
    assert say(*wanted)[0] == 0
    rows = list(csv.DictReader((case / "ban.csv").read_text().splitlines()))
    assert {row["reviewer"] for row in rows} == {"R. Viewer"}
    assert {row["action"] for row in rows} <= {"ban", "watch"}


def test_history_that_meets_the_logs_is_refused(world, say, tmp_path):
    code, _, trouble = say("detect", world / "benign", "--calibrate", world / "logs", "--out", tmp_path)

    assert (code, "does not end before the logs" in trouble) == (2, True)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--budget", "none"), "expected the form"),
        (("--engine", "duckbd"), "no engine named"),
        (("--reader", "litelm"), "litelm"),
        (("--allow", "absent.toml"), "absent.toml"),
        (("--truth", "absent.parquet"), "absent.parquet"),
        (("--mapping", "m.toml", "--reader", "nginx"), "belongs to the reader 'table'"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(world, say, tmp_path, more, why):
    code, out, trouble = say(*_arguments(world), "--out", tmp_path, *more)

    assert (code, out) == (2, "")
    assert why in trouble
    assert "Traceback" not in trouble


def test_the_same_verb_under_its_long_name(world, say, tmp_path):
    code, _, trouble = say("detect", "run", tmp_path / "absent.jsonl", "--out", tmp_path)

    assert code == 2
    assert "absent.jsonl" in trouble


@pytest.mark.parametrize("absent", ["ibis", "pyarrow"])
def test_without_the_packages_of_traffic_the_verb_says_what_to_install(absent):
    code = f"import sys; sys.modules['{absent}'] = None; from angelshare.cli import main; main(['detect', 'a.jsonl'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "pip install 'angelshare[traffic]'" in done.stderr
    assert "Traceback" not in done.stderr
