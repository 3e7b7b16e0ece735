"""Write a lineage report down: the page, report.json, the tables as CSV, and the figure."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.lineage import LineageReport
from angelshare.report.documents import report_json
from angelshare.report.lineage_figure import panel_figure
from angelshare.report.lineage_page import lineage_page
from angelshare.report.lineage_tables import tables_of
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.store.files import atomic_write, make_folder

REPORT = "report.json"
"""The record itself, in a run folder."""


def publish_lineage(report: LineageReport, folder: Path, *, command: str) -> None:
    """Write every form of the report into `folder`; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / REPORT, report_json(report))
    tables, figure = make_folder(folder / "tables"), panel_figure(report)
    for table in tables_of(report):
        atomic_write(tables / f"{table.name}.csv", to_csv(table).encode())
    atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", lineage_page(report, command=command).encode())
