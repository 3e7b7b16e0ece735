"""A subset of the delay study of `make calibrate`: two frontiers of each kind. Streams are fixed, so nothing flickers."""

from functools import lru_cache

import pytest

from angelshare.core.seeds import stream
from angelshare.stats.calibration.delay_study import CLAIM
from angelshare.stats.calibration.frontiers import WORLDS, draw_series, truth_of
from angelshare.stats.calibration.summary import LEAST_DELAY, Row, failures, pooled, run_study, verdict
from angelshare.stats.calibration.trial import LABELLED, OURS
from angelshare.stats.delay_cautions import CLUSTER_LOGNORMAL, DEFAULT, UNDERCOVERS
from angelshare.stats.spells import spell_table

pytestmark = pytest.mark.calibration

PER_WORLD = 2


@lru_cache
def rows():
    trials = [trial for index in range(PER_WORLD * len(WORLDS)) for trial in run_study("delay", index)]
    return {(row.claim.removeprefix(CLAIM), row.method): row for row in pooled(trials)}


def tolerance(trials):
    """Three binomial standard errors below the coverage that is promised."""
    return 3 * (LEAST_DELAY * (1 - LEAST_DELAY) / trials) ** 0.5


def test_intervals_without_a_caution_cover_on_simulated_frontiers():
    judged = [row for (_, method), row in rows().items() if method == OURS and row.trials >= 15]

    assert len(judged) >= 8
    for row in judged:
        assert row.coverage >= LEAST_DELAY - tolerance(row.trials), row


def test_the_default_is_hardly_biased():
    assert abs(rows()[DEFAULT, OURS].bias) < 1.0


def test_the_cluster_bootstrap_covers_too_little_and_is_labelled():
    plain = rows()[CLUSTER_LOGNORMAL, LABELLED]

    assert plain.coverage < LEAST_DELAY - 0.1
    assert plain.coverage < rows()[DEFAULT, OURS].coverage - 0.1


def test_labels_are_only_on_what_the_table_names():
    assert {name for name, method in rows() if method == LABELLED} == set(UNDERCOVERS)


@pytest.mark.parametrize(
    ("method", "coverage", "said"),
    [(LABELLED, 0.95, "label is stale"), (LABELLED, 0.7, "too low"), (OURS, 0.85, "too low"), (OURS, 0.93, "holds")],
)
def test_a_missing_label_and_a_stale_one_both_fail_the_full_run(method, coverage, said):
    row = Row(CLAIM + "some estimator", "all", method, 1000, 0, coverage, 1.0)

    assert verdict(row) == said
    assert (failures([row]) == [row]) == (said == "label is stale" or (method == OURS and said == "too low"))


def test_the_usual_world_looks_like_the_index_it_stands_for():
    tables = [spell_table(draw_series(WORLDS["constant"], stream("likeness", index))) for index in range(60)]

    def mean(values):
        values = list(values)
        return sum(values) / len(values)

    # the Epoch index of August 2026: 23 records, 19 matched, by 8 releases
    assert mean(table.low.size for table in tables) == pytest.approx(23, abs=2)
    assert mean(table.matched.sum() for table in tables) == pytest.approx(19, abs=2)
    assert mean(table.matchers for table in tables) == pytest.approx(8, abs=2)


def test_truths_are_ordered_as_they_must_be():
    truth = truth_of(WORLDS["constant"])

    assert truth.capability < truth.release
    assert truth_of(WORLDS["constant"], 2.0).capability < truth.capability
    assert truth_of(WORLDS["shrinking"]) != truth_of(WORLDS["growing"])
