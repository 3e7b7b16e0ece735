import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zstandard", reason="needs the tasks extra")

from angelshare.core.errors import PlanError, StorageError
from angelshare.core.records import Refusal
from angelshare.stats.recovery import recovered
from angelshare.tasks.alignment import LogSet, align, panel_from_scores
from angelshare.tasks.archive import inspect_parts
from angelshare.tasks.imports import read_inspect_log, read_lm_eval

INSPECT = Path(__file__).parents[1] / "fixtures" / "inspect"
LM_EVAL = Path(__file__).parents[1] / "fixtures" / "lm_eval"
SAMPLES = next(LM_EVAL.glob("samples_sums_2*.jsonl"))
CHOICES = next(LM_EVAL.glob("samples_sums_mc*.jsonl"))


def read(name):
    return read_inspect_log(INSPECT / name, strict="exact", flexible="match")


def as_json(tmp_path, change):
    log = json.loads((INSPECT / "student-1.json").read_text())
    change(log)
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log))
    return path


def test_an_inspect_archive_gives_one_score_per_item_under_both_scorers():
    log = read("teacher.eval")
    assert (log.model, log.task, log.strict_by, log.flexible_by) == ("tiny/teacher", "sums", "exact", "match")
    assert [score.item for score in log.scores] == sorted(f"s{k}" for k in range(12))
    assert all(score.strict == score.flexible == 1.0 for score in log.scores)
    assert {score.item: score.text for score in log.scores}["s9"] == "11"


def test_the_two_scorers_of_a_json_log_come_apart_where_the_answer_is_wrapped():
    log = read("student-1.json")
    wrapped = [score.item for score in log.scores if score.strict < score.flexible]
    assert wrapped == ["s10", "s11", "s9"]
    assert {score.item: score.answer for score in log.scores}["s9"] == "11"


def test_epochs_become_draws():
    log = read("base.eval")
    assert sorted((score.item, score.draw) for score in log.scores) == sorted(
        (f"s{k}", d) for k in range(12) for d in (0, 1)
    )


def test_an_archive_with_the_older_compression_reads_the_same(tmp_path):
    header, samples = inspect_parts(INSPECT / "teacher.eval")
    with zipfile.ZipFile(tmp_path / "old.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        for sample in samples:
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
        archive.writestr("header.json", json.dumps(header))
    old = read_inspect_log(tmp_path / "old.eval", strict="exact", flexible="match")
    assert old.scores == read("teacher.eval").scores


def test_with_two_scorers_neither_is_chosen_in_silence():
    with pytest.raises(PlanError, match=r"2 scorers \(exact, match\); name one or two"):
        read_inspect_log(INSPECT / "teacher.eval")


def test_a_scorer_the_log_lacks_is_named_with_its_nearest():
    with pytest.raises(PlanError, match="no scorer 'exakt'; did you mean 'exact'"):
        read_inspect_log(INSPECT / "teacher.eval", strict="exakt")


def test_one_named_scorer_serves_as_both_and_says_so():
    log = read_inspect_log(INSPECT / "teacher.eval", strict="match")
    assert log.strict_by == log.flexible_by == "match"


def test_a_sample_that_failed_is_listed_not_scored(tmp_path):
    def fail(log):
        samples = {sample["id"]: sample for sample in log["samples"]}
        samples["s3"]["error"] = {"message": "boom", "traceback": "", "traceback_ansi": ""}
        samples["s4"]["scores"] = None

    log = read_inspect_log(as_json(tmp_path, fail), strict="exact")
    assert sorted(log.skipped) == ["s3: error", "s4: no score"]
    assert len(log.scores) == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log.update(status="cancelled"), "status is 'cancelled'"),
        (lambda log: log.update(version=1), "log version 1, not 2"),
        (lambda log: log["eval"].pop("model"), "no 'model'"),
        (lambda log: log.pop("samples"), "no 'samples'"),
        (lambda log: log["samples"][0]["scores"]["exact"].update(value=7), r"epoch 1: exact: 7 is not a score"),
        (lambda log: log["samples"][0]["scores"]["exact"].update(value={"a": 1}), "is not a score in"),
        (lambda log: log["samples"].append(log["samples"][0]), "'s0', draw 1, stands there more than once"),
        (lambda log: [sample.update(scores={}) for sample in log["samples"]], "none of its 12 samples has a score"),
    ],
)
def test_a_log_that_is_not_whole_is_refused_by_name(tmp_path, change, message):
    with pytest.raises(PlanError, match=message):
        read_inspect_log(as_json(tmp_path, change), strict="exact")


