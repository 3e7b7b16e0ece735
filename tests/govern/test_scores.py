from __future__ import annotations

import datetime as dt
import random

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.govern.areas import known_benchmarks, scale_of
from angelshare.govern.published import published_lags
from angelshare.govern.scores import read_scores
from angelshare.store.sheet import parse_sheet

HEADER = "model,developer,weights,release_date,benchmark,score"
TODAY = dt.date(2026, 11, 24)


def sheet(*rows: str, header: str = HEADER, name: str = "x.csv"):
    return parse_sheet("\n".join((header, *rows)).encode(), name, name)


def read(*rows: str, header: str = HEADER, as_of: str | None = None, only=(), name: str = "x.csv"):
    return read_scores([sheet(*rows, header=header, name=name)], as_of=as_of, today=TODAY, only=only)


def row(model="m", weights="open", day="2025-01-01", benchmark="quiz", score="71.5"):
    return f"{model},Maker,{weights},{day},{benchmark},{score}"


# --- what is read --------------------------------------------------------------------------------


def test_labels_of_weights_are_read_and_api_access_is_never_open():
    labels = {"open": "open", "Closed": "closed", "API access": "api_only", "api-only": "api_only",
              "Hosted access (no API)": "api_only", "Open weights (non-commercial)": "open"}  # fmt: skip

    found = read(*(row(f"m{k}", label) for k, label in enumerate(labels))).scores

    assert [score.weights for score in found.scores] == list(labels.values())


def test_unlabelled_weights_are_left_out_and_counted():
    found = read(row("a"), row("b", ""), row("c", "")).scores

    assert [score.model for score in found.scores] == ["a"]
    assert found.unlabelled == 2


def test_a_file_without_any_label_is_refused():
    with pytest.raises(PlanError, match=r"no labelled scores in x\.csv: 2 rows have blank weights"):
        read(row("a", ""), row("b", ""))


def test_scores_come_in_order_of_release_whatever_the_order_of_rows_and_files():
    rows = [row(f"m{k}", day=f"2025-{1 + k % 12:02d}-03", score=str(20 + k)) for k in range(24)]
    shuffled = random.Random(1).sample(rows, len(rows))
    whole = read(*rows).scores.scores

    assert read(*shuffled).scores.scores == whole
    parts = [sheet(*shuffled[:10], name="b.csv"), sheet(*shuffled[10:], name="a.csv")]
    assert read_scores(parts, as_of=None, today=TODAY).scores.scores == whole
    assert read_scores(parts[::-1], as_of=None, today=TODAY) == read_scores(parts, as_of=None, today=TODAY)


def test_the_last_day_is_the_one_given_or_named_by_the_file_or_the_latest_release():
    assert read(row(), as_of="2026-01-31").as_of == "2026-01-31"
    assert read(row(), name="scores_2025-03-31.csv").as_of == "2025-03-31"
    assert read(row(), name="scores_2024-03-31.csv").as_of == "2025-01-01"
    assert read(row(), name="scores_2044-13-31.csv").as_of == "2025-01-01"


def test_benchmarks_are_chosen_by_name_or_alias_and_the_index_comes_first():
    rows = [row("a", benchmark=name, score="50") for name in ("zebra", "gpqa_diamond", "ECI")]

    assert [b.name for b in read(*rows).scores.benchmarks] == ["ECI", "gpqa_diamond", "zebra"]
    assert [b.name for b in read(*rows, only=["zebra", "GPQA Diamond", "eci"]).scores.benchmarks] == [
        "ECI", "zebra", "gpqa_diamond",
    ]  # fmt: skip
    with pytest.raises(PlanError, match="--benchmark: no scores on 'zebro'; did you mean 'zebra'"):
        read(*rows, only=["zebro"])


# --- repeats -------------------------------------------------------------------------------------


def test_equal_rows_are_merged_and_noted():
    found = read(row(), row(), row("n")).scores

    assert len(found.scores) == 2
    assert "quiz: 1 rows that repeat another were merged" in found.notes


def test_a_model_scored_twice_is_refused_with_both_places():
    with pytest.raises(
        PlanError, match=r"x\.csv, line 4: 'm' stands twice on 'quiz': 64 .* here, 71\.5 .* in x\.csv, line 2"
    ):
        read(row(), row("n"), row(score="64"))


