"""Two ways to look at a reply: as it is, and laundered, with its format taken off."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

View: TypeAlias = Literal["raw", "laundered"]
"""Text as it is, or without punctuation, line breaks, capitals and the opening."""

OPENING = 15
"""Words of the opening that laundering takes off: greetings and repeated questions are the easiest to change."""
_PIECES = re.compile(r"\w+(?:['’]\w+)?|[^\w\s]|\n+")
_WORDS = re.compile(r"\w+(?:['’]\w+)?")


def pieces(text: str, view: View) -> list[str]:
    """Cut a reply into words, and in the raw view into marks and line breaks too; all in small letters."""
    if view == "raw":
        return _PIECES.findall(text.lower())
    return _WORDS.findall(text.lower())[OPENING:]
