from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.measure.defend_plans import NONE, as_plan, columns_of, doses, parse_matrix, rows_of

MATRIX = """
name = "tiny"
question = "Does the lab hold together?"
budgets = [24, 48]
seeds = [1, 2]
curve_budgets = [12, 96]
items = 10
public_labels = { default = 8, cipher = 0 }
task = { use = "skills" }
teacher = { use = "hf", options = { path = "bundled:teacher", name = "closed" } }
base = { use = "hf", options = { path = "bundled:base" } }
recipe = { use = "sequence", options = { base = "bundled:base", max_steps = 4 } }
threat = { interface = "text", data_budget = "8 examples", adaptive = true }
defence = [{ name = "bare", use = "answers-only" }, { name = "plain", use = "no-logprobs", control = true }]
student = [{ name = "passive" }, { name = "other", tactic = "mix" }]
"""


def test_a_matrix_has_the_undefended_teacher_first_and_more_doses_of_it():
    matrix = parse_matrix(MATRIX, "tiny")

    assert rows_of(matrix) == (NONE, "bare", "plain")
    assert doses(matrix, NONE) == (12, 24, 48, 96)
    assert doses(matrix, "bare") == (24, 48)


def test_a_control_is_learned_from_by_the_first_student_alone():
    matrix = parse_matrix(MATRIX, "tiny")

    assert [student.name for student in columns_of(matrix, "bare")] == ["passive", "other"]
    assert [student.name for student in columns_of(matrix, "plain")] == ["passive"]


def test_a_column_is_an_audit_of_its_own_base_and_recipe():
    student = '{ name = "small", base = { use = "hf", options = { path = "bundled:small" } }, '
    student += 'recipe = { use = "sequence", options = { base = "bundled:small" } } }'
    matrix = parse_matrix(
        MATRIX.replace('{ name = "other", tactic = "mix" }', student + ', {name="m", tactic="mix"}'), "t"
    )

    plans = {column.name: as_plan(matrix, column) for column in matrix.student}

    assert plans["passive"].base == matrix.base
    assert plans["small"].base.options == {"path": "bundled:small"}
    assert plans["small"].student.options == {"base": "bundled:small"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seeds = [1, 2]", "seeds = [1]", "needs 2"),
        ('data_budget = "8 examples", ', "", "data_budget is empty"),
        ('interface = "text"', 'interface = " "', "interface is empty"),
        ("adaptive = true", "adaptive = false", "the students are adaptive"),
        ('threat = { interface = "text", data_budget = "8 examples", adaptive = true }', "", "threat"),
        ("curve_budgets = [12, 96]", "curve_budgets = [12]", "3 doses of the undefended teacher"),
        ('name = "bare"', 'name = "none"', "neither 'none'"),
        ('name = "bare"', 'name = "a.b"', "small letters"),
        ('name = "plain"', 'name = "bare"', "named twice"),
        ('{ name = "passive" }, ', "", "must be passive"),
        ('tactic = "mix"', 'tactic = "mixx"', "did you mean 'mix'"),
        ('tactic = "mix"', 'tactic = "mix", options = { weight = 0 }', "must be positive"),
        ('tactic = "mix"', 'tactic = "two-teachers"', "second_teacher"),
        ('name = "other"', 'name = "other", base = { use = "hf" }', "base and recipe go together"),
        ("budgets = [24, 48]", "budgets = []", "budgets"),
        ("items = 10", "items = 0", "items"),
        ("items = 10", "items = 10\ncontained_below = 1.0", "contained_below"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_would_do(old, new, says):
    assert old in MATRIX

    with pytest.raises(PlanError, match=says):
        parse_matrix(MATRIX.replace(old, new, 1), "tiny")


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("seeds =", "seedz =", "'seeds'"),
        ("control = true", "controll = true", "'control'"),
        ('tactic = "mix"', 'tactic = "mix", options = { wieght = 2.0 }', "'weight'"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_its_nearest_spelling(old, new, near):
    with pytest.raises(UnknownKeyError, match=near):
        parse_matrix(MATRIX.replace(old, new, 1), "tiny")
