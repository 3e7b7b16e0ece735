from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from angelshare.core import plugins
from angelshare.core.errors import CheckpointError, PlanError, TrainerError
from angelshare.core.records import Pair, TokenAlternatives, Transcript, Use
from angelshare.core.strict import decode_json
from angelshare.models.checkpoint import checkpoint_path
from angelshare.models.command_student import CommandStudent, Spec
from angelshare.models.students import SequenceStudent
from angelshare.store.files import read_jsonl
from angelshare.tasks.skills import SkillsTask

SCRIPT = Path(__file__).with_name("trainer_script.py")
COMMAND = [sys.executable, str(SCRIPT), "{pairs}", "{spec}", "{out}"]


@pytest.fixture(scope="module")
def pairs() -> Sequence[Pair]:
    return [Pair(query=item.query, reply=item.answer) for item in SkillsTask().queries(48, seed=1)]


def student(
    mood: str = "train", *, command: Sequence[str] | str = COMMAND, steps: int = 6, minutes: float = 2.0
) -> CommandStudent:
    options = {
        "command": command, "base": "bundled:base", "minutes": minutes, "trainer": {"steps": steps, "mood": mood},
    }  # fmt: skip
    return plugins.build("students", Use(use="command", options=options))


def test_an_external_trainer_gives_the_student_our_own_loop_gives_and_its_meter(pairs, tmp_path):
    fitted = student().fit(pairs, seed=7, workspace=tmp_path)
    own = SequenceStudent("bundled:base", epochs=1000.0, max_steps=6, batch=16).fit(pairs, seed=7, workspace=tmp_path)
    for theirs, ours in zip(fitted.model.network.parameters(), own.model.network.parameters(), strict=True):
        assert torch.equal(theirs, ours)
    assert fitted.meter is not None
    assert (fitted.meter.steps, fitted.meter.tokens) == (6, own.meter.tokens)
    assert fitted.meter.loss == pytest.approx(own.meter.loss)
    queries = [pair.query for pair in pairs[:4]]
    assert [d.text for d in fitted.model.answer(queries)] == [d.text for d in own.model.answer(queries)]


def test_the_trainer_is_told_pairs_seed_base_and_options_in_two_files(pairs, tmp_path):
    alternatives = [TokenAlternatives(tokens=["1"], logprobs=[-0.5])]
    rows = [*pairs, Pair(query=pairs[0].query, reply="1", logprobs=alternatives)]
    student(mood="no meter").fit(rows, seed=9, workspace=tmp_path)
    lines = list(read_jsonl(tmp_path / "pairs.jsonl", Transcript))
    assert [line.prompt for line in lines] == [row.query.messages for row in rows]
    assert [line.completion[0].content for line in lines] == [row.reply for row in rows]
    assert [list(line.logprobs) for line in lines][-1] == alternatives
    spec = decode_json((tmp_path / "spec.json").read_bytes(), Spec, "spec.json")
    assert (spec.seed, spec.base) == (9, str(checkpoint_path("bundled:base")))
    assert spec.options == {"steps": 6, "mood": "no meter"}


def test_a_trainer_without_a_meter_leaves_the_cost_unknown_rather_than_zero(pairs, tmp_path):
    assert student(mood="no meter").fit(pairs, seed=1, workspace=tmp_path).meter is None


def test_a_failing_trainer_is_reported_with_its_exit_code_and_last_words(pairs, tmp_path):
    with pytest.raises(TrainerError, match=r"ended with exit code 1\.(.|\n)*first line\nout of memory: needs 80 GB"):
        student(mood="fail").fit(pairs, seed=1, workspace=tmp_path)


def test_a_trainer_that_ends_well_without_a_checkpoint_is_an_error(pairs, tmp_path):
    with pytest.raises(CheckpointError, match="wrote no checkpoint"):
        student(mood="idle").fit(pairs, seed=1, workspace=tmp_path)


def test_a_checkpoint_without_its_tokenizer_is_an_error(pairs, tmp_path):
    with pytest.raises(CheckpointError, match="lacks a tokenizer"):
        student(mood="no tokenizer").fit(pairs, seed=1, workspace=tmp_path)


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("bad meter", r"meter\.json: loss: expected a finite number, found nan"),
        ("negative meter", r"meter\.json: a number is negative"),
        ("short meter", "missing key 'tokens'"),
    ],
)
def test_a_meter_that_makes_no_sense_is_an_error(mood, said, pairs, tmp_path):
    with pytest.raises(PlanError, match=said):
        student(mood=mood).fit(pairs, seed=1, workspace=tmp_path)


def test_a_trainer_that_takes_too_long_is_stopped(pairs, tmp_path):
    sleeper = [sys.executable, "-c", "import time; print('still here', flush=True); time.sleep(60)", *COMMAND[2:]]
    with pytest.raises(TrainerError, match=r"stopped after 0\.02 minutes(.|\n)*still here"):
        student(command=sleeper, minutes=0.02).fit(pairs, seed=1, workspace=tmp_path)


def test_a_command_without_its_places_is_refused_before_anything_runs():
    with pytest.raises(PlanError, match=r"no \{spec\} and no \{out\}"):
        student(command="python train.py {pairs}")


def test_a_program_that_is_not_there_or_may_not_run_is_named(pairs, tmp_path):
    with pytest.raises(PlanError, match="no program 'no-such-trainer'"):
        student(command="no-such-trainer {pairs} {spec} {out}").fit(pairs, seed=1, workspace=tmp_path)
    script = tmp_path / "train.sh"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(PlanError, match=r"train\.sh' may not be executed"):
        student(command=f"{script} {{pairs}} {{spec}} {{out}}").fit(pairs, seed=1, workspace=tmp_path)


def test_a_relative_script_is_found_though_the_command_runs_inside_the_workspace(pairs, tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text("import os, sys; sys.exit('ran in ' + os.getcwd())")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainerError, match=f"ran in {os.path.realpath(tmp_path / 'work')}"):
        student(command=f"{sys.executable} train.py {{pairs}} {{spec}} {{out}}").fit(
            pairs, seed=1, workspace=tmp_path / "work"
        )


def test_pairs_of_unequal_weight_are_refused(pairs, tmp_path):
    uneven = [pairs[0], Pair(query=pairs[1].query, reply="1", weight=2.0)]
    with pytest.raises(PlanError, match="unequal weight"):
        student().fit(uneven, seed=1, workspace=tmp_path)
