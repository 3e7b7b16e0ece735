"""Write a delay report down: the page, report.json, CSV tables and SVG figures."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.delay import DelayReport
from angelshare.core.records import Manifest
from angelshare.report.delay_figures import delay_figures
from angelshare.report.delay_page import render_delay
from angelshare.report.delay_tables import delay_tables
from angelshare.report.documents import report_json
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.store.files import atomic_write, make_folder


def publish_delay(report: DelayReport, folder: Path, *, manifest: Manifest | None = None) -> None:
    """Write every form of the report into `folder`; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / "report.json", report_json(report))
    for table in delay_tables(report):
        atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    for figure in delay_figures(report):
        atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", render_delay(report, manifest=manifest).encode())
