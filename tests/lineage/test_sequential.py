import numpy as np
import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Evidence, Refusal
from angelshare.lineage.answers import Panel
from angelshare.lineage.sequential import course_of, sequential_test
from lineage.written import answers, nulls, students, teachers


def test_bets_on_exchangeable_projects_are_won_no_more_often_than_alpha_whenever_one_stops():
    rng = np.random.default_rng(1)
    runs, alarms, against_half = 200, 0, 0
    for _ in range(runs):
        truth = np.clip(rng.normal(0.5, 0.1, 100), 0.02, 0.98)  # projects differ by more than prompts explain
        rates = rng.binomial(400, truth[1:]) / 400
        won = rng.random(400) < truth[0]
        alarms += course_of(won, rates, 0.05).stopped is not None
        against_half += course_of(won, np.full(99, 0.5), 0.05).stopped is not None
    assert alarms / runs <= 0.05
    assert against_half / runs > 3 * 0.05  # the same bet against chance names innocents


def test_a_model_that_wins_more_often_than_any_null_is_found_before_the_end():
    rng = np.random.default_rng(2)
    course = course_of(rng.random(400) < 0.9, rng.uniform(0.3, 0.6, 99), 0.05)
    assert course.stopped is not None
    assert course.stopped < 100


def test_too_few_null_projects_are_refused_with_the_number_needed():
    refused = course_of(np.ones(50, dtype=bool), np.full(20, 0.5), 0.05)
    assert isinstance(refused, Refusal)
    assert "needs 39" in refused.refused


@pytest.fixture(scope="module")
def panel():
    return Panel([*nulls(40), *students()])


def test_a_student_is_found_and_an_innocent_is_not(panel):
    student = answers("suspect", {"Birch": 0.25, "own suspect": 0.15})
    innocent = answers("innocent", {"own innocent": 0.4})
    found = sequential_test(student, teachers(), panel, family="Birch")
    silent = sequential_test(innocent, teachers(), panel, family="Birch")
    assert isinstance(found, Evidence)
    assert isinstance(silent, Evidence)
    assert found.p_value <= 0.05 < silent.p_value


def test_a_teacher_that_is_no_candidate_is_named(panel):
    with pytest.raises(PlanError, match="no candidate named 'Elm'"):
        sequential_test(answers("suspect", {"Birch": 0.3}), teachers(), panel, family="Elm")
