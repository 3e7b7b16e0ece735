from __future__ import annotations

import dataclasses

import pytest

from angelshare.core.catalogue import Cell, Citation
from angelshare.core.records import Estimate, Refusal
from angelshare.workbench.claims_shown import number_row
from angelshare.workbench.diff_words import lost_tick, moved, number_words
from angelshare.workbench.diffs import compare, numbers_of
from angelshare.workbench.models import Watch
from angelshare.workbench.watch_target import said as watch_said


def estimate(value, low, high, n=40):
    return Estimate(value=value, low=low, high=high, level=0.95, n=n, method="bootstrap")


def words(before, after):
    return [change.words for change in compare(before, after)]


def test_the_same_dossier_differs_in_nothing(make_dossier):
    assert compare(make_dossier(), make_dossier()) == []


def test_of_a_first_revision_everything_it_says_is_added(make_dossier):
    changes = compare(None, make_dossier())

    assert {change.action for change in changes} == {"added"}
    assert {"title", "definition", "scope/1", "claims/not-addressed", "sources/act"} <= {c.path for c in changes}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            estimate(5.6, 4.6, 6.6),
            estimate(6.1, 5.2, 7.0),
            "delay 5.6 [4.6, 6.6] → 6.1 [5.2, 7.0] months; the interval no longer holds 5.0",
        ),
        (
            estimate(5.6, 4.6, 6.6),
            estimate(6.5, 5.9, 7.1),
            "delay 5.6 [4.6, 6.6] → 6.5 [5.9, 7.1] months; the interval no longer holds the earlier value, 5.6",
        ),
        (
            estimate(5.6, 4.6, 6.6),
            estimate(8.0, 7.0, 9.0),
            "delay 5.6 [4.6, 6.6] → 8.0 [7.0, 9.0] months; the two intervals do not overlap",
        ),
        (estimate(5.6, 4.6, 6.6), estimate(5.7, 4.5, 6.9), "delay 5.6 [4.6, 6.6] → 5.7 [4.5, 6.9] months"),
        (
            estimate(5.6, 4.6, 6.6),
            Refusal(refused="too few dates"),
            "delay: 5.6 months [4.6, 6.6] → not stated: too few dates",
        ),
        (None, estimate(5.6, 4.6, 6.6), "delay measured: 5.6 months [4.6, 6.6]"),
        (estimate(5.6, 4.6, 6.6), None, "delay no longer stated; it was 5.6 months [4.6, 6.6]"),
    ],
)
def test_a_number_moves_in_words(before, after, said):
    assert number_words("delay_months", before, after) == said


def test_a_number_that_moved_below_its_printed_digits_says_so():
    said = number_words("recovery", estimate(0.5, 0.4, 0.6), estimate(0.5, 0.4, 0.6, n=80))

    assert "n or method moved" in said


@pytest.mark.parametrize(
    ("before", "after", "tick"),
    [
        ((5.6, 4.6, 6.6), (6.1, 5.2, 7.0), 5.0),
        ((0.61, 0.52, 0.70), (0.66, 0.61, 0.71), 0.60),
        ((5.6, 4.6, 6.6), (5.6, 4.0, 7.0), None),
        ((5.6, None, 6.6), (9.0, 8.0, 10.0), None),
        ((5.0, 5.0, 5.0), (6.0, 6.0, 6.0), None),
    ],
)
def test_the_round_number_an_interval_let_go_is_named(before, after, tick):
    found = lost_tick(estimate(*before), estimate(*after))

    assert found == (None if tick is None else pytest.approx(tick))


def test_lists_are_compared_as_sets(make_dossier):
    said = words(make_dossier(related=("a", "b")), make_dossier(related=("c", "b")))

    assert said == ["related: without a", "related: now with c"]


def test_a_paragraph_put_in_between_is_one_addition(make_dossier):
    changes = compare(make_dossier(scope=("One.", "Two.")), make_dossier(scope=("One.", "Half.", "Two.")))

    assert [(change.path, change.action, change.after) for change in changes] == [("scope/2", "added", "Half.")]


def test_claims_are_followed_by_their_id(make_dossier, claim):
    before = make_dossier(claims=(claim("a"), claim("b")))
    after = make_dossier(claims=(claim("b", status="disputed", expires_on="2027-01-01"), claim("c")))

    assert [(change.path, change.action) for change in compare(before, after)] == [
        ("claims/a", "removed"),
        ("claims/b/status", "changed"),
        ("claims/b/expires_on", "changed"),
        ("claims/c", "added"),
    ]


