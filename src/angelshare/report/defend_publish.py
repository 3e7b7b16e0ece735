"""Write a defence report down: the page, report.json, CSV tables and figures."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.defend import DefendReport
from angelshare.core.records import Manifest
from angelshare.report.defend_figures import defend_figures
from angelshare.report.defend_page import defend_page
from angelshare.report.defend_tables import defend_tables
from angelshare.report.documents import report_json
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.store.files import atomic_write, make_folder


def publish_defend(report: DefendReport, folder: Path, *, manifest: Manifest | None = None) -> None:
    """Write every form of the report into `folder`, each file whole or not at all; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / "report.json", report_json(report))
    for table in defend_tables(report):
        atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    for figure in defend_figures(report):
        atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", defend_page(report, manifest=manifest).encode())
