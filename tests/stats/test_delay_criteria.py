import numpy as np
import pytest

from angelshare.core.delay import Benchmark
from angelshare.core.errors import RefusedError
from angelshare.stats.delay_criteria import (
    at_least_as_good,
    noisy_tables,
    padded,
    paired_table,
    scaled,
    tolerances,
)
from angelshare.stats.spells import SINCE_DAY, spell_table
from stats.delay_data import made

POINTS = Benchmark(name="index", unit="points")
MINUTES = Benchmark(name="horizon", unit="minutes", log_scale=True)
MODELS = (
    ("a", "2023-04-01", 20.0, "closed"),
    ("x", "2023-09-01", 19.0, "open"),
    ("y", "2024-02-01", 25.0, "open"),
    ("b", "2024-03-01", 40.0, "closed"),
)


@pytest.fixture
def rng():
    return np.random.default_rng(20260822)


def test_on_points_a_tolerance_is_points_and_elsewhere_a_share_of_the_range():
    series = made(*MODELS)
    share = Benchmark(name="share", unit="share", upper=1.0)

    assert [(limit.amount, limit.words) for limit in tolerances(series, POINTS)][:2] == [
        (1.0, "1 point"),
        (2.0, "2 points"),
    ]
    assert [limit.amount for limit in tolerances(series, share)] == pytest.approx([0.315, 0.63, 0.945])
    assert tolerances(series, share)[0].words == "1.5 % of the range"


def test_a_tolerance_on_a_log_scale_does_not_depend_on_the_unit():
    hours = made(*((name, on, score / 60, weights) for name, on, score, weights in MODELS))
    minutes = made(*MODELS)

    in_hours = tolerances(scaled(hours, MINUTES), MINUTES)
    in_minutes = tolerances(scaled(minutes, MINUTES), MINUTES)
    assert [limit.amount for limit in in_hours] == pytest.approx([limit.amount for limit in in_minutes])


def test_a_score_of_nothing_on_a_log_scale_is_refused_by_name():
    series = made(*MODELS, ("zero", "2024-04-01", 0.0, "open"))

    with pytest.raises(RefusedError, match=r"horizon: a log scale needs scores above 0, zero has 0 minutes"):
        scaled(series, MINUTES)


def test_an_even_bet_is_the_strict_criterion_when_errors_are_independent():
    series = made(*MODELS, sd=2.0)

    assert paired_table(series, 0.5, since_day=SINCE_DAY, draws=None).matcher.tolist() == [2, -1]
    assert spell_table(series).matcher.tolist() == [2, -1]


def test_a_lenient_share_matches_earlier_and_a_strict_one_later():
    series = made(*MODELS, sd=2.0)

    assert paired_table(series, 0.05, since_day=SINCE_DAY, draws=None).matcher.tolist() == [1, -1]
    assert paired_table(series, 0.97, since_day=SINCE_DAY, draws=None).matcher.tolist() == [-1, -1]


def test_joint_draws_count_what_both_models_share():
    series = made(*MODELS, sd=5.0)
    common = np.random.default_rng(1).normal(0.0, 5.0, (400, 1))
    # errors common to all models never change who is better
    shares = at_least_as_good(series, [0], series.score + common)

    assert shares[0].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert 0.05 < at_least_as_good(series, [0], None)[0, 1] < 0.5


def test_without_any_error_the_better_score_wins():
    assert at_least_as_good(made(*MODELS, sd=0.0), [0], None)[0].tolist() == [1.0, 0.0, 1.0, 1.0]


def test_noise_draws_records_anew_and_none_without_noise(rng):
    quiet = noisy_tables(made(*MODELS, sd=0.0), since_day=SINCE_DAY, draws=None, rows=5, rng=rng)
    loud = noisy_tables(made(*MODELS, sd=20.0), since_day=SINCE_DAY, draws=None, rows=50, rng=rng)

    assert {tuple(table.matcher) for table in quiet} == {(2, -1)}
    assert len({tuple(table.matcher) for table in loud}) > 3


def test_padding_has_no_weight(rng):
    tables = noisy_tables(made(*MODELS, sd=20.0), since_day=SINCE_DAY, draws=None, rows=20, rng=rng)
    low, high, weight = padded(tables)

    assert low.shape == high.shape == weight.shape
    assert weight.sum(axis=1).tolist() == [table.low.size for table in tables]
    assert (weight.sum(axis=1) < weight.shape[1]).any()
