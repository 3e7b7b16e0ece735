"""The worked examples, the figures they must reproduce, and what no ledger may do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random

import numpy as np
import pytest

from angelshare.core.compute import Count, ModelLine, RuleSet, Threshold
from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.core.records import Estimate, Refusal, Source
from angelshare.govern.compute import Asked, Provenance, bundled_model, ledger, parse_model, sees
from angelshare.govern.compute_draws import Settings
from angelshare.govern.rulesets import shipped_rules

TODAY = dt.date(2026, 11, 24)
SETTINGS = Settings(level=0.95, draws=4000, seed=1)
NOBODY = Provenance(version="test", command="angelshare ledger", made_at="2026-11-24T00:00:00+00:00")

CARD = """
name = "student"
weights = "open"
domain = "language"

[quantities]
parameters = { value = "100 billion parameters", source = "test" }
base_tokens = { value = "10 trillion tokens", source = "test" }
exchanges = { value = "28.8 million exchanges", source = "test" }
length = { value = "4 thousand tokens/exchange", source = "test" }

[[lines]]
name = "base"
kind = "inherited_weights"
method = "6ND"
factors = ["parameters", "base_tokens"]

[[lines]]
name = "teacher"
kind = "synthetic_private"
method = "2ND"
factors = ["parameters", "exchanges", "length"]

