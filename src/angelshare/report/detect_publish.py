"""Write a detect report down: the page, report.json, CSV tables and figures, none of which names an account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from angelshare.core.records import Number
from angelshare.core.traffic import DetectReport
from angelshare.report.detect_figures import detect_figures
from angelshare.report.detect_page import detect_page
from angelshare.report.detect_tables import detect_tables
from angelshare.report.documents import report_json
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.store.files import atomic_write, make_folder

REPORT = "report.json"


def publish_detect(report: DetectReport, folder: Path, *, command: str) -> None:
    """Write every form of a report without account ids into `folder`; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / REPORT, report_json(report))
    for table in detect_tables(report):
        atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    for figure in detect_figures(report):
        atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", detect_page(report, command=command).encode())


def detect_label(report: DetectReport) -> str:
    """Say what a run measured, in a phrase that a re-run on later days shares."""
    return f"Campaigns in API traffic at {report.calibration.budget}"


def detect_numbers(report: DetectReport) -> Mapping[str, Number]:
    """Give the numbers a page of the workbench shows; names stay from run to run."""
    return {"false_campaigns_realised": report.calibration.realised}
