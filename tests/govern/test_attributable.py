"""Months saved follow from the stated formula, move the right way, and are refused where the audit cannot say."""

from __future__ import annotations

import dataclasses
import random
import re

import numpy as np
import pytest

from angelshare.core.audit import Audit
from angelshare.core.delay import DAYS_PER_MONTH, Assumption, AttributableDelay
from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate, Refusal, Source
from angelshare.core.strict import decode_json, encode
from angelshare.govern.attributable import attributable_delay
from angelshare.govern.attributable_choices import Choices
from angelshare.govern.attributable_curve import read_curve
from angelshare.govern.attributable_inputs import Frontier, Inputs, draw
from angelshare.govern.campaign import parse_campaign
from angelshare.govern.campaign_presets import preset, preset_text
from angelshare.govern.campaign_terms import TERMS
from angelshare.stats.curve import fit_curve
from report.sample import sample

DRAWS = 1000
HERE = Source(title="a test", url="")


def number(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=float(value), low=float(low), high=float(high), level=0.9, n=8, method="a test")


FRONTIER = Frontier(gap_points=number(8, 7, 11), slope_points_per_year=number(13.7, 11.5, 16.0), source=HERE)
FIXED = ("gap_points=8", "slope_points_per_year=13.7")


@pytest.fixture(scope="module")
def audit() -> Audit:
    """Fitted from the fixture's own points: its headline arm is `traces`, its skills are four, its doses 100 to 3,000."""
    whole = sample()
    curve = dataclasses.replace(whole.curves[0], arm="traces", measure="attributable", largest_dose=3000.0)
    band = curve.band
    dose = np.geomspace(50, 30_000, 40)
    centre = 0.8 * dose**1.5 / (dose**1.5 + 800**1.5)
    band = dataclasses.replace(
        band, dose=dose.tolist(), low=(0.85 * centre - 0.02).tolist(), centre=centre.tolist(), high=(1.1 * centre + 0.02).tolist()
    )  # fmt: skip
    others = [c for c in whole.curves if c.measure != "attributable"]
    return dataclasses.replace(
        whole, curves=[*others, dataclasses.replace(curve, band=band, axis="queries", refused="")]
    )


def run(
    audit: Audit, *settings: str, campaign: str = "medium", without=(), frontier=FRONTIER, **more
) -> AttributableDelay:
    choices = Choices(settings=settings, without=without, draws=DRAWS, **more)
    return attributable_delay(audit, preset(campaign), frontier, choices=choices)


def saved(result: AttributableDelay) -> Estimate:
    assert isinstance(result.months_saved, Estimate), result.months_saved
    return result.months_saved


def ends(number: Estimate) -> list[float]:
    """Low, value and high, an open end being as far as can be."""
    return [-np.inf if number.low is None else number.low, number.value, np.inf if number.high is None else number.high]


# --- the formula ----------------------------------------------------------------------------------


def test_with_every_assumption_switched_off_months_saved_have_their_closed_form(audit):
    result = run(audit, without=[item.name for item in run(audit).assumptions])

    # one exchange, all usable, on one skill of the audit's four: a dose of four queries, below the first grid dose of 50
    band = next(c.band for c in audit.curves if c.measure == "attributable")
    recovery = band.centre[0] * 4 / band.dose[0]
    expected = 12 * recovery * 8 / 13.7
    assert ends(saved(result)) == pytest.approx([expected] * 3)
    # the day it takes is longer than what it saves, so the lead ends by itself
    assert expected < 1 / DAYS_PER_MONTH
    assert ends(result.delay_left) == pytest.approx([12 * 8 / 13.7] * 3)
    assert ends(result.cost_usd) == [0, 0, 0]
    assert result.tornado == []
    assert not any(item.on for item in result.assumptions)


