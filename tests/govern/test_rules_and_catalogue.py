"""The ledger's rule-sets and the catalogue's instruments never disagree: same treatment, dates, lines, texts, evidence."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest

from angelshare.govern.campaign_presets import preset
from angelshare.govern.catalogue import instrument_status, shipped
from angelshare.govern.rulesets import shipped_rules, state_on, weakest

HELD = shipped()
RULES = {one.id: one for one in shipped_rules()}
EVERY = pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
BY_INSTRUMENT = defaultdict(list)
for _one in RULES.values():
    BY_INSTRUMENT[_one.catalogue].append(_one)
EVERY_INSTRUMENT = pytest.mark.parametrize("name", BY_INSTRUMENT)
LINES = {"flop": "training_flop", "share_of_base": "share_of_base_flop", "cost_usd": "training_cost_usd"}
STANDS = {
    None: {"not enacted"},
    "proposed": {"not enacted"},
    "adopted": {"enacted, not yet applicable", "enacted, application not verified"},
    "in_force": {"in force"},
    "amended": {"in force"},
    "statement": {"in force"},
    "superseded": {"ended"},
    "revoked": {"ended"},
    "rescinded": {"ended"},
}
"""What the ledger may say of an instrument that stands so in the catalogue."""


def entries(rules):
    """Everything of a rule-set that rests on a claim."""
    return [*rules.thresholds, *rules.counts]


def claims(rules):
    """The claims a rule-set rests on."""
    named = [one.claim for one in entries(rules)] + [rules.treatment_claim]
    return [HELD.claim(name) for name in dict.fromkeys(named + ([rules.tolerance_claim] if rules.tolerance else []))]


def places(claim):
    """Where its texts say so; where no place is given, nothing."""
    return [citation.pinpoint for citation in claim.sources if citation.pinpoint]


@EVERY
def test_a_rule_set_treats_distillation_as_its_instrument_does_and_cites_the_same_place(rules):
    instrument = HELD.instrument(rules.catalogue)
    (cell,) = [one for one in HELD.cells_of(instrument.id) if one.topic == "topic-distillates"] or [None]

    assert rules.treatment.replace(" ", "_") == instrument.treatment
    assert rules.treatment_citation == instrument.pinpoint
    assert rules.jurisdiction == instrument.jurisdiction
    if cell is not None and instrument.treatment in ("implicit", "targets", "excludes", "included_then_repealed"):
        assert cell.relation == ("implicit" if instrument.treatment == "implicit" else "governs")


@EVERY
def test_every_entry_of_a_rule_set_rests_on_a_claim_of_its_instrument_with_the_same_evidence_place_and_words(rules):
    instrument = HELD.instrument(rules.catalogue)

    for one in entries(rules):
        claim = HELD.claim(one.claim)
        assert claim.id in instrument.claims
        assert one.evidence == claim.evidence.replace("_", "-"), claim.id
        assert any(place in one.citation for place in places(claim) or [instrument.pinpoint]), (one.citation, claim.id)
        assert not one.quote or one.quote in [citation.quote for citation in claim.sources], one.quote
        assert claim.status != "superseded" or rules.ended_on
    assert rules.treatment_claim in instrument.claims
    assert rules.evidence == HELD.claim(rules.treatment_claim).evidence.replace("_", "-")
    if rules.tolerance is not None:
        tolerance = HELD.claim(rules.tolerance_claim)
        assert tolerance.id in instrument.claims
        assert any(place in rules.tolerance_citation for place in places(tolerance))


@EVERY
def test_both_name_the_same_sources_by_the_same_title_address_and_date(rules):
    known = {(one.title, one.url, one.on): one.id for one in HELD.sources}
    named = {known.get((one.title, one.url, one.on)) for one in rules.sources}

    assert None not in named, rules.sources
    cited = [{citation.source for citation in claim.sources} for claim in claims(rules)]
    assert named <= set().union(*cited)
    assert all(named & sources for sources in cited)


@EVERY
def test_both_were_held_against_their_sources_on_the_same_day(rules):
    assert {claim.verified_on for claim in claims(rules)} == {rules.verified_on}


@EVERY_INSTRUMENT
def test_both_draw_the_same_lines(name):
    catalogued = {
        (line.quantity, line.value, line.inclusive)
        for line in HELD.instrument(name).thresholds
        if line.quantity in LINES.values()
    }
    own = {
        (quantity, getattr(threshold, field), threshold.at_least)
        for rules in BY_INSTRUMENT[name]
        for threshold in rules.thresholds
        for field, quantity in LINES.items()
        if getattr(threshold, field) is not None
    }

    assert own == catalogued


@EVERY_INSTRUMENT
def test_both_say_the_same_of_every_day_around_every_step(name):
    instrument = HELD.instrument(name)
    dates = {step.on for step in instrument.history}
    for rules in BY_INSTRUMENT[name]:
        dates |= {day for day in (rules.enacted_on, rules.applies_from, rules.ended_on) if day}

    for date in sorted(dates):
        for shift in (-1, 0, 1):
            day = dt.date.fromisoformat(date) + dt.timedelta(days=shift)
            status = instrument_status(instrument, day)
            states = {state_on(rules, day) for rules in BY_INSTRUMENT[name]}
            stand = states - {"not enacted", "ended"} or {max(states, key=lambda state: state == "ended")}
            allowed = STANDS[status] | waits(instrument, status, day)
            assert stand <= allowed, (day, status, states)


def waits(instrument, status, day):
    """A regulation in force may have duties that apply only from a later step of its own."""
    later = [step for step in instrument.history if step.status == "in_force" and step.on > day.isoformat()]
    return {"enacted, not yet applicable"} if status == "in_force" and later else set()


@EVERY
def test_the_days_of_a_rule_set_are_steps_of_its_instrument(rules):
    steps = defaultdict(set)
    for step in HELD.instrument(rules.catalogue).history:
        steps[step.status].add(step.on)
    binding = steps["adopted"] | steps["in_force"] | steps["statement"]
    never = rules.ended_on != "" and rules.applies_from > rules.ended_on  # rescinded before it came to apply

    assert not rules.enacted_on or rules.enacted_on in binding
    assert not rules.applies_from or never or rules.applies_from in steps["in_force"] | steps["statement"]
    over = steps["superseded"] | steps["revoked"] | steps["rescinded"]
    replaced = {one.enacted_on for one in BY_INSTRUMENT[rules.catalogue] if one.id != rules.id}
    assert not rules.ended_on or rules.ended_on in over | replaced


def test_texts_with_the_same_words_on_later_modifications_are_treated_alike():
    words = "any subsequent fine-tuning, reinforcement learning, or other material modifications"
    alike = {name for name, rules in RULES.items() if any(count.quote == words for count in rules.counts)}

    assert alike == {"us-ca-sb53", "us-ny-raise-2026"}
    for name in (*alike, "us-il-sb315"):
        assert RULES[name].treatment == "implicit"
        assert weakest([one.evidence for one in entries(RULES[name])]) == "text-seen"


def test_the_campaign_that_was_alleged_has_the_size_of_the_allegation_it_points_to():
    campaign = preset("alleged-2026")
    scheme, _, name = campaign.source.url.partition(":")
    (alleged,) = [one for one in HELD.allegations if one.id == name]
    window = dt.date.fromisoformat(alleged.to_on) - dt.date.fromisoformat(alleged.from_on)

    assert scheme == "catalogue"
    assert name in campaign.about
    assert campaign.source.on == alleged.alleged_on
    assert campaign.accounts.central == alleged.accounts
    assert campaign.days.central == window.days + 1
    asked = campaign.accounts.central * campaign.days.central * campaign.requests_per_account_day.central
    assert asked == pytest.approx(alleged.exchanges)
