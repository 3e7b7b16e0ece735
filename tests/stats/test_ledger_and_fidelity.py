import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats import (
    NO_ANSWER,
    Panel,
    agreement,
    chance_adjusted,
    error_inheritance,
    item_ledger,
    proportion,
    wilson,
)

LEVEL = 0.95


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_the_ledger_keeps_gains_losses_and_surprises_apart(rng):
    teacher = np.repeat([1.0, 1.0, 0.0], [40, 20, 40])[None]
    floor = np.repeat([0.0, 1.0, 0.0], [40, 20, 40])[None]
    student = np.tile(
        np.concatenate(
            [np.repeat([1.0, 0.0], [30, 10]), np.repeat([1.0, 0.0], [5, 15]), np.repeat([1.0, 0.0], [4, 36])]
        ),
        (2, 1),
    )
    panel = Panel(student=student, floor=floor, teacher=teacher, domain=np.zeros(100, dtype=int))
    gained, lost, beyond = item_ledger(panel, level=LEVEL, rng=rng)
    assert [number.value for number in (gained, lost, beyond)] == [0.75, 0.75, 0.1]
    assert [number.n for number in (gained, lost, beyond)] == [40, 20, 40]


def test_a_ledger_line_of_nine_items_is_refused(rng):
    teacher, floor = np.repeat([1.0, 0.0], [9, 91])[None], np.zeros((1, 100))
    panel = Panel(student=np.ones((2, 100)), floor=floor, teacher=teacher, domain=np.zeros(100, dtype=int))
    gained, lost, beyond = item_ledger(panel, level=LEVEL, rng=rng)
    assert gained == Refusal(refused="too few items: 9 qualify, 10 are needed")
    assert lost == Refusal(refused="too few items: 0 qualify, 10 are needed")
    assert beyond.value == 1.0


def test_a_proportion_of_independent_replies_has_wilsons_interval(rng):
    values = (rng.random((1, 500)) < 0.3).astype(float)
    ours = proportion(values, level=LEVEL, rng=rng)
    known = wilson(int(values.sum()), 500, level=LEVEL)
    assert (ours.low, ours.high) == pytest.approx((known.low, known.high), abs=0.005)


def test_wilson_gives_the_published_interval():
    number = wilson(0, 10, level=LEVEL)
    assert (number.low, number.high) == (0.0, pytest.approx(0.2775, abs=5e-4))


def test_no_answer_never_agrees(rng):
    teacher = np.array([1, 2, NO_ANSWER, 3] * 25)
    number = agreement(np.stack([teacher, teacher]), teacher, level=LEVEL, rng=rng)
    assert number.value == 0.75


def test_independent_replies_of_equal_accuracy_agree_by_chance_only(rng):
    right = (rng.random((4, 2000)) < 0.7).astype(float)
    codes = np.where(right > 0, 0, rng.integers(1, 5, right.shape))
    number = chance_adjusted(codes[:3], codes[3], right[:3], right[3], level=LEVEL, rng=rng, options=5)
    assert number.low < 0 < number.high
    assert number.high - number.low < 0.15
    assert agreement(codes[:3], codes[3], level=LEVEL, rng=rng).value > 0.5


def test_a_copy_agrees_beyond_chance_altogether(rng):
    right = (rng.random(500) < 0.7).astype(float)
    codes = np.where(right > 0, 0, rng.integers(1, 5, 500))
    number = chance_adjusted(
        np.stack([codes] * 2), codes, np.stack([right] * 2), right, level=LEVEL, rng=rng, options=5
    )
    assert number.value == number.high == 1.0


def test_no_room_above_chance_is_refused(rng):
    codes, right = np.zeros((2, 100), dtype=int), np.ones((2, 100))
    assert isinstance(chance_adjusted(codes, codes[0], right, right[0], level=LEVEL, rng=rng), Refusal)


def test_easy_and_hard_domains_do_not_pass_for_agreement(rng):
    domain = np.repeat([0, 1], 1000)
    right = (rng.random((4, 2000)) < np.where(domain == 0, 0.95, 0.1)).astype(float)
    codes = np.where(right > 0, 0, rng.integers(1, 1000, right.shape))
    blind = chance_adjusted(codes[:3], codes[3], right[:3], right[3], level=LEVEL, rng=rng)
    aware = chance_adjusted(codes[:3], codes[3], right[:3], right[3], level=LEVEL, rng=rng, domain=domain)
    assert blind.low > 0.2
    assert aware.low < 0 < aware.high


def test_errors_are_inherited_as_often_as_they_are_copied(rng):
    items = 600
    teacher = np.where(rng.random(items) < 0.5, 0, rng.integers(1, 5, items))
    copied = rng.random((3, items)) < 0.6
    other = (teacher + rng.integers(1, 4, (3, items)) - 1) % 4 + 1
    student = np.where(copied, np.where(teacher == 0, 1, teacher), other)
    right, teacher_right = np.zeros((3, items)), (teacher == 0).astype(float)
    number = error_inheritance(student, teacher, right, teacher_right, level=LEVEL, rng=rng)
    assert number.low < 0.6 < number.high
    assert number.high - number.low < 0.2


def test_forty_nine_shared_errors_are_too_few(rng):
    teacher, student = np.ones(49, dtype=int), np.ones((1, 49), dtype=int)
    number = error_inheritance(student, teacher, np.zeros((1, 49)), np.zeros(49), level=LEVEL, rng=rng)
    assert number.refused.startswith("too few shared errors: 49")


def test_fifty_errors_on_five_items_are_too_few(rng):
    teacher, student = np.ones(5, dtype=int), np.ones((10, 5), dtype=int)
    number = error_inheritance(student, teacher, np.zeros((10, 5)), np.zeros(5), level=LEVEL, rng=rng)
    assert "on 5 items" in number.refused
