"""`angelshare delay` at the command line: bad input, the run folder, exit codes."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from angelshare.cli import main
from angelshare.core.delay import DelayReport
from angelshare.core.strict import decode_json

SAMPLE = (files("angelshare.govern") / "sample_scores.csv").read_text(encoding="utf-8")
HEADER = "model,developer,weights,release_date,benchmark,score"
QUICK = ("--bootstraps", "100")
ROWS = (
    "A,x,closed,2024-01-01,quiz,10", "B,y,open,2024-03-01,quiz,9", "C,x,closed,2024-04-01,quiz,20",
    "D,y,open,2024-06-01,quiz,12", "E,x,closed,2024-07-01,quiz,30", "F,y,open,2024-12-01,quiz,22",
    "G,x,closed,2025-01-01,quiz,40", "H,y,open,2025-06-01,quiz,31", "I,x,closed,2025-06-15,quiz,50",
    "J,y,open,2025-12-01,quiz,45",
)  # fmt: skip
"""Records and matches without standard errors."""
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "delay"


@pytest.fixture
def say(capsys):
    """Run the verb in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["delay", *map(str, arguments)])
        out = capsys.readouterr()
        return stop.value.code or 0, out.out, out.err

    return run


@pytest.fixture
def scores(tmp_path):
    """Write a score file from rows."""

    def write(*rows: str, header: str = HEADER, name: str = "x.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return write


def one_message(err: str) -> str:
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a,X,open,2025-01-01,quiz,50", "a,X,open,2025-01-01,quiz,51"], "x.csv, line 3: 'a' stands twice on 'quiz'"),
        (["a,X,open,2025-13-01,quiz,50"], "x.csv, line 2: release_date: '2025-13-01' is no date"),
        (["a,X,open,2099-01-01,quiz,50"], "x.csv, line 2: release_date: 2099-01-01 is after"),
        (["a,X,open,2009-01-01,quiz,50"], "x.csv, line 2: release_date: 2009-01-01 is before 2010"),
        (["a,X,open,2025-01-01,quiz,50", "b,X,open,2025-01-01,quiz,0.5"], "mixes two scales: 0.5 (x.csv, line 3)"),
        (["a,X,opne,2025-01-01,quiz,50"], "weights: 'opne' is no label; did you mean 'open'?"),
        (["a,X,open,2025-01-01,quiz,high"], "x.csv, line 2: score: 'high' is not a number"),
        (["a,X,open,2025-01-01,quiz"], "x.csv, line 2: 5 cells, but the header has 6 columns"),
        ([], "only a header, no rows"),
    ],
)
def test_a_slip_in_a_score_file_is_one_message_with_its_place_and_exit_code_2(say, scores, tmp_path, rows, message):
    code, out, err = say(scores(*rows), "--out", tmp_path / "runs")

    assert (code, out) == (2, "")
    assert message in one_message(err)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("release_date", "relase_date"), "no column 'release_date'; is 'relase_date' meant?"),
        (f"{HEADER},score", "column 'score' stands twice in the header"),
        (f"{HEADER},acess", "unknown column 'acess'; did you mean 'access'?"),
    ],
)
def test_a_slip_in_the_header_is_named_with_its_nearest_spelling(say, scores, header, message):
    code, _, err = say(scores("a,X,open,2025-01-01,quiz,50" + ",1" * (header.count(",") - 5), header=header))

    assert code == 2
    assert message in one_message(err)


def test_an_empty_file_a_missing_one_and_a_folder_are_named(say, tmp_path):
    (tmp_path / "empty.csv").touch()
    for name, message in (("empty.csv", "the file is empty"), ("no.csv", "no such file"), (".", "it is a folder")):
        code, _, err = say(tmp_path / name)
        assert code == 2
        assert message in one_message(err)


