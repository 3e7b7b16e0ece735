from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from pathlib import Path

import pytest

from angelshare.core.errors import PlanError
from angelshare.govern.layouts import layout_of
from angelshare.govern.scores import LAYOUTS, read_scores
from angelshare.store.sheet import parse_sheet, read_sheet

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "delay"
TODAY = dt.date(2026, 11, 24)

AIDER = """board,model,edit_format,weights,run_date,released,test_cases,pass_rate
polyglot,A,diff,closed,2025-02-25,2025-02-05,225,40.0
polyglot,B,diff,open,2025-03-01,,225,30.0
polyglot,B,whole,open,2025-03-04,,225,36.0
polyglot,A + B,architect,mixed,2025-03-05,,225,64.0
edit,A,diff,,2025-04-05,,133,70.0
edit,B,diff,open,2025-02-01,,133,60.0
"""
ARENA = """snapshot,model,organization,license,weights,rating,q025,q975
2025-03-07,A,X,Proprietary,closed,1300,1290,1310
2025-03-14,A,X,Proprietary,closed,1320,1310,1330
2025-03-14,B,Y,MIT,open,1280,1270,1290
2025-04-04,B,Y,MIT,open,1284.5,1280.58,1288.42
2025-04-04,C,Z,,,1330,1325,1335
"""
LIVEBENCH = """release,model,organization,weights,reasoner,global_avg
2024-06-24,A,X,closed,0,55.0
2024-06-24,B,Y,open,0,44.0
2024-11-25,A,X,closed,0,50.0
2024-11-25,C,Y,open,1,52.0
"""
METR = """model,organization,weights,release_date,p50_minutes,p50_ci_low,p50_ci_high,p80_minutes
A,X,closed,2024-05-01,10,5,20,2
B,Y,open,2025-05-01,8,,,1
"""
VERSIONS = """model_version,model,organization,accessibility,weights,release_date,eci
a-0314,A,X,API access,closed,2023-03-14,125.8
a-32k,A,X,API access,closed,2023-03-20,125.8
b-06,B,X,API access,closed,2023-06-13,112.6
b-11,B,X,API access,closed,2023-11-06,118.0
c,C,Y,Open weights (restricted use),open,2024-04-18,122.3
d,D,Y,Unreleased,unreleased,2024-04-18,130.0
e,E,Y,,,2024-04-18,131.0
f,F,Y,API access,closed,,131.0
"""


def read(text: str, name: str = "x.csv"):
    return read_scores([parse_sheet(text.encode(), name, name)], as_of=None, today=TODAY)


def shared(name: str):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"needs the shared extract {name}, which is not committed")
    return read_scores([read_sheet(path)], as_of=None, today=TODAY)


def by_model(found, benchmark):
    return {score.model: score for score in found.scores.scores if score.benchmark == benchmark}


def test_each_layout_is_told_by_its_header():
    texts = {"Aider's leaderboards": AIDER, "the Arena's snapshots": ARENA, "LiveBench's releases": LIVEBENCH,
             "METR's time horizons": METR, "Epoch's index by version": VERSIONS}  # fmt: skip

    for name, text in texts.items():
        assert layout_of(parse_sheet(text.encode(), "x", "x"), LAYOUTS).name == name


def test_a_board_that_lost_a_column_is_refused_and_one_that_gained_some_is_read():
    with pytest.raises(PlanError, match=r"no column 'test_cases'.*a file of Aider's leaderboards needs"):
        read(AIDER.replace("test_cases", "cases"))
    assert len(read(AIDER.replace("edit_format", "new_column")).scores.scores) == 3


def test_aider_dates_fall_back_to_the_run_repeats_give_their_best_and_pairs_are_left_out():
    found = read(AIDER)

    polyglot = by_model(found, "aider_polyglot")
    assert set(polyglot) == {"A", "B"}
    assert polyglot["A"].released_on == "2025-02-05"
    assert (polyglot["B"].score, polyglot["B"].released_on) == (36.0, "2025-03-01")
    assert polyglot["A"].score_sd == pytest.approx(100 * math.sqrt(0.4 * 0.6 / 225))
    assert found.scores.unlabelled == 1
    assert any("several models together left out: 1" in note for note in found.scores.notes)
    assert any("run more than once, the best run counts: B" in note for note in found.scores.notes)
    assert found.ends == {"aider_polyglot": "2025-03-05"}


def test_arena_takes_the_latest_rating_and_the_first_snapshot_as_date():
    found = read(ARENA)

    rated = by_model(found, "arena_text")
    assert (rated["A"].score, rated["A"].released_on) == (1320.0, "2025-03-07")
    assert (rated["B"].score, rated["B"].released_on) == (1284.5, "2025-03-14")
    assert rated["B"].score_sd == pytest.approx(2.0, abs=1e-3)
    assert found.begins == {"arena_text": "2025-03-07"}
    assert found.scores.unlabelled == 1
    assert any("1 models stand in the first" in note for note in found.scores.notes)
    with pytest.raises(PlanError, match="line 3: q025 1310 is above q975 1230"):
        read(ARENA.replace("1310,1330", "1310,1230"))


