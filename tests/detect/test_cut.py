import numpy as np

from angelshare.detect.cut import halves
from traffic_groups import made


def ties(*groups, kind="payment"):
    return {kind: {f"v{n}": dict.fromkeys(group, 3) for n, group in enumerate(groups)}}


def test_two_groups_that_a_search_joined_come_apart():
    first, second = range(30), range(30, 50)
    links = ties(first, second) | ties(range(20), range(15, 30), range(30, 45), range(40, 50), kind="skeleton")
    links["ip_prefix"] = {"both": dict.fromkeys(range(26, 34), 3)}

    sides = halves(np.arange(50), made(400, links=links))

    assert [side.tolist() for side in sides] == [list(first), list(second)]


def test_a_large_group_comes_apart_as_a_small_one_does():
    rng = np.random.default_rng(0)
    groups = [rng.choice(np.arange(start, start + 300), 40, replace=False) for start in (0, 300) for _ in range(60)]
    links = ties(*groups, [290, 291, 305, 306])

    sides = halves(np.arange(600), made(2000, links=links))

    assert sorted(len(side) for side in sides) == [300, 300]
    assert {int(side.min()) // 300 for side in sides} == {0, 1}
    assert all(side.max() - side.min() < 300 for side in sides)


def test_a_group_too_small_or_without_ties_is_not_cut():
    assert halves(np.arange(15), made(100, links=ties(range(8), range(8, 15)))) is None
    assert halves(np.arange(40), made(100)) is None
    assert halves(np.arange(40), made(100, links=ties(range(40)))) is None


def test_a_few_strangers_are_no_side():
    links = ties(range(36), range(36, 40))

    assert halves(np.arange(40), made(100, links=links)) is None