def test_what_is_no_archive_or_a_damaged_one_is_refused_by_name(tmp_path):
    (tmp_path / "x.eval").write_bytes(b"<html>busy</html>")
    with pytest.raises(PlanError, match="not a ZIP archive"):
        read_inspect_log(tmp_path / "x.eval")
    whole = bytearray((INSPECT / "teacher.eval").read_bytes())
    with zipfile.ZipFile(INSPECT / "teacher.eval") as archive:
        spot = archive.getinfo("samples/s0_epoch_1.json").header_offset + 80
    whole[spot : spot + 40] = bytes(40)
    (tmp_path / "bad.eval").write_bytes(whole)
    with pytest.raises(PlanError, match=r"samples/s0_epoch_1.json: (cannot be unpacked|not valid JSON)"):
        read_inspect_log(tmp_path / "bad.eval", strict="exact")
    with pytest.raises(StorageError, match="no such file"):
        read_inspect_log(tmp_path / "none.eval")
    with pytest.raises(PlanError, match=r"ends in .eval or .json"):
        read_inspect_log(tmp_path / "log.txt")


def test_a_damaged_archive_of_the_older_compression_is_refused_by_name(tmp_path):
    header, samples = inspect_parts(INSPECT / "teacher.eval")
    path = tmp_path / "old.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/s0_epoch_1.json", json.dumps(next(samples)))
        archive.writestr("header.json", json.dumps(header))
    whole = bytearray(path.read_bytes())
    whole[70:110] = b"\xff" * 40
    path.write_bytes(whole)
    with pytest.raises(PlanError, match=r"samples/s0_epoch_1.json: cannot be unpacked"):
        read_inspect_log(path, strict="exact")


def test_a_log_of_a_thousand_samples_is_opened_once(tmp_path, monkeypatch):
    header, samples = inspect_parts(INSPECT / "teacher.eval")
    sample = next(samples)
    with zipfile.ZipFile(tmp_path / "long.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(1000):
            archive.writestr(f"samples/i{k}_epoch_1.json", json.dumps({**sample, "id": f"i{k}"}))
        archive.writestr("header.json", json.dumps(header))
    opened = []
    indexed = zipfile.ZipFile._RealGetContents
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda self: (opened.append(1), indexed(self)))
    assert len(read_inspect_log(tmp_path / "long.eval", strict="exact").scores) == 1000
    assert len(opened) == 2  # the header, then the samples


def test_an_archive_cut_short_before_its_header_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "short.eval", "w") as archive:
        archive.writestr("_journal/start.json", "{}")
    with pytest.raises(PlanError, match=r"no header.json"):
        read_inspect_log(tmp_path / "short.eval")


def test_lm_eval_samples_give_both_filters_and_the_model_of_the_results_file():
    log = read_lm_eval(SAMPLES)
    assert (log.model, log.task, log.strict_by, log.flexible_by) == (
        "tiny-student",
        "sums",
        "strict-match",
        "flexible-extract",
    )
    assert len(log.scores) == 4
    assert sum(score.strict for score in log.scores) == 1
    assert sum(score.flexible for score in log.scores) == 3
    assert "The answer is 3" in {score.text for score in log.scores}


def test_lm_eval_multiple_choice_has_scores_and_no_text():
    log = read_lm_eval(CHOICES)
    assert log.task == "sums_mc"
    assert [score.text for score in log.scores] == [""] * 4


def copied(tmp_path, change):
    lines = [json.loads(line) for line in SAMPLES.read_text().splitlines()]
    change(lines)
    path = tmp_path / SAMPLES.name
    path.write_text("\n".join(json.dumps(line) for line in lines))
    results = SAMPLES.name.replace("samples_sums_", "results_").replace(".jsonl", ".json")
    (tmp_path / results).write_text((LM_EVAL / results).read_text())
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines.pop(), "doc_id 3: no line for filter 'flexible-extract'"),
        (lambda lines: lines[2].pop("doc_hash"), "line 3: no 'doc_hash'"),
        (lambda lines: lines[0].update(exact_match=None), "exact_match: None is not a score"),
        (lambda lines: lines[0].update(metrics=["exact_match", "f1"]), r"2 metrics \(exact_match, f1\)"),
        (lambda lines: lines.clear(), "no samples"),
    ],
)
def test_a_wrong_samples_file_is_refused_by_line(tmp_path, change, message):
    with pytest.raises(PlanError, match=message):
        read_lm_eval(copied(tmp_path, change))


