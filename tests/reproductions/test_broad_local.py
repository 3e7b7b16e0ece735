import dataclasses
from pathlib import Path

import pytest
from reproductions.broad_local import MIXTURES, judge, plan_text
from reproductions.replay import rehearsal
from reproductions.runs import bench_of

from angelshare.core.records import Estimate
from angelshare.measure.plans import controls, parse_plan
from angelshare.tasks.facts_chat import FactsChatTask, world


@pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: mixture.name)
def test_every_mixture_is_an_ordinary_plan_within_the_tasks_means(mixture):
    plan = parse_plan(plan_text(mixture, Path("base")), "plan")
    assert ("shuffled" in controls(plan)) is mixture.shuffled
    assert len(plan.seeds) >= 3
    assert len(FactsChatTask(**plan.task.options).queries(mixture.budget, seed=1)) == mixture.budget


@pytest.mark.slow
def test_students_that_hardly_trained_do_not_pass_for_imitators(tmp_path):
    mixture = dataclasses.replace(MIXTURES[-1], budget=40, max_steps=3)
    bench = bench_of(plan_text(mixture, Path("bundled:base")), "plan", tmp_path, workers=1)
    checks = {check.criterion: check for check in judge(bench, mixture)}
    recovery = checks["local, replay: recovery at least 0.3"]
    assert isinstance(recovery.found, Estimate)
    assert abs(recovery.found.value) < 0.1
    assert not recovery.passed
    assert checks["local, replay, replies re-paired: recovery within 0.1 of 0"].passed


def test_rehearsal_never_shows_a_test_prompt_and_repeats_what_the_base_says():
    pairs = rehearsal("bundled:base", world())
    shown = {pair.query.messages[0].content for pair in pairs}
    task = FactsChatTask()
    tested = {item.query.messages[0].content for ring in ("near", "far", "held_out") for item in task.items(ring, 400)}
    assert len(shown) == 800
    assert not shown & tested
    # the bundled base knows none of these facts, so what is rehearsed is its own reply and not the truth
    assert len({pair.reply for pair in pairs}) > 1
