import numpy as np
import pytest
import torch

pytest.importorskip("sklearn", reason="needs the test extra")

from reproductions.digits import CLASSES, answers, digits, targets, teacher_logits, trained
from reproductions.soft_labels import OMITTED, omitted_class, queries, right


@pytest.fixture(scope="module")
def data():
    return digits()


@pytest.fixture(scope="module")
def pool(data):
    return teacher_logits(data, steps=150)[0]


def test_the_three_parts_hold_all_digits_and_are_the_same_every_time(data):
    parts = torch.cat([data.teacher_x, data.pool_x, data.test_x])
    assert parts.shape == (1797, 64)
    assert parts.min() >= 0
    assert parts.max() == 1
    assert (digits().test_y == data.test_y).all()


def test_queries_are_nested_in_n_and_differ_between_seeds():
    few, many = queries(20, np.arange(650)), queries(100, np.arange(650))
    assert (many[:, :20] == few).all()
    assert len({tuple(row) for row in few.tolist()}) == len(few)


def test_targets_are_distributions_and_hard_ones_are_the_teachers_top_class(data, pool):
    for kind in ("soft T=4", "soft T=1", "hard", "truth"):
        target, temperature = targets(kind, pool[:9], data.pool_y[:9])
        assert target.sum(-1).tolist() == pytest.approx([1.0] * 9)
        assert temperature == (4.0 if kind == "soft T=4" else 1.0)
    assert (targets("hard", pool, data.pool_y)[0].argmax(-1) == pool.argmax(-1)).all()


def test_a_batch_of_networks_trains_as_each_would_alone():
    x, target = torch.rand(2, 5, 64), torch.softmax(torch.rand(2, 5, CLASSES), -1)
    both = trained(x, target, width=4, temperature=1.0, name="t", steps=20)
    first = trained(x[:1], target[:1], width=4, temperature=1.0, name="t", steps=20)
    assert torch.allclose(answers(both, x)[0], answers(first, x[:1])[0], atol=1e-4)
    assert not torch.allclose(answers(both, x)[0], answers(both, x)[1], atol=1e-1)


def test_soft_labels_beat_hard_ones_at_twenty_queries(data, pool):
    rows = queries(20, np.arange(650))[:3]
    soft, hard = (right(data, kind, rows, pool, name="t", steps=400).mean() for kind in ("soft T=4", "hard"))
    assert soft > hard + 0.03


def test_the_omitted_class_is_judged_in_the_median_seed():
    truth = np.array([OMITTED] * 10 + [1] * 10)
    high, low = np.ones((6, 20)), np.zeros((6, 20))
    high[0] = 0
    low[5] = 1
    checks = omitted_class({"soft T=4": high, "hard": low}, truth)
    assert [check.passed for check in checks] == [True, True]
    assert not any(check.passed for check in omitted_class({"soft T=4": low, "hard": high}, truth))