def test_with_every_input_set_all_numbers_have_their_closed_form(audit):
    result = run(
        audit, "accounts=200", "requests_per_account_day=10", "days=50", "output_tokens=1000", "input_tokens=500",
        "usd_per_million_out=20", "usd_per_million_in=4", "usable_share=0.5", "skills=20", "exchanges_per_query=5",
        "transfer=0.5", "training_days=3", "recovery_position=0", "lag_months=6", *FIXED,
    )  # fmt: skip

    curve = read_curve(audit, "traces")
    dose = 200 * 10 * 50 * 0.5 / 20 * 4 / 5
    recovery = float(np.interp(np.log(dose), np.log(curve.dose), curve.centre))
    half = float(np.exp(np.interp(0.5, curve.centre, np.log(curve.dose))))
    months = 12 * recovery * 0.5 * 8 / 13.7
    assert dose == 2000
    assert ends(result.recovery) == pytest.approx([recovery] * 3)
    assert ends(saved(result)) == pytest.approx([months] * 3)
    assert ends(result.delay_left) == pytest.approx([6 - months + 53 / DAYS_PER_MONTH] * 3)
    assert ends(result.days_to_target) == pytest.approx([half * 5 * 20 / 4 / (200 * 10 * 0.5)] * 3)
    assert ends(result.cost_usd) == pytest.approx([100_000 * (1000 * 20 + 500 * 4) / 1e6] * 3)


def test_a_lead_that_ends_before_the_campaign_is_not_made_longer_by_it(audit):
    result = run(audit, "lag_months=1", "days=400", campaign="small")

    assert ends(result.delay_left) == pytest.approx([1, 1, 1])


def test_a_budget_ends_the_campaign_where_the_money_does(audit):
    settings = ("output_tokens=1000", "input_tokens=0", "usd_per_million_out=10")
    text = preset_text("medium").replace("days = 40\n", "days = 40\nbudget_usd = 500\n", 1)
    campaign = parse_campaign(text, "budget.toml")

    poor = attributable_delay(audit, campaign, FRONTIER, choices=Choices(settings=settings, draws=DRAWS))
    rich = attributable_delay(
        audit, campaign, FRONTIER, choices=Choices(settings=settings, without=["budget_usd"], draws=DRAWS)
    )

    assert poor.cost_usd.value == pytest.approx(500)
    assert rich.cost_usd.value == pytest.approx(10_000)
    assert saved(poor).value < saved(rich).value
    dearer = next(d for d in poor.defences if d.defence == "price times three")
    assert dearer.months_saved.value < saved(poor).value


# --- which way things move ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accounts", "requests_per_account_day", "days", "usable_share"])
def test_doubling_the_campaign_never_saves_less_nor_takes_longer(audit, name):
    chance = random.Random(name)
    for _ in range(8):
        value = chance.uniform(0.05, 0.5) if name == "usable_share" else 10 ** chance.uniform(0.5, 4)
        seed = chance.randrange(1000)
        once, twice = (run(audit, f"{name}={value * times}", seed=seed) for times in (1, 2))
        assert all(a <= b + 1e-9 for a, b in zip(ends(saved(once)), ends(saved(twice)), strict=True))
        for target in ("days_to_target", "days_to_80"):
            before, after = ends(getattr(once, target)), ends(getattr(twice, target))
            # the value stands for the lower end where the median is not reached, in both alike
            assert all(a >= b - 1e-9 for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["skills", "exchanges_per_query", "slope_points_per_year"])
def test_spreading_thinner_or_a_faster_frontier_never_saves_more(audit, name):
    chance = random.Random(name)
    for _ in range(8):
        value, seed = 10 ** chance.uniform(0.3, 2.5), chance.randrange(1000)
        once, twice = (run(audit, f"{name}={value * times}", seed=seed) for times in (1, 2))
        # the upper end opens where the dose is beyond what was measured, so only the closed ends are compared
        assert all(a >= b - 1e-9 for a, b in zip(ends(saved(once)), ends(saved(twice)), strict=True))


