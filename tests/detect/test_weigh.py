"""What opens a case is held against chance at the group's own size, and ways to work together do not cancel out."""

import numpy as np

from angelshare.detect.signals import SIGNALS
from angelshare.detect.weigh import NEAR, Measured, coordination, matched, yardstick

OPENS = tuple(spec for spec in SIGNALS if spec.role == "opens" and spec.name != "novel-cluster")
NAMES = [spec.name for spec in OPENS]


def measured(values, size):
    n = len(size)
    return Measured(
        signals=tuple(NAMES), values=np.asarray(values, dtype=float), known=np.ones((n, len(OPENS)), dtype=bool),
        intent=np.zeros(n), undeclared=np.zeros(n), fits=[()] * n, size=np.asarray(size, dtype=np.intp),
    )  # fmt: skip


def chance(n: int = 600):
    """Give random groups of 5 to 400 accounts whose signals vary the less the more accounts there are."""
    rng = np.random.default_rng(3)
    size = np.exp(rng.uniform(np.log(5), np.log(400), n)).astype(int)
    return measured(rng.normal(size=(n, len(OPENS))) / np.sqrt(size)[:, None], size)


def test_what_is_chance_among_five_accounts_is_coordination_among_a_hundred_and_fifty():
    random = chance()
    values = np.full((2, len(OPENS)), 0.3)
    few, many = coordination(measured(values, [5, 150]), random, specs=OPENS)
    assert few < np.quantile(coordination(random, random, specs=OPENS), 0.95)
    assert many > coordination(random, random, specs=OPENS).max()


def test_random_groups_of_every_size_are_as_coordinated_as_each_other():
    random = chance(2_000)
    level = coordination(random, random, specs=OPENS)
    small, large = np.quantile(level[random.size < 20], 0.95), np.quantile(level[random.size > 150], 0.95)
    assert abs(small - large) < 0.25 * small


def test_less_of_one_way_to_work_together_takes_nothing_from_another():
    random = chance()
    together = np.zeros((2, len(OPENS)))
    together[:, NAMES.index("synchrony")] = 2.0
    together[1, NAMES.index("hand-over")] = -2.0
    both = coordination(measured(together, [100, 100]), random, specs=OPENS)
    assert both[1] > 5.0
    assert both[1] <= both[0]
    assert both[0] - both[1] < 1.0


def test_a_group_is_held_against_the_random_groups_nearest_in_size():
    random = chance()
    near = random.part(np.argsort(np.abs(np.log(random.size / 40)), kind="stable")[:NEAR])
    found = matched(random, np.array([400, 40]))
    assert found.middle[1].tolist() == yardstick(near).middle.tolist()
    assert found.scale[1].tolist() == yardstick(near).scale.tolist()
    assert np.all(found.scale[0, : len(OPENS)] < found.scale[1, : len(OPENS)])
