import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats.repeats import mean_over_repeats


def test_the_interval_covers_as_often_as_it_says_with_five_repeats():
    rng = np.random.default_rng(1)
    found = [mean_over_repeats(rng.normal(3.0, 2.0, size=5)) for _ in range(2000)]

    covered = np.mean([one.low <= 3.0 <= one.high for one in found])
    assert 0.935 < covered < 0.965


def test_one_repeat_is_refused_and_two_are_cautioned():
    assert isinstance(mean_over_repeats([1.0]), Refusal)
    assert "only 2 seeds" in mean_over_repeats([1.0, 2.0]).caution
    assert mean_over_repeats([1.0, 2.0]).value == pytest.approx(1.5)
