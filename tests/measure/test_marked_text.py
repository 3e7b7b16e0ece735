import numpy as np
import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.measure.marked_text import (
    LENGTH,
    PROMPT,
    Corpus,
    Drawn,
    marked_corpus,
    mixed,
    nats_per_token,
    student_streams,
    taught,
    world_model,
)
from angelshare.models.training import Schedule
from angelshare.tasks.text_world import text_world

QUICK = Schedule(max_steps=60, epochs=4.0, batch=32, learning_rate=6e-3)


class Favour:
    """Adds so much to the score of a few tokens that one of them is drawn."""

    shows = True

    def __init__(self, tokens, *, chooses=False):
        self.tokens, self.chooses = tokens, chooses

    def begin(self, prompts, mask, temperatures):
        self.rows = len(prompts)

    def step(self, logits, last):
        scores = logits.clone()
        scores[:, self.tokens] += 40.0
        return scores

    def keep(self, rows):
        self.rows = len(rows)


@pytest.fixture(scope="module")
def world():
    return text_world(vocabulary=256)


@pytest.fixture(scope="module")
def teacher(world):
    return world_model(world, passages=600, seed=1, schedule=QUICK)


@pytest.fixture(scope="module")
def clean(world, teacher):
    return marked_corpus(teacher, None, world=world, rows=200, seed=3)


def test_a_model_learns_the_language(world, teacher):
    real = Corpus(*np.split(world.draw(200, PROMPT + LENGTH, np.random.default_rng(9)), [PROMPT], axis=1))

    assert nats_per_token(teacher, real) < np.log(world.size) - 0.8


def test_writing_is_the_same_again_and_varies_with_the_seed(world, teacher, clean):
    again = marked_corpus(teacher, None, world=world, rows=200, seed=3)
    other = marked_corpus(teacher, None, world=world, rows=200, seed=4)

    assert np.array_equal(again.replies, clean.replies)
    assert not np.array_equal(other.replies, clean.replies)
    assert clean.prompts.shape == (200, PROMPT)
    assert clean.replies.shape == (200, LENGTH)
    assert clean.tokens == sum(map(len, clean.streams)) > 0.98 * 200 * LENGTH


def test_a_steering_decides_what_is_written(world, teacher):
    corpus = marked_corpus(teacher, lambda: Favour([7, 8]), world=world, rows=20, seed=3)
    chosen = marked_corpus(teacher, lambda: Favour([7], chooses=True), world=world, rows=20, seed=3)

    assert set(np.unique(corpus.replies)) == {7, 8}
    assert set(np.unique(chosen.replies)) == {7}


def test_the_batched_draw_follows_the_softmax():
    logits = torch.tensor([[0.0, 1.0, 2.0, -torch.inf]]).repeat(20_000, 1)

    drawn = Drawn(None, seed=5).step(logits, None).argmax(-1)

    shares = np.bincount(drawn.numpy(), minlength=4) / 20_000
    assert np.abs(shares - logits[0].softmax(-1).numpy()).max() < 0.012
    assert shares[3] == 0


def test_a_student_comes_nearer_to_its_teacher_and_leaves_the_base_as_it_was(world, teacher, clean):
    base = world_model(world, passages=300, seed=2, schedule=Schedule(max_steps=20, batch=32, learning_rate=6e-3))
    before = {name: value.clone() for name, value in base.network.state_dict().items()}
    fresh = marked_corpus(teacher, None, world=world, rows=100, seed=11)

    student = taught(base, clean, seed=1, schedule=QUICK)

    assert nats_per_token(student, fresh) < nats_per_token(base, fresh) - 0.02
    assert all(torch.equal(before[name], value) for name, value in base.network.state_dict().items())


def test_a_student_is_asked_what_its_teacher_was_not(world, teacher, clean):
    written = student_streams(teacher, world=world, tokens=100 * LENGTH - 5, seed=3)

    assert len(written.replies) == 100
    assert not set(map(tuple, written.prompts)) & set(map(tuple, clean.prompts))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_mix_holds_the_share_of_marked_rows_it_was_asked_for(world, teacher, clean, share):
    marked = marked_corpus(teacher, lambda: Favour([7, 8]), world=world, rows=200, seed=3)

    mix = mixed(marked, clean, share, seed=1)

    assert (mix.replies == marked.replies).all(1).sum() == round(share * 200)
    assert ((mix.replies == marked.replies).all(1) | (mix.replies == clean.replies).all(1)).all()


def test_a_mix_of_other_prompts_or_an_impossible_share_is_refused(world, teacher, clean):
    other = marked_corpus(teacher, None, world=world, rows=200, seed=4)

    with pytest.raises(PlanError, match="same prompts"):
        mixed(other, clean, 0.5, seed=1)
    with pytest.raises(PlanError, match=r"share of marked text = 1\.5"):
        mixed(clean, clean, 1.5, seed=1)


def test_what_pads_a_short_reply_belongs_to_no_stream():
    corpus = Corpus(np.array([[3, 4, 5, 6]]), np.array([[7, 8, 0, 0]]))

    assert [row.tolist() for row in corpus.streams] == [[7, 8]]
    assert [row.tolist() for row in corpus.rows] == [[3, 4, 5, 6, 7, 8]]
    assert corpus.tokens == 2
