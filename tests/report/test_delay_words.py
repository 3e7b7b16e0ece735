from __future__ import annotations

import dataclasses

import pytest

from angelshare.core.delay import Spell
from angelshare.core.records import Estimate, Refusal
from angelshare.report.delay_words import aim, criteria_span, default_months, front, run_name, state, undercovers
from angelshare.report.numbers import at_least, between, given, hundredths, parts
from angelshare.stats.delay_cautions import TARGETS, UNDERCOVERS, coverage_caution


def number(value, low, high):
    return Estimate(value=value, low=low, high=high, level=0.9, n=8, method="m")


def test_every_estimator_that_simulation_finds_too_narrow_is_recognised_by_its_caution(delay):
    entry = delay.estimators[0]
    for name in TARGETS:
        told = dataclasses.replace(entry, name=name, caution=f"{coverage_caution(name)}; and more")
        assert undercovers(told) == (name in UNDERCOVERS)
        assert aim(told)
    assert aim(dataclasses.replace(entry, name="somebody's own")) == ""


def test_months_keep_their_tenth_however_wide_the_interval_as_the_sentence_does():
    wide = number(5.59, 3.44, 9.09)
    assert parts(wide, unit="months", level=0.9).value == "5.6 months"
    assert parts(wide, level=0.9, least=1).interval == "[3.4, 9.1]"
    assert parts(wide, level=0.9).value == "6"


def test_rounding_never_exceeds_the_value_itself():
    assert parts(number(5.4, 3.4, 64.0), level=0.9).value == "5"
    assert parts(number(1900, 1400, 2600), level=0.9).value == "1,900"


def test_a_span_is_printed_once_if_its_ends_agree_and_never_as_nothing():
    assert between(number(2.8, 1.3, 6.1), number(7.5, 4.0, 11.0), unit="months") == "2.8 to 7.5"
    assert between(number(5.6, 5.0, 6.2), number(5.6, 5.0, 6.2), unit="months") == "5.6"
    assert between(number(0.03, 0.001, 1.1), number(4.0, 1.0, 9.0), unit="months") == "0.030 to 4.0"


@pytest.mark.parametrize(("value", "said"), [(4.29, "4.2"), (4.2, "4.2"), (0.03, "0"), (11.0, "11.0")])
def test_a_lower_bound_is_rounded_down(value, said):
    assert at_least(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(149.91, "149.91"), (0.053778, "0.053778"), (28_800_000.0, "2.88 × 10⁷"), (100.0, "100")]
)
def test_a_value_that_was_read_keeps_its_digits(value, said):
    assert given(value) == said


def test_a_computed_quantity_lines_up():
    assert [hundredths(value) for value in (14.823, 4.4, 0.0)] == ["14.82", "4.40", "0.00"]


def spell(**changes):
    usual = Spell(closed="A", set_on="2026-01-01", score=1.0, matched_by=None, matched_on=None, low_months=4.29,
                  high_months=None)  # fmt: skip
    return dataclasses.replace(usual, **changes)


def test_a_spell_says_its_state_in_words():
    assert state(spell()) == "not yet matched, at least 4.2 months"
    assert state(spell(low_months=0.0)) == "not yet matched, set at the end of the data"
    matched = spell(matched_by="B", matched_on="2026-07-01", high_months=5.94)
    assert state(matched) == "matched by B after 4.2 to 6.0 months"


def test_a_benchmark_without_a_default_says_why(delay):
    lone = delay.benchmarks[-1]
    assert default_months(delay, lone) == Refusal(refused="unidentified: 0 open models")
    assert criteria_span(delay, lone.benchmark.name) == ""


def test_a_refused_benchmark_is_in_front_only_if_there_is_no_other(delay):
    others = [delay.benchmarks[-1], *delay.benchmarks[1:3]]
    assert front(dataclasses.replace(delay, benchmarks=others)) == delay.benchmarks[1]
    assert front(dataclasses.replace(delay, benchmarks=others[:1])) == delay.benchmarks[-1]
    assert front(dataclasses.replace(delay, benchmarks=[])) is None


def test_no_path_of_a_machine_is_named(delay):
    assert run_name(dataclasses.replace(delay.attributable, run="somebodys/disk/runs/quick-1a2b")) == "quick-1a2b"
