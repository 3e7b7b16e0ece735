"""Write a watermark report down: the page, report.json, the table as CSV, and the figure."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.marks import WatermarkReport
from angelshare.report.documents import report_json
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.report.watermark_figure import p_value_figure
from angelshare.report.watermark_page import watermark_page
from angelshare.report.watermark_tables import evidence_table
from angelshare.store.files import atomic_write, make_folder

REPORT = "report.json"
"""The record itself, in a run folder."""


def publish_watermark(report: WatermarkReport, folder: Path, *, command: str) -> None:
    """Write every form of the report into `folder`; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / REPORT, report_json(report))
    table, figure = evidence_table(report), p_value_figure(report)
    atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", watermark_page(report, command=command).encode())
