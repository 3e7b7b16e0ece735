import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.core.seeds import stream
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.defences.watermark.schedule import g_values, green_mask, uniforms
from angelshare.lineage.reading import PASSAGE, read_through, reading_evidence, scored
from angelshare.models.bundled import Shape, fresh_network
from angelshare.stats.expected import standing


class Vocabulary:
    pad_token_id, eos_token_id = 0, 1

    def __len__(self):
        return 500


class Leaning(torch.nn.Module):
    """A student that learnt a key by heart: its logits are the key's scores after the last tokens, times a strength."""

    def __init__(self, key, strength):
        super().__init__()
        self.key, self.strength = key, torch.nn.Parameter(torch.tensor(strength))
        self.config = SimpleNamespace(max_position_embeddings=PASSAGE)

    def forward(self, input_ids, use_cache):
        h, (rows, width) = self.key.window, input_ids.shape
        padded = np.pad(input_ids.numpy(), ((0, 0), (h - 1, 0)))
        contexts = np.lib.stride_tricks.sliding_window_view(padded, h, axis=1).reshape(-1, h)
        lean = torch.tensor(scores_of(self.key, contexts), dtype=torch.float32).reshape(rows, width, -1)
        return SimpleNamespace(logits=lean * self.strength)


def scores_of(key, contexts):
    if key.scheme == "gumbel":
        return -np.log1p(-uniforms(key, contexts))
    if key.scheme == "synthid":
        every = np.tile(np.arange(key.vocabulary_size), (len(contexts), 1))
        return g_values(key, contexts, every).sum(-1) / key.layers * 4
    return green_mask(key, contexts)


def keys_of_every_kind():
    common = {"secret": "00112233445566778899aabbccddeeff", "window": 2, "vocabulary_size": 500, "gamma": 0.25}
    kinds = [{"scheme": "kgw", "seeding": seeding} for seeding in ("left", "min", "additive")]
    kinds += [{"scheme": "gumbel"}, {"scheme": "gumbel", "second_secret": "aa" * 16}, {"scheme": "synthid"}]
    return [WatermarkKey(**{**common, **kind}) for kind in kinds]


@pytest.fixture(scope="module")
def network():
    shape = Shape(width=16, layers=1, heads=2, inner=16, positions=64)
    return fresh_network(shape, Vocabulary(), seed=1)


@pytest.mark.parametrize(
    "key", keys_of_every_kind(), ids=lambda key: f"{key.scheme}-{key.seeding}-{bool(key.second_secret)}"
)
def test_a_student_that_leans_to_the_key_is_found_by_its_distribution_and_by_its_likeliest_token(key, plain):
    read = read_through(Leaning(key, 1.0), plain(10, 40), window=2, vocabulary_size=500)

    expected, predicted = reading_evidence(key, read, decoy_keys(key, 19, stream("decoys")))

    assert expected.log10_p_value < -8
    assert predicted.log10_p_value < -8
    assert expected.decoy_p_value == predicted.decoy_p_value == 1 / 20
    assert "upper bound" in expected.caution


def test_a_student_that_never_met_the_key_gives_no_small_p_too_often(network, kgw_key, marked):
    text = marked(kgw_key)
    read = read_through(network, text, window=2, vocabulary_size=500)
    keys = decoy_keys(kgw_key, 100, stream("other keys"))

    found = np.array([[one.log10_p_value for one in reading_evidence(key, read, [])] for key in [kgw_key, *keys]])

    assert found[0].min() > -3
    for level in (0.1, 0.02):
        # 100 keys: three standard errors above the level
        assert (found[1:] <= np.log10(level)).mean(0).max() <= level + 3 * np.sqrt(level / 100)


def test_the_mark_in_the_text_that_is_read_is_not_taken_for_the_students(network, gumbel_key, marked):
    text = marked(gumbel_key, texts=5)

    read = read_through(
        network, [np.concatenate([one, one, one[:20]])[:64] for one in text], window=3, vocabulary_size=500
    )

    (expected, predicted) = reading_evidence(gumbel_key, read, [])
    assert min(expected.log10_p_value, predicted.log10_p_value) > -3


def test_each_window_is_read_once_where_it_stands_first(network, plain):
    (text,) = plain(1, 30)

    once = read_through(network, [text], window=2, vocabulary_size=500)
    often = read_through(network, [text] * 3, window=2, vocabulary_size=500)

    assert len(once.contexts) == 29
    assert np.array_equal(once.contexts, often.contexts)
    assert np.array_equal(once.mass, often.mass)
    assert often.tokens == 90


def test_a_prediction_is_the_same_alone_and_in_company(network, plain):
    texts = plain(3, 30)

    together = read_through(network, [*texts[:2], texts[2][:11]], window=2, vocabulary_size=500, candidates=8)
    alone = read_through(network, [texts[2][:11]], window=2, vocabulary_size=500, candidates=8)

    assert np.array_equal(together.contexts[-10:], alone.contexts)
    assert np.allclose(together.mass[-10:], alone.mass, atol=1e-6)


def test_text_longer_than_the_network_holds_is_read_in_pieces(network, plain):
    (text,) = plain(1, 150)

    read = read_through(network, [text], window=2, vocabulary_size=500)

    # pieces of 64, 64 and 22 tokens each lose the tokens that have no whole window
    assert len(read.contexts) == 63 + 63 + 21


def test_seeds_that_two_windows_share_are_weighed_once(plain):
    key = next(key for key in keys_of_every_kind() if key.seeding == "additive")
    swapped = [np.array([5, 9]), np.array([9, 5]), np.array([6, 9])]

    read = read_through(Leaning(key, 1.0), swapped, window=2, vocabulary_size=500)

    assert len(read.contexts) == 3
    assert scored(key, read)[0].n == 2


def test_a_dual_key_scores_both_and_keeps_chance_at_chance(network, plain):
    key = next(key for key in keys_of_every_kind() if key.second_secret)
    read = read_through(network, plain(20, 60), window=2, vocabulary_size=500)

    standings = [standing(*scored(one, read)) for one in decoy_keys(key, 100, stream("dual"))]

    assert abs(np.mean(standings)) < 0.35
    assert 0.8 < np.std(standings) < 1.2


def test_marks_whose_seed_hangs_on_the_target_have_the_exact_test_alone(network, plain, kgw_key):
    key = dataclasses.replace(kgw_key, seeding="self")
    read = read_through(network, plain(5, 40), window=2, vocabulary_size=500)

    (only,) = reading_evidence(key, read, decoy_keys(key, 9, stream("self")))

    assert "likeliest token" in only.test


def test_a_unigram_mark_is_refused_and_so_is_a_student_of_a_smaller_vocabulary(network, plain, kgw_key):
    read = read_through(network, plain(2, 20), window=1, vocabulary_size=500)

    with pytest.raises(PlanError, match="reading mode cannot test a unigram mark"):
        reading_evidence(dataclasses.replace(kgw_key, scheme="unigram"), read, [])
    with pytest.raises(PlanError, match="scores 500 tokens, the key's vocabulary has 600"):
        read_through(network, plain(2, 20), window=1, vocabulary_size=600)


def test_text_shorter_than_a_window_gives_nothing_to_score(network, gumbel_key):
    read = read_through(network, [np.array([4, 5])], window=3, vocabulary_size=500)

    expected, predicted = reading_evidence(gumbel_key, read, decoy_keys(gumbel_key, 3, stream("short")))

    assert (expected.n, expected.p_value, predicted.n, predicted.p_value) == (0, 1.0, 0, 1.0)