def test_a_claim_that_is_superseded_says_by_what(make_dossier, claim):
    before = make_dossier(claims=(claim("old"),))
    after = make_dossier(
        claims=(claim("old", status="superseded", superseded_by=("new",)), claim("new", supersedes=("old",)))
    )

    said = words(before, after)

    assert "claim old: status: “reported” → “superseded”" in said
    assert "claim old: superseded by: now with new" in said


def test_a_pinpoint_and_a_quote_are_part_of_a_claim(make_dossier, claim):
    other = claim(sources=(Citation(source="act", pinpoint="Art. 52", quote="shall count"),))
    quoted = claim(sources=(Citation(source="act", pinpoint="Art. 52", quote="may count"),))

    moved_to = [change.path for change in compare(make_dossier(), make_dossier(claims=(other,)))]
    requoted = [change.path for change in compare(make_dossier(claims=(other,)), make_dossier(claims=(quoted,)))]

    assert moved_to == ["claims/not-addressed/sources/act Art. 51", "claims/not-addressed/sources/act Art. 52"]
    assert requoted == ["claims/not-addressed/sources/act Art. 52/quote"]


def test_what_an_instrument_says_is_compared_by_cell(make_dossier):
    cell = Cell(instrument="act", topic="scope", relation="silent", claim="not-addressed")
    said = words(make_dossier(cells=(cell,)), make_dossier(cells=(dataclasses.replace(cell, relation="governs"),)))

    assert said == ["act on scope: relation: “silent” → “governs”"]


def test_a_long_text_is_told_by_the_words_that_moved():
    before = "The Act counts the compute used to train a model and nothing that came before it in any form."
    after = before.replace("nothing", "everything")

    assert moved(before, after) == ["… train a model and [nothing → everything] that came before it …"]


def test_words_that_only_came_or_only_went_are_marked_so():
    text = "The Act counts the compute used to train a model and nothing that came before it in any form."

    assert moved(text, f"{text} Yet.") == ["… it in any form. [added: Yet.]"]
    assert moved(f"{text} Yet.", text) == ["… it in any form. [dropped: Yet.]"]


def test_measured_blocks_of_one_kind_keep_apart(make_dossier, measured):
    second = dataclasses.replace(measured(9.0, 8.0, 10.0), label="Another")
    dossier = make_dossier(measured=(measured(), second))

    assert list(numbers_of(dossier)) == [
        "measured/delay/numbers/delay_months",
        "measured/delay:Another/numbers/delay_months",
    ]


FIELDS = {
    "kind": "topic",
    "title": "Other",
    "label": "Other",
    "definition": "Other.",
    "scope": ("Other.",),
    "facts": {"status": "other"},
    "measured": (),
    "used_by": ("x",),
    "related": ("x",),
    "articles": ("x",),
    "cells": (Cell(instrument="i", topic="t", relation="silent", claim="c"),),
    "note": "Other.",
    "claims": (),
    "sources": (),
    "references": ("act",),
}


def test_no_field_of_a_dossier_is_left_out_of_the_comparison(make_dossier):
    fields = {field.name for field in dataclasses.fields(make_dossier())} - {"slug"}

    assert set(FIELDS) == fields
    for name, value in FIELDS.items():
        assert compare(make_dossier(), dataclasses.replace(make_dossier(), **{name: value})), name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dose_to_50", "queries to 50 % of the gap"),
        ("recovery_at_1200", "recovery at 1,200 queries"),
        ("delay_months on gpqa", "delay on gpqa"),
        ("campaign_cost_usd", "campaign cost"),
        ("times_to_threshold of eu/2025: notify", "times to threshold of eu/2025: notify"),
    ],
)
def test_a_number_is_called_the_same_in_a_diff_on_a_page_and_in_a_watch(name, said):
    number = estimate(5.0, 4.0, 6.0)

    assert number_words(name, None, number).startswith(f"{said} measured: ")
    assert number_row(name, number).name == said
    assert watch_said(
        Watch(kind="threshold", target=f"measured/delay/numbers/{name}", slug="x", bound={"above": 5})
    ) == (f"{said} (delay) of x: above 5")