def test_the_same_score_with_another_date_or_label_is_a_repeat_too():
    with pytest.raises(PlanError, match="stands twice on 'quiz'"):
        read(row(), row(day="2025-01-02"))
    with pytest.raises(PlanError, match=r"'m' is open in x\.csv, line 3, closed in x\.csv, line 2; label it alike"):
        read(row(weights="closed"), row(weights="open"))


def test_versions_named_apart_and_one_model_on_two_benchmarks_are_fine():
    assert len(read(row("m v1"), row("m v2", score="64"), row("m v1", benchmark="other", score="3")).scores.scores) == 3


def test_a_model_open_on_one_benchmark_and_closed_on_another_is_refused():
    with pytest.raises(PlanError, match=r"'m' is closed in x\.csv, line 3, open in x\.csv, line 2"):
        read(row(), row(weights="closed", benchmark="other"))


def test_a_model_that_two_files_label_differently_is_left_out_and_named():
    sheets = [sheet(row(), row("n"), name="a.csv"), sheet(row(weights="closed", benchmark="other"), name="b.csv")]

    found = read_scores(sheets, as_of=None, today=TODAY).scores

    assert [score.model for score in found.scores] == ["n"]
    assert any("'m' is closed in b.csv, line 2, open in a.csv, line 2" in note for note in found.notes)


# --- dates and numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2025-13-01", "'2025-13-01' is no date .*month"),
        ("2025-02-30", "'2025-02-30' is no date"),
        ("01/02/2025", "'01/02/2025' is no date; write it as YYYY-MM-DD"),
        ("20250201", "'20250201' is no date; write it"),
        ("", "'' is no date; write it"),
        ("2009-12-31", "2009-12-31 is before 2010"),
        ("2026-11-25", r"2026-11-25 is after 2026-11-24 \(today\)"),
    ],
)
@pytest.mark.parametrize("weights", ["open", ""])
def test_impossible_dates_are_named_with_file_and_line_even_in_rows_left_out(day, message, weights):
    with pytest.raises(PlanError, match=rf"^x\.csv, line 3: release_date: {message}"):
        read(row(), row("n", weights=weights, day=day))


def test_a_release_after_the_last_day_of_the_data_is_refused_and_so_is_a_last_day_to_come():
    with pytest.raises(PlanError, match=r"x\.csv, line 2: release_date: 2025-01-01 is after 2024-12-31 \(--as-of\)"):
        read(row(), as_of="2024-12-31")
    with pytest.raises(PlanError, match="--as-of 2027-01-01 is after today"):
        read(row(), as_of="2027-01-01")
    with pytest.raises(PlanError, match="--as-of: 'soon' is no date"):
        read(row(), as_of="soon")


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("71%", "'71%' is not a number"),
        ("", "'' is not a number"),
        ("nan", "'nan' is not finite"),
        ("1e999", "not finite"),
    ],
)
def test_what_is_not_a_number_is_named(score, message):
    with pytest.raises(PlanError, match=rf"x\.csv, line 2: score: .*{message}"):
        read(row(score=score))


def test_a_negative_standard_error_is_refused_and_a_blank_one_is_none():
    header = HEADER + ",score_sd"
    with pytest.raises(PlanError, match=r"line 2: score_sd: a standard error cannot be negative, found -1"):
        read(row() + ",-1", header=header)
    assert read(row() + ",", header=header).scores.scores[0].score_sd is None


# --- columns and labels --------------------------------------------------------------------------


def test_a_missing_column_is_named_with_what_was_probably_meant():
    with pytest.raises(PlanError, match=r"x\.csv, line 1: no column 'weights'; is 'wieghts' meant\? Call it 'weights'"):
        read(row(), header=HEADER.replace("weights", "wieghts"))
    with pytest.raises(PlanError, match="no column 'model'; found: a, b"):
        read("1,2", header="a,b")


def test_a_column_nobody_knows_is_named_with_its_nearest_spelling():
    with pytest.raises(UnknownKeyError, match=r"x\.csv, line 1: unknown column 'scoresd'; did you mean 'score_sd'"):
        read(row() + ",1", header=HEADER + ",scoresd")


