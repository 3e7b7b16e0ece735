import numpy as np
import pytest

from angelshare.detect.intent import FARTHEST, intent, parts
from traffic_groups import made, nobody

GROUP = np.arange(12)


def accounts(*, cot=0, rubric=0, greedy=0, again=0, templates=40):
    """Make a hundred accounts of which the first twelve ask so, out of 60 requests each."""
    first = np.arange(100) < 12
    columns = {
        name: np.where(first, value, 0) for name, value in (("cot", cot), ("rubric", rubric), ("greedy", greedy))
    }
    links = {
        "skeleton": {f"t{n}": dict.fromkeys(range(12), 60 // templates) for n in range(templates)},
        "simhash": {"again": dict.fromkeys(range(12), again)},
        "capability": {"code": dict.fromkeys(range(100), 30), "chat": dict.fromkeys(range(100), 30)},
    }
    return made(100, columns=columns, links=links)


def score(**asked):
    return intent(GROUP, accounts(**asked), nobody())


def test_asking_for_reasoning_or_for_grades_raises_it():
    assert score(cot=30) > score() + 0.2
    assert score(rubric=30) > score() + 0.2


def test_few_templates_repeated_prompts_and_temperature_0_lower_it():
    assert score(templates=5) < score()
    assert score(greedy=60) < score() - 0.2
    assert score(again=40) < score() - 0.2


def test_no_part_says_more_than_its_bound():
    found = parts(GROUP, accounts(cot=60, rubric=60, greedy=60, again=60), nobody())

    assert set(found.values()) <= {value for value in found.values() if abs(value) <= FARTHEST}
    assert found["reasoning asked"] == pytest.approx(FARTHEST)
    assert found["not greedy"] == pytest.approx(-FARTHEST)


def test_it_does_not_grow_with_the_group_as_a_test_statistic_would():
    found = []
    for size in (20, 320):
        n = 1000 + size
        columns = {"cot": np.where(np.arange(n) < size, 20, 10) + np.arange(n) % 9}
        links = {"skeleton": {f"t{n}": dict.fromkeys(range(20), 2) for n in range(30)}}
        some = made(n, columns=columns, links=links | {"capability": {"code": dict.fromkeys(range(n), 30)}})
        found.append(parts(np.arange(size), some, nobody())["reasoning asked"])

    # sixteen times as many accounts would make a z-score four times as large
    assert found[1] < 1.5 * found[0]


def test_without_features_of_prompts_it_says_nothing():
    bare = made(100, columns={"text_known": np.zeros(100), "greedy": np.where(np.arange(100) < 12, 60, 0)})

    assert intent(GROUP, bare, nobody()) is None
    assert parts(GROUP, bare, nobody())["not greedy"] < 0
