"""A budget is read strictly and says its form."""

import pytest

from angelshare.core.errors import PlanError
from angelshare.detect.budget import DEFAULT, Budget, parse_budget


def test_the_default_budget_is_one_false_campaign_in_thirty_days():
    assert parse_budget(DEFAULT) == Budget(campaigns=1.0, days=30.0)
    assert parse_budget(DEFAULT).per_day == pytest.approx(1 / 30)


@pytest.mark.parametrize("text", ["0.5 false campaigns / 90d", "2 false campaigns/7 days", "1 false campaign / 365d"])
def test_a_budget_written_out_reads_as_itself(text):
    budget = parse_budget(text)
    assert parse_budget(str(budget)) == budget


@pytest.mark.parametrize(
    "text", ["", "1 / 30d", "1 false campaign / month", "one false campaign / 30d", "-1 false campaigns / 30d"]
)
def test_another_form_is_refused_with_the_form(text):
    with pytest.raises(PlanError, match="1 false campaign / 30d"):
        parse_budget(text)


@pytest.mark.parametrize("text", ["0 false campaigns / 30d", "1 false campaign / 0d"])
def test_a_budget_that_nothing_can_hold_is_refused(text):
    with pytest.raises(PlanError, match="no finite history"):
        parse_budget(text)
