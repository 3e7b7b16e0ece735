"""The panel against the trial on real scores of 22 August 2026, and its speed; skipped where the scores are not at hand."""

import time

import numpy as np
import pytest

from angelshare.core.delay import Benchmark
from angelshare.core.records import Refusal
from angelshare.stats.delay_cautions import CLUSTER_KAPLAN_MEIER, CLUSTER_LOGNORMAL, DEFAULT, KAPLAN_MEIER, TOLERANCE
from angelshare.stats.delay_criteria import noisy_tables
from angelshare.stats.delay_rows import Ask, cluster_percentile
from angelshare.stats.lag import delay_panel, frontier_slope
from angelshare.stats.spells import SINCE_DAY, spell_table
from stats.delay_data import day, real_series, without

INDEX = Benchmark(name="ECI", unit="points")
BOOTSTRAPS = 200

TRIAL = {
    "ECI": ((23, 19, 8), 6.0, 5.6, (5.0, 6.2)),
    "gpqa_diamond": ((22, 18, 10), 5.7, 5.2, (4.3, 6.4)),
    "otis_mock_aime": ((26, 25, 10), 4.3, 1.6, (0.4, 3.9)),
    "frontiermath_public": ((20, 13, 6), 8.0, 6.3, (4.7, 8.1)),
    "chess_puzzles": ((16, 12, 5), 15.0, 10.5, (7.8, 14.3)),
    "metr_time_horizon": ((17, 8, 4), 11.0, 12.3, (4.8, 37.7)),
}
"""Records, matched, matchers; Kaplan-Meier; lognormal and its cluster percentile interval (300 resamples)."""


def scale(name):
    if name == "ECI":
        return INDEX
    minutes = name == "metr_time_horizon"
    return Benchmark(
        name=name, unit="minutes" if minutes else "percent", log_scale=minutes, upper=None if minutes else 100.0
    )


def rows_of(series, benchmark=INDEX, **more):
    told, rows = delay_panel(series, benchmark, level=0.9, bootstraps=BOOTSTRAPS, rng=np.random.default_rng(5), **more)
    return told, {(row.name, row.criterion): row for row in rows}, {row.name: row for row in rows}


@pytest.mark.parametrize(
    "name", ["ECI", *(pytest.param(name, marks=pytest.mark.slow) for name in TRIAL if name != "ECI")]
)
def test_the_panel_repeats_the_trial(name):
    (spells, matched, matchers), kaplan_meier, lognormal, (low, high) = TRIAL[name]
    told, _, rows = rows_of(real_series(name), scale(name))
    default, plain = rows[DEFAULT], rows[CLUSTER_LOGNORMAL].months

    assert (len(told.spells), default.matched, default.matchers) == (spells, matched, matchers)
    assert rows[KAPLAN_MEIER].months.value == pytest.approx(kaplan_meier, abs=0.06)
    assert default.months.value == pytest.approx(lognormal, abs=0.06)
    # ends of a bootstrap on four to ten clusters differ between seeds by some per cent
    assert plain.low == pytest.approx(low, rel=0.2, abs=0.45)
    assert plain.high == pytest.approx(high, rel=0.3)


def test_the_plain_interval_of_the_index_is_the_trials_and_the_default_is_wider():
    _, _, rows = rows_of(real_series("ECI"))
    plain, km, default = rows[CLUSTER_LOGNORMAL].months, rows[CLUSTER_KAPLAN_MEIER].months, rows[DEFAULT].months

    assert (plain.low, plain.high) == (pytest.approx(5.0, abs=0.1), pytest.approx(6.2, abs=0.1))
    assert (km.low, km.high) == (pytest.approx(5.5, abs=0.3), pytest.approx(7.5, abs=0.1))
    assert default.low < plain.low
    assert default.high > plain.high


def test_a_tolerance_of_one_two_and_three_points_shortens_the_delay():
    _, rows, _ = rows_of(real_series("ECI"))
    medians = [row.months.value for (name, _), row in rows.items() if name == TOLERANCE]

    assert medians == pytest.approx([5.2, 3.9, 2.8], abs=0.06)


def test_without_the_busiest_matcher_the_delay_is_longer():
    told, _, _ = rows_of(real_series("ECI"))
    change = next(change for change in told.sensitivity if change.change == "without Kimi K3")

    assert told.sensitivity[3] == change
    assert change.months.value == pytest.approx(6.2, abs=0.06)
    assert change.kaplan_meier.value == pytest.approx(7.5, abs=0.06)
    ask = Ask(0.9, 2000, np.random.default_rng(5))
    plain = cluster_percentile(CLUSTER_LOGNORMAL, [spell_table(without(real_series("ECI"), "Kimi K3"))], ask)
    assert (plain.low, plain.high) == (pytest.approx(5.1, abs=0.15), pytest.approx(7.5, abs=0.15))


def test_records_since_2025_last_as_long():
    told, _, rows = rows_of(real_series("ECI"), since_day=day("2025-01-01"))

    assert (len(told.spells), rows[DEFAULT].matched, rows[DEFAULT].matchers) == (15, 11, 5)
    assert rows[KAPLAN_MEIER].months.value == pytest.approx(7.1, abs=0.06)
    assert rows[DEFAULT].months.value == pytest.approx(6.0, abs=0.06)


def test_score_noise_widens_the_plain_interval_as_in_the_trial():
    series, rng = real_series("ECI"), np.random.default_rng(5)
    noisy = noisy_tables(series, since_day=SINCE_DAY, draws=None, rows=600, rng=rng)
    number = cluster_percentile(CLUSTER_LOGNORMAL, [spell_table(series), *noisy], Ask(0.9, 600, rng))

    # the trial says 3.4 to 7.9 from 300 draws
    assert (number.low, number.high) == (pytest.approx(3.4, abs=0.4), pytest.approx(7.9, abs=0.5))


def test_too_scattered_a_benchmark_is_unidentified():
    _, _, rows = rows_of(real_series("simpleqa_verified"), scale("simpleqa_verified"))

    assert isinstance(rows[DEFAULT].months, Refusal)
    assert rows[DEFAULT].months.refused.startswith("unidentified")


def test_the_closed_frontier_of_the_index_rises_by_the_published_slope():
    number = frontier_slope(real_series("ECI"), which="closed", level=0.9, bootstraps=200, rng=np.random.default_rng(5))

    # 13.7 points a year, IAPS, August 2026
    assert number.value == pytest.approx(13.7, abs=0.3)
    assert number.low < 13.7 < number.high


def test_a_thousand_resamples_of_the_index_take_seconds():
    series = real_series("ECI")
    started = time.process_time()
    delay_panel(series, INDEX, level=0.9, bootstraps=1000, rng=np.random.default_rng(5))

    assert time.process_time() - started < 15.0
