import numpy as np
import pytest

from angelshare.core.delay import Benchmark
from angelshare.core.records import Estimate, Refusal
from angelshare.core.seeds import stream
from angelshare.stats.calibration.frontiers import WORLDS, draw_series
from angelshare.stats.delay_cautions import (
    CLUSTER_KAPLAN_MEIER,
    CLUSTER_LOGNORMAL,
    DEFAULT,
    KAPLAN_MEIER,
    NARROW,
    NOISE,
    PAIRED,
    TARGETS,
    UNDERCOVERS,
)
from angelshare.stats.lag import delay_panel
from stats.delay_data import made

POINTS = Benchmark(name="simulated", unit="points")


def panel(series, benchmark=POINTS, seed=1, draws=None, bootstraps=200):
    rng = np.random.default_rng(seed)
    return delay_panel(series, benchmark, level=0.9, bootstraps=bootstraps, rng=rng, draws=draws)


def world(name="constant", index=0):
    return draw_series(WORLDS[name], stream("test", name, index))


@pytest.fixture(scope="module")
def noisy():
    series = world("noisy scores")
    return series, *panel(series)


def test_the_panel_has_a_row_for_every_estimator_and_one_default(noisy):
    _, _, rows = noisy

    assert {row.name for row in rows} == set(TARGETS)
    assert [row.name for row in rows if row.default] == [DEFAULT]
    assert {row.benchmark for row in rows} == {"simulated"}


def test_every_number_is_an_estimate_around_its_value_or_a_refusal_in_words(noisy):
    _, told, rows = noisy
    numbers = [row.months for row in rows]
    numbers += [part for change in told.sensitivity for part in (change.months, change.kaplan_meier)]
    numbers += [point.share for point in told.survival]

    assert len(numbers) > 30
    for number in numbers:
        if isinstance(number, Refusal):
            assert number.refused
        else:
            assert number.low <= number.value
            assert number.high is None or number.value <= number.high
            assert np.isfinite(number.value)
            assert number.method


def test_counts_are_those_of_the_spells(noisy):
    _, told, rows = noisy
    matched = [spell for spell in told.spells if spell.matched_by]
    (default,) = [row for row in rows if row.default]

    assert default.matched == len(matched)
    assert default.censored == len(told.spells) - len(matched)
    assert default.matchers == len({spell.matched_by for spell in matched}) == default.months.n
    assert told.open_models + told.closed_models == len(noisy[0].name)


def test_rows_that_cover_too_little_say_so_and_the_others_do_not(noisy):
    _, _, rows = noisy

    for row in rows:
        narrow = "less often than its level says" in row.caution
        assert narrow == (row.name in UNDERCOVERS), row.name
        if isinstance(row.months, Estimate):
            assert row.months.caution == row.caution


def test_every_matcher_is_left_out_in_turn_the_busiest_first(noisy):
    _, told, _ = noisy
    matchers = [spell.matched_by for spell in told.spells if spell.matched_by]
    left_out = [
        change.change.removeprefix("without ") for change in told.sensitivity if change.change.startswith("without ")
    ]

    assert sorted(left_out) == sorted(set(matchers))
    assert matchers.count(left_out[0]) == max(matchers.count(name) for name in left_out)


def test_the_survival_curve_falls_from_one(noisy):
    _, told, _ = noisy
    shares = [point.share.value for point in told.survival]

    assert shares == sorted(shares, reverse=True)
    assert all(0.0 <= point.share.low <= point.share.value <= point.share.high <= 1.0 for point in told.survival)
    assert all(point.share.low < point.share.high for point in told.survival)


def test_the_survival_curve_falls_at_the_months_of_the_matches_and_nowhere_else(noisy):
    _, told, _ = noisy
    matches = sorted({spell.high_months for spell in told.spells if spell.matched_by})
    shares = [1.0, *(point.share.value for point in told.survival)]
    fell = [point.months for point, before in zip(told.survival, shares, strict=False) if point.share.value < before]

    assert fell == pytest.approx(matches)


def test_a_tolerance_says_that_its_interval_is_too_narrow_among_the_changes_too(noisy):
    _, told, _ = noisy

    for change in told.sensitivity:
        if isinstance(change.months, Estimate):
            assert (NARROW in change.months.caution) == change.change.startswith("tolerance")


def test_the_same_seed_gives_the_same_panel(noisy):
    series, told, rows = noisy

    assert panel(series) == (told, rows)


