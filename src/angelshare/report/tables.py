"""The tables of an audit as CSV files."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.core.audit import Audit
from angelshare.report.contents import all_tables
from angelshare.report.table import to_csv


def csv_tables(audit: Audit) -> Mapping[str, str]:
    """Map file names to CSV text, one per table; a number is its value, ends, level, n, method, caution and refusal."""
    return {f"{table.name}.csv": to_csv(table) for table in all_tables(audit)}
