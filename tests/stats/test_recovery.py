import numpy as np
import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.stats import (
    Panel,
    accuracy,
    attributable,
    difference,
    ratio,
    recovered,
    seed_recoveries,
    uplift,
)

LEVEL = 0.95


def replies(rng, rows, items, share):
    return (rng.random((rows, items)) < share).astype(float)


def panel(rng, *, student=0.6, floor=0.1, teacher=0.9, seeds=3, items=400, domains=4):
    return Panel(
        student=replies(rng, seeds, items, student),
        floor=replies(rng, 1, items, floor),
        teacher=replies(rng, 1, items, teacher),
        domain=np.arange(items) % domains,
    )


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_recovery_is_the_mean_over_domains_of_the_share_of_the_gap():
    domain = np.repeat([0, 1], 100)
    student = np.concatenate([np.repeat([1.0, 0.0], [60, 40]), np.repeat([1.0, 0.0], [20, 80])])[None]
    floor = np.concatenate([np.repeat([1.0, 0.0], [20, 80]), np.zeros(100)])[None]
    teacher = np.concatenate([np.repeat([1.0, 0.0], [100, 0]), np.repeat([1.0, 0.0], [80, 20])])[None]
    data = Panel(student=student, floor=floor, teacher=teacher, domain=domain)
    number = recovered(data, level=LEVEL, rng=np.random.default_rng(0))
    assert number.value == pytest.approx((0.5 + 0.25) / 2)
    assert number.low < number.value < number.high


def test_recovery_is_never_clipped(rng):
    worse = recovered(panel(rng, student=0.02, floor=0.4), level=LEVEL, rng=rng)
    better = recovered(panel(rng, student=0.98, teacher=0.7), level=LEVEL, rng=rng)
    assert worse.value < 0
    assert better.value > 1


def test_the_same_seed_gives_the_same_interval(rng):
    data = panel(rng)
    first = recovered(data, level=LEVEL, rng=np.random.default_rng(1))
    assert first == recovered(data, level=LEVEL, rng=np.random.default_rng(1))


def test_a_teacher_hardly_above_the_floor_identifies_no_gap(rng):
    number = recovered(panel(rng, floor=0.86), level=LEVEL, rng=rng)
    assert isinstance(number, Refusal)
    assert number.refused.startswith("gap not identified")
    assert seed_recoveries(panel(rng, floor=0.86)).size == 0


def test_a_domain_without_a_gap_is_left_out_and_said_so(rng):
    data = panel(rng, domains=2)
    floor = np.where(data.domain == 1, data.teacher, data.floor)
    mixed = Panel(student=data.student, floor=floor, teacher=data.teacher, domain=data.domain)
    alone = Panel(
        student=data.student[:, data.domain == 0], floor=data.floor[:, data.domain == 0],
        teacher=data.teacher[:, data.domain == 0], domain=np.zeros(200, dtype=int),
    )  # fmt: skip
    number = recovered(mixed, level=LEVEL, rng=rng)
    assert number.value == pytest.approx(recovered(alone, level=LEVEL, rng=rng).value)
    assert "1 of 2 domains" in number.caution


def test_one_seed_gives_an_interval_that_says_what_it_leaves_out(rng):
    number = recovered(panel(rng, seeds=1), level=LEVEL, rng=rng)
    assert "one seed" in number.caution


def test_seeds_that_disagree_widen_the_interval(rng):
    even = panel(rng, seeds=3)
    uneven = Panel(
        student=np.concatenate([replies(rng, 1, 400, share) for share in (0.3, 0.6, 0.9)]),
        floor=even.floor, teacher=even.teacher, domain=even.domain,
    )  # fmt: skip
    narrow, wide = (recovered(data, level=LEVEL, rng=rng) for data in (even, uneven))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_items_of_one_cluster_count_as_fewer(rng):
    base = panel(rng, items=100, seeds=1)
    repeat = {name: np.repeat(getattr(base, name), 8, axis=1) for name in ("student", "floor", "teacher")}
    domain = np.repeat(base.domain, 8)
    blind = recovered(Panel(**repeat, domain=domain), level=LEVEL, rng=rng)
    aware = recovered(Panel(**repeat, domain=domain, cluster=np.repeat(np.arange(100), 8)), level=LEVEL, rng=rng)
    assert aware.n == 100
    assert aware.high - aware.low > 2 * (blind.high - blind.low)


def test_a_perfect_student_still_has_an_interval(rng):
    items = 200
    data = Panel(
        student=np.ones((3, items)),
        floor=np.zeros((1, items)),
        teacher=np.ones((1, items)),
        domain=np.zeros(items, dtype=int),
    )
    number = recovered(data, level=LEVEL, rng=rng)
    assert number.value == 1.0
    assert 0.005 < number.high - number.low < 0.1


