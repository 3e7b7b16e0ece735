"""What is newly shared ties accounts; what was shared before, or by nobody else, does not."""

import numpy as np
from tests.detect.small_accounts import accounts_of

from angelshare.detect.novelty import earlier, new_values, tied

OLD, NEW = "shared-before", "new-template"


def world(new: int = 6, old: int = 40, n: int = 200):
    before = accounts_of({"skeleton": [[OLD] if row < old else [f"h{row}"] for row in range(n)]}, n=n)
    used = [[NEW] if row < new else [OLD] if row < new + old else [f"own{row}"] for row in range(n)]
    return accounts_of({"skeleton": used}, n=n), before


def test_a_value_that_six_accounts_come_to_share_ties_them_and_an_old_one_does_not():
    now, before = world()
    found = tied(now, before, ["skeleton"])
    assert [one.rows.tolist() for one in found] == [[0, 1, 2, 3, 4, 5]]
    assert [now.links["skeleton"].values[at].as_py() for at in found[0].values] == [NEW]


def test_an_old_value_that_spreads_far_wider_is_new_again():
    now, before = world(new=150, old=3)
    used = [[OLD] if row < 150 else [f"own{row}"] for row in range(200)]
    now = accounts_of({"skeleton": used}, n=200)
    assert len(tied(now, before, ["skeleton"])[0].rows) == 150
    assert earlier(now, before, "skeleton").max() == 3


def test_accounts_that_share_through_others_hang_together():
    used = [["x"], ["x", "y"], ["y", "z"], ["z"], ["own"]]
    found = tied(accounts_of({"skeleton": used}, n=5), accounts_of({}, n=5), ["skeleton"])
    assert [one.rows.tolist() for one in found] == [[0, 1, 2, 3]]
    assert found[0].times.tolist() == [1, 2, 2, 1]


def test_templates_and_means_of_payment_tie_together():
    now = accounts_of({"skeleton": [["x"], ["x"], [], []], "payment": [[], ["p"], ["p"], ["q"]]}, n=4)
    found = tied(now, accounts_of({}, n=4), ["skeleton", "payment"])
    assert [one.rows.tolist() for one in found] == [[0, 1, 2]]
    assert len(found[0].values) == 1


def test_logs_without_links_tie_nobody():
    assert tied(accounts_of({}, n=3), accounts_of({}, n=3), ["skeleton", "payment"]) == []
    assert len(new_values(accounts_of({"skeleton": [["a"], ["b"]]}, n=2), accounts_of({}, n=2), "skeleton")) == 0


def test_the_largest_group_comes_first_whatever_the_order_of_accounts():
    rng = np.random.default_rng(0)
    used = [["x"]] * 3 + [["y"]] * 7 + [[f"own{at}"] for at in range(20)]
    order = rng.permutation(len(used))
    found = tied(accounts_of({"skeleton": [used[at] for at in order]}, n=30), accounts_of({}, n=30), ["skeleton"])
    assert [len(one.rows) for one in found] == [7, 3]
