from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

import pytest

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import convert, decode_json, decode_toml


@record
class Row:
    rate: float | None = None
    text: str | None = None
    many: Sequence[float] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@record
class Sheet:
    rows: Sequence[Row] = ()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("toml", "place"),
    [
        ("rate = {}", r"x\.toml: rate"),
        ("many = [1.0, {}]", r"x\.toml: many\[1\]"),
        ("options = {{ deep = [{{ rate = {} }}] }}", r"x\.toml: options: deep\[0\]: rate"),
    ],
)
def test_a_number_that_is_not_finite_is_refused_with_its_place(toml, place, number):
    with pytest.raises(PlanError, match=rf"^{place}: expected a finite number, found {number}$"):
        decode_toml(toml.format(number), Row, "x.toml")


@pytest.mark.parametrize(
    ("said", "found"), [("NaN", "nan"), ("Infinity", "inf"), ("-Infinity", "-inf"), ("1e999", "inf")]
)
def test_json_that_python_alone_would_take_is_refused(said, found):
    with pytest.raises(PlanError, match=rf"^x\.json: rows\[1\]: rate: expected a finite number, found {found}$"):
        decode_json(f'{{"rows": [{{}}, {{"rate": {said}}}]}}', Sheet, "x.json")


@pytest.mark.parametrize("bare", ["2026-12-31", "2026-12-31T10:00:00Z", "10:00:00"])
@pytest.mark.parametrize(("toml", "place"), [("text = {}", "text"), ("options = {{ until = {} }}", "options: until")])
def test_a_bare_date_is_answered_with_what_would_do(toml, place, bare):
    with pytest.raises(PlanError, match=rf"^x\.toml: {place}: .*found .*; put the date in quotes$"):
        decode_toml(toml.format(bare), Row, "x.toml")


def test_a_quoted_date_and_ordinary_numbers_pass():
    row = decode_toml('rate = 1e300\ntext = "2026-12-31"\nmany = [0, -0.5]', Row, "x.toml")
    assert (row.rate, row.text, list(row.many)) == (1e300, "2026-12-31", [0.0, -0.5])


def test_an_option_that_is_not_finite_is_refused_too():
    with pytest.raises(PlanError, match="'trl': epochs: expected a finite number, found inf"):
        convert(float("inf"), float, "'trl': epochs")


@record
class Chosen:
    kind: Literal["open", "closed"]
    also: Literal["yes", "no"] | None = None


@pytest.mark.parametrize(
    ("toml", "says"), [('kind = "opne"', "did you mean 'open'"), ('kind = "open"\nalso = "zzz"', "valid: no, yes")]
)
def test_a_word_outside_a_choice_is_told_the_nearest_one(toml, says):
    with pytest.raises(PlanError, match=says):
        decode_toml(toml, Chosen, "x.toml")