def test_a_samples_file_needs_its_name_and_its_results_file(tmp_path):
    (tmp_path / "scores.jsonl").write_text(SAMPLES.read_text())
    with pytest.raises(PlanError, match="not named samples_TASK_TIME"):
        read_lm_eval(tmp_path / "scores.jsonl")
    (tmp_path / SAMPLES.name).write_text(SAMPLES.read_text())
    with pytest.raises(StorageError, match="it names the model"):
        read_lm_eval(tmp_path / SAMPLES.name)


def test_documents_that_come_twice_stay_two_items(tmp_path):
    def repeat(lines):
        lines += [{**line, "doc_id": line["doc_id"] + 4} for line in lines]

    assert len({score.item for score in read_lm_eval(copied(tmp_path, repeat)).scores}) == 8


def test_aligned_logs_make_a_panel_that_twelve_items_cannot_decide():
    panel = panel_from_scores([read("student-1.json"), read("student-2.eval")], read("base.eval"), read("teacher.eval"))
    assert panel.student.shape == (2, 12)
    assert panel.floor.shape == (2, 12)
    # base: 0+2, 1+2, 2+2 and 5+2, the one sum that is 7; students 12 and 6 of 12 right
    assert panel.floor.mean() == pytest.approx(4 / 12)
    assert panel.student.mean(axis=1) == pytest.approx([1.0, 0.5])
    number = recovered(panel, level=0.95, rng=np.random.default_rng(0))
    assert isinstance(number, Refusal)
    assert "gap not identified" in number.refused


def test_logs_with_different_items_are_refused_unless_the_common_ones_are_asked_for(tmp_path):
    short = read_inspect_log(as_json(tmp_path, lambda log: log["samples"].pop()), strict="exact", flexible="match")
    with pytest.raises(PlanError, match=r"log.json lacks 1 of 12"):
        panel_from_scores([short], read("base.eval"), read("teacher.eval"))
    panel = panel_from_scores([short], read("base.eval"), read("teacher.eval"), mismatch="common")
    assert panel.teacher.shape == (1, 11)


def test_logs_of_different_tasks_never_align():
    with pytest.raises(PlanError, match="different tasks"):
        panel_from_scores([read("student-1.json")], read_lm_eval(SAMPLES), read_lm_eval(CHOICES))


def test_logs_scored_by_other_extractors_or_metrics_never_align():
    one = read_inspect_log(INSPECT / "student-1.json", strict="exact")
    with pytest.raises(PlanError, match=r"scored differently: .*student-1.json by value \(exact\), .*teacher.eval by"):
        panel_from_scores([one], read("base.eval"), read("teacher.eval"))


def second_task(log):
    return dataclasses.replace(log, task="more sums")


def test_several_tasks_become_domains_and_several_logs_of_one_become_draws():
    student, base, teacher = read("student-2.eval"), read("base.eval"), read("teacher.eval")
    logs = LogSet(
        students=[[student, second_task(student)], [second_task(student), student]],
        base=[base, second_task(base)], teacher=[teacher, second_task(teacher), teacher, second_task(teacher)],
        controls={"gold": [[base, second_task(base)]]},
    )  # fmt: skip
    aligned = align(logs)
    assert aligned.domains == ["sums", "more sums"]
    assert aligned.panel.student.shape == (2, 24)
    assert np.array_equal(aligned.panel.student[0], aligned.panel.student[1])
    assert aligned.panel.teacher.shape == (2, 24)
    assert aligned.controls["gold"].shape == (1, 24)
    assert aligned.panel.domain.tolist() == [0] * 12 + [1] * 12


def test_a_side_that_lacks_a_task_or_has_other_draws_is_named():
    student, base, teacher = read("student-2.eval"), read("base.eval"), read("teacher.eval")
    both = [teacher, second_task(teacher)]
    with pytest.raises(PlanError, match="different tasks: student 1 has"):
        align(LogSet(students=[[student]], base=[base, second_task(base)], teacher=both))
    run = [student, second_task(student)]
    with pytest.raises(PlanError, match="the teacher has 2 and 1 draws"):
        align(LogSet(students=[run], base=[base, second_task(base)], teacher=[*both, teacher]))
    with pytest.raises(PlanError, match="student 1 has 2 logs of 1 tasks; an entry is one seed"):
        align(LogSet(students=[[student, student]], base=[base], teacher=[teacher]))
    with pytest.raises(PlanError, match="no log of the base given"):
        align(LogSet(students=[[student]], base=[], teacher=[teacher]))
