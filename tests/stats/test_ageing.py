from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np

from angelshare.core.delay import Spell
from angelshare.core.records import Refusal
from angelshare.stats.ageing import delay_trend

MONTH = 30.4375


def spells(seed: int, *, factor: float, count=24, shared=2):
    """Make records over three years whose median delay changes by `factor` a year; `shared` records per matcher."""
    rng = np.random.default_rng(seed)
    end = 40.0
    out = []
    for k in range(count):
        month = 36 * k / count
        luck = np.random.default_rng([seed, k // shared]).normal(0, 0.25)
        delay = 6 * factor ** (month / 12 - 1.5) * math.exp(luck + rng.normal(0, 0.25))
        found = month + delay < end
        out.append(
            Spell(
                closed=f"c{k}", set_on=(date(2023, 1, 1) + timedelta(days=month * MONTH)).isoformat(), score=float(k),
                matched_by=f"o{k // shared}" if found else None, matched_on="2024-01-01" if found else None,
                low_months=max(delay - 1.5, 0.0) if found else max(end - month, 0.0),
                high_months=delay if found else None,
            )
        )  # fmt: skip
    return out


def test_the_interval_covers_a_delay_that_stays_shrinks_or_grows():
    for factor in (0.7, 1.0, 1.4):
        held = 0
        for seed in range(20):
            number = delay_trend(spells(seed, factor=factor), level=0.9)
            held += number.low <= factor <= number.high
        assert held / 20 >= 0.75, factor


def test_a_strong_trend_is_told_from_none():
    assert delay_trend(spells(1, factor=0.4), level=0.9).high < 1
    assert delay_trend(spells(1, factor=2.0), level=0.9).low > 1


def test_too_few_matching_releases_or_one_day_are_refused():
    few = spells(1, factor=1.0, shared=12)
    assert delay_trend(few, level=0.9) == Refusal(refused="trend in the delay: 2 matching releases, 4 are needed")

    one_day = [Spell(closed=s.closed, set_on="2024-01-01", score=s.score, matched_by=s.matched_by, matched_on=None,
                     low_months=s.low_months, high_months=s.high_months) for s in spells(1, factor=1.0)]  # fmt: skip
    assert isinstance(delay_trend(one_day, level=0.9), Refusal)
