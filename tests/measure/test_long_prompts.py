from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from angelshare.core.records import CellResult, Refusal, Score
from angelshare.measure.long_prompts import long_prompts

ITEMS = 120


def score(k, domain, right):
    return Score(
        item=f"{domain}-{k}", domain=domain, ring="near", strict=right, flexible=right, answer="", style=(), text=""
    )


class Bench:
    """The part of a bench that is asked: two domains, students right on short prompts alone."""

    headline = "traces"
    plan = SimpleNamespace(extractor="flexible", level=0.95)

    def __init__(self, lengths, *, cluster=None):
        self.results = SimpleNamespace(lengths=lengths)
        self._cluster = cluster
        self.floor, self.teacher = self._cell(lambda _: 0.0), self._cell(lambda _: 1.0)
        self.student = self._cell(lambda item: float(lengths.get(item, 0) <= 12))

    def _cell(self, right):
        scores = [score(k, domain, right(f"{domain}-{k}")) for domain in ("one", "two") for k in range(ITEMS)]
        return CellResult(cell=None, scores=scores, meter=None)

    def cells(self, kind, budget):
        return [self.student, self.student]

    def scores(self, cells, ring="near"):
        return [score for cell in cells for score in cell.scores]

    def codes(self, ring):
        return np.repeat([0, 1], ITEMS)

    def clusters(self, ring):
        return self._cluster

    def domains(self, ring):
        return ["one", "two"]

    def rng(self, *words):
        return np.random.default_rng(7)


def lengths(one, two):
    return {f"one-{k}": one(k) for k in range(ITEMS)} | {f"two-{k}": two(k) for k in range(ITEMS)}


def test_long_prompts_and_the_others_are_told_apart_within_their_domain():
    bench = Bench(lengths(lambda k: 20 if k < 30 else 10, lambda k: 100 if k < 30 else 12))
    long, others = long_prompts(bench, "traces", 100)
    assert long.metric == "accuracy, longest quarter of prompts (20 to 100 characters: long for this task only)"
    assert (long.student.value, long.student.n) == (0.0, 60)
    assert (others.student.value, others.student.n) == (1.0, 180)
    assert (long.teacher.value, long.base.value) == (1.0, 0.0)
    assert long.student.high > 0


def test_a_domain_of_one_length_is_left_out_and_said_so():
    bench = Bench(lengths(lambda k: 20 if k < 30 else 10, lambda _: 500))
    long, others = long_prompts(bench, "traces", 100)
    assert "(20 characters: long for this task only), in the 1 of 2 domains whose lengths differ" in long.metric
    assert long.student.n + others.student.n == ITEMS


def test_ties_are_never_broken_by_chance():
    at_top = Bench(lengths(lambda k: 20 if k < 50 else 10, lambda _: 500))
    across = Bench(lengths(lambda k: 20 if k < 20 else 10, lambda k: 30 if k < 15 else 12 + k % 2))
    assert long_prompts(at_top, "traces", 100)[0].student.n == 50
    assert long_prompts(across, "traces", 100)[0].student.n == 35


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (lengths(lambda _: 10, lambda k: 11 if k % 2 else 10), "prompts are of about one length"),
        (lengths(lambda k: 20 if k < 29 else 10, lambda _: 9), "too few long prompts: 29"),
        ({}, "the lengths of the prompts are not known"),
    ],
)
def test_without_long_prompts_there_is_one_line_that_says_why(known, said):
    (row,) = long_prompts(Bench(known), "traces", 100)
    assert isinstance(row.student, Refusal)
    assert row.student.refused.startswith(said)


def test_long_prompts_of_one_template_count_as_one():
    known = lengths(lambda k: 20 if k < 30 else 10, lambda k: 100 if k < 30 else 12)
    alone, shared = (Bench(known, cluster=c) for c in (None, np.arange(2 * ITEMS) // 5))
    assert long_prompts(alone, "traces", 100)[0].student.n == 60
    assert long_prompts(shared, "traces", 100)[0].student.n == 12
