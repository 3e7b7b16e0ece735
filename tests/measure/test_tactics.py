from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch

from angelshare.core.defend import StudentPlan
from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.core.records import Pair, Use
from angelshare.core.seeds import stream
from angelshare.defences.watermark.generate import marking
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.defences.watermark.tally import tallies, tally
from angelshare.measure.lesson import Ground
from angelshare.measure.marked_text import marked_corpus, nats_per_token, student_streams, taught, world_model
from angelshare.measure.tactics import TACTICS, says, tactic_of
from angelshare.measure.tactics_marks import Unbiased, bias_table, log_ratios
from angelshare.stats.marks import evidence
from angelshare.tasks.skills import SkillsTask
from angelshare.tasks.text_world import text_world

BASE = Use(use="hf", options={"path": "bundled:base"})


def tactic(name, **options):
    return tactic_of(StudentPlan(name="s", tactic=name, options=options), "test")


@pytest.fixture
def items():
    return SkillsTask().queries(80, seed=5)


@pytest.fixture
def ground(items, tmp_path):
    public = [Pair(query=i.query, reply=i.worked) for i in SkillsTask().queries(40, seed=6) if i.domain != "cipher"]
    return Ground(
        task=SkillsTask(), domain={i.query.id: i.domain for i in items} | {p.query.id: "sort" for p in public},
        base=BASE, recipe=Use(use="sequence", options={"base": "bundled:base", "max_steps": 8}), public=public,
        second=(), seed=3, scratch=tmp_path,
    )  # fmt: skip


@pytest.fixture
def traced(items):
    return [Pair(query=item.query, reply=item.worked) for item in items]


@pytest.fixture
def bare(items):
    return [Pair(query=item.query, reply=item.answer) for item in items]


def test_the_passive_student_learns_what_came(traced, ground):
    made = tactic("passive").prepare(traced, ground)

    assert made.pairs == traced
    assert (made.cost.pairs_in, made.cost.pairs_out, made.cost.training_flop) == (80, 80, 0.0)


def test_a_paraphrase_changes_the_voice_of_traces_and_no_answer(traced, ground):
    made = tactic("paraphrase", rules={",": " then "}).prepare(traced, ground)

    for old, new in zip(traced, made.pairs, strict=True):
        assert "," not in new.reply
        assert ground.answer_of(new.reply) == ground.answer_of(old.reply)
    assert any(" then " in pair.reply for pair in made.pairs)


def test_mixing_puts_every_public_example_among_the_pairs(traced, ground):
    made = tactic("mix", weight=2.0).prepare(traced, ground)

    count = Counter(pair.weight for pair in made.pairs)
    assert count == {1.0: len(traced), 2.0: len(ground.public)}
    assert {pair.reply for pair in made.pairs} == {pair.reply for pair in (*traced, *ground.public)}


def test_a_clean_finish_is_a_second_stage(traced, ground):
    made = tactic("clean-after").prepare(traced, ground)

    assert made.pairs == traced
    assert made.after == list(ground.public)
    assert made.cost.pairs_out == len(traced) + len(ground.public)


def test_a_second_teacher_answers_its_share_and_silence_keeps_the_first(traced, ground):
    second = [dataclasses.replace(pair, reply="other") for pair in traced[:40]]

    made = tactic("two-teachers", share=0.5).prepare(traced, dataclasses.replace(ground, second=second))

    swapped = [new.reply == "other" for new in made.pairs]
    assert 10 < sum(swapped[:40]) < 30
    assert sum(swapped[40:]) == 0


@pytest.mark.parametrize("judge", ["base", "student"])
def test_filtering_drops_replies_the_judge_finds_odd(traced, ground, judge):
    rng = stream("noise")
    spoiled = {k for k, pair in enumerate(traced) if "<" in pair.reply and k % 5 == 0}
    pairs = [
        dataclasses.replace(pair, reply="".join(rng.permutation(list("~@#%^&!?{}|")))) if k in spoiled else pair
        for k, pair in enumerate(traced)
    ]

    made = tactic("filter", drop=0.4, judge=judge).prepare(pairs, ground)

    kept = {pair.query.id for pair in made.pairs}
    assert len(made.pairs) == 80 - 4 * 8
    assert not kept & {traced[k].query.id for k in spoiled}
    assert (made.cost.training_flop > 0) == (judge == "student")


def test_reweighting_learns_less_from_what_is_odd_and_drops_nothing(traced, ground):
    pairs = [dataclasses.replace(traced[0], reply="~~~~@@@@"), *traced[1:]]

    made = tactic("reweight", judge="base").prepare(pairs, ground)

    weights = [pair.weight for pair in made.pairs]
    assert len(made.pairs) == 80
    assert weights[0] == min(weights) < 0.1
    assert 0.5 < np.median(weights) < 2.0


def test_inversion_has_nothing_to_derive_where_traces_are_shown_and_learns_from_all_there_is(traced, bare, ground):
    shown = tactic("invert").at_once(traced, ground)

    assert shown is not None
    assert shown.pairs == tactic("mix").prepare(traced, ground).pairs
    assert tactic("invert").at_once(bare, ground) is None


