import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate, Refusal
from angelshare.lineage.answers import Panel
from angelshare.lineage.power import power
from lineage.written import nulls, students, teachers


@pytest.fixture(scope="module")
def panel():
    return Panel([*nulls(20), *students()])


def test_students_of_a_strong_habit_are_found_with_fewer_prompts_than_there_are(panel):
    found = power(teachers(), panel, "Birch", n_null=20, n_prompts=40)
    assert isinstance(found, Estimate)
    assert (found.n, found.value) == (2, 1.0)


def test_too_few_null_projects_for_the_level_are_refused(panel):
    refused = power(teachers(), panel, "Birch", n_null=5, n_prompts=40)
    assert isinstance(refused, Refusal)
    assert "allow no p-value below 0.12" in refused.refused


@pytest.mark.parametrize(("n_null", "n_prompts", "said"), [(21, 40, "the panel has 20"), (20, 61, "60 are answered")])
def test_more_than_the_panel_has_is_an_error(panel, n_null, n_prompts, said):
    with pytest.raises(PlanError, match=said):
        power(teachers(), panel, "Birch", n_null=n_null, n_prompts=n_prompts)