@pytest.mark.parametrize("name", ["transfer", "gap_points"])
def test_a_wider_gap_or_better_transfer_never_saves_less(audit, name):
    chance = random.Random(name)
    for _ in range(8):
        value, seed = chance.uniform(0.05, 0.5), chance.randrange(1000)
        once, twice = (run(audit, f"{name}={value * times}", seed=seed) for times in (1, 2))
        assert all(a <= b + 1e-9 for a, b in zip(ends(saved(once)), ends(saved(twice)), strict=True))


def test_a_steeper_slope_saves_strictly_less(audit):
    slow, fast = (run(audit, f"slope_points_per_year={value}", campaign="large") for value in (10, 20))

    assert saved(slow).value == pytest.approx(2 * saved(fast).value)


def test_the_bill_doubles_with_the_tokens(audit):
    once = run(audit, "output_tokens=1000", "input_tokens=300")
    twice = run(audit, "output_tokens=2000", "input_tokens=600")

    assert ends(twice.cost_usd) == pytest.approx([2 * end for end in ends(once.cost_usd)])
    assert twice.months_saved == once.months_saved


# --- draws ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(audit):
    assert encode(run(audit, seed=4)) == encode(run(audit, seed=4))
    assert encode(run(audit, seed=4)) != encode(run(audit, seed=5))


def test_the_order_of_settings_and_switches_never_matters(audit):
    settings = ["accounts=500", "skills=low", "transfer=0.4", "gap_points=9"]
    without = ["usable_share", "training_days", "recovery_position"]
    first = encode(run(audit, *settings, without=without))
    chance = random.Random(3)

    for _ in range(5):
        chance.shuffle(settings)
        chance.shuffle(without)
        assert encode(run(audit, *settings, without=without)) == first


def test_the_order_of_a_campaigns_tables_never_matters(audit):
    head, *tables = re.split(r"^(?=\[(?!\[))", preset_text("medium").split("[[defences]]")[0], flags=re.MULTILINE)
    turned = parse_campaign(head + "\n".join(reversed(tables)), "turned.toml")
    straight = parse_campaign(head + "\n".join(tables), "straight.toml")
    choices = Choices(draws=DRAWS)

    results = [attributable_delay(audit, campaign, FRONTIER, choices=choices) for campaign in (turned, straight)]
    assert len(tables) > 8
    assert encode(results[0]) == encode(results[1])


def test_draws_of_every_shape_have_the_quantiles_they_should():
    def drawn(shape, low, central, high, name="skills"):
        item = Assumption(
            name=name, meaning="", unit="", low=low, central=central, high=high, shape=shape, source=HERE
        )  # fmt: skip
        return draw(Inputs([item], {name: 0.9}, {}), 1, 40_000)[name]

    assert np.quantile(drawn("uniform", 2, 3, 6), [0.25, 0.5]) == pytest.approx([3, 4], rel=0.02)
    assert np.quantile(drawn("log_uniform", 1, 5, 10_000), [0.25, 0.5]) == pytest.approx([10, 100], rel=0.1)
    triangle = drawn("triangular", 0, 1, 4)
    assert triangle.mean() == pytest.approx(5 / 3, rel=0.02)
    assert (triangle < 1).mean() == pytest.approx(1 / 4, abs=0.01)
    measured = drawn("measured", 7, 8, 11, "gap_points")
    assert np.quantile(measured, [0.05, 0.5, 0.95]) == pytest.approx([7, 8, 11], rel=0.01)
    assert measured.min() > 0
    wide = drawn("measured", 0.5, 5, 9.5, "gap_points")
    assert np.quantile(wide, [0.25, 0.75]) == pytest.approx([3.15, 6.85], rel=0.03)
    assert wide.min() == 0
    rate = drawn("measured", 5, 10, 20, "slope_points_per_year")
    assert np.quantile(rate, [0.05, 0.25, 0.95]) == pytest.approx([5, 7.53, 20], rel=0.02)
    assert np.quantile(drawn("measured", -1, 0, 1, "recovery_position"), [0.05, 0.95]) == pytest.approx(
        [-1, 1], abs=0.04
    )


