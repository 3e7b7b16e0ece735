import numpy as np
import pytest

from angelshare.core.delay import DAYS_PER_MONTH
from angelshare.stats.spells import AT_ONCE, frontier_steps, records, spell_records, spell_table
from stats.delay_data import day, made

FEW = (
    ("old", "2022-01-01", 10.0, "closed"),
    ("a", "2023-04-01", 20.0, "closed"),
    ("weak", "2023-05-01", 15.0, "closed"),
    ("early", "2023-06-01", 12.0, "open"),
    ("b", "2023-07-01", 30.0, "closed"),
    ("x", "2023-09-01", 20.0, "open"),
    ("stale", "2023-10-01", 5.0, "open"),
    ("y", "2024-02-01", 31.0, "open"),
    ("c", "2024-06-01", 50.0, "closed"),
)


def months(first, last):
    return (day(last) - day(first)) / DAYS_PER_MONTH


def test_a_record_beats_every_earlier_closed_release_and_opens_one_spell():
    series = made(*FEW)
    table = spell_table(series)

    assert [series.name[place] for place in table.closed] == ["a", "b", "c"]
    assert [series.name[m] if m >= 0 else None for m in table.matcher] == ["x", "y", None]


def test_the_match_lies_between_the_last_earlier_open_frontier_release_and_the_matching_one():
    table = spell_table(made(*FEW))

    assert table.high[:2] == pytest.approx([months("2023-04-01", "2023-09-01"), months("2023-07-01", "2024-02-01")])
    # "stale" came later but was no frontier release: it could not have shown a match
    assert table.low[:2] == pytest.approx([months("2023-04-01", "2023-06-01"), months("2023-07-01", "2023-09-01")])


def test_a_record_without_a_match_is_followed_to_the_end_of_the_data():
    table = spell_table(made(*FEW, end="2025-01-01"))
    (spell,) = [spell for spell in spell_records(made(*FEW), table) if spell.closed == "c"]

    assert np.isinf(table.high[2])
    assert table.low[2] == pytest.approx(months("2024-06-01", "2025-01-01"))
    assert (spell.matched_by, spell.matched_on, spell.high_months) == (None, None, None)
    assert spell.low_months == pytest.approx(table.low[2])


def test_records_are_counted_over_all_history_but_spells_from_a_day_on():
    table = spell_table(made(*FEW), since_day=day("2023-07-01"))

    assert table.closed.tolist() == [4, 8]


def test_a_tolerance_lets_open_scores_fall_short():
    strict, loose = spell_table(made(*FEW)), spell_table(made(*FEW), tolerance=8.0)

    assert loose.matcher.tolist() == [3, 7, -1]
    assert loose.high[0] < strict.high[0]


def test_a_record_that_open_weights_had_already_reached_stood_for_a_day():
    series = made(*FEW, ("late", "2024-03-01", 30.5, "closed"))
    table = spell_table(series)
    place = [series.name[c] for c in table.closed].index("late")

    assert series.name[table.matcher[place]] == "y"
    assert (table.low[place], table.high[place]) == (0.0, AT_ONCE)


def test_of_two_releases_on_one_day_the_weaker_is_a_record_too():
    series = made(("pro", "2024-01-01", 9.0, "closed"), ("mini", "2024-01-01", 8.0, "closed"))

    assert records(series.day, series.score, ~series.open).tolist() == [1, 0]


def test_steps_hold_both_frontiers_in_order_of_release():
    steps = frontier_steps(made(*FEW))

    assert [step.model for step in steps] == ["old", "a", "early", "b", "x", "y", "c"]
    assert {step.model for step in steps if step.weights == "open"} == {"early", "x", "y"}


def test_a_series_without_open_models_leaves_every_record_unmatched():
    table = spell_table(made(*(model for model in FEW if model[3] == "closed")))

    assert not table.matched.any()
    assert table.matchers == 0
    assert np.isfinite(table.low).all()