[[lines]]
name = "updates"
kind = "student_updates"
method = "6ND"
factors = ["parameters", "exchanges", "length"]
"""
"""Teacher and student with 100 billion active parameters each."""


def worked(text=CARD, *, rules=None, day=TODAY, show_all=False, settings=SETTINGS):
    asked = Asked(as_of=day, settings=settings, show_all=show_all)
    card = text if not isinstance(text, str) else parse_model(text, "MODEL.toml")
    return ledger(card, shipped_rules() if rules is None else rules, asked, where="MODEL.toml", provenance=NOBODY)


def example(name, **options):
    return worked(bundled_model(name), **options)


def row(result, rule_set, threshold=""):
    (found,) = [one for one in result.rows if one.rule_set == rule_set and threshold in one.threshold]
    return found


def line(result, name):
    (found,) = [one for one in result.lines if name in one.name]
    return found


def two(value):
    """Round to two significant digits."""
    return float(f"{value:.1e}")


@pytest.fixture(scope="module")
def r1():
    return example("r1-distill-qwen-32b", show_all=True)


@pytest.fixture(scope="module")
def api():
    return example("api-student", show_all=True)


# --- the worked example of the field notes --------------------------------------------------------


def test_the_lines_of_r1_distill_are_those_of_the_notes(r1):
    teacher, updates = line(r1, "forward passes"), line(r1, "updates")

    assert (two(teacher.least_flop), two(teacher.most_flop)) == (2.4e20, 4.7e20)
    assert (two(updates.least_flop), two(updates.most_flop)) == (1.2e21, 2.5e21)
    assert two(line(r1, "base").flop.value) == 3.5e24
    assert two(line(r1, "own training").flop.value) == 3.3e24


def test_the_modification_is_a_few_ten_thousandths_of_the_base_and_makes_no_new_provider(r1):
    for text in ("eu-gpai-guidelines-2025-07", "eu-gpai-guidelines-2025-11"):
        third = row(r1, text, "modifier")
        assert (round(third.share.low, 4), round(third.share.high, 4)) == (0.0004, 0.0008)
        assert third.threshold_share == pytest.approx(1 / 3)
        assert third.seen == "no"


def test_the_total_is_about_a_third_of_the_european_threshold(r1):
    assert round(r1.total_flop.value / 1e25, 2) == 0.35
    assert row(r1, "eu-ai-act-51").seen == "no"


def test_the_european_guidelines_leave_the_teachers_training_out_and_the_act_leaves_it_open(r1):
    guidelines, act = row(r1, "eu-gpai-guidelines-2025-11", "systemic"), row(r1, "eu-ai-act-51")

    assert guidelines.excluded == ["teacher's own training"]
    assert guidelines.counts_flop.high < 3.7e24
    assert act.unsettled == ["teacher's own training"]
    assert act.counts_flop.high > 6.6e24
    assert act.counts_flop.value == guidelines.counts_flop.value


EXPECTED = {
    ("eu-ai-act-51", "presumed high-impact capabilities (systemic risk)"): ("no", 1e25, 3.5e24, 2.8, "in force"),
    ("eu-gpai-guidelines-2025-07", "indication of a general-purpose AI model"): ("yes", 1e23, 3.5e24, 0.028, "ended"),
    ("eu-gpai-guidelines-2025-07", "presumed high-impact capabilities (systemic risk)"): (
        "no",
        1e25,
        3.5e24,
        2.8,
        "ended",
    ),
    ("eu-gpai-guidelines-2025-07", "a modifier becomes a provider"): ("no", 1.2e24, 2.1e21, 560.0, "ended"),
    ("eu-gpai-guidelines-2025-11", "indication of a general-purpose AI model"): (
        "yes",
        1e23,
        3.5e24,
        0.028,
        "in force",
    ),
    ("eu-gpai-guidelines-2025-11", "presumed high-impact capabilities (systemic risk)"): (
        "no",
        1e25,
        3.5e24,
        2.8,
        "in force",
    ),
    ("eu-gpai-guidelines-2025-11", "a modifier becomes a provider"): ("no", 1.2e24, 2.1e21, 560.0, "in force"),
    ("g7-hiroshima", "most advanced AI systems"): ("depends", None, None, None, "in force"),
    ("kr-ai-basic", "safety duties"): ("no", 1e26, 3.5e24, 28.0, "in force"),
    ("us-ai-diffusion", "licence to export closed weights"): ("no", 1e26, 3.5e24, 28.0, "ended"),
    ("us-eo-14110", "reporting duty"): ("no", 1e26, 3.5e24, 28.0, "ended"),
    ("us-eo-14110", "reporting duty, biological sequence data"): ("no", 1e23, 3.5e24, 0.028, "ended"),
    ("us-hr-8283", "conduct, not compute"): ("depends", None, None, None, "not enacted"),
    ("us-nstm-4", "conduct, not compute"): ("depends", None, None, None, "in force"),
    ("us-ca-sb53", "frontier model"): ("no", 1e26, 3.5e24, 28.0, "in force"),
    ("us-il-sb315", "frontier model"): ("no", 1e26, 3.5e24, 28.0, "enacted, not yet applicable"),
    ("us-ny-raise-2025", "frontier model, limb (a)"): ("no", 1e26, 1.8e21, 57000.0, "ended"),
    ("us-ny-raise-2025", "distillate of a frontier model, limb (b)"): ("no", None, 1.8e21, None, "ended"),
    ("us-ny-raise-2026", "frontier model"): ("no", 1e26, 3.5e24, 28.0, "enacted, not yet applicable"),
}
"""Of R1-Distill-Qwen-32B: seen, threshold, counted, distance (two digits), state."""


def test_the_whole_table_of_the_worked_example(r1):
    def shown(number):
        return two(number.value) if isinstance(number, Estimate) else None

    found = {
        (one.rule_set, one.threshold): (
            one.seen, one.threshold_flop and two(one.threshold_flop), shown(one.counts_flop), shown(one.distance), one.state,
        )
        for one in r1.rows
    }  # fmt: skip
    assert found == EXPECTED


def test_only_the_indication_of_a_general_purpose_model_sees_it_today(r1):
    assert [(one.rule_set, one.seen) for one in r1.rows if one.seen == "yes" and one.state == "in force"] == [
        ("eu-gpai-guidelines-2025-11", "yes")
    ]
    assert sees(r1)
    assert "1 of 8 thresholds in force on 2026-11-24 sees DeepSeek-R1-Distill-Qwen-32B" in r1.sentence


# --- an API student -------------------------------------------------------------------------------


def test_an_unknown_teacher_is_an_interval_whose_assumption_is_named(api):
    forward = line(api, "forward passes")

    assert forward.assumed == ["teacher_flop_per_token"]
    assert forward.flop.high > 10 * forward.flop.low
    (named,) = [note for note in api.notes if note.startswith("teacher_flop_per_token")]
    assert "40 to 800 billion FLOP/token" in named
    assert "because" in named


def test_the_tolerance_of_thirty_per_cent_cannot_be_met_without_the_teachers_flop_per_token(api):
    third = row(api, "eu-gpai-guidelines-2025-11", "modifier")

    assert third.tolerance.startswith("cannot be met without knowing teacher_flop_per_token")
    assert "allowed 30 %" in third.tolerance
    assert "Annex A.2, paragraph 123" in third.tolerance


def test_a_teacher_about_whom_nothing_is_assumed_leaves_texts_that_are_silent_on_it_open(api):
    korea = row(api, "kr-ai-basic")

    assert isinstance(line(api, "own training").flop, Refusal)
    assert korea.counts_flop.high is None
    assert korea.distance.low is None
    assert korea.seen == "depends"
    assert "teacher_training" in korea.flips


def test_towards_the_indication_of_a_general_purpose_model_only_updates_count_and_not_the_teachers_passes(r1):
    for text in ("eu-gpai-guidelines-2025-07", "eu-gpai-guidelines-2025-11"):
        indication, systemic = row(r1, text, "indication"), row(r1, text, "systemic")
        assert [name for name in systemic.counted if name not in indication.counted] == ["teacher forward passes"]
        assert "teacher forward passes" in indication.excluded
        passes = line(r1, "forward passes").flop.value
        assert systemic.counts_flop.value - indication.counts_flop.value == pytest.approx(passes, rel=1e-6)
        assert "paragraph 118" in indication.citation


def test_where_the_text_leaves_the_teacher_out_nothing_is_open(api):
    assert row(api, "eu-gpai-guidelines-2025-11", "systemic").counts_flop.high is not None
    assert row(api, "eu-gpai-guidelines-2025-11", "systemic").seen == "no"


def test_an_unknown_quantity_without_a_range_is_never_a_guess():
    text = CARD.replace('value = "28.8 million exchanges", source = "test"', 'value = "unknown", source = "test"')
    result = worked(text)

    assert isinstance(line(result, "updates").flop, Refusal)
    assert "exchanges" in line(result, "updates").flop.refused
    assert result.total_flop.high is None
    assert result.total_flop.value == pytest.approx(6e24)
    assert "lower bound" in result.total_flop.caution


# --- figures of the notes -------------------------------------------------------------------------


def test_a_campaign_of_28_8_million_exchanges_is_under_a_hundredth_of_the_european_threshold():
    result = worked()

    assert line(result, "updates").flop.value / 1e25 == pytest.approx(0.007, abs=0.0002)  # the updates alone
    added = row(result, "eu-gpai-guidelines-2025-11", "modifier").counts_flop.value
    assert added / 1e25 == pytest.approx(0.0092, abs=0.0002)  # with the teacher's forward passes


def test_half_a_billion_to_two_billion_exchanges_reach_a_third_of_the_european_threshold():
    text = CARD.replace('"4 thousand tokens/exchange"', '"2 to 8 thousand tokens/exchange"')
    text = text.replace('value = "10 trillion tokens", source = "test"', 'value = "unknown", source = "test"')
    text = text.replace('domain = "language"', 'domain = "language"\nbase_systemic_risk = true')
    third = row(worked(text), "eu-gpai-guidelines-2025-11", "modifier")

    assert third.threshold_flop == pytest.approx(1e25 / 3)
    needed = third.exchanges_to_flip
    assert (float(f"{needed.low:.0e}"), float(f"{needed.high:.0e}")) == (5e8, 2e9)


def test_that_many_exchanges_do_flip_it():
    third = row(worked(), "eu-gpai-guidelines-2025-11", "modifier")
    million = third.exchanges_to_flip.value / 1e6

    for factor, seen in ((0.99, "no"), (1.01, "yes")):
        text = CARD.replace("28.8 million", f"{million * factor} million")
        assert row(worked(text), "eu-gpai-guidelines-2025-11", "modifier").seen == seen


@pytest.mark.parametrize(("systemic", "threshold"), [("true", 1e25 / 3), ("false", 1e23 / 3)])
def test_a_base_of_unknown_compute_is_replaced_by_the_fallback_of_its_kind(systemic, threshold):
    text = CARD.replace('value = "10 trillion tokens", source = "test"', 'value = "unknown", source = "test"')
    text = text.replace('domain = "language"', f'domain = "language"\nbase_systemic_risk = {systemic}')
    third = row(worked(text), "eu-gpai-guidelines-2025-11", "modifier")

    assert third.threshold_flop == pytest.approx(threshold)
    assert third.seen == ("yes" if third.counts_flop.low > threshold else "no")
    assert isinstance(third.share, Refusal)


def test_between_two_fallbacks_it_depends_on_the_kind_of_base():
    text = CARD.replace('value = "10 trillion tokens", source = "test"', 'value = "unknown", source = "test"')
    third = row(worked(text), "eu-gpai-guidelines-2025-11", "modifier")

    assert 1e23 / 3 < third.counts_flop.low < 1e25 / 3
    assert third.seen == "depends"
    assert "whichever holds for the base" in third.why


# --- law as it stood ------------------------------------------------------------------------------


def test_the_law_is_that_of_the_day_asked_about():
    early = example("r1-distill-qwen-32b", day=dt.date(2024, 1, 1))
    assert {one.rule_set for one in early.rows} == {"us-eo-14110", "g7-hiroshima"}
    assert not sees(early)

    spring = example("r1-distill-qwen-32b", day=dt.date(2026, 1, 15))
    assert row(spring, "us-ny-raise-2025", "limb (b)").state == "enacted, application not verified"
    assert "us-ny-raise-2026" not in {one.rule_set for one in spring.rows}

    later = example("r1-distill-qwen-32b", day=dt.date(2027, 1, 1))
    assert row(later, "us-ny-raise-2026").state == "in force"
    assert "us-ny-raise-2025" not in {one.rule_set for one in later.rows}


def test_the_guidelines_change_their_numbers_on_the_day_they_were_adopted():
    before = example("r1-distill-qwen-32b", day=dt.date(2025, 11, 18))
    after = example("r1-distill-qwen-32b", day=dt.date(2025, 11, 19))

    assert row(before, "eu-gpai-guidelines-2025-07", "modifier").citation.startswith("paragraph 63")
    assert row(after, "eu-gpai-guidelines-2025-11", "modifier").citation.startswith("point 60")
    assert "eu-gpai-guidelines-2025-11" not in {one.rule_set for one in before.rows}


def test_a_rule_set_that_does_not_stand_is_counted_and_shown_only_when_asked():
    shown, every = example("r1-distill-qwen-32b"), example("r1-distill-qwen-32b", show_all=True)

    assert shown.hidden == len({one.rule_set for one in every.rows}) - len({one.rule_set for one in shown.rows}) > 0
    assert every.hidden == 0
    assert shown.sentence == every.sentence


# --- conditions that are not compute --------------------------------------------------------------


def test_an_expensive_distillate_of_a_frontier_model_was_reached_by_the_text_of_december_2025():
    text = (
        CARD.replace('domain = "language"\n', 'domain = "language"\n')
        + """
