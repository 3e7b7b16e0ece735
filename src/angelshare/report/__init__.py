"""An audit in every form people read: page, JSON, tables, figures and terminal."""

from __future__ import annotations

from angelshare.report.documents import report_json
from angelshare.report.figures import figures
from angelshare.report.numbers import full, parts, phrase
from angelshare.report.page import render_page
from angelshare.report.tables import csv_tables
from angelshare.report.terminal import summary

__all__ = ["csv_tables", "figures", "full", "parts", "phrase", "render_page", "report_json", "summary"]
