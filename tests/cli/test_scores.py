"""`angelshare scores` on logs as Inspect and lm-eval write them, and on wrong ones."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zstandard", reason="needs the tasks extra")

from angelshare.core.ready import ReadyReport
from angelshare.core.strict import convert

FIXTURES = Path(__file__).parents[1] / "fixtures"
INSPECT, LM_EVAL = FIXTURES / "inspect", FIXTURES / "lm_eval"
STAMP = "2026-11-24T08-30-18.159784"
NUMBER = {"value", "low", "high", "level", "n", "method", "caution"}
ITEMS = 300

FROM_FIXTURES = """
name = "sums"
students = ["student-1.json", "student-2.eval"]
base = ["base.eval"]
teacher = ["teacher.eval"]
[scoring.default]
strict = "exact"
flexible = "match"
"""

GROWN = """
name = "grown"
question = "How much of sums do students of this teacher recover?"
students = ["s1.json", "s2.json", "s3.json"]
base = ["base.json"]
teacher = ["teacher.json"]
scoring = { default = { strict = "exact", flexible = "match" } }
"""

CONTROLS = """
[controls]
gold = ["gold1.json", "gold2.json", "gold3.json"]
self = ["self1.json", "self2.json", "self3.json"]
shuffled = ["shuffled1.json", "shuffled2.json", "shuffled3.json"]
"""

RATES = {
    "s1": 0.68, "s2": 0.70, "s3": 0.72, "base": 0.15, "teacher": 0.97, "gold1": 0.30, "gold2": 0.32, "gold3": 0.33,
    "self1": 0.15, "self2": 0.16, "self3": 0.14, "shuffled1": 0.10, "shuffled2": 0.11, "shuffled3": 0.12,
    "open1": 0.5, "open2": 0.52, "open3": 0.5,
}  # fmt: skip
"""True accuracy behind each grown log."""


@pytest.fixture
def folder(tmp_path):
    """A copy of the fixtures, flat, with a description."""
    for path in (*INSPECT.iterdir(), *LM_EVAL.iterdir()):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "sums.toml").write_text(FROM_FIXTURES)
    return tmp_path


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Logs in Inspect's layout with 300 samples each, grown from the fixture, and judged logs of the same items."""
    path = tmp_path_factory.mktemp("grown")
    template = json.loads((INSPECT / "student-1.json").read_text())
    hard = np.random.default_rng(1).random(ITEMS)
    for place, (name, rate) in enumerate(RATES.items()):
        write_log(path / f"{name}.json", template, name, right(hard, rate, place))
    for place, (name, wins, longer) in enumerate([
        ("s1", 0.7, 60), ("s2", 0.72, 60), ("s3", 0.74, 60), ("base", 0.2, -20), ("teacher", 0.8, 60)
    ]):  # fmt: skip
        rng = np.random.default_rng(100 + place)
        excess = rng.normal(longer, 60.0, ITEMS).round()
        win = rng.random(ITEMS) < np.clip(wins + 0.15 * np.tanh(excess / 60), 0, 1)
        lines = [
            {"item": f"i{k}", "win": float(win[k]), "length": 400 + excess[k], "reference_length": 400}
            for k in range(ITEMS)
        ]
        (path / f"judged-{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return path


def right(hard, rate, place):
    """Which items a model of this rate gets right: mostly the easy ones."""
    noise = np.random.default_rng(10 + place).random(hard.size)
    return 0.6 * hard + 0.4 * noise < np.quantile(0.6 * hard + 0.4 * noise, rate)


def write_log(path, template, model, correct, task="sums"):
    sample = template["samples"][0]
    samples = []
    for k, good in enumerate(correct):
        scores = {name: {**sample["scores"][name], "value": "C" if good else "I"} for name in ("exact", "match")}
        if good and k % 10 == 0 and model.startswith("s"):
            scores["exact"]["value"] = "I"  # right, in a form the strict scorer does not read
        samples.append({**sample, "id": f"i{k}", "scores": scores})
    log = {**template, "eval": {**template["eval"], "model": model, "task": task}, "samples": samples}
    path.write_text(json.dumps(log))


def described(folder, text, name="d.toml"):
    (folder / name).write_text(text)
    return folder / name


def numbers(tree):
    if isinstance(tree, dict):
        if set(tree) in (NUMBER, {"refused"}):
            yield tree
        else:
            for value in tree.values():
                yield from numbers(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from numbers(value)


def printed(say, *arguments):
    code, out, err = say("scores", *arguments, "--json")
    assert err == ""
    return code, json.loads(out)


# --- what it says ---------------------------------------------------------------------------------


def test_recovery_comes_from_the_logs_with_its_interval_and_its_item_ledger(say, grown):
    code, report = printed(say, described(grown, GROWN + CONTROLS))
    verdict = report["verdict"]
    assert code == 0
    assert verdict["recovery"]["value"] == pytest.approx((0.70 - 0.15) / (0.97 - 0.15), abs=0.01)
    assert verdict["recovery"]["low"] < 0.67 < verdict["recovery"]["high"]
    assert verdict["attributable_recovery"]["value"] == pytest.approx((0.70 - 0.317) / 0.82, abs=0.03)
    assert "best control: gold" in verdict["attributable_recovery"]["caution"]
    assert "needed" not in verdict["sentence"]
    assert "was beyond every control given" in verdict["sentence"]
    assert verdict["uplift_over_open"] == {"refused": "no open arm: no logs of the open teacher's students given"}
    assert report["item_ledger"]["recovered"]["value"] > 0.5
    assert report["item_ledger"]["lost"]["value"] < 0.5
    assert [row["control"] for row in report["controls"]] == ["gold", "self", "shuffled"]
    assert report["controls"][0]["recovery"]["value"] > report["controls"][2]["recovery"]["value"]


def test_json_has_the_documented_names_and_every_number_is_an_estimate_or_a_refusal(say, grown):
    _, report = printed(say, described(grown, GROWN))
    assert list(report) == [
        "name", "question", "verdict", "domains", "controls", "item_ledger", "judged", "logs", "notes", "cautions", "seeds",
        "items", "extractor", "level", "threshold", "crossed", "version",
    ]  # fmt: skip
    assert list(report["verdict"]) == [
        "recovery", "attributable_recovery", "uplift_over_open", "extractor_confound", "judge_inflation",
        "judge_inflation_raw", "sentence",
    ]  # fmt: skip
    assert len(list(numbers(report))) == 6 + 4 + 3
    assert convert(report, ReadyReport, "printed").seeds == 3


def test_without_controls_recovery_is_raw_and_says_so_everywhere(say, grown):
    code, report = printed(say, described(grown, GROWN))
    assert report["verdict"]["attributable_recovery"]["refused"].startswith("raw, not attributable")
    assert "raw, not attributable" in report["verdict"]["sentence"]
    assert any(line.startswith("Raw, not attributable") for line in report["cautions"])
    code, out, _ = say("scores", grown / "d.toml")
    assert code == 0
    assert "RAW, NOT ATTRIBUTABLE" in out


def test_controls_left_out_are_named_and_an_open_arm_gives_uplift(say, grown):
    text = (
        GROWN + '[controls]\ngold = ["gold1.json", "gold2.json"]\nopen = ["open1.json", "open2.json", "open3.json"]\n'
    )
    _, report = printed(say, described(grown, text))
    assert "not given: self, shuffled" in report["verdict"]["attributable_recovery"]["caution"]
    assert report["verdict"]["uplift_over_open"]["value"] == pytest.approx((0.70 - 0.507) / 0.82, abs=0.03)
    assert {row["control"]: row["seeds"] for row in report["controls"]} == {"gold": 2, "open": 3}


def test_the_extractors_are_compared_where_the_logs_have_two(say, grown):
    _, report = printed(say, described(grown, GROWN))
    assert report["verdict"]["extractor_confound"]["high"] < 0
    assert report["notes"][0] == "sums: read by 'exact' (strict) and 'match' (flexible)."
    text = GROWN.replace('strict = "exact", ', "")
    _, report = printed(say, described(grown, text))
    assert report["verdict"]["extractor_confound"]["refused"].startswith("one extractor only")
    _, strict = printed(say, described(grown, 'extractor = "strict"\n' + GROWN))
    assert strict["verdict"]["recovery"]["value"] < report["verdict"]["recovery"]["value"]


def test_one_student_is_answered_with_a_caution(say, grown):
    _, report = printed(say, described(grown, GROWN.replace(', "s2.json", "s3.json"', "")))
    assert report["verdict"]["recovery"]["caution"] == "one seed: luck of training is not in the interval"
    assert report["cautions"][0].startswith("One student: intervals hold luck in items only")


def test_several_tasks_are_averaged_and_shown_one_by_one(say, grown, tmp_path):
    template = json.loads((INSPECT / "student-1.json").read_text())
    hard = np.random.default_rng(2).random(ITEMS)
    for place, (name, rate) in enumerate({"s1": 0.3, "s2": 0.32, "base": 0.2, "teacher": 0.9}.items()):
        write_log(tmp_path / f"{name}-b.json", template, name, right(hard, rate, place), task="other")
        shutil.copy(grown / f"{name}.json", tmp_path)
    text = """
    name = "two"
    students = [["s1.json", "s1-b.json"], ["s2-b.json", "s2.json"]]
    base = ["base.json", "base-b.json"]
    teacher = ["teacher.json", "teacher-b.json"]
    [scoring]
    default = { strict = "exact", flexible = "match" }
    other = { flexible = "match" }
    """
    _, report = printed(say, described(tmp_path, text))
    rows = {row["domain"]: row["recovery"]["value"] for row in report["domains"]}
    assert report["verdict"]["recovery"]["value"] == pytest.approx((rows["sums"] + rows["other"]) / 2)
    assert rows["sums"] > rows["other"] + 0.3
    assert [row["items"] for row in report["domains"]] == [ITEMS, ITEMS]


def test_students_no_better_than_the_base_show_no_recovery_and_that_is_no_proof_of_absence(say, grown):
    students = '["self1.json", "self2.json", "self3.json"]'
    _, report = printed(say, described(grown, GROWN.replace('["s1.json", "s2.json", "s3.json"]', students)))
    assert report["verdict"]["recovery"]["low"] < 0 < report["verdict"]["recovery"]["high"]
    assert "no recovery is shown" in report["verdict"]["sentence"]
    assert report["verdict"]["sentence"].endswith("That is not evidence that none is possible.")


def test_the_numbers_are_the_same_every_time_and_whatever_else_is_asked(say, grown):
    _, once = printed(say, described(grown, GROWN + CONTROLS))
    _, again = printed(say, described(grown, GROWN + CONTROLS))
    _, less = printed(say, described(grown, GROWN))
    assert once == again
    assert once["verdict"]["recovery"] == less["verdict"]["recovery"]


def test_refused_cut_and_unscored_replies_are_told(say, grown, tmp_path):
    for path in grown.glob("*.json"):
        shutil.copy(path, tmp_path)
    log = json.loads((grown / "s1.json").read_text())
    for sample, reason in zip(log["samples"], ("content_filter", "max_tokens", "max_tokens"), strict=False):
        sample["output"] = {**sample["output"], "choices": [{**sample["output"]["choices"][0], "stop_reason": reason}]}
    log["samples"][5]["scores"] = None
    (tmp_path / "s1.json").write_text(json.dumps(log))
    _, report = printed(say, described(tmp_path, 'mismatch = "common"\n' + GROWN))
    assert report["notes"][1:] == [
        "s1.json: 1 of 299 replies were stopped by a filter; they score as read.",
        "s1.json: 2 of 299 replies hit a length limit; they score as read.",
        "s1.json: 1 items have no score, e.g. i5: no score.",
    ]


def test_twelve_items_carry_no_recovery_and_the_sentence_says_why(say, folder):
    code, report = printed(say, folder / "sums.toml")
    assert code == 0
    assert report["verdict"]["recovery"]["refused"].startswith("gap not identified")
    assert report["verdict"]["sentence"].startswith(
        "These scores cannot tell how much of the capability moved: gap not"
    )
    assert [(row["role"], row["model"], row["draws"]) for row in report["logs"]] == [
        ("student", "tiny/student-1", 1), ("student", "tiny/student-2", 1), ("base", "tiny/base", 2),
        ("teacher", "tiny/teacher", 1),
    ]  # fmt: skip


def test_lm_eval_samples_are_read_with_both_filters_and_the_same_model_is_remarked(say, folder):
    samples = (folder / f"samples_sums_{STAMP}.jsonl").read_text()
    for stamp in ("A", "B"):
        (folder / f"samples_sums_{stamp}.jsonl").write_text(samples)
        (folder / f"results_{stamp}.json").write_text((folder / f"results_{STAMP}.json").read_text())
    text = f"""
    name = "lm"
    students = ["samples_sums_A.jsonl"]
    base = ["samples_sums_B.jsonl"]
    teacher = ["samples_sums_{STAMP}.jsonl"]
    """
    _, report = printed(say, described(folder, text))
    assert "read by 'strict-match' (strict) and 'flexible-extract' (flexible), metric exact_match" in report["notes"][0]
    assert any("names the model 'tiny-student', as the log of the teacher does" in line for line in report["cautions"])


# --- judge inflation ------------------------------------------------------------------------------

JUDGE = """
[judge]
students = ["judged-s1.jsonl", "judged-s2.jsonl", "judged-s3.jsonl"]
base = "judged-base.jsonl"
teacher = "judged-teacher.jsonl"
"""


def test_a_judge_who_likes_length_inflates_recovery_and_less_so_at_equal_length(say, grown):
    code, report = printed(say, described(grown, GROWN + JUDGE))
    verdict = report["verdict"]
    assert code == 0
    assert verdict["judge_inflation_raw"]["low"] > 0
    assert verdict["judge_inflation"]["value"] == pytest.approx((0.72 - 0.2) / 0.6 - 0.67, abs=0.2)
    assert verdict["judge_inflation"]["method"].startswith("judge minus verifiable")
    rows = {row["who"]: row for row in report["judged"]}
    assert list(rows) == ["base", "student", "teacher"]
    assert rows["student"]["raw"]["value"] > rows["student"]["equal_length"]["value"] + 0.03
    assert rows["student"]["equal_length"]["low"] < 0.72 < rows["student"]["equal_length"]["high"]


def rewritten(grown, tmp_path, change):
    """Copy the grown logs, passing every judged line through `change`."""
    for path in grown.glob("*.json"):
        shutil.copy(path, tmp_path)
    for path in grown.glob("judged-*.jsonl"):
        lines = [change(json.loads(line), path.stem) for line in path.read_text().splitlines()]
        (tmp_path / path.name).write_text("".join(json.dumps(line) + "\n" for line in lines if line))
    return described(tmp_path, GROWN + JUDGE)


def test_without_lengths_only_the_raw_win_rate_is_stated(say, grown, tmp_path):
    def bare(line, _):
        return {"item": line["item"], "win": line["win"]}

    _, report = printed(say, rewritten(grown, tmp_path, bare))
    assert report["verdict"]["judge_inflation"] == {
        "refused": "no win rate at equal length: the judged logs hold no lengths"
    }
    assert report["verdict"]["judge_inflation_raw"]["value"] > 0


def test_judged_items_of_their_own_give_a_wider_interval_than_paired_ones(say, grown, tmp_path):
    def renamed(line, _):
        return {**line, "item": f"other {line['item']}"}

    def partly(line, _):
        return {**line, "item": line["item"] if line["item"] < "i2" else f"other {line['item']}"}

    _, paired = printed(say, described(grown, GROWN + JUDGE))
    _, apart = printed(say, rewritten(grown, tmp_path, renamed))
    one, two = (report["verdict"]["judge_inflation_raw"] for report in (paired, apart))
    assert one["value"] == pytest.approx(two["value"])
    assert (one["low"], one["high"]) != (two["low"], two["high"])
    _, mixed = printed(say, rewritten(grown, tmp_path, partly))
    assert any("judged items are also scored ones, but not all" in line for line in mixed["cautions"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line, _: {**line, "win": 1.5}, "line 1: win is 1.5; a preference lies between 0 and 1"),
        (lambda line, _: {**line, "wins": 1}, "unknown key 'wins'; did you mean 'win'?"),
        (lambda line, _: {"item": "x", "win": 1.0}, "line 2: item 'x' comes twice"),
        (lambda line, _: {"item": line["item"], "win": 1.0, "length": 3}, "give both or neither"),
        (lambda line, name: None if name == "judged-s1" and line["item"] == "i3" else line, "judged-s1.jsonl lacks 1 of 300"),
        (lambda line, name: {**line, "reference_length": 9.0} if name == "judged-base" else line, "same reference replies"),
        (lambda line, name: None if name == "judged-s1" else line, "no judged items"),
        (lambda line, name: {**line, "item": f"{name} {line['item']}"}, "no item is in all 5 judged logs"),
    ],
)  # fmt: skip
def test_a_wrong_judged_log_is_one_clear_message(say, grown, tmp_path, change, message):
    code, out, err = say("scores", rewritten(grown, tmp_path, change))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_judged_students_must_be_as_many_as_scored_ones(say, grown):
    code, _, err = say("scores", described(grown, GROWN + JUDGE.replace(', "judged-s3.jsonl"', "")))
    assert code == 2
    assert "2 judged students, but 3 with scores" in err


# --- what is written ------------------------------------------------------------------------------


def test_out_gets_the_same_json_and_the_tables_and_nothing_is_written_without_it(say, grown, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in grown.rglob("*")}
    description = described(tmp_path, (GROWN + CONTROLS + JUDGE).replace('"s', f'"{grown}/s')
                            .replace('"base', f'"{grown}/base').replace('"teacher', f'"{grown}/teacher')
                            .replace('"gold', f'"{grown}/gold').replace('"judged', f'"{grown}/judged'))  # fmt: skip
    _, report = printed(say, description)
    assert [path.name for path in tmp_path.iterdir()] == ["d.toml"]
    code, out, _ = say("scores", description, "--out", tmp_path / "out")
    assert code == 0
    assert "Judge inflation, raw" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    tables = {path.stem for path in (tmp_path / "out" / "tables").iterdir()}
    assert tables == {"verdict", "domains", "controls", "item_ledger", "judged", "logs"}
    with (tmp_path / "out" / "tables" / "verdict.csv").open() as file:
        rows = {row["number"]: row for row in csv.DictReader(file)}
    assert float(rows["recovery"]["value_low"]) == report["verdict"]["recovery"]["low"]
    assert rows["uplift_over_open"]["value_refused"].startswith("no open arm")
    assert {path.name for path in tmp_path.iterdir()} == {"d.toml", "out"}
    assert {path: path.stat().st_mtime_ns for path in grown.rglob("*")} == before


def test_a_folder_that_cannot_be_written_is_one_clear_message(say, grown, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = say("scores", described(grown, GROWN), "--out", tmp_path / "file" / "out")
    assert code == 2
    assert "StorageError" in err


@pytest.mark.parametrize(("threshold", "expected"), [(0.3, 1), (0.9, 0)])
def test_the_exit_code_says_whether_the_lower_bound_is_above_the_threshold(say, grown, threshold, expected):
    code, report = printed(say, described(grown, f"threshold = {threshold}\n" + GROWN))
    assert code == expected
    assert report["crossed"] is bool(expected)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("student-2.eval", "student-3.eval", "student-3.eval: cannot read this file: no such file"),
        ("student-2.eval", "notes.txt", "neither an Inspect log (.eval, .json) nor an lm-eval samples file"),
        ("student-2.eval", "scores.jsonl", "not named samples_TASK_TIME.jsonl"),
        ("student-2.eval", f"results_{STAMP}.json", "lm-eval's results hold no scores by item"),
        ("student-2.eval", "odd.json", "no 'samples'"),
        ("student-2.eval", "student-1.json", "'student-1.json' is named twice"),
        ("student-2.eval", "moved.json", "no item is in all 4 logs"),
        ("student-2.eval", "short.json", "short.json lacks 1 of 12"),
        ("student-2.eval", f"samples_sums_{STAMP}.jsonl", "no filter 'exact'"),
        ("teacher =", "teachr =", "unknown key 'teachr'; did you mean 'teacher'?"),
        ('name = "sums"', "", "missing key 'name'"),
        ('name = "sums"', 'name = "sums"\nlevel = 95', "level is 95; give one between 0 and 1"),
        (
            "[scoring.default]",
            "[controls]\ngolden = []\n[scoring.default]",
            "unknown key 'golden'; did you mean 'gold'?",
        ),
        ("[scoring.default]", "[scoring.sum]\n[scoring.default]", "no log is of task 'sum'; did you mean 'sums'?"),
        ("[scoring.default]\n", "[scoring.default]\nmetrik = 'x'\n", "did you mean 'metric'?"),
        ('strict = "exact"', 'strict = "exakt"', "no scorer 'exakt'; did you mean 'exact'?"),
        ('["student-1.json", "student-2.eval"]', "[]", "no student logs given"),
        ('["base.eval"]', "[]", "no log of the base given"),
        ('["teacher.eval"]', "[]", "no log of the teacher given"),
        ('"student-1.json"', '["student-1.json", "student-2.eval"]', "'student-2.eval' is named twice"),
        ('name = "sums"', 'name = "sums"\nmismatch = "comon"', "mismatch"),
        ('name = "sums"', "name = ", "not valid TOML"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_two(say, folder, old, new, message):
    (folder / "notes.txt").write_text("x")
    (folder / "scores.jsonl").write_text("{}\n")
    (folder / "odd.json").write_text('{"version": 2}')
    log = json.loads((folder / "student-1.json").read_text())
    shorter = {**log, "samples": log["samples"][1:]}
    (folder / "short.json").write_text(json.dumps(shorter))
    for sample in log["samples"]:
        sample["id"] += "-moved"
    (folder / "moved.json").write_text(json.dumps(log))
    assert old in FROM_FIXTURES
    code, out, err = say("scores", described(folder, FROM_FIXTURES.replace(old, new, 1)))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_student_scored_by_another_metric_is_refused(say, folder):
    lines = [json.loads(line) for line in (folder / f"samples_sums_{STAMP}.jsonl").read_text().splitlines()]
    for line in lines:
        line["metrics"] = ["acc"]
        line["acc"] = line.pop("exact_match")
    (folder / "samples_sums_other.jsonl").write_text("\n".join(map(json.dumps, lines)))
    shutil.copy(folder / f"samples_sums_{STAMP}.jsonl", folder / "samples_sums_B.jsonl")
    for stamp in ("other", "B"):
        shutil.copy(folder / f"results_{STAMP}.json", folder / f"results_{stamp}.json")
    text = f"""
    name = "x"
    students = ["samples_sums_other.jsonl"]
    base = ["samples_sums_B.jsonl"]
    teacher = ["samples_sums_{STAMP}.jsonl"]
    """
    code, _, err = say("scores", described(folder, text))
    assert code == 2
    assert "samples_sums_other.jsonl by acc" in err
    assert "by exact_match (strict-match, flexible-extract)" in err
    code, _, err = say("scores", described(folder, text + '[scoring.sums]\nmetric = "acc"\n'))
    assert code == 2
    assert "no metric 'acc'" in err


def test_items_common_to_all_logs_are_kept_on_request_and_counted(say, folder):
    log = json.loads((folder / "student-1.json").read_text())
    log["samples"] = log["samples"][1:]
    (folder / "student-1.json").write_text(json.dumps(log))
    _, report = printed(say, described(folder, 'mismatch = "common"\n' + FROM_FIXTURES))
    assert report["items"] == 11
    assert any(line.startswith("1 items that some logs lack are left out") for line in report["cautions"])


def test_a_description_that_is_not_there_is_named(say, tmp_path):
    code, _, err = say("scores", tmp_path / "none.toml")
    assert code == 2
    assert "cannot read the description" in err