cost = ["price", "gpu_hours"]

[[lines]]
name = "teacher's training"
kind = "parent_training"
method = "stated"
factors = ["teacher_flop"]
"""
    )
    quantities = """
price = { value = "2 to 4 dollars/GPU-hour", source = "test" }
gpu_hours = { value = "5 million GPU-hours", source = "test" }
teacher_flop = { value = "2e26 FLOP", source = "test" }

[[lines]]
name = "base"
"""
    text = text.replace('\n[[lines]]\nname = "base"\n', quantities)
    then = dt.date(2026, 1, 15)

    limb = row(worked(text, day=then), "us-ny-raise-2025", "limb (b)")
    assert limb.seen == "yes"
    assert limb.counts_usd.low > 5e6
    assert limb.counts_usd.high is None  # the forward passes state no cost
    assert limb.state == "enacted, application not verified"

    small_teacher = row(worked(text.replace("2e26 FLOP", "9e25 FLOP"), day=then), "us-ny-raise-2025", "limb (b)")
    assert small_teacher.seen == "no"
    cheap = row(worked(text.replace("5 million GPU-hours", "5 GPU-hours"), day=then), "us-ny-raise-2025", "limb (b)")
    assert cheap.counts_usd.low < 100
    assert cheap.seen == "depends"


def test_weights_and_domain_decide_where_the_text_says_so():
    day, big = dt.date(2025, 3, 1), CARD.replace("10 trillion", "200 trillion")

    assert row(worked(big, day=day, show_all=True), "us-ai-diffusion").seen == "no"
    closed = big.replace('weights = "open"', 'weights = "closed"')
    assert row(worked(closed, day=day, show_all=True), "us-ai-diffusion").seen == "yes"
    biology = CARD.replace('domain = "language"', 'domain = "biological_sequences"')
    assert row(worked(biology, day=dt.date(2024, 1, 1)), "us-eo-14110", "biological").seen == "yes"
    assert row(worked(biology), "eu-gpai-guidelines-2025-11", "indication").seen == "no"


def test_where_more_than_one_condition_fails_all_of_them_are_named_and_exchanges_alone_flip_nothing():
    result = worked(day=dt.date(2025, 3, 1), show_all=True)
    diffusion, open_too = row(result, "us-ai-diffusion"), row(result, "us-ca-sb53")

    assert "All of these: 16 times the counted compute; closed weights." in diffusion.flips
    assert diffusion.exchanges_to_flip is None
    assert open_too.exchanges_to_flip.value > 1e9


def test_what_is_left_out_is_said_to_flip_a_row_only_where_it_would():
    text = (
        CARD
        + """