def test_nothing_but_one_open_model_is_refused_with_exit_code_2(say, scores):
    rows = [f"c{k},X,closed,2024-0{k}-01,quiz,{50 + k}" for k in range(1, 7)]

    code, _, err = say(scores(*rows, "o,Y,open,2024-05-20,quiz,53"))

    assert code == 2
    assert "RefusedError: no benchmark identifies a delay (quiz: unidentified" in one_message(err)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--benchmark", "made-up sum"), "--benchmark: no scores on 'made-up sum'; did you mean 'made-up sums'?"),
        (("--as-of", "yesterday"), "--as-of: 'yesterday' is no date"),
        (("--since", "2025-02-30"), "--since: '2025-02-30' is no date"),
        (("--level", "0.3"), "--level must be in [0.5, 1), found 0.3"),
        (("--run", "x"), "--run: months saved need both --run"),
        (("--campaign", "small", "--set", "days=3"), "--campaign, --set: months saved need both"),
        (("--run", "no-such-run", "--campaign", "small"), "no-such-run: no such run folder"),
    ],
)
def test_an_option_that_cannot_be_is_one_message(say, options, message):
    code, _, err = say("bundled:sample", *options)

    assert code == 2
    assert message in one_message(err)


def test_two_files_of_one_name_are_refused(say):
    code, _, err = say("bundled:sample", "bundled:sample")

    assert (code, "two score files are called 'sample_scores.csv'" in one_message(err)) == (2, True)


# --- what it prints -------------------------------------------------------------------------------


def test_json_is_one_delay_report_with_the_names_of_the_documentation(say):
    code, out, err = say("bundled:sample", *QUICK, "--json")

    assert code == 0
    report = json.loads(out)
    first = report["estimators"][0]
    assert {"name", "criterion", "months", "matched", "censored", "matchers", "caution"} <= set(first)
    assert {"value", "low", "high", "level", "n", "method", "caution"} == set(first["months"])
    assert report["sentence"].startswith("On made-up ")
    assert decode_json(out, DelayReport, "stdout").bootstraps == 100
    assert "estimating: 4/4" in err


def test_the_table_shows_the_sentence_and_every_benchmark(say):
    code, out, _ = say("bundled:sample", *QUICK)

    assert code == 0
    for name in ("made-up errands", "made-up patches", "made-up proofs", "made-up sums", "private less public"):
        assert name in out
    assert "●" in out


def test_the_threshold_is_held_against_the_lower_end_of_the_default_estimate(say):
    _, out, _ = say("bundled:sample", *QUICK, "--json")
    report = json.loads(out)
    low = next(row for row in report["estimators"] if row["default"])["months"]["low"]

    assert say("bundled:sample", *QUICK, "--threshold", f"{low - 0.01}")[0] == 0
    assert say("bundled:sample", *QUICK, "--threshold", f"{low + 0.01}")[0] == 1