def test_models_in_another_order_give_the_same_panel(noisy):
    series, _, rows = noisy
    back = np.arange(len(series.name))[::-1]
    turned = series._replace(
        name=series.name[::-1],
        day=series.day[back],
        score=series.score[back],
        sd=series.sd[back],
        open=series.open[back],
    )
    _, again = panel(turned)

    exact = [row for row in rows if row.name not in (NOISE, PAIRED, CLUSTER_LOGNORMAL, CLUSTER_KAPLAN_MEIER)]
    same = {(row.name, row.criterion): row.months.value for row in again if isinstance(row.months, Estimate)}
    for row in exact:
        assert same[row.name, row.criterion] == pytest.approx(row.months.value)


def test_all_dates_moved_together_change_nothing(noisy):
    series, told, _ = noisy
    later = series._replace(day=series.day + 400.0, end_day=series.end_day + 400.0)
    since = 400.0 + 19417.0
    moved, _ = delay_panel(later, POINTS, level=0.9, bootstraps=20, rng=np.random.default_rng(1), since_day=since)

    assert [s.high_months for s in moved.spells] == pytest.approx([s.high_months for s in told.spells])


def test_score_noise_only_widens_the_default(noisy):
    _, _, rows = noisy
    by_name = {row.name: row.months for row in rows}

    assert by_name[NOISE].value == by_name[DEFAULT].value
    assert by_name[NOISE].high / by_name[NOISE].low > by_name[DEFAULT].high / by_name[DEFAULT].low


def test_joint_draws_are_named_and_used():
    series = world("noisy scores")
    shared = series.score + np.random.default_rng(2).normal(0.0, 3.0, (300, 1))
    _, rows = panel(series, draws=shared)
    (noise,) = [row for row in rows if row.name == NOISE]
    lenient, _, strict = [row for row in rows if row.name == PAIRED]

    assert "joint errors" in noise.criterion
    # errors that all models share change no order: every share of draws is the strict criterion
    assert lenient.months.value == pytest.approx(strict.months.value)


def test_without_standard_errors_noise_is_refused_not_guessed():
    _, rows = panel(world())

    refused = [row for row in rows if row.name in (NOISE, PAIRED)]
    assert len(refused) == 4
    assert all(row.months == Refusal(refused="the source gives no standard errors") for row in refused)


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        ((("a", "2023-04-01", 1.0, "closed"),), "unidentified: 0 open models"),
        ((("a", "2023-04-01", 1.0, "closed"), ("x", "2023-08-01", 2.0, "open")), "unidentified: 1 open model"),
        (
            (("a", "2023-04-01", 1.0, "closed"), ("x", "2023-08-01", 2.0, "open"), ("y", "2023-09-01", 3.0, "open")),
            "unidentified: 1 closed records matched, 3 are needed",
        ),
        (
            (
                *((name, f"2023-0{month}-01", float(month), "closed") for month, name in enumerate("abc", start=4)),
                ("w", "2023-03-05", 0.5, "open"),
                ("x", "2023-12-01", 9.0, "open"),
            ),
            "unidentified: one open release matches all 3",
        ),
    ],
)
def test_too_few_models_or_matches_are_unidentified_with_their_spells_shown(models, reason):
    told, rows = panel(made(*models))

    assert told.refused == reason
    assert rows == []
    assert len(told.spells) == sum(weights == "closed" for *_, weights in models)


def test_a_kaplan_meier_median_that_is_not_reached_is_refused_as_not_bounded_above():
    closed = [(f"c{month}", f"2023-{month:02d}-10", 10.0 * month, "closed") for month in range(3, 13)]
    opened = [(f"o{month}", f"2023-{month + 3:02d}-01", 10.0 * month, "open") for month in range(3, 7)]
    _, rows = panel(made(*closed, *opened, end="2024-06-01"))
    by_name = {row.name: row.months for row in rows}

    assert by_name[KAPLAN_MEIER] == Refusal(
        refused="not bounded above: 4 of 10 closed records matched; "
        "the oldest not yet matched has stood at least 10.7 months"
    )


def test_a_longer_lag_gives_a_longer_estimate():
    def estimate(name):
        _, rows = panel(world(name), bootstraps=20)
        return next(row.months.value for row in rows if row.default)

    assert estimate("heavily censored") > 1.5 * estimate("constant")
