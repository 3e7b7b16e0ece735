import numpy as np
import pytest

from angelshare.core.records import Refusal
from angelshare.stats import Panel, StylePanel, false_promise, median_style, recovered, style_recovered

LEVEL = 0.95
ITEMS = 300


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def feature(rng, name, moved, *, gap=10.0):
    level = 20.0 + gap * np.array([0.0, 1.0, moved, moved, moved])
    values = level[:, None] + rng.normal(0, 5.0, (5, ITEMS))
    return StylePanel(name=name, student=values[2:], floor=values[:1], teacher=values[1:2], domain=np.arange(ITEMS) % 3)


def capability(rng, share):
    student = (rng.random((3, ITEMS)) < 0.1 + 0.8 * share).astype(float)
    floor, teacher = ((rng.random((1, ITEMS)) < level).astype(float) for level in (0.1, 0.9))
    return Panel(student=student, floor=floor, teacher=teacher, domain=np.arange(ITEMS) % 3)


def test_style_may_fall_from_base_to_teacher(rng):
    panel = feature(rng, "hedges", 0.8, gap=-10.0)
    number = style_recovered(panel.student, panel.floor, panel.teacher, panel.domain, level=LEVEL, rng=rng)
    assert number.low < 0.8 < number.high
    assert number.value == pytest.approx(0.8, abs=0.1)


def test_a_feature_on_which_teacher_and_base_agree_is_refused(rng):
    panel = feature(rng, "length", 0.5, gap=0.0)
    number = median_style([panel], level=LEVEL, rng=rng)
    assert number == Refusal(refused="style distance not identified: teacher and base are within 2 SE in length")


def test_the_median_is_over_identified_features_and_names_the_others(rng):
    features = [
        feature(rng, "a", 0.2),
        feature(rng, "b", 0.7),
        feature(rng, "c", 0.9),
        feature(rng, "same", 0.5, gap=0.0),
    ]
    number = median_style(features, level=LEVEL, rng=rng)
    assert number.value == pytest.approx(0.7, abs=0.08)
    assert number.caution == "style distance not identified for same"


def test_all_style_and_no_skill_is_a_false_promise(rng):
    number = false_promise(capability(rng, 0.0), [feature(rng, "a", 1.0)], level=LEVEL, rng=rng)
    assert number.low > 0.8
    assert number.high < 1.2


def test_skill_and_style_in_step_promise_nothing_false(rng):
    number = false_promise(capability(rng, 0.6), [feature(rng, "a", 0.6)], level=LEVEL, rng=rng)
    assert number.low < 0 < number.high


def test_the_index_is_refused_with_either_part(rng):
    gapless = capability(rng, 0.5)
    gapless = Panel(student=gapless.student, floor=gapless.teacher, teacher=gapless.teacher, domain=gapless.domain)
    good = feature(rng, "a", 0.5)
    assert false_promise(gapless, [good], level=LEVEL, rng=rng) == recovered(gapless, level=LEVEL, rng=rng)
    assert (
        "style distance"
        in false_promise(capability(rng, 0.5), [feature(rng, "b", 0.5, gap=0.0)], level=LEVEL, rng=rng).refused
    )


def test_a_style_that_never_varies_still_has_an_interval(rng):
    domain = np.zeros(100, dtype=int)
    number = style_recovered(np.ones((3, 100)), np.zeros((1, 100)), np.ones((1, 100)), domain, level=LEVEL, rng=rng)
    assert number.value == 1.0
    assert number.low < 1.0 < number.high
