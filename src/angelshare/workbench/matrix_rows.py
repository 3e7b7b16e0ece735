"""Rows of the matrix as they are set: drawn once for as long as they say the same, since thousands of squares cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from angelshare.workbench.matrix_grid import Row

_MOST = 2_048
_HERE = "\x01"
"""Stands in a drawn row for what its links carry along: a row is drawn once for every day."""


def whole_row(row: Row, asof: str) -> SafeString:
    """Write a row of the matrix; `asof` is what its links carry along, "" or "?asof=" and a day."""
    return SafeString(_whole(row).replace(_HERE, asof))


@lru_cache(maxsize=_MOST)
def _whole(row: Row) -> str:
    return _drawn("workbench/_matrix_row.html", row, _HERE)


@lru_cache(maxsize=_MOST)
def small_row(row: Row) -> SafeString:
    """Write a row of the matrix in small: marks without words."""
    return _drawn("workbench/_matrix_small_row.html", row, "")


def silent_items(row: Row, asof: str) -> Sequence[tuple[SafeString, SafeString]]:
    """Write the instrument's entries, by topic: among the silent, and among those not looked at; "" where it is not."""
    return [
        (SafeString(silent.replace(_HERE, asof)), SafeString(unread.replace(_HERE, asof)))
        for silent, unread in _silent(row)
    ]


@lru_cache(maxsize=_MOST)
def _silent(row: Row) -> Sequence[tuple[str, str]]:
    address = reverse("page", args=[row.slug]) + _HERE
    nothing = SafeString("")
    unread = format_html('<li><a href="{}">{}</a></li>', address, row.title)
    where = [
        format_html(
            '<li><a href="{}#cell-{}">{}</a> <span class="muted small">{}{}</span></li>',
            address, square.topic, row.title, row.jurisdiction, f" · {square.pinpoint}" if square.pinpoint else "",
        )
        if square.relation == "silent" else nothing
        for square in row.squares
    ]  # fmt: skip
    return [
        (item, unread if square.relation == "unread" else nothing)
        for item, square in zip(where, row.squares, strict=True)
    ]


def _drawn(template: str, row: Row, asof: str) -> SafeString:
    return SafeString(get_template(template).render({"row": row, "asof": asof}))
