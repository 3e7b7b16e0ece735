import numpy as np
import pytest
from scipy.special import expit

from angelshare.core.delay import DAYS_PER_MONTH, Benchmark
from angelshare.core.records import Estimate, Refusal
from angelshare.stats.spells import SINCE_DAY, Series
from angelshare.stats.trend import bracket_spells, frontier_slope, straightened, threshold_spells, trend_offset
from stats.delay_data import day, made

SHARE = Benchmark(name="share", unit="percent", upper=100.0)


@pytest.fixture
def rng():
    return np.random.default_rng(20260822)


def lines(lag_months=7.0, slope=12.0, jitter=0.0, rng=None):
    """Both frontiers on one straight line in time, the open one so many months later."""
    closed = day("2023-03-15") + np.arange(0.0, 1200.0, 45.0)
    opened = closed[3:] + 11.0
    score = np.concatenate(
        ((closed - closed[0]) / 365.25 * slope, (opened - closed[0] - lag_months * DAYS_PER_MONTH) / 365.25 * slope)
    )
    if rng is not None:
        score = score + rng.normal(0.0, jitter, score.size)
    days = np.concatenate((closed, opened))
    is_open = np.arange(days.size) >= closed.size
    names = tuple(f"model {place}" for place in range(days.size))
    return Series(names, days, 100.0 + score, np.full(days.size, np.nan), is_open, float(days.max()))


@pytest.mark.parametrize("which", ["open", "closed"])
def test_the_slope_of_a_straight_frontier_is_its_slope(which, rng):
    number = frontier_slope(lines(jitter=0.01, rng=rng), which=which, level=0.9, bootstraps=200, rng=rng)

    assert number.value == pytest.approx(12.0, abs=0.05)
    assert 0 < number.high - number.low < 0.2


def test_a_frontier_without_a_step_out_of_line_says_nothing_of_its_doubt(rng):
    slope = frontier_slope(lines(), which="closed", level=0.9, bootstraps=200, rng=rng)
    offset = trend_offset(lines(), level=0.9, bootstraps=200, rng=rng, since_day=SINCE_DAY)

    assert slope.refused.startswith("unidentified: every resample gives 12")
    assert offset.refused.startswith("unidentified: every resample gives 7")


def test_records_of_one_day_have_no_trend(rng):
    day_of_all = [(f"{weights} {score}", "2023-04-01", score, weights)
                  for weights in ("closed", "open") for score in (1.0, 2.0, 3.0, 4.0)]  # fmt: skip
    series = made(*day_of_all)

    slope = frontier_slope(series, which="open", level=0.9, bootstraps=10, rng=rng)
    offset = trend_offset(series, level=0.9, bootstraps=10, rng=rng, since_day=SINCE_DAY)
    assert slope == Refusal(refused="all 4 open records are of one day")
    assert offset == Refusal(refused="no common rising trend")


def test_the_offset_of_parallel_lines_is_their_distance(rng):
    series = lines(lag_months=7.0, jitter=0.01, rng=rng)
    number = trend_offset(series, level=0.9, bootstraps=200, rng=rng, since_day=SINCE_DAY)

    assert number.value == pytest.approx(7.0, abs=0.05)


def test_uneven_steps_widen_the_interval(rng):
    even = frontier_slope(lines(jitter=0.01, rng=rng), which="closed", level=0.9, bootstraps=200, rng=rng)
    uneven = frontier_slope(lines(jitter=1.0, rng=rng), which="closed", level=0.9, bootstraps=200, rng=rng)

    assert uneven.low < uneven.value < uneven.high
    assert uneven.high - uneven.low > even.high - even.low + 0.5


def test_few_records_have_no_slope_and_no_offset(rng):
    series = made(
        ("a", "2023-04-01", 1.0, "closed"), ("b", "2023-05-01", 2.0, "closed"), ("x", "2023-06-01", 1.0, "open")
    )

    slope = frontier_slope(series, which="closed", level=0.9, bootstraps=10, rng=rng)
    offset = trend_offset(series, level=0.9, bootstraps=10, rng=rng, since_day=SINCE_DAY)
    assert isinstance(slope, Refusal)
    assert isinstance(offset, Refusal)
    assert "too few closed records: 2" in slope.refused


def test_only_the_open_slope_carries_the_caution_that_it_covers_too_little(rng):
    cautions = {
        which: frontier_slope(lines(jitter=0.01, rng=rng), which=which, level=0.9, bootstraps=20, rng=rng).caution
        for which in ("open", "closed")
    }

    assert cautions["closed"] == ""
    assert "less often than its level says" in cautions["open"]


def test_bounded_scores_are_straight_on_the_logit_and_horizons_on_the_logarithm():
    line = lines()
    bounded = line._replace(score=100.0 * expit((line.score - 110.0) / 10.0))
    horizon = line._replace(score=np.exp(line.score / 10.0))

    assert straightened(bounded, SHARE).score == pytest.approx((line.score - 110.0) / 10.0)
    log = Benchmark(name="horizon", unit="minutes", log_scale=True)
    assert straightened(horizon, log).score == pytest.approx(line.score / 10.0)


def test_scores_of_nothing_and_everything_stay_finite_on_the_logit():
    series = made(("a", "2023-04-01", 0.0, "closed"), ("b", "2023-05-01", 100.0, "closed"))

    assert np.isfinite(straightened(series, SHARE).score).all()


def test_every_level_waits_for_the_first_open_release_that_reaches_it():
    series = made(
        ("before", "2023-01-01", 0.0, "closed"),
        ("a", "2023-04-01", 10.0, "closed"),
        ("b", "2023-10-01", 20.0, "closed"),
        ("x", "2023-06-01", 5.0, "open"),
        ("y", "2024-02-01", 15.0, "open"),
    )
    table = threshold_spells(series, SINCE_DAY)
    waited = {
        (series.name[c], series.name[m] if m >= 0 else None) for c, m in zip(table.closed, table.matcher, strict=True)
    }

    assert waited == {("a", "x"), ("a", "y"), ("b", "y"), ("b", None)}
    assert table.matched.sum() == 15


def test_a_bracket_holds_the_moment_the_closed_frontier_passed_an_open_score():
    series = made(
        ("a", "2023-04-01", 10.0, "closed"),
        ("b", "2023-10-01", 20.0, "closed"),
        ("below all", "2023-03-02", 5.0, "open"),
        ("between", "2024-04-01", 15.0, "open"),
        ("ahead", "2024-06-01", 25.0, "open"),
    )
    table = bracket_spells(series, SINCE_DAY)

    assert [series.name[place] for place in table.closed] == ["between", "ahead"]
    assert table.low[0] == pytest.approx((day("2024-04-01") - day("2023-10-01")) / DAYS_PER_MONTH)
    assert table.high[0] == pytest.approx((day("2024-04-01") - day("2023-04-01")) / DAYS_PER_MONTH)
    # ahead of every closed record: no lag at all
    assert table.low[1] == 0.0
    assert table.high[1] < 0.1


def test_an_estimate_leaves_as_an_estimate(rng):
    series = lines(jitter=0.01, rng=rng)
    assert isinstance(frontier_slope(series, which="closed", level=0.9, bootstraps=20, rng=rng), Estimate)
