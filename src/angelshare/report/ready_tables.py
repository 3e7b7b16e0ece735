"""The report on ready scores as one JSON object and as CSV tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from angelshare.core.ready import ReadyReport
from angelshare.core.records import Number
from angelshare.core.strict import plain
from angelshare.report.columns import data_table, number_column
from angelshare.report.table import Column, Table, to_csv
from angelshare.store.files import atomic_write, make_folder

NAMES: Mapping[str, str] = {
    "recovery": "Recovery",
    "attributable_recovery": "Attributable recovery",
    "uplift_over_open": "Uplift over open",
    "extractor_confound": "Extractor confound",
    "judge_inflation": "Judge inflation, equal length",
    "judge_inflation_raw": "Judge inflation, raw",
}
"""Numbers of the box by their field, in order."""


def verdict_numbers(report: ReadyReport) -> Sequence[tuple[str, str, Number]]:
    """Give (field, name, number) of the box."""
    return [(key, name, getattr(report.verdict, key)) for key, name in NAMES.items()]


def ready_json(report: ReadyReport) -> bytes:
    """Write the report as indented JSON, numbers as Estimate or {"refused"}; raises ValueError if one is not finite."""
    return json.dumps(plain(report), indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def ready_tables(report: ReadyReport) -> Sequence[Table]:
    """Lay out every table of the report."""
    ledger = report.item_ledger
    parts = (
        ("recovered", "right by teacher, wrong by base", ledger.recovered), ("lost", "right by base", ledger.lost),
        ("beyond_teacher", "wrong by both", ledger.beyond_teacher),
    )  # fmt: skip
    return [
        _table("verdict", "The numbers of the box", ["number"], ["value"],
               [[key, number] for key, _, number in verdict_numbers(report)]),
        _table("domains", "Scores and recovery by task", ["domain", "items"],
               ["base", "students", "teacher", "recovery"],
               [[row.domain, row.items, row.base, row.students, row.teacher, row.recovery] for row in report.domains]),
        _table("controls", "Scores and recovery by control", ["control", "seeds"], ["score", "recovery"],
               [[row.control, row.seeds, row.score, row.recovery] for row in report.controls]),
        _table("item_ledger", "Item ledger", ["part", "of_items"], ["share"], [list(part) for part in parts]),
        _table("judged", "Win rates", ["who"], ["raw", "equal_length"],
               [[row.who, row.raw, row.equal_length] for row in report.judged]),
        _table("logs", "Logs read",
               ["role", "place", "path", "model", "task", "metric", "strict_by", "flexible_by", "items", "draws",
                "skipped", "refused", "truncated"], [],
               [[row.role, row.place, row.path, row.model, row.task, row.metric, row.strict_by, row.flexible_by,
                 row.items, row.draws, row.skipped, row.refused, row.truncated] for row in report.logs]),
    ]  # fmt: skip


def publish_ready(report: ReadyReport, folder: Path) -> None:
    """Write `report.json` and `tables/*.csv` into `folder`; raises StorageError."""
    make_folder(folder)
    for table in ready_tables(report):
        atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    atomic_write(folder / "report.json", ready_json(report))


def _table(
    name: str, title: str, keys: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[str | int | Number]]
) -> Table:
    columns = [
        *(Column(key=key, head=key) for key in keys), *(number_column(key, key) for key in numbers),
    ]  # fmt: skip
    return data_table(name, title, columns, rows=rows)
