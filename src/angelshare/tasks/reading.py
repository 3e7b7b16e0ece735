"""Reading an answer out of free text, for tasks whose answers are numbers, labels or short phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w|[.,]\d)")


def settled(text: str) -> str:
    """Bring blanks to single spaces and cut them off the ends."""
    return " ".join(text.split())


def plain_number(text: str) -> str | None:
    """Spell a text that is one number without commas, plus sign or idle zeros; None if it is not a number."""
    match = _NUMBER.fullmatch(settled(text))
    return _spelt(match.group()) if match else None


def last_number(text: str) -> str | None:
    """Give the last number of a reply, spelt as by `plain_number`."""
    found = _NUMBER.findall(text)
    return _spelt(found[-1]) if found else None


def finder(answers: Iterable[str]) -> re.Pattern[str]:
    """Compile a search for any of `answers` as whole words, whatever their case; longer ones win over their parts."""
    forms = sorted({settled(answer) for answer in answers}, key=lambda form: (-len(form), form))
    return re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms), re.IGNORECASE)


def last_match(text: str, search: re.Pattern[str]) -> str | None:
    """Give the last answer that `search` finds in a reply, as written there."""
    found = search.findall(settled(text))
    return found[-1] if found else None


def _spelt(number: str) -> str:
    value = Decimal(number.replace(",", "")).normalize()
    return format(value or Decimal(0), "f")