[[lines]]
name = "closed teacher"
kind = "parent_training"
method = "6ND"
factors = ["parameters", "teacher_tokens"]
"""
    )
    text = text.replace(
        "[quantities]", '[quantities]\nteacher_tokens = { value = "10 trillion tokens", source = "test" }'
    )
    result = worked(text)

    assert "gives 1.2 x 10^25 FLOP, which is beyond it" in row(result, "eu-gpai-guidelines-2025-11", "systemic").flips
    assert "gives 1.2 x 10^25 FLOP, still below it" in row(result, "us-ca-sb53").flips
    assert row(result, "eu-ai-act-51").seen == "depends"
    assert "closed teacher; with them that is beyond it" in row(result, "eu-ai-act-51").flips


def test_a_model_trained_from_nothing_modifies_nothing():
    text = CARD.replace("inherited_weights", "pre_training")
    third = row(worked(text), "eu-gpai-guidelines-2025-11", "modifier")

    assert third.seen == "no"
    assert "no other's weights" in third.why


def test_nothing_is_added_twice_and_nothing_is_a_silent_zero(r1, api):
    for result in (r1, api):
        for one in result.rows:
            assert not set(one.counted) & {*one.excluded, *one.unsettled}
            for number in (one.counts_flop, one.distance, one.share, one.counts_usd, one.exchanges_to_flip):
                if isinstance(number, Estimate):
                    assert number.value > 0
                    assert number.low is None or number.low <= number.value
                    assert number.high is None or number.high >= number.value


# --- properties -----------------------------------------------------------------------------------


KINDS = ("pre_training", "inherited_weights", "synthetic_private", "student_updates", "evaluation", "parent_training")
UNITS = ("e22 FLOP", "e23 FLOP", "e24 FLOP")


def random_card(luck, lines):
    quantities = {
        f"q{index}": {
            "value": f"{luck.uniform(1, 2):.3f} to {luck.uniform(3, 9):.3f}{luck.choice(UNITS)}".replace(
                " to ", f"{'e22'} to "
            ),
            "source": "test",
        }
        for index in range(lines)
    }
    head = 'name = "m"\nweights = "open"\ndomain = "language"\n[quantities]\n'
    given = "".join(f'{name} = {{ value = "{q["value"]}", source = "test" }}\n' for name, q in quantities.items())
    body = "".join(
        f'[[lines]]\nname = "l{index}"\nkind = "{luck.choice(KINDS)}"\nmethod = "stated"\nfactors = ["q{index}"]\n'
        for index in range(lines)
    )
    return parse_model(head + given + body, "random")


def random_rules(luck):
    counts = [
        Count(kinds=[kind], counted=luck.choice(["yes", "no"]), citation="c", evidence="text-seen")
        for kind in KINDS
        if luck.random() < 0.8
    ]
    return RuleSet(
        id=f"r{luck.random()}", name="r", jurisdiction="x", type="test", enacted_on="2020-01-01", applies_from="2020-01-01",
        ended_on="", status="", treatment="silent", treatment_citation="c", evidence="text-seen", verified_on="2026-01-01",
        thresholds=[Threshold(name="t", kind="cumulative_flop", citation="c", evidence="text-seen", flop=1e24)],
        counts=counts, sources=[Source(title="t", url="u")],
    )  # fmt: skip


def ends(number):
    """An amount of nothing is refused; here it is 0."""
    return (0.0, 0.0, 0.0) if isinstance(number, Refusal) else (number.value, number.low, number.high)


@pytest.mark.parametrize("seed", range(12))
def test_adding_a_counted_line_never_lowers_what_is_counted_and_leaving_it_out_never_raises_it(seed):
    luck = random.Random(seed)
    card, rules = random_card(luck, 4), random_rules(luck)
    order = {"no": 0, "depends": 1, "yes": 2}

    for gone in range(4):
        fewer = dataclasses.replace(
            card, lines=[one for index, one in enumerate(card.lines) if index != gone],
            quantities={name: q for name, q in card.quantities.items() if name != f"q{gone}"},
        )  # fmt: skip
        with_it, without = worked(card, rules=[rules]).rows[0], worked(fewer, rules=[rules]).rows[0]
        assert order[with_it.seen] >= order[without.seen]
        if isinstance(with_it.counts_flop, Estimate) and isinstance(without.counts_flop, Estimate):
            assert all(
                more >= less for more, less in zip(ends(with_it.counts_flop), ends(without.counts_flop), strict=True)
            )


@pytest.mark.parametrize("seed", range(12))
def test_excluding_a_kind_never_raises_what_is_counted(seed):
    luck = random.Random(100 + seed)
    card, rules = random_card(luck, 5), random_rules(luck)
    before = worked(card, rules=[rules]).rows[0]

    for count in rules.counts:
        if count.counted == "no":
            continue
        changed = [dataclasses.replace(one, counted="no") if one is count else one for one in rules.counts]
        after = worked(card, rules=[dataclasses.replace(rules, counts=changed)]).rows[0]
        assert all(less <= more for less, more in zip(ends(after.counts_flop), ends(before.counts_flop), strict=True))


def test_the_order_of_rule_sets_lines_and_quantities_changes_nothing():
    card, rules = parse_model(bundled_model("api-student"), "m"), list(shipped_rules())
    expected = worked(card)

    for seed in range(4):
        luck = random.Random(seed)
        luck.shuffle(rules)
        lines, names = list(card.lines), list(card.quantities)
        luck.shuffle(lines)
        luck.shuffle(names)
        found = worked(
            dataclasses.replace(card, lines=lines, quantities={n: card.quantities[n] for n in names}), rules=rules
        )
        assert found.total_flop == expected.total_flop
        for one, other in zip(found.rows, expected.rows, strict=True):
            assert (one.rule_set, one.threshold, one.seen) == (other.rule_set, other.threshold, other.seen)
            assert (one.counts_flop, one.distance, one.share) == (other.counts_flop, other.distance, other.share)


@pytest.mark.parametrize("factor", [0.001, 7.0, 1e4])
def test_scaling_every_line_scales_the_total_and_leaves_shares_of_the_base_alone(factor):
    text = CARD.replace('"4 thousand tokens/exchange"', '"2 to 8 thousand tokens/exchange"')
    scaled = text.replace("100 billion", f"{100 * factor} billion").replace(
        'kind = "inherited_weights"', 'kind = "inherited_weights"\nunusual = "scaled by a test"'
    )
    before, after = worked(text), worked(scaled)

    for name in ("value", "low", "high"):
        assert getattr(after.total_flop, name) == pytest.approx(factor * getattr(before.total_flop, name), rel=1e-9)
    share_before = row(before, "eu-gpai-guidelines-2025-11", "modifier").share
    share_after = row(after, "eu-gpai-guidelines-2025-11", "modifier").share
    assert share_after.low == pytest.approx(share_before.low, rel=1e-9)


def test_lines_that_share_a_quantity_share_its_doubt():
    text = CARD.replace('"4 thousand tokens/exchange"', '"2 to 8 thousand tokens/exchange"')
    added = row(worked(text), "eu-gpai-guidelines-2025-11", "modifier").counts_flop
    teacher, updates = line(worked(text), "teacher").flop, line(worked(text), "updates").flop

    assert added.low == pytest.approx(teacher.low + updates.low, rel=1e-9)
    assert added.high == pytest.approx(teacher.high + updates.high, rel=1e-9)


def test_intervals_hold_a_truth_drawn_from_the_ranges_as_often_as_they_say():
    text = CARD.replace('"4 thousand tokens/exchange"', '"2 to 8 thousand tokens/exchange"').replace(
        '"28.8 million exchanges"', '"10 to 90 million exchanges"'
    )
    rng = np.random.default_rng(3)
    length = np.exp(rng.uniform(np.log(2e3), np.log(8e3), 4000))
    exchanges = np.exp(rng.uniform(np.log(1e7), np.log(9e7), 4000))
    truth = 6e11 * length * exchanges

    for level in (0.5, 0.9, 0.95):
        number = line(worked(text, settings=Settings(level=level, draws=10_000, seed=1)), "updates").flop
        held = np.mean((truth >= number.low) & (truth <= number.high))
        assert held == pytest.approx(level, abs=0.03)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    text = CARD.replace('"4 thousand tokens/exchange"', '"2 to 8 thousand tokens/exchange"')

    assert worked(text) == worked(text)
    other = worked(text, settings=dataclasses.replace(SETTINGS, seed=2))
    assert other.total_flop != worked(text).total_flop
    assert other.total_flop.value == worked(text).total_flop.value


# --- bad input ------------------------------------------------------------------------------------


BAD = {
    "a rate where an amount is due": (
        ('method = "6ND"\nfactors = ["parameters", "base_tokens"]', 'method = "stated"\nfactors = ["parameters", "base_tokens"]'),
        ("100 billion parameters", "1e20 FLOP/s"), ("10 trillion tokens", "3 times"),
        "comes out in FLOP/second, where FLOP is due; that is a rate: multiply it by a time",
    ),
    "GPU-hours with a rate of all devices": (
        ('method = "6ND"\nfactors = ["parameters", "base_tokens"]', 'method = "hardware"\nfactors = ["parameters", "base_tokens"]'),
        ("100 billion parameters", "1e20 FLOP/s"), ("10 trillion tokens", "2 million GPU-hours"),
        "give FLOP/s/GPU with GPU-hours",
    ),
    "tokens in thousands": (("10 trillion tokens", "10 million tokens"), "Are tokens or parameters in thousands"),
    "a factor too few": (
        ('factors = ["parameters", "exchanges", "length"]', 'factors = ["parameters", "exchanges"]'),
        ('length = { value = "4 thousand tokens/exchange", source = "test" }', ""), "where parameter·token is due",
    ),
    "negative FLOP": (("100 billion parameters", "-5 billion parameters"), "it is negative"),
    "an amount beyond every number": (("28.8 million exchanges", "1e200 exchanges"), "Check the exponents"),
    "less than one operation": (
        ('kind = "synthetic_private"\nmethod = "2ND"', 'kind = "synthetic_private"\nmethod = "6ND"'),
        ("28.8 million exchanges", "1e-30 exchanges"), "Check the exponents",
    ),
    "an unknown unit": (("10 trillion tokens", "10 trillion words"), "unknown unit 'words'"),
    "no source": (('"10 trillion tokens", source = "test"', '"10 trillion tokens", source = " "'), "it names no source"),
    "an assumption without a reason": (
        ('value = "10 trillion tokens", source = "test"', 'value = "unknown", source = "test", assume = "1 to 2 trillion tokens"'),
        "does not say why; add 'because'",
    ),
    "a value and an assumption": (
        ('"10 trillion tokens", source = "test"', '"10 trillion tokens", source = "test", assume = "1 to 2 trillion tokens"'),
        "it has a value and an assumption",
    ),
    "a quantity nobody uses": (
        ("length = {", 'idle = { value = "3 epochs", source = "test" }\nlength = {'), "no line uses the quantity 'idle'",
    ),
    "a quantity nobody gave": (('["parameters", "base_tokens"]', '["parameters", "base_token"]'), None),
    "two lines of one name": (('name = "updates"', 'name = "teacher"'), "two lines are called 'teacher'"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_with_its_place_and_what_would_do(what):
    *changes, message = BAD[what]
    text = CARD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)

    with pytest.raises(PlanError) as caught:
        worked(text)

    assert str(caught.value).startswith("MODEL.toml: ")
    assert (message or "base_token") in str(caught.value)


def test_a_misspelt_key_is_named_with_its_nearest_spelling():
    with pytest.raises(UnknownKeyError, match="did you mean 'factors'"):
        worked(CARD.replace("factors", "factor"))


def test_a_model_without_lines_is_refused():
    with pytest.raises(PlanError, match="no line says where compute was spent"):
        parse_model('name = "m"\nweights = "open"\ndomain = "language"\nquantities = {}\nlines = []', "m")


def test_an_unusual_training_is_taken_when_the_file_says_why():
    text = CARD.replace("10 trillion", "10 million").replace(
        'kind = "inherited_weights"', 'kind = "inherited_weights"\nunusual = "a probe that was stopped early"'
    )

    result = worked(text)
    assert any("stopped early" in note for note in result.notes)


@pytest.mark.parametrize(("settings", "message"), [
    (Settings(level=1.0, draws=4000, seed=1), "level"), (Settings(level=0.95, draws=10, seed=1), "too few"),
    (Settings(level=0.95, draws=10**9, seed=1), "at most 1000000"),
])  # fmt: skip
def test_a_level_or_number_of_draws_that_cannot_be_is_refused(settings, message):
    with pytest.raises(PlanError, match=message):
        worked(settings=settings)


def test_two_rule_sets_of_one_id_are_refused():
    rules = list(shipped_rules())

    with pytest.raises(PlanError, match="two rule-sets have the id"):
        worked(rules=[*rules, rules[0]])


def test_every_way_to_spend_compute_has_a_place_in_the_total_but_the_teachers_training():
    lines = [ModelLine(name=kind, kind=kind, method="stated", factors=["f"]) for kind in KINDS]
    card = parse_model(CARD, "m")
    flop = dataclasses.replace(next(iter(card.quantities.values())), value="1e20 FLOP")
    result = worked(dataclasses.replace(card, quantities={"f": flop}, lines=lines))

    assert result.total_flop.value == pytest.approx((len(KINDS) - 1) * 1e20)
    assert result.parent_flop.value == pytest.approx(1e20)
    for one, other in itertools.pairwise(result.lines):
        assert one.flop == other.flop
