from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from angelshare.core.errors import AuthorisationError, PlanError, RunFolderError, UnknownKeyError
from angelshare.core.records import Use
from angelshare.core.strict import encode
from angelshare.measure.engines import LocalEngine, RayEngine
from angelshare.measure.plans import parse_plan, plan_hash
from angelshare.measure.run import run_plan
from angelshare.store.runs import Begun, load_cells, run_folder

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Quiet:
    def stage(self, name, total):
        pass

    def advance(self, units):
        pass


def run(plan, path: Path, engine):
    begun = Begun(format=1, plan_sha256=plan_hash(plan), version="test", started_at="2026-11-24")
    try:
        with run_folder(path, "", begun) as folder:
            return run_plan(plan, folder, engine=engine, now=lambda: NOW, progress=Quiet())
    finally:
        engine.close()


def scores(results, **wanted):
    return {
        cell: result.scores
        for cell, result in results.cells.items()
        if all(getattr(cell.arm, name, getattr(cell, name, None)) == value for name, value in wanted.items())
    }


@pytest.fixture
def small(tiny_text):
    """Two doses, one seed, two students that matter."""
    plan = parse_plan(tiny_text, "tiny")
    return dataclasses.replace(plan, seeds=(1,), arms=("traces",), leave_out=("self", "gold"), items=10)


@pytest.mark.slow
def test_the_number_of_workers_changes_no_score(small, tmp_path):
    one = run(small, tmp_path / "one", LocalEngine(1))
    two = run(small, tmp_path / "two", LocalEngine(2))

    assert scores(one) == scores(two)


@pytest.mark.slow
def test_ray_gives_the_same_scores_bit_for_bit(small, tmp_path):
    pytest.importorskip("ray", reason="the ray extra is not installed")
    local = run(small, tmp_path / "local", LocalEngine(2))
    rayed = run(small, tmp_path / "ray", RayEngine("local"))

    assert scores(local) == scores(rayed)


@pytest.mark.slow
def test_students_and_base_follow_the_teacher_alike_on_any_engine_and_no_score_moves(small, tmp_path):
    soft = dataclasses.replace(small, arms=("traces", "logits"), budgets=(48,))
    one = run(soft, tmp_path / "one", LocalEngine(1))
    two = run(soft, tmp_path / "two", LocalEngine(2))
    without = run(dataclasses.replace(small, budgets=(48,)), tmp_path / "without", LocalEngine(1))

    near = [item.id for item in one.task.items("near", soft.items)]
    assert one.shows_logprobs
    first = one.task.items("near", soft.items)[0]
    assert one.lengths[first.id] == len(first.query.messages[0].content)
    assert one.cells == {cell: _timeless(two, cell, one) for cell in one.cells}
    for cell, result in one.cells.items():
        assert [each.item for each in result.divergences] == ([] if cell.arm.kind == "teacher" else near)
        assert all(each.kl > 0 and 0 < each.js < 0.7 for each in result.divergences)
    assert not without.shows_logprobs
    for cell, result in without.cells.items():
        assert not result.divergences
        assert result.scores == one.cells[cell].scores


@pytest.mark.slow
def test_a_finished_folder_is_read_without_following_again(small, tmp_path):
    soft = dataclasses.replace(small, arms=("logits",), budgets=(48,))
    first = run(soft, tmp_path / "run", LocalEngine(1))
    again = run(soft, tmp_path / "run", NothingToDo())
    assert {c: encode(r) for c, r in again.cells.items()} == {c: encode(r) for c, r in first.cells.items()}


class NothingToDo:
    def run(self, function, jobs):
        assert not jobs
        return iter(())

    def close(self):
        pass


def _timeless(results, cell, like):
    """Give a cell's result with the clock readings of another run."""
    result, meter = results.cells[cell], like.cells[cell].meter
    if meter is None:
        return result
    clock = {name: getattr(meter, name) for name in ("cpu_seconds", "wall_seconds")}
    return dataclasses.replace(result, meter=dataclasses.replace(result.meter, **clock))


@pytest.mark.slow
def test_an_arm_gives_the_same_scores_alone_or_in_company(small, tmp_path):
    company = run(small, tmp_path / "company", LocalEngine(2))
    alone = run(dataclasses.replace(small, leave_out=("self", "gold", "shuffled")), tmp_path / "alone", LocalEngine(1))

    assert scores(alone, kind="traces", budget=96) == scores(company, kind="traces", budget=96)


