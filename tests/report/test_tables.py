from __future__ import annotations

import csv
import dataclasses
import io
import json

import report_sample

from angelshare.core.audit import Audit
from angelshare.core.records import Refusal
from angelshare.core.strict import convert, plain
from angelshare.report.contents import lettered_tables
from angelshare.report.documents import report_json
from angelshare.report.notes import collect
from angelshare.report.tables import csv_tables

PARTS = ("value", "low", "high", "level", "n", "method", "caution", "refused")


def rows(audit, name):
    return list(csv.DictReader(io.StringIO(csv_tables(audit)[name])))


def test_every_table_parses_and_has_as_many_cells_as_columns(any_audit):
    for text in csv_tables(any_audit).values():
        head, *body = list(csv.reader(io.StringIO(text)))
        assert len(head) == len(set(head))
        assert all(len(row) == len(head) for row in body)


def test_a_number_in_csv_is_complete_and_unrounded(audit):
    row = rows(audit, "points.csv")[0]
    number = audit.points[0].recovery
    assert float(row["recovery_value"]) == number.value
    assert float(row["recovery_low"]) == number.low
    assert [row[f"recovery_{part}"] for part in ("level", "n", "method", "refused")] == [
        "0.95", "800", report_sample.METHOD, "",
    ]  # fmt: skip
    assert row["arm"] == audit.points[0].arm


def test_a_refused_number_in_csv_is_its_reason_and_no_value(audit):
    row = next(row for row in rows(audit, "fidelity.csv") if row["arm"] == "gold")
    assert row["error_inheritance_refused"] == "31 shared errors, fewer than 50"
    assert not any(row[f"error_inheritance_{part}"] for part in PARTS[:-1])


def test_an_open_end_in_csv_is_empty(audit):
    row = next(row for row in rows(audit, "targets.csv") if row["share"].startswith("80"))
    assert row["dose_high"] == ""
    assert float(row["dose_low"]) == 4100.0


def test_text_that_a_spreadsheet_would_run_is_quoted(audit):
    header = dataclasses.replace(audit, limits=["=HYPERLINK(1)", "+1", "-1", "@x", "plain"])
    assert [row["limit"] for row in rows(header, "limits.csv")] == ["'=HYPERLINK(1)", "'+1", "'-1", "'@x", "plain"]


def test_table_h_in_csv_names_every_place_of_every_refusal(audit):
    refused = report_sample.refused_everywhere("none")
    found = next(row for row in rows(refused, "deviations_and_refusals.csv") if row["text"] == "none")
    assert len(found["places"].split("; ")) == len(collect(refused).refusals[0].places)
    assert "verdict: recovery" in found["places"]
    assert "arms: traces, 3,000 queries: attributable" in found["places"]


def test_a_fit_that_was_refused_is_in_table_h_too(audit):
    curve = dataclasses.replace(audit.curves[0], band=None, families=[], refused="two doses cannot fix a curve")
    notes = collect(dataclasses.replace(audit, curves=[curve]))
    note = next(note for note in notes.refusals if note.text == "two doses cannot fix a curve")
    assert note.places == ["fit: answers against queries"]


def test_report_json_reads_back_as_the_same_audit(any_audit):
    document = json.loads(report_json(any_audit))
    read = convert(document, Audit, "report.json")
    assert json.loads(report_json(read)) == document
    assert document["points"] == json.loads(json.dumps(plain(any_audit)))["points"]


def test_report_json_writes_a_refusal_as_its_reason_and_keeps_the_fixed_names_first(audit):
    document = json.loads(report_json(audit))
    assert list(document)[:4] == ["plan", "run", "verdict", "points"]
    assert document["verdict"]["uplift_over_open"] == {"refused": "no open teacher in the plan"}
    assert set(document["points"][0]["recovery"]) == {"value", "low", "high", "level", "n", "method", "caution"}


def test_the_logit_stands_beside_the_linear_recovery_and_divergences_at_every_dose(audit):
    for name, numbers in (
        ("logit_recovery.csv", ("recovery", "on_logit")),
        ("divergences.csv", ("kl", "kl_base", "js_closed")),
    ):
        written = rows(audit, name)
        assert len(written) == len(audit.points)
        assert all(row[f"{number}_value"] for row in written for number in numbers)


def test_lines_about_long_prompts_close_the_loss_statement(audit):
    *others, long = rows(audit, "losses.csv")
    assert [row["metric"] for row in others] == [row.metric for row in audit.losses]
    assert "long for this task only" in long["metric"]
    table = next(table for table in lettered_tables(audit) if table.letter == "G")
    assert "nothing is said about long context in general" in table.note


def test_an_optional_cost_that_is_absent_is_empty_not_zero(audit):
    gold = next(row for row in rows(audit, "arms.csv") if row["arm"] == "gold")
    assert gold["cost_usd"] == ""
    without = dataclasses.replace(audit, costs=dataclasses.replace(audit.costs, cost_usd=None))
    spend = next(row for row in rows(without, "costs.csv") if row["quantity"].startswith("Spend"))
    assert spend["amount"] == "no price row"
    assert isinstance(audit.verdict.uplift_over_open, Refusal)


def test_the_page_keeps_styles_to_the_largest_dose_and_csv_has_them_all(audit):
    table = next(table for table in lettered_tables(audit) if table.letter == "F")
    assert {row[1] for row in table.rows} == {3000}
    assert {row["budget"] for row in rows(audit, "styles.csv")} == {"100", "300", "1000", "3000"}
