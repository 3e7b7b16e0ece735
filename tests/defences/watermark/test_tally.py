import dataclasses
import tracemalloc

import numpy as np
import pytest
from scipy import stats

from angelshare.core.errors import KeyMismatchError, PlanError, TokenRangeError
from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark import tally as counting
from angelshare.defences.watermark.dedup import windows_of
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.defences.watermark.schedule import g_bits, g_values, green_mask, scorer_of, uniforms, window_width
from angelshare.defences.watermark.tally import Counter, tallies, tally, total

VOCABULARY = 500


def key(**fields):
    given = {
        "scheme": "kgw",
        "secret": "5eed" * 8,
        "vocabulary_size": VOCABULARY,
        "gamma": 0.25,
        "window": 3,
        "layers": 10,
    }
    return WatermarkKey(**(given | fields))


KEYS = {
    "left": key(),
    "self": key(seeding="self"),
    "min": key(seeding="min"),
    "additive": key(seeding="additive"),
    "unigram": key(scheme="unigram"),
    "gumbel": key(scheme="gumbel"),
    "dual": key(scheme="gumbel", second_secret="beef" * 8),
    "synthid": key(scheme="synthid"),
    "transformers-left": key(schedule="transformers-left", secret=f"{15485863:016x}", window=1),
    "transformers-self": key(schedule="transformers-self", secret=f"{15485863:016x}", seeding="self"),
    "transformers-synthid": key(scheme="synthid", schedule="transformers-synthid", secret=f"{654:016x}" * 10),
    "vllm-gumbel": key(scheme="gumbel", schedule="vllm-gumbel", secret=f"{42:016x}"),
    "vllm-sbw": key(schedule="vllm-sbw", secret=f"{42:016x}", seeding="self"),
}
OURS = ("left", "self", "min", "additive", "unigram", "gumbel", "dual", "synthid")


@pytest.fixture(params=KEYS)
def any_key(request):
    return KEYS[request.param]


def text(n, seed=0, vocabulary=VOCABULARY):
    """A stream with Zipf's frequencies, hence with repeats."""
    weights = 1 / np.arange(1, vocabulary + 1)
    return np.random.default_rng(seed).choice(vocabulary, n, p=weights / weights.sum())


def z(count):
    spread = count.n * (count.rate * (1 - count.rate) if count.law == "binomial" else 1.0)
    return (count.statistic - count.n * count.rate) / np.sqrt(spread)


# --- what is counted ------------------------------------------------------------------------------


def test_a_green_count_is_what_the_mask_says_at_each_distinct_input():
    ids = text(2000)
    counted = {}
    for place in range(3, len(ids)):
        counted.setdefault(tuple(ids[place - 3 : place + 1]), None)
    windows = np.array([pair[:3] for pair in counted])

    greens = green_mask(KEYS["left"], windows)[np.arange(len(windows)), [pair[3] for pair in counted]].sum()
    found = tally(KEYS["left"], [ids])

    assert (found.n, found.statistic) == (len(counted), greens)
    assert found.repeated == 1997 - len(counted)


@pytest.mark.parametrize("name", ["self", "min", "additive"])
def test_inputs_that_collapse_under_the_key_are_counted_once(name):
    ids = text(3000)
    scorer = scorer_of(KEYS[name])
    at = np.arange(3, len(ids))
    seeds = scorer.seeds(ids, at)

    found = tally(KEYS[name], [ids])

    assert found.n == len(set(zip(seeds.tolist(), ids[3:].tolist(), strict=True)))
    assert found.n < len({tuple(ids[place - 3 : place + 1]) for place in at})


def test_a_self_seed_depends_on_the_target_and_one_token_of_the_window_in_any_place():
    same, other = np.array([[7, 8, 9], [9, 7, 8]]), np.array([[7, 8, 9]])

    assert np.array_equal(*green_mask(KEYS["self"], same))
    assert np.array_equal(*green_mask(KEYS["min"], same))
    assert not np.array_equal(*green_mask(KEYS["left"], same))
    assert not np.array_equal(green_mask(KEYS["self"], other), green_mask(KEYS["min"], other))


def test_a_context_is_scored_once_under_gumbel_at_its_first_token():
    ids = np.array([1, 2, 3, 40, 1, 2, 3, 50])

    found = tally(KEYS["gumbel"], [ids])
    expected = sum(-np.log1p(-uniforms(KEYS["gumbel"], ids[None, at - 3 : at])[0, ids[at]]) for at in (3, 4, 5, 6))

    assert (found.n, found.repeated) == (4, 1)
    assert found.statistic == pytest.approx(expected, abs=1e-9)


def test_a_dual_mark_sums_both_keys_at_each_context():
    ids = np.array([1, 2, 3, 40])
    window = ids[None, :3]

    found = tally(KEYS["dual"], [ids])
    expected = sum(-np.log1p(-uniforms(KEYS["dual"], window, second=second)[0, 40]) for second in (False, True))

    assert found.n == 2
    assert found.statistic == pytest.approx(expected, abs=1e-9)


