"""How words are set: what must stay on one line, and headings in sentence case."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_HELD_TOGETHER = re.compile(r"(?<=\d) (?=%|months\b|days\b|FLOP\b)|(?<=US\$) (?=\d)")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_TITLE_WORD = re.compile(r"(?<=[\s-])([A-Z])(?=[a-z]+(?:[\s.,:;!?)-]|$))")
_EMAIL = re.compile(r"\b([Ee])mail\b")


@register.filter
def unbroken(text: str) -> str:
    """Keep a number and its unit on one line: "84 %" with a no-break space; safe text stays safe."""
    joined = _HELD_TOGETHER.sub("\u00a0", text)
    return mark_safe(joined) if isinstance(text, SafeString) else joined  # noqa: S308 - no markup was added


@register.filter
def whole_days(text: str) -> SafeString:
    """Keep every ISO day of a text on one line; a copy of it stays a day, which a hyphen of another kind would spoil.

    For plain text; in safe text, days inside tags would be marked too.
    """
    marked = _DAY.sub(lambda day: f'<span class="day">{day[0]}</span>', conditional_escape(text))
    return mark_safe(marked)  # noqa: S308 - escaped above


@register.filter
def sentence_case(text: str) -> str:
    """Write a heading that a library set In Title Case as a sentence, with our "e-mail" for its "email".

    Names in capitals and markup are left alone.
    """
    if "<" in text or "@" in text:
        return text
    lead = len(text) - len(text.lstrip())
    lowered = text[:lead] + _TITLE_WORD.sub(lambda found: found[1].lower(), text[lead:])
    lowered = _EMAIL.sub(r"\1-mail", lowered)
    return mark_safe(lowered) if isinstance(text, SafeString) else lowered  # noqa: S308 - no markup was added
