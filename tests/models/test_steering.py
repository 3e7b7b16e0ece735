from __future__ import annotations

import dataclasses

import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Steerable
from angelshare.core.records import Query
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.replay import ReplayModel
from angelshare.tasks.skills import SkillsTask


@pytest.fixture(scope="module")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base")


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    task = SkillsTask()
    return [item.query for ring in ("near", "far", "held_out") for item in task.items(ring, 6)]


def hot(queries, temperature=1.3, **changes):
    return [
        dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, temperature=temperature, **changes))
        for q in queries
    ]


class Nothing:
    """A steering that changes nothing and notes what it is told."""

    chooses = False
    shows = True

    def __init__(self):
        self.seen, self.kept = [], 0

    def begin(self, prompts, mask, queries):
        self.prompts, self.mask, self.queries = prompts, mask, queries
        self.rows = len(queries)

    def step(self, logits, last):
        assert len(logits) == self.rows
        assert (last is None) == (not self.seen)
        assert last is None or len(last) == self.rows
        self.seen.append(last)
        return logits

    def keep(self, rows):
        self.kept += 1
        self.rows = len(rows)


class Lift(Nothing):
    """Lifts one token, by its id, out of reach of the others."""

    def __init__(self, token, by=100.0):
        super().__init__()
        self.token, self.by = token, by

    def step(self, logits, last):
        super().step(logits, last)
        scores = logits.clone()
        scores[:, self.token] += self.by
        return scores


class Taking(Lift):
    """The same, and the row's largest score is the token to take."""

    chooses = True


@pytest.mark.parametrize("sampled", [False, True])
def test_a_steering_that_changes_nothing_gives_the_same_replies(base, queries, sampled):
    asked = hot(queries, top_logprobs=2) if sampled else queries
    made = []

    def steer():
        made.append(Nothing())
        return made[-1]

    steered = base.steered(steer, name="steered")
    assert list(steered.answer(asked)) == list(base.answer(asked))
    assert [len(each.queries) for each in made] == [len(queries)]
    assert made[0].kept > 0
    assert made[0].prompts.shape == made[0].mask.shape


def test_each_batch_gets_a_steering_of_its_own(base, queries):
    made = []
    small = CheckpointModel.of(base.network, base.tokenizer, name="small", batch=4)
    list(small.steered(lambda: made.append(Nothing()) or made[-1], name="steered").answer(queries))
    assert len(made) == -(-len(queries) // 4)
    assert sorted(q.id for each in made for q in each.queries) == sorted(q.id for q in queries)


def test_greedy_replies_follow_the_steered_scores_and_the_model_itself_is_left_alone(base, queries):
    before = [done.text for done in base.answer(queries)]
    x = base.tokenizer.get_vocab()["x"]
    lifted = base.steered(lambda: Lift(x), name="x")
    assert lifted.name == "x"
    assert all(set(done.text) == {"x"} and done.truncated for done in lifted.answer(queries))
    assert [done.text for done in base.answer(queries)] == before


def test_probabilities_are_those_of_the_scores_or_of_the_network_as_the_steering_says(base, queries):
    query = hot(queries[:1], temperature=0.0, top_logprobs=1, max_tokens=3)
    x = base.tokenizer.get_vocab()["x"]
    shown = Lift(x)
    hidden = Lift(x)
    hidden.shows = False
    (of_scores,) = base.steered(lambda: shown, name="x").answer(query)
    (of_network,) = base.steered(lambda: hidden, name="x").answer(query)
    assert of_scores.text == of_network.text == "xxx"
    assert of_scores.certainty == pytest.approx(1.0)
    assert of_network.certainty < 1e-3
    assert of_scores.logprobs[0].tokens == ["x"]
    (plain,) = base.answer(query)
    assert of_network.logprobs[0] == plain.logprobs[0]


def test_where_the_steering_chooses_chance_does_not(base, queries):
    x = base.tokenizer.get_vocab()["x"]
    asked = hot(queries, temperature=5.0, max_tokens=4)
    gentle = [done.text for done in base.steered(lambda: Lift(x, by=8.0), name="x").answer(asked)]
    taken = [done.text for done in base.steered(lambda: Taking(x, by=30.0), name="x").answer(asked)]
    assert set(taken) == {"xxxx"}
    assert set(gentle) != {"xxxx"}


def test_rows_may_be_chosen_one_by_one(base, queries):
    class Half(Lift):
        def step(self, logits, last):
            scores = super().step(logits, last)
            self.chooses = torch.arange(len(logits)) % 2 == 0
            return scores

    x = base.tokenizer.get_vocab()["x"]
    asked = hot(queries, temperature=40.0, max_tokens=1)
    one = [done.text for done in base.steered(lambda: Half(x, by=90.0), name="x").answer(asked)]
    assert 0 < sum(text != "x" for text in one) <= len(one) // 2


def test_a_steered_model_is_steered_once_and_a_recording_never(base):
    steered = base.steered(Nothing, name="steered")
    with pytest.raises(PlanError, match="steered already"):
        steered.steered(Nothing, name="twice")
    assert isinstance(steered, Steerable)
    assert not issubclass(ReplayModel, CheckpointModel)
    assert not hasattr(ReplayModel, "steered")
