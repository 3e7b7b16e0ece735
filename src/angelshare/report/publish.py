"""Write an audit down: the page, report.json, CSV tables and SVG figures."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.audit import Audit
from angelshare.core.records import Manifest
from angelshare.report.documents import report_json
from angelshare.report.figures import figures
from angelshare.report.page import render_page
from angelshare.report.tables import csv_tables
from angelshare.store.files import atomic_write, make_folder


def publish(audit: Audit, folder: Path, *, manifest: Manifest | None = None) -> None:
    """Write every form of the report into `folder`; raises StorageError."""
    make_folder(folder)
    atomic_write(folder / "report.json", report_json(audit))
    for name, text in csv_tables(audit).items():
        atomic_write(make_folder(folder / "tables") / name, text.encode())
    for name, svg in figures(audit).items():
        atomic_write(make_folder(folder / "figures") / f"{name}.svg", svg.encode())
    atomic_write(folder / "report.html", render_page(audit, manifest=manifest).encode())
