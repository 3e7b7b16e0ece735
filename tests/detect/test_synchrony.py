"""Accounts in the same ten minutes are found; those who only share hours are not."""

import numpy as np
from tests.detect.small_accounts import accounts_of

from angelshare.detect.synchrony import IN_STEP, in_step

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
FIRST = 20_514
"""2026-03-02 in days since 1970."""


def drawn(together: int, *, n: int = 200, seed: int = 1):
    """Give n accounts with random bins in working hours; the first `together` share eight moments a day."""
    rng = np.random.default_rng(seed)
    moments = {day: rng.choice(np.arange(48, 120), 8, replace=False) for day in range(3)}
    used = []
    for row in range(n):
        some = {(day, int(at)) for day in range(3) for at in rng.choice(np.arange(48, 120), 10, replace=False)}
        if row < together:
            some = {(day, int(at)) for day, held in moments.items() for at in held if rng.random() < 0.8}
            some |= {(day, int(at)) for day in range(3) for at in rng.choice(np.arange(48, 120), 4, replace=False)}
        used.append([f"{FIRST + day}/{at}" for day, at in sorted(some)])
    return accounts_of({"bin": used}, n=n, days=DAYS)


def test_a_group_that_keeps_the_same_moments_is_found_and_few_others_with_it():
    found = in_step(drawn(30), np.ones(200, dtype=bool))
    assert found
    best = max(found, key=lambda score: (score[:30] >= IN_STEP).sum())
    assert (best[:30] >= IN_STEP).mean() >= 0.7
    assert (best[30:] >= IN_STEP).mean() <= 0.05


def test_accounts_that_only_share_office_hours_keep_no_rhythm():
    for seed in (2, 3, 4):
        assert in_step(drawn(0, seed=seed), np.ones(200, dtype=bool)) == []


def test_nobody_new_means_no_new_rhythm():
    assert in_step(drawn(30), np.zeros(200, dtype=bool)) == []


def test_logs_without_times_keep_no_rhythm():
    assert in_step(accounts_of({}, n=20, days=DAYS), np.ones(20, dtype=bool)) == []
