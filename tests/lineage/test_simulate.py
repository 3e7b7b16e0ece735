import dataclasses

import numpy as np
import pytest

from angelshare.lineage.simulate import World, laundered, panel_of, project_of, teachers_of

WORLD = World(seed=3, vocabulary=60, prompts=40)


def distance(one, other):
    return float(np.abs(one.law - other.law).mean())


def test_a_project_is_the_same_alone_and_in_company():
    alone = project_of(World(seed=3, vocabulary=60, prompts=40), "null 2")
    panel = panel_of(WORLD, 3, 1)
    assert panel.members[2].answers.replies == alone.answers.replies


def test_another_seed_is_another_world():
    other = dataclasses.replace(WORLD, seed=4)
    assert project_of(WORLD, "x").answers.replies != project_of(other, "x").answers.replies


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_student_comes_nearer_to_its_teacher_than_its_sibling_of_the_same_base_and_data(share):
    teacher = WORLD.teacher("teacher 0")
    for n in range(5):
        sibling = WORLD.train(f"project {n}")
        student = WORLD.train(f"project {n}", {"teacher 0": share})
        assert distance(student, teacher) < distance(sibling, teacher)


def test_the_truth_stands_in_the_source():
    panel = panel_of(WORLD, 2, 1)
    assert [one.source.taught_by for one in panel.members[:2]] == [[], []]
    assert [one.source.taught_by for one in panel.taught()] == [["teacher 0"], ["teacher 1"], ["teacher 2"]]


def test_laundering_takes_marks_and_capitals_off_and_keeps_the_words():
    whole = teachers_of(WORLD)[0].answers
    bare = laundered(WORLD, whole)
    text = " ".join(reply.text for reply in bare.replies.values())
    assert text == text.lower()
    assert not set(text) & set(".,\n-")
    words = whole.replies["p0"].text.lower().replace("\n-", " ").replace(",", " ").replace(".", " ").split()
    assert bare.replies["p0"].text.split() == words


def test_rewriting_exchanges_about_the_share_of_words_asked_for():
    whole = laundered(WORLD, teachers_of(WORLD)[0].answers)
    half = laundered(WORLD, whole, rewritten=0.5)
    pairs = [
        (first, second)
        for prompt, reply in whole.replies.items()
        for first, second in zip(reply.text.split(), half.replies[prompt].text.split(), strict=True)
    ]
    changed = np.mean([first != second for first, second in pairs if "topic" not in first])
    assert 0.3 < changed < 0.55
