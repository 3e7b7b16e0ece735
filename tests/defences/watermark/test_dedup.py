import numpy as np
import pytest

from angelshare.defences.watermark.dedup import Seen, Windows, windows_of


def names(low, high):
    """Fingerprints `low` to `high` of one random sequence; 400,000 of 64 bits do not repeat."""
    return np.random.default_rng(0).integers(1, 2**64, high, dtype=np.uint64)[low:]


def test_each_fingerprint_is_admitted_once_and_in_order():
    seen = Seen()

    assert seen.admit(np.array([5, 0, 5, 9, 0], dtype=np.uint64)).tolist() == [True, True, False, True, False]
    assert seen.admit(np.array([9, 11], dtype=np.uint64)).tolist() == [False, True]


def test_the_set_stays_exact_while_it_grows():
    seen = Seen()

    for start in range(0, 400_000, 50_000):
        assert seen.admit(names(start, start + 50_000)).all()
        assert not seen.admit(names(0, start + 50_000)).any()
    assert seen.loss() == 0.0


def test_beyond_its_memory_it_drops_some_new_ones_and_never_admits_a_repeat():
    seen = Seen(exact_slots=2**14, bloom_words=2**14)
    first = seen.admit(names(0, 12_000))
    again = seen.admit(names(0, 12_000))

    later = seen.admit(names(12_000, 100_000))
    before = seen.loss()
    last = seen.admit(names(100_000, 110_000))

    assert first.all()
    assert not again.any()
    assert not seen.admit(names(0, 110_000)).any()
    # 105,000 in 2^14 words, three of 64 bits each
    expected = 0.0230
    assert 1 - last.mean() == pytest.approx(expected, rel=0.15)
    assert before == pytest.approx(expected, rel=0.15)
    assert before < seen.loss()
    assert later.mean() > 0.98


def test_memory_does_not_grow_past_the_filter():
    seen = Seen(exact_slots=2**14, bloom_words=2**14)

    for start in range(0, 200_000, 10_000):
        seen.admit(names(start, start + 10_000))

    assert seen.bytes == 2**17


def test_what_is_dropped_is_independent_of_the_draw():
    # fingerprints and draws of the same inputs: dropped ones are as often green as kept ones
    from angelshare.defences.watermark.prf import draw, fingerprint_of  # noqa: PLC0415 - compiled at first use

    seeds = names(0, 60_000)
    prints = np.array([fingerprint_of(seed, 1) for seed in seeds], dtype=np.uint64)
    green = np.array([draw(seed, 1) < 2**62 for seed in seeds])
    seen = Seen(exact_slots=2**12, bloom_words=2**10)

    kept = np.concatenate([seen.admit(prints[start : start + 1000]) for start in range(0, 60_000, 1000)])

    assert 0.2 < kept.mean() < 0.8
    for part in (kept, ~kept):
        assert abs(green[part].mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / part.sum())


def test_windows_hold_what_stood_in_the_texts_and_nothing_across_them():
    windows = windows_of(2, [np.array([1, 2, 3]), np.array([4, 5]), np.array([6])])

    assert len(windows) == 3
    assert (1, 2) in windows
    assert (4, 5) in windows
    assert (3, 4) not in windows
    assert (2, 1) not in windows
    assert (1,) not in windows


def test_no_texts_make_an_empty_set_of_windows():
    windows = windows_of(3, [])

    assert isinstance(windows, Windows)
    assert len(windows) == 0
    assert (1, 2, 3) not in windows
