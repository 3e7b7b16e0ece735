from __future__ import annotations

import copy

import pytest
import torch

from angelshare.core import plugins
from angelshare.core.errors import PlanError
from angelshare.core.records import Use
from angelshare.models.checkpoint import CheckpointModel
from defences.said import Saying

BASE = {"use": "hf", "options": {"path": "bundled:base", "name": "small"}}


def build(name: str, **options):
    return plugins.build("defences", Use(use=name, options=options))


def test_a_smaller_model_answers_in_the_teachers_place(teacher, base, items, accuracy):
    queries = [item.query for item in items]
    defended = build("smaller-model", model=BASE)(teacher)
    assert defended.name == "teacher, 1 answered by small"
    replies = list(defended.answer(queries))
    assert [done.text for done in replies] == [done.text for done in base.answer(queries)]
    assert accuracy(replies) < accuracy(teacher.answer(queries)) - 0.5


def test_a_share_of_the_queries_goes_to_it_by_lot_in_any_order(teacher, base, items):
    queries = [item.query for item in items]
    defended = build("smaller-model", model=BASE, share=0.5)(teacher)
    texts = [done.text for done in defended.answer(queries)]
    assert texts == [done.text for done in defended.answer(queries[::-1])][::-1]
    theirs = [done.text for done in base.answer(queries)]
    own = [done.text for done in teacher.answer(queries)]
    assert all(text in pair for text, pair in zip(texts, zip(theirs, own, strict=True), strict=True))
    assert 0.2 < sum(text == other for text, other in zip(texts, theirs, strict=True)) / len(texts) < 0.8


def test_a_model_someone_else_hosts_does_not_stand_in():
    remote = {"use": "openai", "options": {"base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    with pytest.raises(PlanError, match="'smaller-model': 'openai' is hosted by someone else"):
        build("smaller-model", model=remote)
    with pytest.raises(PlanError, match="share is 0"):
        build("smaller-model", model=BASE, share=0.0)


@pytest.fixture
def tuned(tmp_path, teacher):
    """The teacher with another head, as DOGe's training leaves it."""
    network = copy.deepcopy(teacher.network)
    head = network.get_output_embeddings()
    head.weight = torch.nn.Parameter(
        head.weight + 0.3 * torch.randn(head.weight.shape, generator=torch.Generator().manual_seed(1))
    )
    network.config.tie_word_embeddings = False
    CheckpointModel.of(network, teacher.tokenizer, name="tuned").save(tmp_path / "tuned")
    return str(tmp_path / "tuned")


def test_doge_answers_by_the_checkpoint_whose_head_was_tuned(teacher, items, tuned):
    queries = [item.query for item in items]
    defended = build("doge", model={"use": "hf", "options": {"path": tuned}})(teacher)
    texts = [done.text for done in defended.answer(queries)]
    assert texts == [done.text for done in CheckpointModel(tuned).answer(queries)]
    assert texts != [done.text for done in teacher.answer(queries)]


def test_doge_refuses_a_checkpoint_that_is_not_the_teachers_body(teacher, items):
    with pytest.raises(PlanError, match=r"'small' differs from 'teacher' in \d+ weights besides the head"):
        build("doge", model=BASE)(teacher)
    any_body = build("doge", model=BASE, body="any")(teacher)
    assert next(any_body.answer([items[0].query])).query_id == items[0].query.id
    with pytest.raises(PlanError, match="must both be local checkpoints"):
        build("doge", model=BASE)(Saying("12"))
