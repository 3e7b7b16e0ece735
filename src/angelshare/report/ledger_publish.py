"""Write a compute ledger down: the page, report.json, CSV tables and the figure."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.compute import ComputeLedger
from angelshare.report.documents import report_json
from angelshare.report.ledger_figure import threshold_figure
from angelshare.report.ledger_page import ledger_page
from angelshare.report.ledger_tables import ledger_tables
from angelshare.report.svg import standalone
from angelshare.report.table import to_csv
from angelshare.store.files import atomic_write, make_folder


def publish_ledger(ledger: ComputeLedger, folder: Path) -> None:
    """Write every form of the ledger into `folder`, each file whole or not at all; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / "report.json", report_json(ledger))
    for table in ledger_tables(ledger):
        atomic_write(make_folder(folder / "tables") / f"{table.name}.csv", to_csv(table).encode())
    figure = threshold_figure(ledger)
    atomic_write(make_folder(folder / "figures") / f"{figure.name}.svg", standalone(figure).encode())
    atomic_write(folder / "report.html", ledger_page(ledger).encode())
