"""Escape by construction: plain text becomes markup only by passing through here."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 (section 2.2) does not allow; model output may hold them."""

_VOID = frozenset({"meta", "br", "hr", "col", "wbr"})


class Markup(str):
    """Text that is already markup; any other `str` given to `tag` is escaped."""

    __slots__ = ()


def printable(text: str) -> str:
    """Replace control characters by U+FFFD, so that no model's words can steer a page or a terminal."""
    return _FORBIDDEN.sub("\ufffd", text)


def escape(text: str) -> Markup:
    """Escape `text` for element content and attribute values."""
    return Markup(html.escape(printable(text), quote=True))


def join(*parts: str) -> Markup:
    """Put parts in a row, escaping those that are not markup."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def tag(name: str, attributes: Mapping[str, str | float] | None = None, *children: str) -> Markup:
    """Write one element; numbers in attributes are rounded to a tenth, children escaped unless they are `Markup`."""
    given = "".join(f' {key}="{_attribute(value)}"' for key, value in (attributes or {}).items())
    if name in _VOID:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")