# --- the curve ------------------------------------------------------------------------------------


def test_a_curve_never_falls_and_is_held_beyond_ten_times_the_largest_dose(audit):
    curve = read_curve(audit, "traces")
    positions = np.linspace(-2, 2, 9)

    drawn = curve.drawn(positions)
    assert (np.diff(drawn, axis=1) >= 0).all()
    assert (drawn >= 0).all()
    assert curve.at(np.full(9, 30_000.0), positions) == pytest.approx(curve.at(np.full(9, 1e9), positions))
    for share in (0.1, 0.5, 0.7):
        dose = curve.to(share, positions)
        reached = np.isfinite(dose)
        assert reached.any()
        assert curve.at(np.where(reached, dose, 1.0), positions)[reached] == pytest.approx(share, abs=0.01)


def test_a_curve_refitted_from_the_printed_rows_agrees_with_the_audits_own():
    # the printed rows of a simulated arm, and the fit of the same data from the scores behind them
    rng = np.random.default_rng(5)
    doses = np.array([100.0, 300, 1000, 3000])
    students = [0.8 * d / (d + 700) + rng.normal(0, 0.03, 5) for d in doses]
    whole = sample(seeds=5)
    rows, dots = [], []
    for dose, group in zip(doses, students, strict=True):
        row = next(r for r in whole.arms if (r.arm, r.budget) == ("traces", dose))
        half = 1.96 * float(np.sqrt(group.var(ddof=1) / group.size + 0.02**2))
        mean = float(group.mean())
        told = Estimate(value=mean, low=mean - half, high=mean + half, level=0.95, n=800, method="a test")
        rows.append(dataclasses.replace(row, attributable=told))
        # raw recoveries are higher than the attributable ones by what the controls reach
        dots += [dataclasses.replace(whole.dots[0], arm="traces", budget=int(dose), seed=s, recovery=float(v) + 0.1)
                 for s, v in enumerate(group)]  # fmt: skip
    audit = dataclasses.replace(whole, arms=rows, dots=dots, curves=[])

    again = read_curve(audit, "traces")
    own = fit_curve(doses, students, np.full(4, 0.02), level=0.95, rng=rng).band(again.dose)
    inside = (again.dose >= 100) & (again.dose <= 3000)
    assert np.abs(again.centre - np.array(own.centre))[inside].max() < 0.05
    width = np.array(own.high) - np.array(own.low)
    assert np.median(((again.high - again.low) / width)[inside]) == pytest.approx(1, abs=0.25)


def test_a_dose_beyond_what_was_measured_gives_at_least_and_no_upper_end(audit):
    result = run(audit, "skills=1", "exchanges_per_query=1", campaign="large")

    assert result.beyond_measured == 1.0
    assert saved(result).high is None
    assert "at least this" in saved(result).caution
    assert result.delay_left.low is None
    assert "at least" in result.sentence
    assert result.verdict != "delay"


# --- the verdict ----------------------------------------------------------------------------------


def test_a_run_without_controls_cannot_tell_and_says_why(audit):
    reason = "raw, not attributable: no control gold, self, shuffled"
    curves = [
        dataclasses.replace(c, band=None, refused=reason) if c.measure == "attributable" else c for c in audit.curves
    ]

    result = run(dataclasses.replace(audit, curves=curves))

    assert result.verdict == "cannot tell"
    assert reason in result.sentence
    assert result.months_saved == result.delay_left == result.days_to_target == Refusal(refused=reason)
    assert isinstance(result.cost_usd, Estimate)
    assert result.tornado == []
    assert all(isinstance(d.months_saved, Refusal) for d in result.defences if not d.measured)


