from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from transformers.utils import logging

from angelshare.core.errors import CheckpointError, PlanError
from angelshare.core.records import Message, Query, Sampling
from angelshare.models.checkpoint import CheckpointModel, checkpoint_path, load, prompts_ids


@pytest.fixture(scope="module")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_path("bundled:base"), tmp_path / "base"))


def asked(*prompts: str, tokens: int = 40) -> list[Query]:
    return [
        Query(id=str(k), messages=(Message(role="user", content=p),), sampling=Sampling(max_tokens=tokens))
        for k, p in enumerate(prompts)
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["config.json"], r"lacks config\.json"),
        (["tokenizer.json", "tokenizer_config.json"], "lacks a tokenizer"),
        (["model.safetensors"], "lacks weights"),
    ],
)
def test_a_checkpoint_that_lacks_a_part_is_refused_by_the_name_of_the_part(copy, names, said):
    for name in names:
        (copy / name).unlink()
    with pytest.raises(CheckpointError, match=said):
        load(str(copy))


def test_damaged_weights_are_a_checkpoint_error_that_names_the_folder(copy):
    (copy / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0nonsense")
    with pytest.raises(CheckpointError, match=str(copy)):
        load(str(copy))


def test_a_folder_or_package_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(CheckpointError, match="no such checkpoint folder"):
        load(str(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match="no package 'no_such_package'"):
        load("package:no_such_package/weights")
    with pytest.raises(CheckpointError, match=r"no file 'x\.gguf'; found"):
        load("bundled:base", gguf_file="x.gguf")


def test_a_package_path_is_a_folder_inside_the_package():
    assert checkpoint_path("package:angelshare/bundled/base") == checkpoint_path("bundled:base")


def test_a_saved_model_loads_again_with_the_same_weights_and_answers(base, tmp_path):
    base.save(tmp_path / "saved")
    again = CheckpointModel(str(tmp_path / "saved"))
    for ours, theirs in zip(base.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    queries = asked("A1+2=", "S31=")
    assert [done.text for done in base.answer(queries)] == [done.text for done in again.answer(queries)]


def test_loading_shows_no_progress_bar_and_leaves_the_setting_as_it_was(capfd):
    shown = logging.is_progress_bar_enabled()
    load("bundled:base")
    assert "%" not in capfd.readouterr().err
    assert logging.is_progress_bar_enabled() == shown


def test_a_conversation_goes_through_the_template_or_line_by_line_without_one(base):
    talk = [(Message(role="user", content="A1+2="), Message(role="assistant", content="3"))]
    tokenizer = base.tokenizer
    assert tokenizer.decode(prompts_ids(tokenizer, talk)[0]) == "A1+2=3"
    _, plain = load("bundled:base")
    plain.chat_template = None
    assert plain.decode(prompts_ids(plain, talk)[0]) == "A1+2=\n3"
    assert prompts_ids(tokenizer, []) == []


def test_a_prompt_that_is_empty_or_fills_the_context_is_named(base):
    with pytest.raises(PlanError, match="query 0: an empty prompt"):
        list(base.answer(asked("")))
    with pytest.raises(PlanError, match="query 0: a prompt of 512 tokens leaves no room"):
        list(base.answer(asked("1" * 512)))


def test_a_reply_that_meets_the_end_of_the_context_is_truncated(base):
    done = next(base.answer(asked("1" * 505, tokens=40)))
    assert done.tokens_in == 505
    assert done.tokens_out <= 7
    assert done.truncated == (done.tokens_out == 7)


def test_answers_come_in_the_order_of_the_queries_across_windows(base, monkeypatch):
    monkeypatch.setattr("angelshare.models.checkpoint.WINDOW", 3)
    queries = asked("A1+2=", "S312=", "C4+3=", "A15+21=", "Kabc=", "S21=", "A9+9=")
    assert [done.query_id for done in base.answer(queries)] == [query.id for query in queries]
