"""docs/ledger.md names every kind, unit, method and rule-set, and its examples are accepted."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import get_args

import pytest

from angelshare.core.compute import LineKind, Method
from angelshare.govern.compute import Asked, Provenance, ledger, parse_model
from angelshare.govern.compute_draws import Settings
from angelshare.govern.compute_units import UNITS
from angelshare.govern.rulesets import parse_rules, shipped_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def example(mark):
    (text,) = re.findall(rf"<!-- not run: {mark}, not a plan -->\n```toml\n(.*?)```", PAGE, re.DOTALL)
    return text


@pytest.mark.parametrize("word", [*get_args(LineKind), *get_args(Method), *UNITS, *(one.id for one in shipped_rules())])
def test_every_kind_method_unit_and_rule_set_is_documented(word):
    assert f"`{word}`" in PAGE


def test_the_examples_of_the_page_are_accepted_and_work_together():
    rules = parse_rules(example("a rule-set"), "docs")
    card = parse_model(example("a model description"), "docs")
    asked = Asked(as_of=dt.date(2026, 11, 24), settings=Settings(level=0.95, draws=1000, seed=1))
    nobody = Provenance(version="", command="", made_at="")

    (row,) = ledger(card, [rules], asked, where="docs", provenance=nobody).rows

    assert row.counted == ["teacher", "fine-tuning"]
    assert row.unsettled == ["base"]
    assert row.seen == "depends"