# --- the run folder -------------------------------------------------------------------------------


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_folder_holds_the_report_its_inputs_and_last_a_manifest_and_nothing_lies_elsewhere(say, tmp_path):
    code, out, _ = say("bundled:sample", *QUICK, "--out", tmp_path / "runs", "--json")

    (folder,) = (tmp_path / "runs").iterdir()
    found = tree(folder)
    assert code == 0
    assert folder.name.startswith("delay-")
    assert {"report.json", "report.html", "plan.toml", "manifest.json", "inputs/sample_scores.csv"} <= set(found)
    assert found["report.json"].decode() == out
    assert found["inputs/sample_scores.csv"].decode() == SAMPLE
    manifest = json.loads(found["manifest.json"])
    assert (manifest["kind"], set(manifest["files"])) == ("delay", set(found) - {"manifest.json"})
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_the_same_request_elsewhere_gives_the_same_bytes_but_for_the_time(say, tmp_path):
    copy = tmp_path / "deep" / "sample_scores.csv"
    copy.parent.mkdir()
    copy.write_text(SAMPLE, encoding="utf-8")
    say(copy, *QUICK, "--out", tmp_path / "a")
    say(copy, *QUICK, "--out", tmp_path / "b")

    (one,), (other,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert one.name == other.name
    first, second = tree(one), tree(other)
    own = {"begun.json", "manifest.json"}
    assert set(first) == set(second)
    # a commit made between the two is another state of the source, and the page prints the time in its own way
    told = {name for name in set(first) - own - {"report.json", "report.html"} if first[name] != second[name]}
    assert told == set()
    reports = [json.loads(found["report.json"]) for found in (first, second)]
    for report in reports:
        del report["made_at"], report["commit"]
    assert reports[0] == reports[1]


def test_a_finished_run_is_shown_again_not_made_again_and_an_altered_one_refused(say, tmp_path):
    out = tmp_path / "runs"
    _, first, _ = say("bundled:sample", *QUICK, "--out", out, "--json")
    _, again, err = say("bundled:sample", *QUICK, "--out", out, "--json")
    assert (first, err) == (again, "")

    (folder,) = out.iterdir()
    (folder / "report.json").write_text(first.replace("made-up", "real"))
    code, _, err = say("bundled:sample", *QUICK, "--out", out)
    assert (code, "'report.json' was altered" in one_message(err)) == (2, True)


def test_another_option_makes_another_folder_and_the_order_of_files_does_not(say, tmp_path, scores):
    head, *lines = SAMPLE.splitlines()
    a = scores(*(line for line in lines if "sums" in line), header=head, name="a.csv")
    b = scores(*(line for line in lines if "sums" not in line), header=head, name="b.csv")
    say(a, b, *QUICK, "--out", tmp_path / "runs")
    say(b, a, *QUICK, "--out", tmp_path / "runs")
    assert len(list((tmp_path / "runs").iterdir())) == 1

    say(a, b, *QUICK, "--seed", "1", "--out", tmp_path / "runs")
    assert len(list((tmp_path / "runs").iterdir())) == 2


# --- what distillation saves ----------------------------------------------------------------------


@pytest.mark.slow  # needs a finished audit
def test_an_audit_and_a_campaign_add_the_months_that_distillation_saves(say, tiny_run):
    _, _, folder = tiny_run
    asked = ("bundled:sample", *QUICK, "--run", folder, "--campaign", "medium", "--json")

    report = json.loads(say(*asked)[1])["attributable"]
    assert report["campaign"] == "medium"
    assert report["sentence"]
    assert len(report["assumptions"]) > 5

    item = next(item for item in report["assumptions"] if item["name"] == "usable_share")
    lowered = json.loads(say(*asked, "--set", "usable_share=low")[1])["attributable"]
    found = next(entry for entry in lowered["assumptions"] if entry["name"] == "usable_share")
    assert found["low"] == found["high"] == item["low"] < item["high"]
    off = json.loads(say(*asked, "--without", "transfer")[1])["attributable"]
    assert not next(entry for entry in off["assumptions"] if entry["name"] == "transfer")["on"]
    defended = json.loads(say(*asked, "--defence", f"same-again={folder}")[1])["attributable"]
    assert any(entry["defence"] == "same-again" for entry in defended["defences"])


@pytest.mark.slow  # needs a finished audit
def test_a_delay_run_is_no_audit(say, tmp_path):
    say("bundled:sample", *QUICK, "--out", tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()

    code, _, err = say("bundled:sample", *QUICK, "--run", folder, "--campaign", "small")

    assert (code, "a run of `angelshare delay`, not an audit" in one_message(err)) == (2, True)


# --- the published data ---------------------------------------------------------------------------


def test_the_index_of_august_2026_is_read_as_published(say):
    if not (DATA / "eci_2026-08-22.csv").is_file():
        pytest.skip("needs the shared extract of Epoch's index, which is not committed")

    _, out, _ = say(DATA / "eci_2026-08-22.csv", "--bootstraps", "200", "--json")

    report = json.loads(out)
    default = next(row for row in report["estimators"] if row["default"])
    assert report["as_of"] == "2026-08-22"
    assert default["months"]["value"] == pytest.approx(5.6, abs=0.05)
    assert (default["matched"], default["censored"], default["matchers"]) == (19, 4, 8)


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_cells_parted_by_something_else_than_commas_are_named(say, tmp_path, sign, name):
    (tmp_path / "x.csv").write_text(SAMPLE.replace(",", sign), encoding="utf-8")

    code, _, err = say(tmp_path / "x.csv")
    assert code == 2
    assert f"x.csv, line 1: its cells are parted by {name}; save it as CSV parted by commas" in one_message(err)


def test_a_score_beyond_any_scale_is_refused(say, scores):
    code, _, err = say(scores("a,X,open,2025-01-01,quiz,1e308"))

    assert code == 2
    assert "x.csv, line 2: score: 1e308 is beyond any scale of scores" in one_message(err)


def test_a_refused_row_leaves_the_table_on_the_terminal_readable(say, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")

    code, out, _ = say(path, *QUICK)
    assert code == 0
    table = [line for line in out.splitlines() if line.startswith("│")]
    assert any(line.startswith("│ paired-bootstrap") and "not stated" in line for line in table)
    assert "Not stated: the source gives no standard errors." in " ".join(out.split())
