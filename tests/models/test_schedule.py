from __future__ import annotations

import pytest

from angelshare.core import plugins
from angelshare.core.errors import PlanError
from angelshare.core.records import Use
from angelshare.models.training import Schedule


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("batch", 0, "at least 1"),
        ("max_steps", 0, "at least 1"),
        ("epochs", 0.0, "positive and finite"),
        ("epochs", float("inf"), "positive and finite"),
        ("learning_rate", -1e-3, "positive and finite"),
        ("learning_rate", float("nan"), "positive and finite"),
        ("warm_up", 1.0, r"in \[0, 1\)"),
        ("warm_up", -0.1, r"in \[0, 1\)"),
        ("weight_decay", -0.1, "finite, 0 or more"),
        ("final_rate", 1.5, r"in \[0, 1\]"),
        ("clip", 0.0, "positive and finite"),
    ],
)
def test_a_schedule_that_cannot_train_is_refused_by_its_option(name, value, wanted):
    with pytest.raises(PlanError, match=rf"option '{name}' = {value}: must be {wanted}"):
        Schedule(**{name: value})


@pytest.mark.parametrize("recipe", ["sequence", "logits", "trl"])
def test_a_student_is_refused_before_it_trains(recipe):
    with pytest.raises(PlanError, match="option 'batch' = 0: must be at least 1"):
        plugins.build("students", Use(use=recipe, options={"base": "bundled:base", "batch": 0}))
