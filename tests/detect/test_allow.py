from __future__ import annotations

import datetime as dt

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.detect.allow import read_allow

TWO = """
[[programme]]
name = "Institute evaluations"
kind = "evaluator"
reference = "agreement of 2026-01-05"
until = "2026-12-31"
accounts = ["a1", "a2"]

[[programme]]
name = "Summer school"
kind = "academic"
reference = "letter"
until = "2026-02-28"
accounts = ["b1"]
"""


def test_a_programme_holds_until_its_last_day():
    on_last = read_allow(TWO, "allow.toml", on=dt.date(2026, 2, 28))
    after = read_allow(TWO, "allow.toml", on=dt.date(2026, 3, 1))

    assert on_last.programmes == {
        "a1": "Institute evaluations",
        "a2": "Institute evaluations",
        "b1": "Summer school",
    }
    assert set(after.programmes) == {"a1", "a2"}
    assert after.expired == ["Summer school (until 2026-02-28)"]


def test_an_account_of_two_programmes_is_refused():
    with pytest.raises(PlanError, match="'a1' is of"):
        read_allow(TWO.replace('"b1"', '"a1"'), "allow.toml", on=dt.date(2026, 2, 1))


def test_a_wrong_date_or_key_is_named():
    with pytest.raises(PlanError, match="is no date"):
        read_allow(TWO.replace("2026-02-28", "soon"), "allow.toml", on=dt.date(2026, 2, 1))
    with pytest.raises(UnknownKeyError, match="did you mean 'until'"):
        read_allow(TWO.replace("until", "untill"), "allow.toml", on=dt.date(2026, 2, 1))