def test_an_arm_whose_control_did_not_run_cannot_tell(audit):
    rows = [
        dataclasses.replace(row, attributable=Refusal(refused="raw, not attributable: control gold"))
        for row in audit.arms
    ]

    result = run(dataclasses.replace(audit, arms=rows), arm="answers")

    assert result.verdict == "cannot tell"
    assert "raw, not attributable: control gold" in result.sentence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"slope_points_per_year": Refusal(refused="two releases")}, "two releases"),
        ({"gap_points": number(1, -1, 3)}, "not bounded above 0"),
        ({"gap_points": dataclasses.replace(number(1, 0.5, 3), high=None)}, "not bounded above 0"),
    ],
)
def test_a_frontier_that_is_not_known_cannot_tell_but_days_and_cost_still_stand(audit, change, reason):
    result = run(audit, frontier=dataclasses.replace(FRONTIER, **change))

    assert result.verdict == "cannot tell"
    assert reason in result.sentence
    assert isinstance(result.months_saved, Refusal)
    assert isinstance(result.days_to_target, Estimate)


def test_a_number_set_by_hand_stands_in_for_a_slope_that_was_refused(audit):
    frontier = dataclasses.replace(FRONTIER, slope_points_per_year=Refusal(refused="two releases"))

    result = run(audit, "slope_points_per_year=13.7", frontier=frontier)

    assert saved(result).value > 0
    slope = next(item for item in result.assumptions if item.name == "slope_points_per_year")
    assert (slope.mark, slope.source.title) == ("assumed", "set by hand: slope_points_per_year=13.7")


def test_a_refused_lead_falls_back_on_the_gap_over_the_slope_and_says_so(audit):
    result = run(audit, frontier=dataclasses.replace(FRONTIER, lag_months=Refusal(refused="no matcher")))

    assert "no matcher" in saved(result).caution
    assert result.delay_left == run(audit).delay_left


@pytest.mark.parametrize(
    ("lead", "verdict"), [(0.5, "delay"), (12.0, "containment not supported"), (7.0, "cannot tell")]
)
def test_the_verdict_follows_its_rule(audit, lead, verdict):
    result = run(audit, f"shortest_lead_months={lead}")

    assert result.verdict == verdict
    assert result.sentence.lower().startswith(verdict)


def test_a_lower_share_needed_turns_cannot_tell_into_a_verdict(audit):
    assert run(audit, "shortest_lead_months=7").verdict == "cannot tell"
    assert run(audit, "shortest_lead_months=7", without=["share_needed"]).verdict != "cannot tell"


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "without", "message"),
    [
        (["acounts=3"], [], "no assumption named 'acounts'; did you mean 'accounts'"),
        (["accounts"], [], "'accounts' sets nothing"),
        (["accounts=many"], [], "'many' is no number"),
        (["accounts=inf"], [], "'inf' is not finite"),
        (["accounts=-3"], [], "--set accounts=-3: found -3 accounts; it must be above 0"),
        (["usable_share=1.2"], [], "outside"),
        (["output_tokens=2"], [], "give tokens, not thousands of tokens"),
        (["lag_months=low"], [], "there is no range for 'lag_months' here; give a number"),
        (["accounts=3", "accounts=4"], [], "'accounts' is set or switched off twice"),
        (["accounts=3"], ["accounts"], "'accounts' is set or switched off twice"),
        ([], ["budget_usd"], "'budget_usd' is not among the inputs here"),
        ([], ["yield"], "no assumption named 'yield'"),
    ],
)
def test_a_setting_that_cannot_be_is_one_clear_error(audit, settings, without, message):
    with pytest.raises(PlanError, match=message):
        run(audit, *settings, without=without)


@pytest.mark.parametrize("name", ["low", "central", "high"])
def test_a_setting_by_name_is_the_setting_by_its_value(audit, name):
    skills = next(item for item in run(audit).assumptions if item.name == "skills")

    by_name, by_value = run(audit, f"skills={name}"), run(audit, f"skills={getattr(skills, name)}")
    assert by_name.months_saved == by_value.months_saved


