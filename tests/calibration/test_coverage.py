"""A subset of `make calibrate`: each interval covers, the naive ones do not. Streams are fixed, so nothing flickers."""

from functools import lru_cache

import pytest

from angelshare.core.seeds import derived_seed
from angelshare.stats.calibration.summary import LEAST, pooled, run_study
from angelshare.stats.calibration.trial import OURS

pytestmark = pytest.mark.calibration

WORLDS = {
    "recovery": 288, "attribution": 72, "contrasts": 48, "style": 48, "answers": 96, "judge": 96, "curve": 80, "tests": 800,
    "logit": 288, "divergence": 144,
}  # fmt: skip


@lru_cache
def rows(study):
    trials = [trial for index in range(WORLDS[study]) for trial in run_study(study, index)]
    kept = [trial for trial in trials if not trial.cell.startswith("truth: ") and " doses " not in trial.cell]
    return {(row.claim, row.method): row for row in pooled(kept)}


def tolerance(trials):
    """Three binomial standard errors below the coverage that is promised."""
    return 3 * (LEAST * (1 - LEAST) / trials) ** 0.5


@pytest.mark.parametrize("study", WORLDS)
def test_our_intervals_cover_in_simulated_worlds(study):
    judged = [row for (_, method), row in rows(study).items() if method == OURS and row.trials >= 20]
    assert judged
    for row in judged:
        assert row.coverage >= LEAST - tolerance(row.trials), row


@pytest.mark.parametrize(
    ("study", "claim", "method"),
    [
        ("recovery", "recovery", "bootstrap over items only"),
        ("recovery", "recovery", "bootstrap over seeds only"),
        ("judge", "judge inflation, equal length", "raw win rates"),
        ("curve", "recovery at 1x", "resample seeds, refit Hill"),
        ("curve", "recovery at 3x", "resample seeds, refit Hill"),
        ("curve", "recovery at 10x", "resample seeds, refit Hill"),
    ],
)
def test_the_bootstraps_others_use_do_not_cover(study, claim, method):
    row = rows(study)[claim, method]
    assert row.coverage < LEAST - tolerance(row.trials)
    assert row.coverage < rows(study)[claim, OURS].coverage - 0.1


def test_a_true_zero_is_hardly_ever_attributed():
    row = rows("attribution")["false attribution of a true 0", OURS]
    assert row.coverage >= 0.975 - 3 * (0.025 * 0.975 / row.trials) ** 0.5


def test_a_world_is_the_same_whatever_ran_before_it():
    assert derived_seed("calibration", "recovery", 5) != derived_seed("calibration", "recovery", 6)
    assert run_study("recovery", 5) == run_study("recovery", 5)