def test_dots_average_to_the_estimate(rng):
    data = panel(rng, seeds=5)
    assert seed_recoveries(data).mean() == pytest.approx(recovered(data, level=LEVEL, rng=rng).value)


def test_without_controls_nothing_is_attributable(rng):
    number = attributable(panel(rng), {}, level=LEVEL, rng=rng)
    assert number == Refusal(refused="raw, not attributable: no control arm ran")


def test_the_best_control_is_named_and_taken_off(rng):
    data = panel(rng, student=0.7)
    controls = {"gold": replies(rng, 3, 400, 0.5), "shuffled": replies(rng, 3, 400, 0.1)}
    number = attributable(data, controls, level=LEVEL, rng=rng)
    assert "best control: gold" in number.caution
    assert number.value == pytest.approx(0.25, abs=0.08)
    assert number.low < 0.25 < number.high


def test_tied_controls_do_not_eat_what_is_the_teachers(rng):
    errors = []
    for _ in range(30):
        data = panel(rng, student=0.7)
        controls = {f"control {k}": replies(rng, 3, 400, 0.5) for k in range(4)}
        plain = seed_recoveries(data).mean() - max(
            seed_recoveries(Panel(student=c, floor=data.floor, teacher=data.teacher, domain=data.domain)).mean()
            for c in controls.values()
        )
        errors.append((plain - 0.25, attributable(data, controls, level=LEVEL, rng=rng).value - 0.25))
    plain, ours = np.mean(errors, axis=0)
    assert plain < -0.01
    assert abs(ours) < abs(plain)


def test_uplift_over_an_equal_open_teacher_holds_zero(rng):
    number = uplift(panel(rng, student=0.6), replies(rng, 3, 400, 0.6), level=LEVEL, rng=rng)
    assert number.low < 0 < number.high


def test_a_difference_on_the_same_items_is_sharper_than_on_others(rng):
    data = panel(rng, student=0.6)
    spoiled = Panel(
        student=data.student * (rng.random(data.student.shape) < 0.95),
        floor=data.floor,
        teacher=data.teacher,
        domain=data.domain,
    )
    paired = difference(data, spoiled, level=LEVEL, rng=rng)
    apart = difference(data, spoiled, level=LEVEL, rng=rng, same_items=False)
    assert paired.value == apart.value > 0
    assert paired.high - paired.low < 0.7 * (apart.high - apart.low)


def test_panels_said_to_share_items_must_list_the_same_domains(rng):
    with pytest.raises(ValueError, match="same_items=False"):
        difference(panel(rng), panel(rng, items=200), level=LEVEL, rng=rng)


def test_a_ratio_to_nothing_is_refused(rng):
    number = ratio(panel(rng), panel(rng, student=0.1), level=LEVEL, rng=rng)
    assert isinstance(number, Refusal)
    assert "may be 0" in number.refused


def test_accuracy_stays_inside_its_bounds_and_replies_are_not_students(rng):
    values, domain = np.ones((2, 100)), np.zeros(100, dtype=int)
    student = accuracy(values, domain, level=LEVEL, rng=rng)
    teacher = accuracy(values[:1], domain, level=LEVEL, rng=rng, trained=False)
    assert student.high == teacher.high == 1.0
    assert student.low < 1.0
    assert teacher.caution == ""
    assert "one seed" in accuracy(values[:1], domain, level=LEVEL, rng=rng).caution


def test_a_block_of_the_wrong_shape_or_with_holes_is_a_callers_fault(rng):
    data = panel(rng)
    short = Panel(student=data.student[:, 1:], floor=data.floor, teacher=data.teacher, domain=data.domain)
    with pytest.raises(ValueError, match=r"student: expected \(rows, 400\)"):
        recovered(short, level=LEVEL, rng=rng)
    holes = Panel(student=data.student * np.nan, floor=data.floor, teacher=data.teacher, domain=data.domain)
    with pytest.raises(ValueError, match="not finite"):
        recovered(holes, level=LEVEL, rng=rng)


def test_domain_numbers_without_items_are_a_callers_fault(rng):
    data = panel(rng, domains=2)
    skipped = Panel(student=data.student, floor=data.floor, teacher=data.teacher, domain=2 * data.domain)
    with pytest.raises(ValueError, match=r"expected every number from 0 to 2, found \[0, 2\]"):
        recovered(skipped, level=LEVEL, rng=rng)


def test_every_number_leaves_as_an_estimate_of_plain_floats(rng):
    number = recovered(panel(rng), level=LEVEL, rng=rng)
    assert isinstance(number, Estimate)
    assert [type(getattr(number, name)) for name in ("value", "low", "high")] == [float] * 3
