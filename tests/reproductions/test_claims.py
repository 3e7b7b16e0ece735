import pytest
from reproductions.claims import Check, Outcome, above, at_least, at_most, cpu_seconds, not_above, within
from reproductions.page import page

from angelshare.core.records import Estimate, Refusal


def number(low, high):
    return Estimate(value=0.5, low=low, high=high, level=0.95, n=10, method="test")


def outcome(*checks):
    return Outcome(
        id="B0", claim="a claim", source="a paper", miniature="a small thing", checks=checks, remarks=("a note",),
        how="python -m reproductions", cpu_seconds=1.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("judge", "bound", "good", "bad"),
    [
        (at_least, 0.3, (0.3, 0.9), (0.29, 0.9)),
        (at_most, 0.3, (-1.0, 0.3), (-1.0, 0.31)),
        (within, 0.1, (-0.1, 0.1), (-0.11, 0.05)),
        (within, 0.1, (-0.05, 0.05), (-0.05, 0.11)),
        (above, 0.0, (0.01, 0.9), (0.0, 0.9)),
        (not_above, 0.0, (-0.2, 0.4), (0.01, 0.4)),
    ],
)
def test_a_criterion_is_about_the_interval_and_not_the_point(judge, bound, good, bad):
    assert judge("c", number(*good), bound).passed
    assert not judge("c", number(*bad), bound).passed


@pytest.mark.parametrize("judge", [at_least, at_most, within, above, not_above])
def test_what_is_refused_or_unbounded_never_passes(judge):
    assert not judge("c", Refusal(refused="no gap"), 0.5).passed
    assert not judge("c", number(None, None), 0.5).passed


def test_one_failure_fails_the_whole():
    good, bad = (Check(criterion="c", found="x", passed=passed) for passed in (True, False))
    assert outcome(good).passed
    assert not outcome(good, bad).passed


def test_the_page_keeps_failures():
    bad = at_least("recovery at least 0.3", number(0.1, 0.9), 0.3)
    text = page([outcome(bad, Check(criterion="other", found="3 of 4", passed=True))])
    assert "| recovery at least 0.3 | 0.50 [0.10, 0.90] | **no** |" in text
    assert "| other | 3 of 4 | yes |" in text
    assert "| B0 | a claim | 1 of 2 | no | 1 |" in text
    assert "- a note" in text


def test_cpu_seconds_move_on_with_work():
    before = cpu_seconds()
    sum(k * k for k in range(2_000_000))
    assert cpu_seconds() > before