@pytest.mark.slow  # trains helpers
def test_inversion_finds_steps_that_lead_to_the_delivered_answer(bare, items, ground):
    public = [Pair(query=i.query, reply=i.worked) for i in SkillsTask().queries(400, seed=9) if i.domain != "cipher"]
    known = {pair.query.id: item.domain for item in SkillsTask().queries(400, seed=9) for pair in public[:1]}
    known |= {item.query.id: item.domain for item in (*SkillsTask().queries(400, seed=9), *items)}
    recipe = Use(use="sequence", options={"base": "bundled:base", "max_steps": 150})
    held = dataclasses.replace(ground, public=public, recipe=recipe, domain=known)

    made = tactic("invert", rounds=1).prepare(bare, held)

    answers = {item.query.id: item.answer for item in items}
    own = [pair for pair in made.pairs if pair.query.id in answers]
    derived = [pair for pair in own if ground.has_trace(pair.reply)]
    assert len(derived) >= 10
    assert all(ground.answer_of(pair.reply) == answers[pair.query.id] for pair in own)
    assert all(known[pair.query.id] == "cipher" for pair in own if not ground.has_trace(pair.reply))
    assert made.cost.training_flop > 0
    assert made.cost.sampled_tokens > 0


def test_resampling_says_again_only_what_ends_in_the_teachers_answer(traced, ground):
    made = tactic("resample", draws=1).prepare(traced, ground)

    assert [pair.query.id for pair in made.pairs] == [pair.query.id for pair in traced]
    for old, new in zip(traced, made.pairs, strict=True):
        assert ground.answer_of(old.reply) == ground.answer_of(new.reply)


@pytest.mark.parametrize("name", ["filter", "reweight", "resample", "mix", "neutralise", "invert"])
def test_a_tactic_gives_the_same_lesson_again(bare, traced, ground, name):
    options = {"rounds": 1, "draws": 1} if name == "invert" else {}
    pairs = bare if name == "invert" else traced

    first, again = (tactic(name, **options).prepare(pairs, ground) for _ in range(2))

    assert first == again


def test_log_ratios_find_the_words_a_mark_favours():
    rng = stream("bias")
    clean = [rng.integers(0, 10, 200).tolist() for _ in range(40)]
    odds = np.where(np.arange(10) < 5, np.e, 1.0)
    marked = [rng.choice(10, 200, p=odds / odds.sum()).tolist() for _ in range(40)]

    ratio = log_ratios(marked, clean, 0)

    green, red = (np.mean([ratio[(token,)] for token in tokens]) for tokens in (range(5), range(5, 10)))
    assert green - red == pytest.approx(1.0, abs=0.15)


def test_neutralising_says_the_replies_again_and_keeps_every_answer(traced, ground):
    made = tactic("neutralise", draws=1).prepare(traced, ground)

    assert [pair.query.id for pair in made.pairs] == [pair.query.id for pair in traced]
    for old, new in zip(traced, made.pairs, strict=True):
        assert ground.answer_of(old.reply) == ground.answer_of(new.reply)
    assert made.cost.training_flop > 0


def test_without_clean_text_there_is_nothing_to_hold_a_mark_against(traced, ground):
    assert tactic("neutralise").at_once(traced, dataclasses.replace(ground, public=())).pairs == traced


@pytest.mark.parametrize("window", [0, 1])
def test_what_was_added_to_the_scores_is_taken_off_again(window):
    table = bias_table({(2,) * (window + 1): 1.5, (2,) * window + (3,): -0.5}, window, 5)
    steering = Unbiased(table)
    steering.begin(torch.tensor([[4, 2], [4, 0]]), torch.ones(2, 2), [])

    first = steering.step(torch.zeros(2, 5), None)
    steering.keep(torch.tensor([0]))
    after = steering.step(torch.zeros(1, 5), torch.tensor([2]))

    off = [0.0, 0.0, -1.5, 0.5, 0.0]
    assert first.tolist() == [off, [0.0] * 5 if window else off]
    assert after.tolist() == [off]


@pytest.mark.slow  # trains a teacher, a helper and two students of a made language
def test_a_stolen_bias_takes_a_mark_out_of_the_student_at_little_loss():
    world = text_world()
    key = WatermarkKey(scheme="kgw", secret="5ec7" * 8, vocabulary_size=len(world.words), gamma=0.25, window=1)
    teacher, base = (world_model(world, passages=3000, seed=seed) for seed in (1, 2))
    marked = marked_corpus(teacher, marking(key), world=world, rows=3000, seed=3)
    clean = world.draw(6000, 64, stream("clean text")).tolist()
    helper = taught(base, marked, seed=4)
    bias = bias_table(log_ratios(marked.replies.tolist(), clean, 1), 1, len(world.words))
    washed = marked_corpus(helper, lambda: Unbiased(bias), world=world, rows=3000, seed=3)

    def trace(student):
        written = student_streams(student, world=world, tokens=60_000, seed=5)
        streams = [np.concatenate(pair) for pair in zip(written.prompts, written.replies, strict=True)]
        found = evidence(tally(key, streams), tallies(others, streams), test="kgw", null="unmarked")
        return found, nats_per_token(student, honest)

    others = decoy_keys(key, 99, stream("decoy keys"))
    honest = marked_corpus(teacher, None, world=world, rows=300, seed=6)
    before, after = trace(helper), trace(taught(base, washed, seed=4))

    assert before[0].log10_p_value < -20
    assert before[0].decoy_p_value == 0.01
    assert after[0].p_value > 0.01
    assert after[0].decoy_p_value > 0.05
    assert after[1] < before[1] + 0.1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("filter", {"drop": 1.0}),
        ("filter", {"judge": "teacher"}),
        ("reweight", {"temperature": 0.0}),
        ("resample", {"draws": 0}),
        ("invert", {"rounds": 0}),
        ("paraphrase", {"rules": {"a": "a"}}),
        ("two-teachers", {"share": 1.0}),
        ("neutralise", {"window": 2}),
        ("neutralise", {"strength": 0.0}),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options):
    with pytest.raises(PlanError):
        tactic(name, **options)


def test_every_tactic_says_what_it_does_in_a_line():
    for name in TACTICS:
        line = says(tactic_of(StudentPlan(name="s", tactic=name), "test"))
        assert line.endswith("."), name