@pytest.mark.slow
def test_a_run_killed_twice_redoes_no_finished_cell_and_ends_the_same(tiny_run, tiny_plan_file, tmp_path):
    _, _, whole = tiny_run
    out = tmp_path / "runs"
    command = [
        sys.executable,
        "-m",
        "angelshare",
        "measure",
        str(tiny_plan_file),
        "--out",
        str(out),
        "--workers",
        "2",
        "--json",
    ]
    written: dict[str, float] = {}
    for wanted in (3, 8):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 120
        while len(list(out.glob("*/cells/*.json"))) < wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in out.glob("*/cells/*.json"):
            seen = written.setdefault(path.name, path.stat().st_mtime)
            assert path.stat().st_mtime == seen or path.name.startswith(("floor", "teacher"))
        assert not list(out.glob("*/manifest.json"))

    done = subprocess.run(command, capture_output=True, check=True)

    folder = Path(json.loads(done.stdout)["run"])
    ours = {result.cell: result.scores for result in load_cells(folder)}
    assert ours == {result.cell: result.scores for result in load_cells(whole)}
    for name, at in written.items():
        if not name.startswith(("floor", "teacher")):
            assert (folder / "cells" / name).stat().st_mtime == at


def test_a_remote_teacher_without_authorisation_is_refused_before_anything_is_asked(small, tmp_path):
    remote = dataclasses.replace(
        small, teacher=Use(use="openai", options={"url": "http://127.0.0.1:9/v1", "model": "m"})
    )
    with pytest.raises(AuthorisationError, match=r"no \[authorisation\] block"):
        run(remote, tmp_path / "run", LocalEngine(1))
    assert not (tmp_path / "run" / "transcripts").exists()


def test_a_wrong_student_option_is_found_before_anything_is_asked(small, tmp_path):
    wrong = dataclasses.replace(small, student=Use(use="sequence", options={"base": "bundled:base", "epoch": 3}))
    with pytest.raises(PlanError, match="unknown option 'epoch'; did you mean 'epochs'"):
        run(wrong, tmp_path / "run", LocalEngine(1))
    assert not (tmp_path / "run" / "transcripts").exists()


def test_a_public_label_of_an_unknown_domain_is_named(small, tmp_path):
    typo = dataclasses.replace(small, public_labels={"default": 5, "ciphr": 0})
    with pytest.raises(UnknownKeyError, match="no domain 'ciphr'; did you mean 'cipher'"):
        run(typo, tmp_path / "run", LocalEngine(1))


@pytest.mark.slow
def test_data_changed_between_two_sittings_are_noticed(small, tmp_path):
    data = tmp_path / "data.jsonl"
    rows = [{"prompt": f"A{k}+{k}=", "answer": str(2 * k)} for k in range(100, 700)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = dataclasses.replace(
        small,
        task=Use(use="jsonl", options={"path": str(data)}),
        public_labels={},
        arms=("answers",),
        headline="answers",
    )
    run(plan, tmp_path / "run", LocalEngine(2))
    data.write_text("".join(json.dumps({**row, "answer": str(int(row["answer"]) + 1)}) + "\n" for row in rows))
    with pytest.raises(RunFolderError, match="items, queries or answers are not those the run was begun with"):
        run(plan, tmp_path / "run", LocalEngine(2))


def test_a_folder_begun_for_another_plan_is_refused(small, tmp_path):
    begun = Begun(format=1, plan_sha256="a" * 64, version="test", started_at="2026-11-24")
    with run_folder(tmp_path / "run", "", begun):
        pass
    with pytest.raises(RunFolderError, match="scores of two versions are not mixed"):
        run(small, tmp_path / "run", LocalEngine(1))


def test_two_processes_do_not_work_in_one_run(small, tmp_path):
    begun = Begun(format=1, plan_sha256=plan_hash(small), version="test", started_at="2026-11-24")
    with (
        run_folder(tmp_path / "run", "", begun),
        pytest.raises(RunFolderError, match="another process is at work"),
        run_folder(tmp_path / "run", "", begun),
    ):
        pass