def test_too_few_draws_and_an_empty_level_are_refused(audit):
    with pytest.raises(PlanError, match="draws 10"):
        attributable_delay(audit, preset("small"), FRONTIER, choices=Choices(draws=10))
    with pytest.raises(PlanError, match="level 1"):
        attributable_delay(audit, preset("small"), FRONTIER, choices=Choices(level=1.0))


# --- tornado and defences -------------------------------------------------------------------------


def test_the_tornado_moves_one_input_at_a_time_and_is_sorted_by_span(audit):
    result = run(audit)
    centre = [f"{item.name}=central" for item in result.assumptions]
    spans = [abs(bar.at_high - bar.at_low) for bar in result.tornado]

    assert spans == sorted(spans, reverse=True)
    assert spans[0] > 0
    assert {bar.assumption for bar in result.tornado} == {
        item.name for item in result.assumptions if item.low < item.high
    }
    for bar in result.tornado[:4]:
        for end in ("low", "high"):
            settings = [s for s in centre if not s.startswith(f"{bar.assumption}=")]
            alone = run(audit, *settings, f"{bar.assumption}={end}")
            assert getattr(bar, f"at_{end}") == pytest.approx(saved(alone).value)


def test_what_is_set_or_off_leaves_the_tornado(audit):
    names = {bar.assumption for bar in run(audit, "skills=100", without=["transfer"]).tornado}

    assert {"skills", "transfer"} & names == set()


def test_hiding_traces_takes_the_curve_of_the_answers_arm(audit):
    result = run(audit)

    hidden = next(d for d in result.defences if d.defence == "hide reasoning traces")
    assert hidden.measured
    assert hidden.months_saved.value == pytest.approx(saved(run(audit, arm="answers")).value)
    assert hidden.days_to_target == run(audit, arm="answers").days_to_target


def test_an_assumed_defence_is_marked_so_and_does_what_the_setting_does(audit):
    result = run(audit)
    by_name = {d.defence: d for d in result.defences}

    capped = by_name["ten requests per account and day"]
    stopped = by_name["stopped after 14 days"]
    assert not capped.measured
    assert not stopped.measured
    assert ends(capped.months_saved) == ends(saved(run(audit, "requests_per_account_day=10")))
    assert ends(stopped.months_saved) == ends(saved(run(audit, "days=14")))
    assert capped.days_to_target.value > result.days_to_target.value
    assert "only the bill changes" in by_name["price times three"].note


def test_another_run_gives_the_curve_of_a_defence_by_name(audit):
    weak = [
        dataclasses.replace(c, band=dataclasses.replace(c.band, high=[v / 2 for v in c.band.high],
                            centre=[v / 2 for v in c.band.centre], low=[v / 2 for v in c.band.low]))
        if c.measure == "attributable" else c for c in audit.curves
    ]  # fmt: skip
    other = dataclasses.replace(audit, run="somewhere/runs/defended", curves=weak)
    campaign, choices = preset("large"), Choices(draws=DRAWS)

    result = attributable_delay(audit, campaign, FRONTIER, choices=choices, runs={"noise": other})

    defended = next(d for d in result.defences if d.defence == "noise")
    assert defended.measured
    assert defended.note.endswith("of the audit 'defended'")
    assert defended.months_saved.value == pytest.approx(saved(result).value / 2, rel=0.01)


def test_a_run_of_another_task_is_told_apart(audit):
    other = dataclasses.replace(audit, header=dataclasses.replace(audit.header, task="another"))

    result = attributable_delay(audit, preset("large"), FRONTIER, choices=Choices(draws=DRAWS), runs={"x": other})

    assert "its task or base is another" in next(d for d in result.defences if d.defence == "x").note


# --- the record -----------------------------------------------------------------------------------


def test_the_result_survives_json_and_lists_every_input(audit):
    result = run(audit, "lag_months=6")

    again = decode_json(encode(result), AttributableDelay, "result")
    assert encode(again) == encode(result)
    assert [item.name for item in result.assumptions] == [name for name in TERMS if name != "budget_usd"]
    assert all(item.source.title and item.meaning and item.unit for item in result.assumptions)