def test_a_release_date_added_to_a_board_goes_before_its_own_days():
    head, *lines = ARENA.splitlines()
    born = {"A": "2025-02-20", "B": "2025-03-10", "C": "2025-04-01"}
    dated = "\n".join([f"{head},release_date", *(f"{line},{born[line.split(',')[1]]}" for line in lines)])

    found = read(dated)

    assert by_model(found, "arena_text")["A"].released_on == "2025-02-20"
    assert found.begins == {}
    with pytest.raises(
        PlanError, match="line 3: release_date: 'A' is of 2025-02-21 here, of 2025-02-20 in an earlier row"
    ):
        read(dated.replace("1310,1330,2025-02-20", "1310,1330,2025-02-21"))


def test_livebench_releases_are_scales_of_their_own_that_end_with_the_release():
    found = read(LIVEBENCH)

    later = by_model(found, "livebench 2024-11-25")
    assert (later["A"].released_on, later["C"].released_on) == ("2024-06-24", "2024-11-25")
    assert found.ends == {"livebench 2024-06-24": "2024-06-24"}
    assert [benchmark.upper for benchmark in found.scores.benchmarks] == [100.0, 100.0]


def test_metr_horizons_are_on_a_logarithm_with_the_interval_as_their_error():
    found = read(METR)

    horizon = by_model(found, "metr_time_horizon")
    assert horizon["A"].score_sd == pytest.approx(10 * math.log(4) / (2 * 1.959964))
    assert horizon["B"].score_sd is None
    assert found.scores.benchmarks[0].log_scale
    with pytest.raises(PlanError, match="expected 0 < p50_ci_low <= p50_ci_high"):
        read(METR.replace("10,5,20", "10,50,20"))


def test_index_versions_follow_the_accessibility_string_and_share_a_model_only_with_one_index():
    found = read(VERSIONS)

    scores = by_model(found, "ECI")
    assert set(scores) == {"A", "B (b-06)", "B (b-11)", "C"}
    assert (scores["A"].released_on, scores["A"].weights) == ("2023-03-14", "api_only")
    assert scores["C"].weights == "open"
    assert found.scores.unlabelled == 1
    assert any("1 versions never released left out" in note for note in found.scores.notes)
    assert any("1 versions without an index or a date left out" in note for note in found.scores.notes)


def test_boards_of_two_publishers_are_read_together():
    names = (
        "aider_leaderboards.csv",
        "arena_text_style_control_2025.csv",
        "livebench_releases.csv",
        "eci_2026-08-22.csv",
    )
    for name in names:
        shared(name)

    found = read_scores([read_sheet(DATA / name) for name in names], as_of=None, today=TODAY)

    assert found.scores.benchmarks[0].name == "ECI"
    assert any("'yi-lightning' is closed in arena" in note for note in found.scores.notes)


# --- the published extracts ----------------------------------------------------------------------


def counts(found) -> Counter:
    return Counter(score.weights for score in found.scores.scores)


@pytest.mark.parametrize(
    ("name", "labelled", "unlabelled", "benchmarks", "as_of"),
    [
        ("eci_2026-08-22.csv", {"open": 96, "closed": 100}, 0, 1, "2026-08-22"),
        ("eci_versions_2026-07.csv", {"open": 94, "api_only": 99}, 12, 1, "2026-06-16"),
        ("epoch_benchmarks_2026-08-22.csv", {"open": 259, "closed": 760}, 0, 8, "2026-08-22"),
        ("metr_time_horizons.csv", {"open": 8, "closed": 32}, 0, 1, "2026-04-07"),
        ("aider_leaderboards.csv", {"open": 77, "closed": 101}, 1, 3, "2025-10-03"),
        ("livebench_releases.csv", {"open": 208, "closed": 312}, 237, 11, "2026-06-25"),
        ("arena_text_style_control_2025.csv", {"open": 131, "closed": 115}, 79, 1, "2025-12-17"),
    ],
)
def test_the_published_extracts_are_read_whole(name, labelled, unlabelled, benchmarks, as_of):
    found = shared(name)

    assert counts(found) == labelled
    assert (found.scores.unlabelled, len(found.scores.benchmarks), found.as_of) == (unlabelled, benchmarks, as_of)


def test_one_benchmark_from_two_files_is_merged_and_keeps_its_errors():
    names = ("epoch_benchmarks_2026-08-22.csv", "metr_time_horizons.csv")
    for name in names:
        shared(name)

    found = read_scores([read_sheet(DATA / name) for name in names], as_of=None, today=TODAY)

    horizons = by_model(found, "metr_time_horizon")
    assert len(horizons) == 40
    assert all(score.score_sd is not None for score in horizons.values())


def test_two_fits_of_the_index_are_not_mixed():
    names = ("eci_2026-08-22.csv", "eci_versions_2026-07.csv")
    for name in names:
        shared(name)

    with pytest.raises(PlanError, match="stands twice on 'ECI'"):
        read_scores([read_sheet(DATA / name) for name in names], as_of=None, today=TODAY)
