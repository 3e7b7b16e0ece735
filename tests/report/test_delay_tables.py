from __future__ import annotations

import csv
import dataclasses
import io
import json

from angelshare.core.delay import DelayReport
from angelshare.core.strict import convert, encode
from angelshare.report.delay_publish import publish_delay
from angelshare.report.delay_tables import delay_tables, page_tables
from angelshare.report.table import to_csv


def rows(report, name):
    table = next(table for table in delay_tables(report) if table.name == name)
    return list(csv.DictReader(io.StringIO(to_csv(table))))


def test_every_table_parses_and_has_as_many_cells_as_columns(any_delay):
    names = [table.name for table in delay_tables(any_delay)]
    assert len(names) == len(set(names))
    for table in delay_tables(any_delay):
        head, *body = list(csv.reader(io.StringIO(to_csv(table))))
        assert len(head) == len(set(head))
        assert all(len(row) == len(head) for row in body)


def test_the_csv_files_hold_every_benchmark_and_the_page_the_one_in_front(delay):
    assert {row["benchmark"] for row in rows(delay, "spells")} == {entry.benchmark.name for entry in delay.benchmarks}
    assert len(rows(delay, "estimators")) == len(delay.estimators)
    shown = next(table for table in page_tables(delay) if table.name == "spells")
    assert len(shown.rows) == len(delay.benchmarks[0].spells)
    assert shown.title.endswith("on ECI")
    assert all(column.key != "benchmark" for column in shown.columns)


def test_a_spell_without_a_match_has_empty_cells_and_a_state_never_a_zero(delay):
    waiting = [row for row in rows(delay, "spells") if row["state"] == "not yet matched"]
    assert waiting
    assert all(row["high_months"] == row["matched_by"] == row["matched_on"] == "" for row in waiting)
    assert all(float(row["low_months"]) > 0 for row in waiting)


def test_assumptions_keep_their_ends_as_numbers_in_csv(delay):
    row = next(row for row in rows(delay, "assumptions") if row["name"] == "skills")
    assert [float(row[key]) for key in ("low", "central", "high", "months_at_low", "months_at_high")] == [
        20, 100, 1000, 1.9, 0.7,
    ]  # fmt: skip
    assert row["on"] == "on"
    assert next(row for row in rows(delay, "assumptions") if row["name"] == "training_days")["on"] == "off"


def test_the_undefended_campaign_stands_above_the_defences(delay):
    table = rows(delay, "defences")
    assert [row["defence"] for row in table] == ["none", "answers only", "rate limit", "watermark"]
    assert float(table[0]["months_saved_value"]) == delay.attributable.months_saved.value
    assert table[3]["months_saved_refused"] == "no attributable recovery"


def test_what_was_left_out_is_counted_first(delay):
    first = rows(delay, "exclusions_and_refusals")[0]
    assert first["mark"] == "D1"
    assert first["text"].startswith("17 scores left out")


def test_words_that_a_spreadsheet_would_run_are_disarmed(delay):
    front = delay.benchmarks[0]
    spells = [dataclasses.replace(front.spells[0], closed="=HYPERLINK(1)"), *front.spells[1:]]
    told = dataclasses.replace(delay, benchmarks=[dataclasses.replace(front, spells=spells)])
    assert rows(told, "spells")[0]["closed"] == "'=HYPERLINK(1)"


def test_publishing_writes_every_form_and_the_json_reads_back(delay, manifest, tmp_path):
    publish_delay(delay, tmp_path, manifest=manifest)

    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert "report.html" in written
    assert sum(path.startswith("figures/") for path in written) == 7
    assert sum(path.startswith("tables/") for path in written) == len(delay_tables(delay))
    assert not any(path.endswith(".part") for path in written)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {"name", "criterion", "months", "matched", "censored", "matchers", "caution"} <= set(data["estimators"][0])
    assert json.loads(encode(convert(data, DelayReport, "report.json"))) == json.loads(encode(delay))


def test_the_same_report_gives_the_same_bytes(delay, tmp_path):
    publish_delay(delay, tmp_path / "one")
    publish_delay(delay, tmp_path / "two")
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
