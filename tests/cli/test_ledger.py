from __future__ import annotations

import csv
import json
from importlib.resources import files

import pytest

from angelshare.cli import main
from angelshare.core.compute import ComputeLedger
from angelshare.core.strict import convert

NUMBER = {"value", "low", "high", "level", "n", "method", "caution"}
DRAWS = ("--draws", "2000")


@pytest.fixture
def say(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["ledger", *[str(argument) for argument in arguments]])
        out = capsys.readouterr()
        return stop.value.code or 0, out.out, out.err

    return run


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "student.toml"
    text = files("angelshare.govern").joinpath("models", "r1-distill-qwen-32b.toml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "mine.toml"
    text = files("angelshare.govern").joinpath("rules", "us-ca-sb53.toml").read_text(encoding="utf-8")
    text = text.replace('id = "us-ca-sb53"', 'id = "mine"').replace("flop = 1e26", "flop = 1e24")
    path.write_text(text.replace("California SB 53", "A house rule"), encoding="utf-8")
    return path


def test_json_is_one_object_with_the_fixed_names(say, model):
    code, out, _ = say(model, "--asof", "2026-11-24", "--json", *DRAWS)
    printed = json.loads(out)

    assert code == 1
    assert set(printed["total_flop"]) == NUMBER
    assert printed["as_of"] == "2026-11-24"
    for row in printed["rows"]:
        assert {
            "instrument", "counts_flop", "threshold_flop", "seen", "treatment", "citation", "distance", "flips", "status",
            "evidence", "verified_on",
        } <= set(row)  # fmt: skip
        assert set(row["counts_flop"]) in (NUMBER, {"refused"})
        assert row["seen"] in ("yes", "no", "depends")
    assert convert(printed, ComputeLedger, "printed").model == "DeepSeek-R1-Distill-Qwen-32B"


def test_the_exit_code_is_one_when_a_threshold_in_force_sees_the_model_and_else_zero(say, model, rules):
    assert say(model, "--asof", "2026-11-24", *DRAWS)[0] == 1
    assert say(model, "--asof", "2023-12-01", *DRAWS)[0] == 0  # only the executive order and the G7's code stood
    assert say(model, "--asof", "2023-12-01", "--all", *DRAWS)[0] == 0  # shown, but not in force
    assert say(model, "--asof", "2025-12-01", "--rules", rules, *DRAWS)[0] == 1


def test_by_default_the_law_is_todays(say, model):
    import datetime as dt  # noqa: PLC0415 - the only test with a clock

    before = dt.datetime.now(dt.UTC).date().isoformat()
    printed = json.loads(say(model, "--json", *DRAWS)[1])

    assert before <= printed["as_of"] <= dt.datetime.now(dt.UTC).date().isoformat()


def test_revoked_rule_sets_are_shown_marked_when_all_are_asked_for(say, model):
    few = say(model, "--asof", "2026-11-24", *DRAWS)[1]
    every = say(model, "--asof", "2026-11-24", "--all", *DRAWS)[1]

    assert "Executive Order 14110" not in few
    assert "--all shows them" in few
    words = " ".join(every.split())
    assert "Executive Order 14110" in words
    assert "[ended]" in words
    assert "† known from a secondary page only; ‡ from memory" in words
    assert all(len(line) <= 80 for line in every.splitlines())


def test_a_rule_set_of_ones_own_stands_beside_the_shipped_ones(say, model, rules):
    printed = json.loads(say(model, "--rules", rules, "--asof", "2026-11-24", "--json", *DRAWS)[1])
    (own,) = [row for row in printed["rows"] if row["rule_set"] == "mine"]

    assert own["seen"] == "yes"
    assert own["threshold_flop"] == 1e24
    assert [one["title"] for one in printed["files"]] == ["student.toml", "mine.toml"]


def test_out_holds_every_form_and_nothing_is_written_elsewhere(say, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    code, text, _ = say(model, "--asof", "2026-11-24", "--out", out, *DRAWS)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}

    assert code == 1
    assert "report.html" in text
    assert {"out/report.json", "out/report.html", "out/figures/thresholds.svg", "out/tables/thresholds.csv"} <= written
    assert all(name.startswith("out/") or name == "student.toml" for name in written)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert str(tmp_path) not in page
    with (out / "tables" / "thresholds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shown = json.loads((out / "report.json").read_text(encoding="utf-8"))["rows"]
    assert [row["seen"] for row in rows] == [row["seen"] for row in shown]
    assert [float(row["counts_flop_value"]) for row in rows if row["counts_flop_value"]] == [
        row["counts_flop"]["value"] for row in shown if "value" in row["counts_flop"]
    ]


def test_without_out_nothing_is_written(say, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    say(model, *DRAWS)

    assert [path.name for path in tmp_path.iterdir()] == ["student.toml"]


def test_the_command_in_the_report_gives_the_same_numbers_again(say, model):
    first = json.loads(say(model, "--asof", "2026-01-15", "--seed", "7", "--json", *DRAWS)[1])
    arguments = first["command"].replace("student.toml", str(model)).split()[2:]
    again = json.loads(say(*arguments, "--json")[1])

    assert again | {"made_at": ""} == first | {"made_at": ""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.toml"], "missing.toml: cannot read it (No such file or directory)"),
        (["bundled:r1-distill-qwen-32"], "did you mean 'r1-distill-qwen-32b'"),
        (["bundled:api-student", "--asof", "24.11.2026"], "--asof: '24.11.2026' is no date"),
        (["bundled:api-student", "--rules", "none.toml"], "none.toml: cannot read it"),
        (["bundled:api-student", "--level", "2"], "the level 2 is not between 0 and 1"),
        (["bundled:api-student", "--draws", "3"], "3 draws are too few"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_exit_code_two(say, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = say(*arguments)

    assert code == 2
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_rule_set_without_citation_is_refused(say, model, rules):
    rules.write_text(
        rules.read_text().replace('citation = "Business and Professions Code, section 22757.11(i)"', 'citation = ""')
    )
    code, _, err = say(model, "--rules", rules)

    assert code == 2
    assert "mine.toml: rule-set 'mine'" in err
    assert "has no citation" in err


def test_text_that_is_no_toml_or_no_text_is_refused(say, tmp_path):
    for name, content in (("a.toml", b"name ="), ("b.toml", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content)
        code, _, err = say(tmp_path / name)
        assert code == 2
        assert name in err