def test_an_unknown_label_of_weights_is_named_and_none_is_guessed():
    with pytest.raises(PlanError, match=r"x\.csv, line 2: weights: 'opne' is no label; did you mean 'open'"):
        read(row(weights="opne"))
    with pytest.raises(PlanError, match="access: 'secret' is none of public, private or blank"):
        read(row() + ",secret", header=HEADER + ",access")


def test_a_blank_model_name_is_refused():
    with pytest.raises(PlanError, match=r"x\.csv, line 2: model is blank"):
        read(row(model=" "))


# --- scales --------------------------------------------------------------------------------------


def scale(*scores: float, benchmark="quiz", extra="", header=HEADER):
    return read(*(row(f"m{k}", benchmark=benchmark, score=str(s)) + extra for k, s in enumerate(scores)), header=header)


@pytest.mark.parametrize(
    "scores",
    [
        (71.5, 64.0, 0.82),
        (0.3, 0.5, 0.82, 71.5),
        (130.0, 141.5, 0.9),
        # weak models bring the two crowds close together; there are still too many just below 1
        (*(0.03 + 0.05 * k for k in range(19)), *(3 + 5 * k for k in range(19))),
    ],
)
def test_shares_beside_percentages_are_refused_with_one_of_each(scores):
    with pytest.raises(PlanError, match=r"benchmark 'quiz' mixes two scales: .* \(x\.csv, line \d+\) beside "):
        scale(*scores)


@pytest.mark.parametrize(
    "scores",
    [
        (0.0, 0.0, 0.34, 0.69, 1.03, 1.4, 2.1, 2.8, 4.8, 19.0, 52.4),  # a hard benchmark in percent
        (0.0, 71.5, 64.0),  # nothing solved says nothing about the scale
        (0.1, 0.55, 1.0),  # all shares
        (-2.0, -0.5, 0.4, 1.9, 30.0),  # a scale around 0
    ],
)
def test_low_scores_on_one_scale_are_no_mixture(scores):
    assert len(scale(*scores).scores.scores) == len(scores)


def test_time_horizons_may_run_over_orders_of_magnitude():
    found = scale(0.05, 0.6, 30, 1044, extra=",minutes", header=HEADER + ",unit").scores.benchmarks[0]

    assert (found.log_scale, found.upper) == (True, None)
    with pytest.raises(PlanError, match="score: minutes must be above 0, found 0"):
        scale(0, 30, extra=",minutes", header=HEADER + ",unit")


def test_scores_outside_the_range_of_their_benchmark_are_refused():
    with pytest.raises(PlanError, match=r"line 3: score: 104 is outside 0 to 100, the range of 'gpqa_diamond'"):
        scale(71, 104, benchmark="gpqa_diamond")
    with pytest.raises(PlanError, match=r"score: 1\.2 is outside 0 to 1, .* \(share\)"):
        scale(0.4, 1.2, extra=",share", header=HEADER + ",unit")


def test_a_known_benchmark_given_in_shares_is_read_as_shares():
    assert scale(0.4, 0.7, benchmark="gpqa_diamond").scores.benchmarks[0].upper == 1.0


def test_two_units_for_one_benchmark_are_refused():
    with pytest.raises(
        PlanError, match=r"benchmark 'quiz': unit is 'percent' in x\.csv, line 2 and 'elo' in x\.csv, line 3"
    ):
        read(row("a") + ",percent", row("b") + ",Elo", header=HEADER + ",unit")


# --- what is known -------------------------------------------------------------------------------


def test_what_a_file_says_of_a_benchmark_goes_before_what_is_known():
    assert scale_of("gpqa_diamond").access == "public"
    assert scale_of("gpqa_diamond", area="biology", access="private").area == "biology"
    assert scale_of("livebench 2026-01-08").area == "general"
    assert scale_of("nobody knows it").upper is None


def test_every_known_benchmark_and_published_figure_has_a_dated_source():
    assert len({id(entry) for entry in known_benchmarks().values()}) >= 14
    assert all(entry.source.url and entry.source.on for entry in known_benchmarks().values())
    assert {lag.mark for lag in published_lags()} == {"read at the source", "secondary", "measured here"}
    assert len(published_lags()) >= 12
