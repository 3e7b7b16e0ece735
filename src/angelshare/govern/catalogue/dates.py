"""Dates as a catalogue writes them: a day, or of a source also a month or a year."""

from __future__ import annotations

import re
from datetime import date

_PART = re.compile(r"\d{4}(-\d{2})?")


def day(text: str) -> date | None:
    """Read an ISO day; None if it is not one, as 2026-02-30 is not."""
    try:
        read = date.fromisoformat(text)
    except ValueError:
        return None
    return read if read.isoformat() == text else None  # fromisoformat also takes 20260230 and week dates


def first_day(text: str) -> date | None:
    """Read an ISO day, month or year as its first day; None if it is none of these."""
    if not _PART.fullmatch(text):
        return day(text)
    return day(f"{text}-01" if len(text) == len("2026-02") else f"{text}-01-01")
