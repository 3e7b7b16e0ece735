import numpy as np
import pytest

from angelshare.core.errors import PlanError
from angelshare.tasks.text_world import SPECIAL, text_world


@pytest.fixture(scope="module")
def world():
    return text_world()


@pytest.fixture(scope="module")
def drawn(world):
    return world.draw(2000, 64, np.random.default_rng(1))


def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return -(shares * np.log(shares)).sum()


def test_the_same_seed_makes_the_same_language_and_the_same_text(world):
    again = text_world()

    assert again.words == world.words
    assert np.array_equal(again.draw(3, 20, np.random.default_rng(7)), world.draw(3, 20, np.random.default_rng(7)))
    assert text_world(seed=1).words != world.words


def test_words_are_distinct_and_no_special_token_is_ever_drawn(world, drawn):
    assert world.size == len(set(world.words)) == 1024
    assert drawn.min() >= len(SPECIAL)
    assert drawn.max() < world.size


def test_frequencies_fall_as_in_natural_text_and_most_words_are_seen(world, drawn):
    counts = np.sort(np.bincount(drawn.ravel(), minlength=world.size))[::-1]

    slope = np.polyfit(np.log(np.arange(5, 301)), np.log(counts[4:300]), 1)[0]
    assert -1.3 < slope < -0.6
    assert (counts > 0).sum() > 900


def test_context_tells_much_about_the_next_word_and_leaves_entropy_for_a_mark(world, drawn):
    alone = entropy(np.bincount(drawn.ravel()))
    pairs = entropy(np.bincount((drawn[:, :-1] * world.size + drawn[:, 1:]).ravel()))

    assert 5 < alone < 6.5
    # the plug-in estimate is too low at this size, so the bound from below is lenient
    assert 2.5 < pairs - alone < alone - 1


def test_words_of_one_topic_keep_company(world):
    rng = np.random.default_rng(3)
    rows = world.draw(400, 200, rng)

    def overlap(a, b):
        return np.mean([len(set(x) & set(y)) for x, y in zip(a, b, strict=True)])

    assert overlap(rows[:, :100], rows[:, 100:]) > overlap(rows[:, :100], np.roll(rows, 1, 0)[:, 100:]) + 1


def test_text_is_words_parted_by_blanks(world):
    assert world.spell([3, 4]).split(" ") == list(world.words[3:5])


def test_a_vocabulary_too_small_for_its_classes_is_refused():
    with pytest.raises(PlanError, match="at least 128 tokens, found 100"):
        text_world(vocabulary=100)
