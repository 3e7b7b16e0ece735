from __future__ import annotations

import pytest

from angelshare.core.records import Estimate, Refusal
from angelshare.report.numbers import count, dollars, full, parts, phrase


def number(value, low, high, level=0.95, caution=""):
    return Estimate(value=value, low=low, high=high, level=level, n=800, method="bootstrap", caution=caution)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0.6123, 0.5213, 0.7012), "0.61 [0.52, 0.70]"),
        ((0.6123, 0.6113, 0.6133), "0.6123 [0.6113, 0.6133]"),
        ((0.6123, 0.1, 1.4), "0.6 [0.1, 1.4]"),
        ((-0.4545, -0.52, -0.39), "−0.45 [−0.52, −0.39]"),
        ((-0.0004, -0.04, 0.04), "0.00 [−0.04, 0.04]"),
        ((1890, 1420, 2600), "1,900 [1,400, 2,600]"),
        ((8.4e13, 7.1e13, 9.9e13), "8.4 [7.1, 9.9] × 10¹³"),
    ],
)
def test_digits_follow_the_width_of_the_interval(given, said):
    printed = phrase(number(*given))
    assert printed.replace(" × 10¹³ [", " [") == said


def test_small_shares_keep_two_decimals_however_wide_their_interval():
    assert phrase(number(0.034, 0.004, 0.71)) == "0.03 [0.00, 0.71]"


def test_the_last_digit_is_worth_at_most_a_fifth_and_more_than_a_fiftieth_of_the_interval():
    for width in (0.011, 0.04, 0.05, 0.0501, 0.3, 0.49, 1.1, 3.0, 4.9):
        shown = parts(number(0.5, 0.5 - width / 2, 0.5 + width / 2)).value
        step = 10.0 ** -(len(shown.split(".")[1]) if "." in shown else 0)
        assert width / 50 < step <= width / 5 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (3147.0, None, "> 3,100 queries (95\u00a0%)"),
        (None, 0.0449, "< 0.045 queries (95\u00a0%)"),
        (3199.99, None, "> 3,100 queries (95\u00a0%)"),
        (None, None, "4,000 queries not bounded (95\u00a0%)"),
    ],
)
def test_a_bound_is_rounded_to_the_side_on_which_it_stays_true(low, high, said):
    assert phrase(number(4000.0, low, high), unit="queries") == said


def test_a_refusal_says_why():
    refusal = Refusal(refused="gap not identified: the teacher leads by 0.02")
    assert phrase(refusal) == "not stated: gap not identified: the teacher leads by 0.02"
    assert parts(refusal).value == "not stated"


def test_a_level_is_printed_only_where_it_is_not_the_expected_one():
    assert "90" not in phrase(number(0.61, 0.52, 0.70, level=0.90), level=0.90)
    assert phrase(number(0.61, 0.52, 0.70, level=0.90)).endswith("(90\u00a0%)")


def test_the_full_form_carries_level_n_method_and_caution():
    said = full(number(0.61, 0.52, 0.70, caution="few items"))
    for part in ("0.61 [0.52, 0.70]", "95\u00a0%", "n = 800", "bootstrap", "few items"):
        assert part in said


def test_an_interval_without_width_still_prints():
    assert phrase(number(0.5, 0.5, 0.5)) == "0.500 [0.500, 0.500]"
    assert phrase(number(0.0, 0.0, 0.0)) == "0.00 [0.00, 0.00]"


def test_meter_readings_print_plainly():
    assert [count(x) for x in (0, 3000, 26.5, 9.8333, 12450.25, 2.1e12)] == [
        "0", "3,000", "26.5", "9.83", "12,450", "2.10 × 10¹²",
    ]  # fmt: skip
    assert [dollars(x) for x in (0, 0.005, 0.5, 4.27, 12345.6)] == ["$0.00", "$0.0050", "$0.50", "$4.27", "$12,345.60"]
