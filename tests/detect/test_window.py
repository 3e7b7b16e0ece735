"""Windows of text from our own templates: what is benign by construction must pass, what is not must be flagged."""

from __future__ import annotations

import numpy as np
import pytest

from angelshare.core.errors import LogError
from angelshare.detect import window
from angelshare.detect.world import words

SIZE = 100
pytestmark = pytest.mark.slow  # learns from 1,200 queries, about ten seconds on an idle core


def texts(family: str, n: int, seed: int) -> list[str]:
    return words.write(family, n, np.random.default_rng(seed))


def windows(found: np.ndarray, n: int, *, of: np.ndarray | None = None, strange: int = 0) -> np.ndarray:
    rng = np.random.default_rng(5)
    out = []
    for _ in range(n):
        rows = found[rng.choice(len(found), SIZE - strange, replace=False)]
        if of is not None:
            rows = np.concatenate([rows, of[rng.choice(len(of), strange, replace=False)]])
        out.append(rows.mean(axis=0))
    return np.stack(out)


@pytest.fixture(scope="module")
def chat():
    """Chat of one source: what is learned from, and what comes later. Texts quote each other, so they are mixed."""
    order = np.random.default_rng(8).permutation(5200)
    found = texts("chat", 5200, 1)
    mixed = [found[i] for i in order]
    return mixed[:1200], mixed[1200:]


@pytest.fixture(scope="module")
def reference(chat):
    return window.learn(chat[0], texts("harvest-code", 300, 2), rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def null(reference):
    return window.null(reference, SIZE, rng=np.random.default_rng(3))


def test_windows_of_the_same_source_are_flagged_about_as_often_as_the_level_says(reference, null, chat):
    fresh = window.measures(reference, chat[1])
    disjoint = fresh.reshape(40, SIZE, -1).mean(axis=1)

    p_values = window.p_values(null, window.score(reference, null, disjoint))

    assert (p_values <= 0.05).mean() < 0.2
    assert p_values.mean() > 0.3


def test_a_quarter_of_another_source_is_flagged_though_the_witness_never_saw_it(reference, null, chat):
    benign = window.measures(reference, chat[1][:600])
    strange = window.measures(reference, texts("documents", 600, 7))

    scores = window.score(reference, null, windows(benign, 40, of=strange, strange=25))

    assert (window.p_values(null, scores) <= 0.01).mean() > 0.9


def test_without_other_families_the_witness_is_silent_and_the_rest_works():
    alone = window.learn(texts("chat", 400, 1), [], rng=np.random.default_rng(0))
    one = window.null(alone, SIZE, rng=np.random.default_rng(1))
    strange = window.measures(alone, texts("harvest-reasoning", 300, 2))

    assert np.ptp(strange[:, 4]) == 0
    assert (window.p_values(one, window.score(alone, one, windows(strange, 10))) <= 0.001).all()


def test_too_few_benign_queries_are_refused():
    with pytest.raises(LogError, match="at least 200"):
        window.learn(["one", "two"], [], rng=np.random.default_rng(0))
