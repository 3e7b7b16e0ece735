import dataclasses

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate
from angelshare.lineage.answers import AnswerSet, Panel
from angelshare.lineage.audit import audit_panel
from angelshare.lineage.study import lineage_test
from lineage.written import answers, member, nulls, students, teachers


@pytest.fixture(scope="module")
def panel():
    return Panel([*nulls(), *students()])


@pytest.fixture(scope="module")
def found(panel):
    return lineage_test(answers("suspect", {"Birch": 0.25, "own suspect": 0.15}), teachers(), panel)


def test_a_student_is_derived_from_its_teacher_and_from_no_other(found):
    assert [one.teacher for one in found.verdicts if one.verdict == "derived"] == ["Birch"]
    assert found.verdicts[0].p_value <= 0.05
    assert "A match is not an accusation." in found.sentence


def test_a_p_value_is_never_below_the_attainable_one_and_grows_down_the_ranks(found):
    values = [one.p_value for one in found.verdicts]
    assert values == sorted(values)
    assert all(one.p_value >= one.attainable_p * (1 - 1e-9) for one in found.verdicts)


def test_sentence_and_evidence_count_the_same_comparison_projects_and_the_audit_its_null_projects(found):
    compared = found.verdicts[0].evidence[0].n
    assert f"{compared} comparison projects" in found.sentence
    assert found.verdicts[0].attainable_p == pytest.approx(1 / (compared + 1))
    assert found.panel.projects == len(nulls()) <= compared


def test_a_student_scores_above_every_comparison_project_in_the_unit_of_the_histogram(found):
    first, *others = found.verdicts
    assert max(first.panel_scores.values()) < first.score
    assert all(one.score <= first.score for one in others)


def test_the_power_counts_documented_students_of_that_teacher(found):
    power = found.verdicts[0].power
    assert isinstance(power, Estimate)
    assert power.n == 2
    assert power.value >= 0.5


def test_exhibits_are_the_teachers_phrases(found):
    assert found.verdicts[0].exhibits
    assert all("birch" in one.phrase or "so" in one.phrase for one in found.verdicts[0].exhibits)
    assert all(one.suspect > one.panel for one in found.verdicts[0].exhibits)


def test_a_model_that_nobody_taught_is_derived_from_no_teacher(panel):
    result = lineage_test(answers("innocent", {"own innocent": 0.4}), teachers(), panel)
    assert {one.verdict for one in result.verdicts} <= {"not shown", "cannot tell"}
    assert result.verdicts[0].p_value > 0.05


def test_an_untaught_panel_too_small_for_the_level_leaves_cannot_tell():
    few = Panel([*nulls(4), *students(2)])
    result = lineage_test(answers("suspect", {"Birch": 0.25, "own": 0.15}), teachers(), few)
    assert {one.verdict for one in result.verdicts} == {"cannot tell"}
    assert any("allows no p-value below" in reason for reason in result.verdicts[0].reasons)


def test_a_suspect_with_its_format_taken_off_is_never_cleared(panel):
    whole = answers("suspect", {"own suspect": 0.4})
    bare = {
        name: dataclasses.replace(reply, text=reply.text.lower().replace(".", ""))
        for name, reply in whole.replies.items()
    }
    result = lineage_test(AnswerSet("suspect", bare), teachers(), panel)
    assert "not shown" not in {one.verdict for one in result.verdicts}
    assert {one.name for one in result.confounders if one.outside} >= {"punctuation"}


def test_a_copy_of_a_teacher_is_not_excluded_as_the_same_model(panel):
    copy = AnswerSet("copy", teachers()[0].answers.replies)
    claim = lineage_test(copy, teachers(), panel).claims[0]
    assert (claim.claim, claim.outcome) == ("same model", "not excluded")


def test_too_few_shared_prompts_say_how_many_are_needed(panel):
    replies = dict(list(answers("suspect", {"Ash": 0.3}).replies.items())[:10])
    with pytest.raises(PlanError, match=r"10 prompts are answered by all .* needs 40"):
        lineage_test(AnswerSet("suspect", replies), teachers(), panel)


def test_another_text_under_the_same_prompt_is_named(panel):
    whole = answers("suspect", {"Ash": 0.3}).replies
    other = {name: dataclasses.replace(reply, prompt_sha256="0" * 64) for name, reply in whole.items()}
    with pytest.raises(PlanError, match="another text"):
        lineage_test(AnswerSet("suspect", other), teachers(), panel)


def test_truncated_answers_and_missing_hashes_are_cautions(panel):
    whole = answers("suspect", {"Ash": 0.3}).replies
    cut = {name: dataclasses.replace(reply, truncated=True, prompt_sha256="") for name, reply in whole.items()}
    cautions = " ".join(lineage_test(AnswerSet("suspect", cut), teachers(), panel).cautions)
    assert "were cut short" in cautions
    assert "taken on trust" in cautions


def test_an_audit_finds_few_false_positives_and_names_a_student_passed_off_as_untaught():
    hidden = member("hidden", {"Ash": 0.25, "own hidden": 0.15}, project="hidden", taught_by=[])
    audit = audit_panel(Panel([*nulls(), *students(), hidden]), teachers())
    assert isinstance(audit.false_positive_rate, Estimate)
    assert audit.false_positive_rate.value <= 2 / 21
    assert any("'hidden'" in caution for caution in audit.cautions)


def test_an_audit_names_a_project_that_dominates_and_models_that_are_one():
    many = [member(f"big {place}", {"big": 0.4}, project="big", taught_by=[]) for place in range(5)]
    twin = dataclasses.replace(many[0], source=dataclasses.replace(many[0].source, name="twin"))
    cautions = " ".join(audit_panel(Panel([*nulls(3), *many, twin, *students(1)]), teachers()).cautions)
    assert "project 'big' has 6 of the 9 null models" in cautions
    assert "'twin' answer as one model would" in cautions


def test_a_panel_without_any_untaught_model_is_refused():
    with pytest.raises(PlanError, match="no null"):
        lineage_test(answers("suspect", {"Ash": 0.3}), teachers(), Panel(students()))
