from __future__ import annotations

import math

import pytest

from angelshare.core.errors import PlanError
from angelshare.govern.compute_units import UNITS, parse_quantity, product, unit_name


def read(text):
    return parse_quantity(text, "here")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("3.2e9 parameters", 3.2e9, {"parameter": 1}),
        ("18 trillion tokens", 18e12, {"token": 1}),
        ("800 thousand samples", 8e5, {"sample": 1}),
        ("12_000 GPU-hours", 12_000 * 3600, {"GPU": 1, "second": 1}),
        ("40 percent", 0.4, {}),
        ("15 dollars/million_tokens", 15e-6, {"dollar": 1, "token": -1}),
        ("989e12 FLOP/s/GPU", 989e12, {"FLOP": 1, "second": -1, "GPU": -1}),
    ],
)
def test_a_number_scale_and_unit_are_read(text, value, unit):
    found = read(text)

    assert (found.low, found.high) == (found.central, found.central)
    assert found.central == pytest.approx(value)
    assert found.dimensions == unit


def test_a_scale_word_before_the_unit_holds_for_every_number_without_one_of_its_own():
    assert read("4 to 8 thousand tokens").low == 4000
    assert read("500 million to 2 billion tokens").low == 5e8
    assert read("31 to 32.5 to 32.8 billion parameters").central == 32.5e9


def test_the_centre_of_two_numbers_is_their_geometric_mean_and_of_a_range_from_nothing_its_middle():
    assert read("4 to 9 tokens").central == pytest.approx(math.sqrt(36))
    assert read("0 to 9 epochs").central == 4.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-3e20 FLOP", "it is negative"),
        ("8k tokens", "scale as a word"),
        ("32B parameters", "scale as a word"),
        ("12,000 tokens", "without commas"),
        ("10^25 FLOP", "powers of ten as 1e25"),
        ("4-8 thousand tokens", "a range with 'to'"),
        ("1e25", "no unit"),
        ("18 trillion", "no unit"),
        ("many tokens", "give a number and a unit"),
        ("", "give a number and a unit"),
        ("5 ktokens", "unit in thousands"),
        ("3e20 FLOPs", "an amount, 'FLOP/s' for a rate"),
        ("3e20 FLOPS", "an amount, 'FLOP/s' for a rate"),
        ("3 tokns", "did you mean 'tokens'"),
        ("8 to 4 thousand tokens", "does not ascend"),
        ("500 to 2 billion tokens", "does not ascend"),
        ("0 tokens", "leave the line out"),
        ("0 to 0 to 5 tokens", "leave the line out"),
        ("140 percent", "more than 100 percent"),
        ("1e400 FLOP", "too large"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_would_do(text, message):
    with pytest.raises(PlanError, match=r"^here: ") as caught:
        read(text)

    assert message in str(caught.value)


def test_units_multiply_and_cancel():
    held = [UNITS[name][1] for name in ("FLOP/s/GPU", "GPU-hours", "percent")]

    assert product(held) == {"FLOP": 1}
    assert unit_name(product([UNITS["FLOP/s"][1], UNITS["GPU-hours"][1]])) == "FLOP·GPU"
    assert unit_name({}) == "a pure number"