def test_every_layer_of_a_tournament_is_a_draw():
    ids = np.array([1, 2, 3, 40])

    values = g_values(KEYS["synthid"], ids[None, :3], ids[None, 3:])
    found = tally(KEYS["synthid"], [ids])

    assert values.shape == (1, 1, 10)
    assert g_bits(KEYS["synthid"], ids[None, :3], ids[None, 3:])[0, 0] == (values[0, 0] << np.arange(10)).sum()
    assert (found.n, found.statistic, found.rate) == (10, values.sum(), 0.5)


def test_unigram_counts_distinct_tokens():
    found = tally(KEYS["unigram"], [np.array([5, 5, 6]), np.array([7, 5])])

    assert (found.n, found.repeated, found.tokens) == (3, 2, 5)
    assert found.statistic == green_mask(KEYS["unigram"], np.zeros((1, 0), dtype=int))[0, [5, 6, 7]].sum()


def test_no_window_reaches_across_texts(any_key):
    parts = [text(40, seed) for seed in range(5)]
    width = scorer_of(any_key).width if not scorer_of(any_key).pads else 0

    found = tally(any_key, parts)

    assert found.tokens == 200
    scored = found.n if any_key.scheme != "synthid" and not any_key.second_secret else None
    if scored is not None:
        assert scored + found.repeated == 5 * (40 - width)


# --- one stream, in pieces or under many keys ------------------------------------------------------


def test_a_text_in_pieces_counts_as_the_whole(any_key, monkeypatch):
    ids = text(3000)
    monkeypatch.setattr(counting, "CHUNK", 256)
    counter = Counter(any_key)
    counter.feed(ids[:1])
    for start, stop in ((1, 2), (2, 700), (700, 700), (700, 3000)):
        counter.feed(ids[start:stop], more=True)
    monkeypatch.undo()

    assert counter.tally() == tally(any_key, [ids])


def test_many_keys_at_once_count_as_one_by_one(any_key):
    keys = [any_key, *decoy_keys(any_key, 3, np.random.default_rng(0))]
    parts = [text(600, 1), text(300, 2), text(2, 3), text(600, 1)]
    exclude, only = (
        windows_of(window_width(any_key), [text(600, 1)[:300]]),
        windows_of(window_width(any_key), parts[:1]),
    )

    assert list(tallies(keys, parts)) == [tally(one, parts) for one in keys]
    assert list(tallies(keys, parts, exclude=exclude, only=only)) == [
        tally(one, parts, exclude=exclude, only=only) for one in keys
    ]


def test_tallies_of_texts_without_a_shared_input_add_up():
    first, second = np.arange(0, 200), np.arange(200, 400)

    assert total([tally(KEYS["left"], [first]), tally(KEYS["left"], [second])]) == tally(KEYS["left"], [first, second])


def test_no_texts_and_no_keys_count_nothing(any_key):
    empty = tally(any_key, [])

    assert (empty.n, empty.statistic, empty.tokens) == (0, 0, 0)
    assert list(tallies([any_key], [])) == [empty]
    assert list(tallies([], [])) == []
    assert tally(any_key, [np.array([], dtype=np.int64)]) == empty


# --- excluded windows ------------------------------------------------------------------------------


def test_windows_of_the_prompt_are_not_scored():
    prompt, reply = np.arange(0, 50), np.concatenate([np.arange(0, 50), np.arange(100, 150)])

    found = tally(KEYS["left"], [reply], exclude=windows_of(3, [prompt]))

    assert found.excluded == 48
    assert found.n == 97 - 48


def test_only_windows_of_the_filter_are_scored():
    taught, reply = np.arange(0, 50), np.concatenate([np.arange(0, 50), np.arange(100, 150)])

    found = tally(KEYS["left"], [reply], only=windows_of(3, [taught]))

    assert (found.n, found.excluded) == (48, 97 - 48)


def test_a_unigram_mark_is_sieved_by_the_token_itself():
    found = tally(KEYS["unigram"], [np.array([1, 2, 3])], exclude=windows_of(1, [np.array([2, 9])]))

    assert (found.n, found.excluded) == (2, 1)


def test_windows_of_another_width_are_refused():
    with pytest.raises(PlanError, match="2 tokens wide, the key's 3"):
        tally(KEYS["left"], [text(50)], exclude=windows_of(2, [text(9)]))


# --- the law without a mark ------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_without_a_mark_the_count_follows_its_law_over_keys(name):
    # one text with many repeats, 400 keys: the statistic's upper tail probability must be uniform
    keys = decoy_keys(KEYS[name], 400, np.random.default_rng(7))
    counts = tallies(keys, [text(1500, 5)])

    p = [
        stats.binom.sf(c.statistic - 1, c.n, c.rate) if c.law == "binomial" else stats.gamma.sf(c.statistic, c.n)
        for c in counts
    ]
    mid = [
        value - (stats.binom.pmf(c.statistic, c.n, c.rate) / 2 if c.law == "binomial" else 0)
        for value, c in zip(p, counts, strict=True)
    ]

    assert stats.kstest(mid, "uniform").pvalue > 1e-3
    assert np.std([z(c) for c in counts]) == pytest.approx(1, abs=0.15)


