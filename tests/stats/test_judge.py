"""Judge inflation; that its intervals cover is shown by simulation in tests/calibration."""

import numpy as np
import pytest
from scipy.special import expit

from angelshare.core.records import Estimate, Refusal
from angelshare.stats.judge import Controlled, Lengths, judge_inflation, length_controlled, win_rate
from angelshare.stats.panel import Panel
from angelshare.stats.recovery import difference, recovered

N = 4000


def rng():
    return np.random.default_rng(7)


def judged(student=0.5, floor=-1.0, teacher=1.5, *, liking=1.2, excess=(1.0, -0.5, 0.8), n=N):
    """Preferences with known logits at equal length, and lengths whose liking is known."""
    draw = rng()
    wins, long = {}, {}
    for who, logit, mean, count in zip(
        ("student", "floor", "teacher"), (student, floor, teacher), excess, (2, 1, 1), strict=True
    ):
        long[who] = 50.0 * draw.normal(mean, 1.0, (count, n))
        chance = expit(logit + liking * np.tanh(long[who] / long[who].std(axis=1, keepdims=True)))
        wins[who] = (draw.random((count, n)) < chance).astype(float)
    return Panel(domain=np.zeros(n, dtype=np.int64), **wins), Lengths(**long)


def test_the_win_rate_at_equal_length_is_found_where_the_raw_one_is_not():
    wins, lengths = judged()
    controlled = length_controlled(wins, lengths)
    assert isinstance(controlled, Controlled)
    assert controlled.caution == ""
    equal = win_rate(controlled.panel.student, wins.domain, level=0.95, rng=rng(), trained=True)
    raw = win_rate(wins.student, wins.domain, level=0.95, rng=rng(), trained=True)
    assert equal.low < expit(0.5) < equal.high
    assert equal.value == pytest.approx(expit(0.5), abs=0.03)
    assert raw.value > expit(0.5) + 0.1


def test_where_the_judge_is_blind_to_length_control_changes_little_and_costs_width():
    wins, lengths = judged(liking=0.0)
    controlled = length_controlled(wins, lengths)
    raw, equal = (
        win_rate(each.student, wins.domain, level=0.95, rng=rng(), trained=False) for each in (wins, controlled.panel)
    )
    assert equal.value == pytest.approx(raw.value, abs=0.03)
    assert equal.high - equal.low > raw.high - raw.low


def test_the_influence_of_items_gives_the_spread_that_repetition_gives():
    rates, errors = [], []
    for trial in range(200):
        draw = np.random.default_rng(trial)
        excess = draw.normal(0.7, 1.0, (1, 300))
        win = (draw.random((1, 300)) < expit(0.4 + np.tanh(excess / excess.std()))).astype(float)
        panel = Panel(student=win, floor=win, teacher=win, domain=np.zeros(300, dtype=np.int64))
        row = length_controlled(panel, Lengths(student=excess, floor=excess, teacher=excess)).panel.student[0]
        rates.append(row.mean())
        errors.append(row.std(ddof=1) / np.sqrt(row.size))
    assert np.mean(rates) == pytest.approx(expit(0.4), abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(rates), rel=0.15)


def test_replies_as_long_as_the_reference_need_no_control():
    wins, _ = judged()
    level = Lengths(student=0 * wins.student, floor=0 * wins.floor, teacher=0 * wins.teacher)
    assert np.array_equal(length_controlled(wins, level).panel.student, wins.student)


def test_fractions_of_preference_count_as_such():
    wins, lengths = judged(n=400)
    halved = Panel(
        student=0.25 + wins.student / 2, floor=0.25 + wins.floor / 2, teacher=0.25 + wins.teacher / 2, domain=wins.domain
    )  # fmt: skip
    controlled = length_controlled(halved, lengths).panel
    assert 0.5 < controlled.student.mean() < length_controlled(wins, lengths).panel.student.mean()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda win, excess: (np.ones_like(win), excess), "length control, teacher: 60 wins and 0 losses"),
        (lambda win, excess: (win, np.full_like(excess, 9.0)), "length and model are one"),
        (lambda win, excess: ((excess > np.median(excess)).astype(float), excess), "separated: length alone"),
    ],
)
def test_what_cannot_be_told_from_length_is_refused(change, reason):
    wins, lengths = judged(n=60, floor=0.0, teacher=0.0, student=0.0)
    win, excess = change(wins.teacher, lengths.teacher)
    refused = length_controlled(
        Panel(student=wins.student, floor=wins.floor, teacher=win, domain=wins.domain),
        Lengths(student=lengths.student, floor=lengths.floor, teacher=excess),
    )
    assert isinstance(refused, Refusal)
    assert reason in refused.refused


def test_lengths_that_never_meet_the_reference_are_marked():
    wins, lengths = judged(liking=0.2, n=600)
    longer = Lengths(student=10 + abs(lengths.student), floor=lengths.floor, teacher=lengths.teacher)
    assert length_controlled(wins, longer).caution.startswith("no reply of student is shorter than the reference's")


def test_inflation_is_the_difference_of_the_two_recoveries_and_pairing_narrows_it():
    draw = rng()
    n = 600
    hard = draw.random(n)
    verifiable = Panel(
        student=np.stack([(hard < 0.4).astype(float), (hard < 0.42).astype(float)]), floor=(hard < 0.1)[None] * 1.0,
        teacher=(hard < 0.95)[None] * 1.0, domain=np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    wins = Panel(
        student=np.stack([(hard < 0.7).astype(float), (hard < 0.72).astype(float)]), floor=(hard < 0.2)[None] * 1.0,
        teacher=(hard < 0.8)[None] * 1.0, domain=np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    paired = judge_inflation(wins, verifiable, same_items=True, level=0.95, rng=rng())
    apart = judge_inflation(wins, verifiable, same_items=False, level=0.95, rng=rng())
    by_judge, by_score = (recovered(panel, level=0.95, rng=rng()) for panel in (wins, verifiable))
    assert paired.value == pytest.approx(by_judge.value - by_score.value)
    assert paired.value > 0.3
    assert paired.low < paired.value < paired.high
    assert paired.high - paired.low < apart.high - apart.low
    assert paired.method.startswith("judge minus verifiable")
    assert isinstance(difference(wins, verifiable, level=0.95, rng=rng()), Estimate)


def test_inflation_is_refused_by_the_side_whose_gap_is_not_identified():
    wins, _ = judged(n=200)
    flat = Panel(student=wins.student, floor=wins.teacher, teacher=wins.teacher, domain=wins.domain)
    number = judge_inflation(flat, wins, same_items=True, level=0.95, rng=rng())
    assert number.refused.startswith("by the judge: gap not identified")
    number = judge_inflation(wins, flat, same_items=True, level=0.95, rng=rng())
    assert number.refused.startswith("by verifiable score: gap not identified")
