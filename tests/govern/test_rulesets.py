"""The shipped rule-sets parse, cite, and say what the field notes' table says; a rule-set that cites nothing is refused."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import re
from importlib.resources import files
from pathlib import Path

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.govern.rulesets import (
    LONGEST_QUOTE,
    parse_rules,
    shipped_rules,
    sorted_rules,
    state_on,
    treatment_of,
    weakest,
)

RULES = {one.id: one for one in shipped_rules()}
TABLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "governance" / "instruments.csv"
EVERY = pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
TREATMENTS = {
    "explicit-excludes": {"excludes"},
    "explicit-includes": {"included then repealed"},
    "explicit-targets": {"targets"},
    "explicit-permits": {"permits"},
    "silent": {"silent"},
    "implicit": {"implicit"},
}


def text_of(name):
    return files("angelshare.govern").joinpath("rules", f"{name}.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table():
    if not TABLE.is_file():
        pytest.skip("the field notes' data (../shared/data/governance) are not on this machine")
    with TABLE.open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@EVERY
def test_every_threshold_and_count_has_a_pinpoint_and_a_level_of_evidence(rules):
    for one in (*rules.thresholds, *rules.counts):
        assert one.citation.strip()
        assert one.evidence in ("text-seen", "secondary-seen", "memory")
        assert len(one.quote.split()) <= LONGEST_QUOTE
    assert rules.treatment_citation.strip()
    assert all(source.title and source.url for source in rules.sources)
    assert dt.date.fromisoformat(rules.verified_on) <= dt.date(2026, 11, 24)


@EVERY
def test_the_file_is_called_by_the_id(rules):
    assert parse_rules(text_of(rules.id), "x") == rules


@EVERY
def test_thresholds_are_those_of_the_field_notes_and_so_is_the_rest_unless_the_text_was_read_since(rules, table):
    noted = table[rules.catalogue]
    powers = {float(f"1e{power}") for power in re.findall(r"10\^(\d+)\b(?! FLOP/s)", noted["threshold"])}
    millions = {float(number) * 1e6 for number in re.findall(r">\$(\d+)M(?! revenue)", noted["threshold"])}
    flop = {one.flop for one in rules.thresholds if one.flop} | {
        one.teacher_flop for one in rules.thresholds if one.teacher_flop
    }

    assert flop == powers
    assert {one.cost_usd for one in rules.thresholds if one.cost_usd} == millions
    assert weakest([rules.evidence, noted["evidence_level"]]) == noted["evidence_level"]
    if rules.evidence == noted["evidence_level"]:
        assert rules.treatment in TREATMENTS[noted["distillation_treatment"]]


def test_every_instrument_of_the_notes_with_a_number_of_operations_has_a_rule_set(table):
    numbered = {name for name, row in table.items() if "10^" in row["threshold"]}

    assert numbered - {rules.catalogue for rules in RULES.values()} == set()


def test_the_third_of_the_guidelines_and_its_fallbacks_are_thirds():
    for name in ("eu-gpai-guidelines-2025-07", "eu-gpai-guidelines-2025-11"):
        (third,) = [one for one in RULES[name].thresholds if one.kind == "share_of_base"]
        assert third.share_of_base == pytest.approx(1 / 3)
        assert {one.base_systemic_risk: one.flop for one in third.fallback} == {
            True: pytest.approx(1e25 / 3),
            False: pytest.approx(1e23 / 3),
        }
        assert RULES[name].tolerance == 0.30


def test_the_guidelines_count_private_synthetic_data_and_not_the_teachers_training():
    rules = RULES["eu-gpai-guidelines-2025-11"]

    for kind in ("synthetic_private", "synthetic_discarded", "inherited_weights", "student_updates"):
        assert treatment_of(rules, kind).counted == "yes"
    for kind in ("parent_training", "synthetic_public", "evaluation", "auxiliary_models", "failed_experiments"):
        assert treatment_of(rules, kind).counted == "no"
    assert treatment_of(RULES["us-eo-14110"], "parent_training") is None


def test_both_texts_of_the_guidelines_differ_only_in_numbering_and_dates():
    july, november = (RULES[f"eu-gpai-guidelines-2025-{month}"] for month in ("07", "11"))

    assert [(c.kinds, c.counted) for c in july.counts] == [(c.kinds, c.counted) for c in november.counts]
    assert [t.flop for t in july.thresholds] == [t.flop for t in november.thresholds]
    assert july.ended_on == november.enacted_on == "2025-11-19"


@pytest.mark.parametrize(
    ("name", "day", "state"),
    [
        ("us-eo-14110", "2023-10-29", "not enacted"),
        ("us-eo-14110", "2023-10-30", "in force"),
        ("us-eo-14110", "2025-01-19", "in force"),
        ("us-eo-14110", "2025-01-20", "ended"),
        ("us-ai-diffusion", "2025-05-12", "enacted, not yet applicable"),
        ("us-ai-diffusion", "2025-05-15", "ended"),
        ("eu-ai-act-51", "2025-08-01", "enacted, not yet applicable"),
        ("eu-ai-act-51", "2025-08-02", "in force"),
        ("us-ny-raise-2025", "2026-03-26", "enacted, application not verified"),
        ("us-ny-raise-2025", "2026-03-27", "ended"),
        ("us-ny-raise-2026", "2026-12-31", "enacted, not yet applicable"),
        ("us-ny-raise-2026", "2027-01-01", "in force"),
        ("us-il-sb315", "2026-07-05", "not enacted"),
        ("us-il-sb315", "2026-11-24", "enacted, not yet applicable"),
        ("us-il-sb315", "2027-01-01", "in force"),
        ("us-hr-8283", "2026-11-24", "not enacted"),
    ],
)
def test_an_instrument_stands_as_its_dates_say(name, day, state):
    assert state_on(RULES[name], dt.date.fromisoformat(day)) == state


def test_the_weakest_evidence_stands_for_the_whole():
    assert weakest(["text-seen", "memory", "secondary-seen"]) == "memory"
    assert weakest(["text-seen"]) == "text-seen"


BAD = {
    "a threshold without citation": ('citation = "Article 51(2)"', 'citation = " "', "has no citation"),
    "a count without citation": ('citation = "Recital 111"', 'citation = ""', "has no citation"),
    "a treatment without citation": (
        'treatment_citation = "Article 51(2); Annex XIII"', 'treatment_citation = ""',
        "the treatment of distillation has no citation",
    ),
    "a long quote": ("pre-training, synthetic data generation and fine-tuning", "word " * 16, "a quote has 16 words"),
    "an impossible date": ('verified_on = "2026-11-24"', 'verified_on = "2026-02-30"', "is no date"),
    "a date in another form": ('verified_on = "2026-11-24"', 'verified_on = "20261124"', "write 2026-11-24"),
    "no date of verification": ('verified_on = "2026-11-24"', 'verified_on = ""', "verified_on: '' is no date"),
    "an end before the beginning": ('ended_on = ""', 'ended_on = "2020-01-01"', "before it was enacted"),
    "an application before enactment": ('enacted_on = "2024-07-12"', 'enacted_on = ""', "before it was enacted"),
    "a threshold without number": ("flop = 1e25\n", "", "gives no 'flop'"),
    "a negative threshold": ("flop = 1e25", "flop = -1e25", "must be above 0"),
    "a kind named twice": ('kinds = ["pre_training",', 'kinds = ["pre_training", "pre_training",', "two entries say whether pre_training"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_wrong_rule_set_is_refused_with_what_would_do(what):
    old, new, message = BAD[what]
    text = text_of("eu-ai-act-51")
    assert old in text

    with pytest.raises(PlanError) as caught:
        parse_rules(text.replace(old, new), "mine.toml")

    assert str(caught.value).startswith("mine.toml: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("key", ["citation", "verified_on", "evidence"])
def test_a_rule_set_that_lacks_what_vouches_for_it_is_refused(key):
    text = re.sub(rf"^{key} = .*\n", "", text_of("eu-ai-act-51"), flags=re.MULTILINE)

    with pytest.raises(PlanError, match=f"missing key '{key}'"):
        parse_rules(text, "mine.toml")


def test_a_misspelt_kind_or_key_is_named():
    with pytest.raises(PlanError, match="pre_trainings"):
        parse_rules(text_of("eu-ai-act-51").replace('"pre_training"', '"pre_trainings"'), "mine.toml")
    with pytest.raises(UnknownKeyError, match="did you mean 'verified_on'"):
        parse_rules(text_of("eu-ai-act-51").replace("verified_on", "verified"), "mine.toml")


def test_two_rule_sets_of_one_id_are_refused_whatever_their_jurisdictions():
    one = RULES["eu-ai-act-51"]
    with pytest.raises(PlanError, match="two rule-sets have the id 'eu-ai-act-51'"):
        sorted_rules([*RULES.values(), dataclasses.replace(one, jurisdiction="company")])