def test_counting_every_repeat_would_not_follow_it():
    # the same text and keys without de-duplication: what the test above would catch
    ids = text(1500, 5)
    keys = decoy_keys(KEYS["left"], 200, np.random.default_rng(7))
    at = np.arange(3, len(ids))

    found = []
    for one in keys:
        scorer = scorer_of(dataclasses.replace(one, window=3, seeding="min"))
        n, greens = scorer.score(ids, at, scorer.seeds(ids, at))
        found.append((greens - n * 0.25) / np.sqrt(n * 0.25 * 0.75))

    assert np.std(found) > 1.5


def test_a_text_marked_under_one_key_shows_under_no_other():
    rng = np.random.default_rng(3)
    ids = list(rng.integers(0, VOCABULARY, 3))
    for _ in range(400):
        green = np.flatnonzero(green_mask(KEYS["left"], np.array([ids[-3:]]))[0])
        ids.append(int(rng.choice(green)))
    others = decoy_keys(KEYS["left"], 200, rng)

    own, *rest = tallies([KEYS["left"], *others], [np.array(ids)])

    assert own.statistic == own.n
    assert abs(np.mean([z(c) for c in rest])) < 5 / np.sqrt(200)
    assert max(z(c) for c in rest) < 5


def test_a_tournament_over_equal_odds_wins_as_the_formula_says():
    # one layer, two contestants, V equally likely tokens: E g = 1/2 + (1 - 1/V)/4 since the winner is 0 only
    # if both contestants draw 0, and they are one token with probability 1/V
    one_layer, size = key(scheme="synthid", layers=1), 8
    contexts = np.random.default_rng(4).integers(0, VOCABULARY, (20_000, 3))

    values = g_values(one_layer, contexts, np.tile(np.arange(size), (20_000, 1)))[:, :, 0].astype(float)
    chance = (1 + values - values.mean(1, keepdims=True)) / size
    mean = (chance * values).sum(1).mean()

    assert chance.sum(1) == pytest.approx(np.ones(20_000))
    assert mean == pytest.approx(0.5 + (1 - 1 / size) / 4, abs=5 * 0.25 / np.sqrt(20_000))


# --- bad input -------------------------------------------------------------------------------------


def test_an_id_outside_the_vocabulary_is_named_with_its_place(any_key):
    good, bad = np.array([1, 2, 3]), np.array([4, VOCABULARY, -1])
    message = f"text 2, token 2: id {VOCABULARY} is outside the key's vocabulary of {VOCABULARY}"

    with pytest.raises(TokenRangeError, match=message):
        tally(any_key, [good, bad])
    with pytest.raises(TokenRangeError, match=message):
        tallies([any_key], [good, bad])


def test_ids_that_are_not_whole_numbers_in_a_row_are_refused():
    with pytest.raises(PlanError, match="one row of whole numbers; found float64"):
        tally(KEYS["left"], [np.array([1.0, 2.0])])
    with pytest.raises(PlanError, match=r"of shape \(1, 2\)"):
        tally(KEYS["left"], [np.array([[1, 2]])])


def test_keys_of_different_kinds_are_not_mixed():
    with pytest.raises(KeyMismatchError, match=r"gamma: one key has 0\.25, another 0\.5"):
        tallies([KEYS["left"], key(gamma=0.5)], [text(50)])
    with pytest.raises(KeyMismatchError, match="different laws or rates"):
        total([tally(KEYS["left"], []), tally(KEYS["gumbel"], [])])
    with pytest.raises(PlanError, match="no tallies"):
        total([])


def test_a_scheme_gives_only_what_it_has():
    for asked in (lambda: green_mask(KEYS["gumbel"], np.zeros((1, 3), dtype=int)),
                  lambda: uniforms(KEYS["left"], np.zeros((1, 3), dtype=int)),
                  lambda: g_values(KEYS["left"], np.zeros((1, 3), dtype=int), np.zeros((1, 1), dtype=int))):  # fmt: skip
        with pytest.raises(PlanError, match="gives no"):
            asked()


# --- memory ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_fifty_million_tokens_take_no_more_memory_than_the_filter():
    one = key(vocabulary_size=50_257, window=4)
    counter = Counter(one)
    rng = np.random.default_rng(0)
    counter.feed(rng.integers(0, 50_257, 100))
    tracemalloc.start()
    for _ in range(50):
        counter.feed(rng.integers(0, 50_257, 1_000_000, dtype=np.int32), more=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = counter.tally()

    # 256 MiB of filter, 56 MiB of the set before it while it is carried over, and chunks
    assert peak < 340 * 2**20
    assert found.n + found.repeated == 50_000_100 - 4
    # all windows are distinct, so what is left out is what the filter drops, as the module says
    assert found.repeated / found.tokens == pytest.approx(3.3e-4, rel=0.1)
    assert counter.loss() == pytest.approx(9.6e-4, rel=0.1)
    assert abs(z(found)) < 5
