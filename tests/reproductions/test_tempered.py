import numpy as np
import pytest
import torch
from reproductions.tempered import Tempered
from scipy.special import log_softmax

LOGITS = torch.tensor([[1.0, 0.0, -1.0, 2.0], [0.0, 0.0, 3.0, 0.5]])
BONUS = torch.tensor([[2.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 2.0]])


class Bonus:
    """A mark that adds a fixed bonus and remembers what it was told."""

    chooses, shows = False, True

    def __init__(self):
        self.told = []

    def begin(self, *given):
        self.told.append(given)

    def step(self, logits, last):
        return logits + BONUS

    def keep(self, rows):
        self.told.append(rows)


def test_without_a_mark_the_scores_are_tempered_and_the_price_is_nothing():
    prices = []

    scores = Tempered(None, 0.5, prices).step(LOGITS, None)

    np.testing.assert_allclose(scores, log_softmax(LOGITS.numpy() / 0.5, axis=1), rtol=1e-5)
    assert prices == [0.0]


def test_the_price_of_a_step_is_the_mean_divergence_of_marked_from_unmarked_tokens_at_the_temperature():
    prices = []

    scores = Tempered(Bonus(), 0.7, prices).step(LOGITS, None)

    marked = log_softmax((LOGITS + BONUS).numpy() / 0.7, axis=1)
    plain = log_softmax(LOGITS.numpy() / 0.7, axis=1)
    np.testing.assert_allclose(scores, marked, rtol=1e-5)
    assert prices == [pytest.approx(float((np.exp(marked) * (marked - plain)).sum(1).mean()), rel=1e-5)]
    assert prices[0] > 0.1


def test_prompts_and_places_are_handed_on():
    inner = Bonus()
    steering = Tempered(inner, 1.0, [])

    steering.begin("prompts", "mask", "queries")
    steering.keep("rows")

    assert inner.told == [("prompts", "mask", "queries"), "rows"]
